"""How good a model is on images it has never seen, by a judge that it was never trained against."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from unweave.checkpoint import ModelCard
from unweave.codes import Codes
from unweave.data.batches import as_images
from unweave.data.cache import cached_images
from unweave.data.table import AttributeTable, read_table
from unweave.errors import UnweaveError, one_line
from unweave.judges import Judge, judged_attributes, read, train_judge
from unweave.metrics.reconstruction import absolute_error
from unweave.metrics.transfer import accuracy, chance
from unweave.networks import Generator

BATCH = 32


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """Images kept from the training, and the judge that reads them."""

    images: Float[Tensor, "images colours size size"]
    """In [-1, 1]."""
    labels: Int[Tensor, "images attributes"]
    """Class indices of all the model's attributes, -1 = missing or never seen in training."""
    attributes: tuple[str, ...]
    teach: Callable[[], Judge | None] | None = None
    """Gives the judge, which takes a while to train: it is called when a judge is first needed."""

    @cached_property
    def judge(self) -> Judge | None:
        """None where no attribute can be judged."""
        with torch.inference_mode(False):  # those who ask are in it, and nothing can be trained there
            return self.teach() if self.teach else None

    def label(self, attribute: str) -> Int[Tensor, "images"]:
        """The labels of one attribute."""
        return self.labels[:, self.attributes.index(attribute)]


def held_out(
    pixels: UInt8[np.ndarray, "all height width channels"],
    labels: Int[np.ndarray, "all attributes"],
    labelled: Bool[np.ndarray, "all attributes"],
    rows: Int[np.ndarray, "rows"],
    training: Int[np.ndarray, "training"],
    classes: Mapping[str, Sequence[str]],
    *,
    steps: int,
    seed: int,
) -> HeldOut:
    """The images of `rows`, with a judge to be trained for `steps` on the real ones of `training`; 0 for none.

    `pixels`, `labels` (-1 = missing or unseen) and `labelled` are of the whole table, `classes` attribute -> classes.
    """
    judged = judged_attributes(classes, labels[rows], labelled[rows]) if steps else {}
    columns = [list(classes).index(name) for name in judged]

    def teach() -> Judge:
        return train_judge(pixels, labels[:, columns], training, judged, steps=steps, seed=seed)

    return HeldOut(
        images=as_images(pixels[rows]),
        labels=torch.from_numpy(labels[rows]),
        attributes=tuple(classes),
        teach=teach if judged else None,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Labelled:
    """A data set as a model sees it."""

    table: AttributeTable
    """Its attributes are the model's."""
    pixels: np.ndarray
    """uint8 (images, size, size, channels) of the whole table."""
    labels: np.ndarray
    """int64 (images, attributes) of the whole table: classes of the *model*, -1 = missing or none of those."""


def labelled(card: ModelCard, data: str | Path, *, pattern: str | None = None) -> Labelled:
    """The images of `data`, cut as the model's, and what they show in the model's classes.

    Raises `UnweaveError` where `data` has no training or no test images or lacks an attribute of the model.
    """
    table = read_table(data, attributes=tuple(card.attributes), pattern=pattern)
    check_splits(table, data)
    pixels = cached_images(table, size=card.size, channels=card.channels, crop=card.crop)
    columns = [
        [names.index(v) if v in names else -1 for v in table.columns[name]] for name, names in card.attributes.items()
    ]
    return Labelled(table=table, pixels=pixels, labels=np.array(columns, np.int64).T)


def check_splits(table: AttributeTable, data: str | Path) -> None:
    """Raise `UnweaveError` where `table`, read from `data`, has no training or no test images."""
    training, test = len(table.rows("train")), len(table.rows("test"))
    if not training or not test:
        found = f"has {training} training and {test} test images, expected some of each"
        raise UnweaveError(f"{data}: {found}; unweave data split makes both")


def held_out_of(card: ModelCard, data: Labelled, *, judge_steps: int, seed: int) -> HeldOut:
    """All test images of `data`, with a judge trained for `judge_steps` on its real training images."""
    table = data.table
    test, training = table.rows("test"), table.rows("train")
    return held_out(
        data.pixels, data.labels, table.labelled(), test, training, card.attributes, steps=judge_steps, seed=seed
    )


@dataclass(frozen=True, kw_only=True)
class Readings:
    """What came out of random pairs of a source and an exemplar, and what the judge read there.

    Labels are (pairs, judged attributes), of no column without a judge.
    """

    errors: Float[Tensor, "pairs"]
    """Of the reconstructions of the sources."""
    of_source: Int[Tensor, "pairs judged"]
    """True labels."""
    of_exemplar: Int[Tensor, "pairs judged"]
    real: Int[Tensor, "pairs judged"]
    """Read from the real sources."""
    reconstructed: Int[Tensor, "pairs judged"]
    swapped: Mapping[str, Int[Tensor, "pairs judged"]]
    """Swapped attribute -> what was read from the results."""

    @staticmethod
    def cat(parts: Sequence[Readings]) -> Readings:
        """Those of several batches of pairs as one."""

        def whole(field: str) -> Tensor:
            return torch.cat([getattr(part, field) for part in parts])

        return Readings(
            **{field: whole(field) for field in ("errors", "of_source", "of_exemplar", "real", "reconstructed")},
            swapped={name: torch.cat([part.swapped[name] for part in parts]) for name in parts[0].swapped},
        )


@torch.inference_mode()
def read_swaps(generator: Generator, held: HeldOut, *, pairs: int, seed: int = 0) -> Readings:
    """Swap each attribute of `pairs` random pairs of held-out images, and have the judge read the results.

    A batch of pairs at a time: their codes and results are not kept, for they may take gigabytes.
    """
    rng = np.random.default_rng([seed, 3])
    sources = torch.from_numpy(rng.integers(len(held.images), size=pairs))
    exemplars = torch.from_numpy(rng.integers(len(held.images), size=pairs))
    batches = zip(sources.split(BATCH), exemplars.split(BATCH), strict=True)
    return Readings.cat([_read_batch(generator, held, some, others) for some, others in batches])


def _read_batch(
    generator: Generator, held: HeldOut, sources: Int[Tensor, "pairs"], exemplars: Int[Tensor, "pairs"]
) -> Readings:
    """The readings of these pairs, which are indices of held-out images."""
    device = next(generator.parameters()).device
    images = held.images[sources]
    codes = generator.encode(images.to(device))
    reconstructions = decode(generator, codes)
    errors = absolute_error(reconstructions, images)
    if held.judge is None:
        nothing = held.labels[sources][:, :0]
        return Readings(
            errors=errors, of_source=nothing, of_exemplar=nothing, real=nothing, reconstructed=nothing, swapped={}
        )
    judge = held.judge
    judged = [held.attributes.index(name) for name in judge.classes]
    lent = generator.encode(held.images[exemplars].to(device))
    return Readings(
        errors=errors,
        of_source=held.labels[sources][:, judged],
        of_exemplar=held.labels[exemplars][:, judged],
        real=read(judge, images),
        reconstructed=read(judge, reconstructions),
        swapped={name: read(judge, decode(generator, Codes({**codes, name: lent[name]}))) for name in held.attributes},
    )


def evaluate(generator: Generator, held: HeldOut, *, pairs: int, seed: int = 0) -> dict[str, float]:
    """Figures of a generator on held-out images, over `pairs` random pairs: see `figures_of`."""
    return figures_of(read_swaps(generator, held, pairs=pairs, seed=seed), held)


def figures_of(readings: Readings, held: HeldOut) -> dict[str, float]:
    """The figures in what was read from swaps between held-out images.

    `reconstruction`: mean over the sources of the absolute error on the [-1, 1] scale, with its median and its 99th
    percentile as `reconstruction_median` and `reconstruction_p99`. For each judged attribute the accuracies, in [0, 1],
    with which the judge reads

    - `real/NAME`: the real sources,
    - `reconstructed/NAME`: their reconstructions, which bounds what a swap can reach,
    - `swapped/NAME`: images that took NAME from the exemplar, against the exemplar's label,
    - `kept/NAME`: the same attribute where one of the *others* was swapped, mean over those, against the
      source's label,
    - `chance/NAME`: always the commonest class.

    Images without a label have no part in these; a figure that none is left for is not there.
    """
    figures = {
        "reconstruction": readings.errors.mean().item(),
        "reconstruction_median": readings.errors.median().item(),
        "reconstruction_p99": readings.errors.quantile(0.99).item(),
    }
    for k, name in enumerate(held.judge.classes if held.judge else ()):
        of_source, of_exemplar = readings.of_source[:, k], readings.of_exemplar[:, k]
        figures[f"real/{name}"] = accuracy(readings.real[:, k], of_source)
        figures[f"reconstructed/{name}"] = accuracy(readings.reconstructed[:, k], of_source)
        figures[f"swapped/{name}"] = accuracy(readings.swapped[name][:, k], of_exemplar)
        kept = [accuracy(of_swap[:, k], of_source) for other, of_swap in readings.swapped.items() if other != name]
        if kept:
            figures[f"kept/{name}"] = sum(kept) / len(kept)
        figures[f"chance/{name}"] = chance(held.label(name))
    return {name: figure for name, figure in figures.items() if "/" not in name or not np.isnan(figure)}


def decode(generator: Generator, codes: Codes) -> Float[Tensor, "images colours size size"]:
    """Images of codes, on the CPU."""
    return generator.decode(codes).float().cpu()


def score(figures: dict[str, float]) -> float:
    """What "best" means: mean accuracy of the judged swaps, less 5 for each unit of reconstruction error.

    An error of 0.01 on the [-1, 1] scale weighs as much as 0.05 of accuracy. What cannot be judged or has no
    reconstruction counts nothing.
    """
    swapped = [value for name, value in figures.items() if name.startswith("swapped/")]
    return (sum(swapped) / len(swapped) if swapped else 0.0) - 5 * figures.get("reconstruction", 0.0)


def table_of_figures(figures: Mapping[str, float], deviations: Mapping[str, float] | None = None) -> str:
    """The figures to read: errors first, then a row for each judged attribute; `deviations` beside them, if given."""
    beside = deviations or {}

    def told(name: str, digits: int) -> str:
        spread = f" ± {beside[name]:.{digits}f}" if beside.get(name) is not None else ""
        return f"{figures[name]:.{digits}f}{spread}" if name in figures else "-"

    mean, median = told("reconstruction", 4), told("reconstruction_median", 4)
    lines = [f"reconstruction error ([-1, 1] scale)  mean {mean}  median {median}"]
    names = [key.removeprefix("real/") for key in figures if key.startswith("real/")]
    if not names:
        return lines[0]
    columns = ("chance", "real", "reconstructed", "swapped", "kept")
    wide = max(len("accuracy"), *map(len, names))
    lines.append(f"{'accuracy':{wide}}  " + "  ".join(f"{column:>13}" for column in columns))
    for name in names:
        lines.append(f"{name:{wide}}  " + "  ".join(f"{told(f'{column}/{name}', 3):>13}" for column in columns))
    return "\n".join(map(one_line, lines))
