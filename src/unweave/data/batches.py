"""Batches for training: each one a pure function of the seed and the step, so that a resumed run draws the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from unweave.arrays import as_numpy
from unweave.config import Config, preset
from unweave.data.pictures import to_pixels, to_values
from unweave.data.table import AttributeTable, nothing_to_learn
from unweave.errors import UnweaveError

SIDES = (("left", "right"), ("Left", "Right"), ("LEFT", "RIGHT"))


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Images with their labels, and whose codes each image's reconstruction is made of."""

    images: Float[Tensor, "batch colours height width"]
    """In [-1, 1]."""
    labels: Int[Tensor, "batch attributes"]
    """Class index; -1 where the label is missing."""
    lenders: Int[Tensor, "batch attributes"]
    """Index within the whole batch of the image that lends this attribute's code: oneself, or the other of a pair."""
    rest: Int[Tensor, "batch"] | None = None
    """The same for the code of the rest; None if each has its own."""
    lessons: Float[Tensor, "batch attributes colours height width"] | None = None
    """What each attribute is learned from where labels are missing: the images, but in the place of each without that
    label another one that has it. So as many labels of each attribute are learned from as where none is missing."""
    lesson_labels: Int[Tensor, "batch attributes"] | None = None
    """Of the lessons; none is missing."""
    whole: Int[Tensor, "whole attributes"] | None = None
    """`taught` of the whole batch where this is a share of it."""

    def rows(self, own: slice) -> Batch:
        """A share of a whole batch."""
        return replace(self._each(lambda part: part[own]), whole=self.all_taught)

    def to(self, device: torch.device) -> Batch:
        """The same on another device."""
        return self._each(lambda part: part.to(device))

    def lesson(self, attribute: int) -> Float[Tensor, "batch colours height width"]:
        """The images that an attribute is learned from."""
        return self.images if self.lessons is None else self.lessons[:, attribute]

    @property
    def taught(self) -> Int[Tensor, "batch attributes"]:
        """Their labels."""
        return self.labels if self.lesson_labels is None else self.lesson_labels

    @property
    def all_taught(self) -> Int[Tensor, "whole attributes"]:
        """`taught` of the whole batch, of which this may be a share."""
        return self.taught if self.whole is None else self.whole

    def _each(self, change: Callable[[Tensor], Tensor]) -> Batch:
        return replace(self, **{name: change(part) for name, part in vars(self).items() if part is not None})


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainingSet:
    """The training images of a table, ready to be drawn from."""

    pixels: np.ndarray
    """uint8 (images, size, size, channels) of the whole table."""
    labels: np.ndarray
    """int64 (images, attributes) of the whole table, -1 = missing."""
    rows: np.ndarray
    """Indices of the images to train on."""
    mirrored: tuple[np.ndarray, ...]
    """Per attribute: class of an image -> class of its mirror image."""
    pairs: tuple[int, ...]
    """Numbers of the attributes whose codes are exchanged by pairs that agree in them."""
    contrasts: tuple[int, ...] = ()
    """Numbers of the attributes whose codes alone are kept by pairs that differ in nothing else."""
    alike: np.ndarray | None = None
    """int64 (images, columns): further columns in which such pairs agree, as numbers, -1 = missing; None for none."""
    copies: int = 1
    """2 where each image counts as its mirror image as well."""
    balanced: int | None = None
    """Number of the attribute whose classes are drawn equally often."""
    larger: np.ndarray | None = None
    """The same images of a larger size, for methods that crop theirs at random."""


def as_images(pixels: np.ndarray) -> Float[Tensor, "batch colours height width"]:
    """uint8 pictures (batch, height, width, colours) -> images in [-1, 1], in torch's default precision."""
    return torch.from_numpy(to_values(pixels)).to(torch.get_default_dtype())


def as_pixels(images: Float[Tensor, "batch colours height width"]) -> np.ndarray:
    """Images in [-1, 1] -> uint8 pictures (batch, height, width, colours)."""
    return to_pixels(as_numpy(images))


def training_set(table: AttributeTable, pixels: np.ndarray, config: Config) -> TrainingSet:
    """What `draw_batch` needs; raises `UnweaveError` as `check_settings` does."""
    check_settings(table, config)
    return TrainingSet(
        pixels=pixels,
        labels=table.labels(),
        rows=table.rows("train"),
        mirrored=mirror_maps(table, config.data.flip_labels),
        pairs=tuple(table.attributes.index(name) for name in config.data.pairs),
        contrasts=tuple(table.attributes.index(name) for name in config.data.contrasts),
        alike=numbered(table, config.data.contrast_columns),
        copies=2 if config.data.mirrored_copies else 1,
        balanced=None if config.data.balance is None else table.attributes.index(config.data.balance),
    )


def check_settings(table: AttributeTable, config: Config) -> None:
    """Raise `UnweaveError` for what the settings name and the data do not have, and for too few classes or images."""
    named = {"pairs": config.data.pairs, "contrasts": config.data.contrasts, "balance": [config.data.balance or ""]}
    for setting, name in [(setting, name) for setting, names in named.items() for name in names if name]:
        if name not in table.attributes:
            line = f"data.{setting} names '{name}', but the attributes are {', '.join(table.attributes)}"
            raise UnweaveError(line + of_the_faces(setting, named[setting]))
    for name in config.data.contrast_columns:
        if name not in table.columns:
            line = f"data.contrast_columns names '{name}', but the columns are {', '.join(table.columns)}"
            raise UnweaveError(line + of_the_faces("contrast_columns", config.data.contrast_columns))
    if config.method == "unweave":
        if line := nothing_to_learn(table):
            raise UnweaveError(line)
        check_contrasts(table, config)
    images = len(table.rows("train"))
    if images < config.run.batch:
        raise UnweaveError(f"{images} training images are too few for a batch of {config.run.batch}; lower run.batch")
    mirror_maps(table, config.data.flip_labels)


def of_the_faces(setting: str, names: Sequence[str]) -> str:
    """What to say besides where names that data do not have are those of the preset faces64; "" where they are not."""
    if tuple(names) != getattr(preset("faces64").data, setting):
        return ""
    flags = "--data.pairs, --data.contrasts, --data.contrast-columns and --data.flip-labels (bare for none)"
    return f"; the preset faces64 is of the bundled faces: take --preset quick, or your own {flags}"


def check_contrasts(table: AttributeTable, config: Config) -> None:
    """Raise `UnweaveError` where no two training images differ in an attribute of `data.contrasts` alone."""
    columns = config.data.contrast_columns
    for name in config.data.contrasts:
        same = [*(other for other in table.attributes if other != name), *columns]
        told = [tuple(table.columns[each][row] for each in (*same, name)) for row in table.rows("train")]
        there = {labels for labels in told if None not in labels}
        if len({labels[:-1] for labels in there}) == len(there):
            line = f"data.contrasts names '{name}', but no two training images differ in it and agree in"
            advice = "leave it out" + (", or name fewer data.contrast_columns" if columns else "")
            raise UnweaveError(f"{line} {', '.join(same)}; {advice}")


def numbered(table: AttributeTable, columns: Sequence[str]) -> Int[np.ndarray, "images columns"]:
    """Columns as numbers, the same for the same text; -1 where it is missing."""
    numbers = np.full((len(table.files), len(columns)), -1, np.int64)
    for k, name in enumerate(columns):
        number = {text: n for n, text in enumerate(dict.fromkeys(table.columns[name])) if text is not None}
        numbers[:, k] = [-1 if text is None else number[text] for text in table.columns[name]]
    return numbers


def mirror_maps(table: AttributeTable, flip_labels: Sequence[str]) -> tuple[np.ndarray, ...]:
    """Per attribute, the class of the mirror image; from settings such as "gaze:left=right"."""
    maps = {name: np.arange(len(classes)) for name, classes in table.classes.items()}
    for setting in flip_labels:
        attribute, _, swap = setting.partition(":")
        a, _, b = swap.partition("=")
        if attribute not in maps or a not in table.classes[attribute] or b not in table.classes[attribute]:
            line = f"data.flip_labels has '{setting}', expected ATTRIBUTE:CLASS=CLASS of the data, as gaze:left=right"
            raise UnweaveError(line + of_the_faces("flip_labels", flip_labels))
        i, j = table.classes[attribute].index(a), table.classes[attribute].index(b)
        maps[attribute][[i, j]] = j, i
    return tuple(maps[name] for name in table.attributes)


def sides(table: AttributeTable, flip_labels: Sequence[str]) -> list[tuple[str, str, str]]:
    """Attribute and two classes, such as gaze, left and right, whose names say that they change places in a mirror.

    Without those of which `flip_labels` says so.
    """
    return [
        (name, a, b)
        for name, of_class in zip(table.attributes, mirror_maps(table, flip_labels), strict=True)
        for k, a in enumerate(table.classes[name])
        for left, right in SIDES
        if left in a and (b := a.replace(left, right)) in table.classes[name] and of_class[k] == k
    ]


def partners_per_batch(config: Config) -> int:
    """How many of a batch's images come in as the other of a pair."""
    if not (config.data.pairs or config.data.contrasts) or config.method != "unweave":
        return 0
    return min(config.run.batch // 2, round(config.run.batch * config.data.pair_share / 2))


def steps_per_epoch(images: int, config: Config) -> int:
    """Batches until every training image has been drawn once; the last short batch is dropped."""
    copies = 2 if config.data.mirrored_copies else 1
    return copies * images // (config.run.batch - partners_per_batch(config))


def epoch_order(images: int, seed: int, epoch: int) -> Int[np.ndarray, "images"]:
    """The random order in which an epoch goes through so many images."""
    return np.random.default_rng([seed, epoch]).permutation(images)


@lru_cache(maxsize=2)
def _drawn(data: TrainingSet, seed: int, epoch: int) -> Int[np.ndarray, "draws"]:
    """What an epoch draws, in order: numbers of rows, and from the number of rows on those of their mirror images."""
    if data.balanced is None:
        return epoch_order(data.copies * len(data.rows), seed, epoch)
    rng = np.random.default_rng([seed, epoch])
    labels = data.labels[data.rows, data.balanced]
    mirrored = np.where(labels >= 0, data.mirrored[data.balanced][labels], -1)
    return balanced_order(np.concatenate([labels, mirrored][: data.copies]), rng)


def balanced_order(labels: Int[np.ndarray, "images"], rng: np.random.Generator) -> Int[np.ndarray, "images"]:
    """As many draws as there are images, with as many of each class, evenly spread: every stretch holds all classes.

    Rare classes are repeated, of frequent ones a random part is left out, another one each time. Images without a label
    (-1) are drawn once each.
    """
    classes = np.unique(labels[labels >= 0])
    if not len(classes):
        return rng.permutation(len(labels))
    quotas, more = divmod(int((labels >= 0).sum()), len(classes))
    draws, places = [], []
    for number, label in enumerate([*rng.permutation(classes), -1]):
        images = np.flatnonzero(labels == label)
        count = len(images) if label < 0 else quotas + (number < more)
        rounds = [rng.permutation(images) for _ in range(-(-count // max(1, len(images))))]
        draws += [np.concatenate([images[:0], *rounds])[:count]]
        places += [(np.arange(count) + rng.random(count)) / max(1, count)]
    return np.concatenate(draws)[np.argsort(np.concatenate(places), kind="stable")]


def draw_batch(data: TrainingSet, config: Config, step: int) -> Batch:
    """The batch of training step `step`, from 0: a share of this epoch's random order, and partners for the pairs."""
    partners = partners_per_batch(config)
    singles = config.run.batch - partners
    epoch, place = divmod(step, steps_per_epoch(len(data.rows), config))
    drawn = _drawn(data, config.run.seed, epoch)[place * singles : (place + 1) * singles]
    chosen = list(data.rows[drawn % len(data.rows)])
    rng = np.random.default_rng([config.run.seed, 1, step])
    lenders = np.tile(np.arange(config.run.batch)[:, None], (1, data.labels.shape[1] + 1))  # the last column: the rest
    kinds = [(k, True) for k in data.contrasts] + [(k, False) for k in data.pairs]
    for i in range(partners):
        turn = i % len(kinds)
        for attribute, contrast in kinds[turn:] + kinds[:turn]:
            others = contrasting(data, chosen[i], attribute) if contrast else agreeing(data, chosen[i], attribute)
            if len(others):
                chosen.append(rng.choice(others, p=shares(data, others)))
                lent = [k for k in range(lenders.shape[1]) if (k == attribute) != contrast]
                lenders[i, lent], lenders[singles + i, lent] = singles + i, i
                break
        else:
            chosen.append(rng.choice(data.rows, p=shares(data, data.rows)))
    rows = np.array(chosen)
    mirror = rng.random(singles) < 0.5 if config.data.flip else drawn >= len(data.rows)
    mirror = np.concatenate([mirror, mirror[:partners]])  # both of a pair, so that they still agree
    images, labels = shown(data, rows, mirror)
    lessons = lesson_labels = None
    if (labels < 0).any() and config.method == "unweave":
        each = [shown(data, labelled(data, rows, k, rng), mirror) for k in range(labels.shape[1])]
        lessons = torch.stack([pictures for pictures, _ in each], 1)
        lesson_labels = torch.stack([of_pictures[:, k] for k, (_, of_pictures) in enumerate(each)], 1)
    of_codes = torch.from_numpy(lenders)
    return Batch(
        images=images,
        labels=labels,
        lenders=of_codes[:, :-1],
        rest=of_codes[:, -1] if data.contrasts else None,
        lessons=lessons,
        lesson_labels=lesson_labels,
    )


def shown(
    data: TrainingSet, rows: Int[np.ndarray, "rows"], mirror: Bool[np.ndarray, "rows"]
) -> tuple[Float[Tensor, "rows colours height width"], Int[Tensor, "rows attributes"]]:
    """The images of these rows, some of them mirrored, and their labels."""
    images = as_images(data.pixels[rows])
    images = torch.where(torch.from_numpy(mirror)[:, None, None, None], images.flip(-1), images)
    return images, torch.from_numpy(mirror_labels(data.labels[rows], mirror, data.mirrored))


def labelled(
    data: TrainingSet, rows: Int[np.ndarray, "rows"], attribute: int, rng: np.random.Generator
) -> Int[np.ndarray, "rows"]:
    """These rows, but in the place of each without a label of an attribute another training image that has one.

    Those are drawn at random, for the attribute that is balanced from all of its classes alike.
    """
    labels = data.labels[:, attribute]
    known, missing = data.rows[labels[data.rows] >= 0], labels[rows] < 0
    likely = shares(data, known) if attribute == data.balanced else None
    rows = rows.copy()
    rows[missing] = rng.choice(known, int(missing.sum()), p=likely)
    return rows


def shares(data: TrainingSet, rows: Int[np.ndarray, "rows"]) -> Float[np.ndarray, "rows"] | None:
    """How likely each of these training images is to be drawn; None where no attribute is balanced: all alike.

    The more images there are of a class of the balanced attribute, the less likely is each, so that among all training
    images the classes come alike. One without a label in it is as likely as those with one are on average.
    """
    if data.balanced is None:
        return None
    labels = data.labels[:, data.balanced]
    known = labels[data.rows][labels[data.rows] >= 0]
    counts = np.bincount(known, minlength=1)
    even = len(known) / max(1, np.count_nonzero(counts))  # images of each class, if all had as many
    weights = np.where(labels[rows] >= 0, even / np.maximum(1, counts)[labels[rows]], 1.0)
    return weights / weights.sum()


def agreeing(data: TrainingSet, row: np.integer, attribute: int) -> Int[np.ndarray, "rows"]:
    """Other training images with this one's label of an attribute; none where it has no label."""
    labels = data.labels[data.rows, attribute]
    return data.rows[(labels == data.labels[row, attribute]) & (labels >= 0) & (data.rows != row)]


def contrasting(data: TrainingSet, row: np.integer, attribute: int) -> Int[np.ndarray, "rows"]:
    """Training images that differ from this one in an attribute and agree in all else; no label is missing."""
    differs = np.arange(data.labels.shape[1]) == attribute
    labels, own = data.labels[data.rows], data.labels[row]
    fits = (((labels != own) == differs) & (labels >= 0)).all(1) & (own >= 0).all()
    if data.alike is not None:
        fits &= (data.alike[data.rows] == data.alike[row]).all(1) & (data.alike[row] >= 0).all()
    return data.rows[fits]


def mirror_labels(labels: np.ndarray, mirror: np.ndarray, maps: Sequence[np.ndarray]) -> np.ndarray:
    """Labels (images, attributes) with those of the mirrored images replaced; missing ones stay missing."""
    swapped = np.stack(
        [np.where(column >= 0, of_class[column], -1) for column, of_class in zip(labels.T, maps, strict=True)], 1
    )
    return np.where(mirror[:, None], swapped, labels)
