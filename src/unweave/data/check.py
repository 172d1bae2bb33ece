"""All that is wrong with a data set, and what it holds, from one pass over all of its images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, permutations
from pathlib import Path

import numpy as np
from jaxtyping import Int

from unweave.config import check_size
from unweave.data.findings import Finding, Listing, Row, and_more
from unweave.data.layouts import list_rows
from unweave.data.pictures import check_crop, crop_box, decode_told
from unweave.data.pool import in_blocks
from unweave.data.store import Store, default_attributes, find_source
from unweave.data.table import (
    AttributeTable,
    attribute_errors,
    columns_of,
    make_table,
    names_of,
    natural,
    nothing_to_learn,
)
from unweave.errors import UnweaveError, first_few

NO_LABEL = frozenset("nan NaN NA <NA> N/A n/a null NULL None #N/A".split())
"""What other programs write where a label is missing."""
FEW = 10
"""Training images; a class with fewer is told."""
NAMED = 5
"""Classes that a line names."""


@dataclass(frozen=True)
class Report:
    """What `check` has seen, in lines to print."""

    summary: list[str]
    findings: list[Finding]


def check(
    source: str | Path,
    *,
    attributes: str | Sequence[str] | None = None,
    pattern: str | None = None,
    size: int = 64,
    batch: int = 16,
    crop: str = "center",
) -> Report:
    """Look at every file, row and image of a data set; `source`, `attributes` and `pattern` are those of `read_table`.

    `size` is the side in pixels, `batch` the number of images a batch and `crop` the crop that one means to train with.
    Raises `UnweaveError` only where there is nothing to look at: no such data, a pattern, a number or a crop that makes
    no sense.
    """
    check_crop(crop)
    check_size("size", size)
    if batch < 2:
        raise UnweaveError(f"batch is {batch}, expected at least 2")
    path = find_source(source)
    attributes = default_attributes(path) if attributes is None else names_of(attributes)
    with Store(path) as store:
        listing = list_rows(store, pattern)
        sizes = _look_at_images(store, listing)
    table = _table_of_the_usable(listing, path, attributes)
    named = attribute_errors(attributes, columns_of(listing), [row.split for row in listing.rows], f"{source}: ")
    for line in named:
        listing.error(line)
    if line := nothing_to_learn(table):
        listing.error(line)
    training = len(table.rows("train"))
    if training < batch and listing.rows:
        listing.error(f"{source}: {training} training images are too few for a batch of {batch}")
    cut = _cut(sizes, crop, listing)
    small = [file for file, sides in cut.items() if min(sides) < size]
    if small:
        sides = " x ".join(map(str, cut[small[0]]))
        listing.warning(f"{small[0]}: is {sides} pixels and will be enlarged to {size}{and_more(small)}")
    for line in label_warnings(table, listing.rows):
        listing.warning(line)
    return Report(_summary(table, sizes), listing.findings)


def label_warnings(table: AttributeTable, rows: Sequence[Row]) -> Iterator[str]:
    """What about the labels makes learning hard, one line each; `rows` are those of the table."""
    labels, training = table.labels(), table.rows("train")
    for name, column in zip(table.attributes, labels.T, strict=True):
        classes = table.classes[name]
        labelled = training[column[training] >= 0]
        if len(classes) == 1:
            yield f"'{name}' has the single class '{classes[0]}', so there is nothing to learn about it"
        elif 2 * len(classes) > len(labelled):
            yield f"'{name}' has {len(classes)} classes for {len(labelled)} training images, so it is no category"
        else:
            yield from _scarce(name, classes, column[labelled], [rows[k] for k in labelled])
        for label in classes:
            if label in NO_LABEL:
                yield f"'{name}' has the class '{label}'; if that means a missing label, leave those cells empty"
        yield from _alike_but_for_case(name, classes)
        for split in ("validation", "test"):
            new, count = _unseen(table, name, split)
            if new:
                line = f"'{name}' has {len(new)} of {count} {split} classes that no training image has"
                kept = f"; right if they are kept for the {split}" if len(new) == count else ""
                yield f"{line}: {first_few(new, NAMED)}{kept}"
            if not count and len(table.rows(split)):
                yield f"'{name}' has no label in any {split} image, so they cannot judge it"
    yield from _predictions(table, labels[training])


def predicted_share(of: Int[np.ndarray, "images"], by: Int[np.ndarray, "images"]) -> tuple[float, float]:
    """How well the class in `by` tells that in `of`: the share of images where the most frequent one is right.

    The second share is that of the most frequent class of all, with nothing known, which tells what the first is worth.
    Images with a missing label (-1) are left out.
    """
    both = (of >= 0) & (by >= 0)
    if not both.any():
        return 0.0, 0.0
    of, by = of[both], by[both]
    pairs, counts = np.unique(np.stack([by, of]), axis=1, return_counts=True)
    best = np.zeros(by.max() + 1, np.int64)
    np.maximum.at(best, pairs[0], counts)
    return float(best.sum() / len(of)), float(np.bincount(of).max() / len(of))


def _look_at_images(store: Store, listing: Listing) -> dict[str, tuple[int, int]]:
    """File -> width and height; rows whose image cannot be used become errors, transparent parts a warning."""

    def look(row: Row) -> tuple[tuple[int, int], bool] | str:
        try:
            image, transparent = decode_told(store.read(row.file), row.file)
        except UnweaveError as error:
            return str(error) if row.place == row.file else f"{row.place}: {error}"
        return image.size, transparent

    seen = [each for block in in_blocks(look, listing.rows, "checking") for each in block]
    for each in seen:
        if isinstance(each, str):
            listing.error(each)
    pairs = list(zip(listing.rows, seen, strict=True))
    listing.rows = [row for row, each in pairs if not isinstance(each, str)]
    over = [row.file for row, each in pairs if not isinstance(each, str) and each[1]]
    if over:
        listing.warning(f"{over[0]}: has transparent parts, laid over white{and_more(over)}")
    return {row.file: each[0] for row, each in pairs if not isinstance(each, str)}


def _cut(sizes: dict[str, tuple[int, int]], crop: str, listing: Listing) -> dict[str, tuple[int, int]]:
    """File -> width and height after the crop; one that does not fit becomes an error."""
    cut, outside = {}, []
    for file, sides in sizes.items():
        try:
            cut[file] = crop_box(*sides, crop)[2:]
        except UnweaveError as error:
            outside.append(f"{file}: {error}")
    if outside:
        listing.error(f"{outside[0]}{and_more(outside)}")
    return cut


def _table_of_the_usable(listing: Listing, path: Path, attributes: Sequence[str] | None) -> AttributeTable:
    columns, splits = columns_of(listing), tuple(row.split for row in listing.rows)
    names = dict.fromkeys(columns if attributes is None else attributes)
    usable = [name for name in names if not attribute_errors([name], columns, splits, "")] if splits else []
    return make_table(path, tuple(row.file for row in listing.rows), splits, columns, usable, None)


def _scarce(name: str, classes: Sequence[str], of: Int[np.ndarray, "images"], rows: Sequence[Row]) -> Iterator[str]:
    """A line about the classes with few images, rarest first; of a single image, which may be a slip, the place.

    `of` is the class of each of the `rows`, by number.
    """
    counts = np.bincount(of, minlength=len(classes))
    places = {int(k): row.place for k, row in zip(of, rows, strict=True)}
    told = []
    for k in map(int, np.argsort(counts, kind="stable")):
        if counts[k] < FEW:
            where = f": {places[k]}" if counts[k] == 1 else ""
            told.append(f"{classes[k]} ({counts[k]}{where})")
    if told:
        which = first_few(told, NAMED)
        yield f"{len(told)} of {len(classes)} classes of '{name}' have fewer than {FEW} training images: {which}"


def _alike_but_for_case(name: str, classes: Sequence[str]) -> Iterator[str]:
    for _, alike in groupby(sorted(classes, key=str.casefold), key=str.casefold):
        if len(same := list(alike)) > 1:
            yield f"'{name}' has the classes {' and '.join(map(repr, same))}, which differ only by case"


def _unseen(table: AttributeTable, name: str, split: str) -> tuple[list[str], int]:
    """The classes of a split that no training image has, and how many classes the split has in all."""
    labels = {table.columns[name][k] for k in table.rows(split)} - {None}
    new = [label for label in labels if label is not None and label not in table.classes[name]]
    return sorted(new, key=natural), len(labels)


def _predictions(table: AttributeTable, labels: Int[np.ndarray, "rows attributes"]) -> Iterator[str]:
    for by, of in permutations(range(len(table.attributes)), 2):
        sizes = [len(table.classes[table.attributes[k]]) for k in (by, of)]
        if min(sizes) == 1 or 2 * sizes[0] > len(labels):
            continue
        share, by_chance = predicted_share(labels[:, of], labels[:, by])
        if share >= 0.95 and share - by_chance >= 0.9 * (1 - by_chance):
            names = table.attributes[by], table.attributes[of]
            yield f"'{names[0]}' predicts '{names[1]}' in {share:.1%} of the training images, so their codes may mix"


def _summary(table: AttributeTable, sizes: dict[str, tuple[int, int]]) -> list[str]:
    counts = [
        f"{len(table.rows(split))} {split}" for split in ("train", "validation", "test") if len(table.rows(split))
    ]
    spans = [_span(sides) for sides in zip(*sizes.values(), strict=True)]
    lines = [f"images: {', '.join(counts) or 'none'}" + (f"; {' x '.join(spans)} pixels" if spans else "")]
    training, labels = table.rows("train"), table.labels()
    for name, column in zip(table.attributes, labels.T, strict=True):
        found = column[training]
        each = np.bincount(found[found >= 0])
        balance = f"{each.min()} / {np.median(each):g} / {each.max()}"
        missing = sum(label is None for label in table.columns[name])
        lines.append(f"{name}: {len(each)} classes, training images of each {balance} (least / median / most)")
        lines[-1] += f", {missing} labels missing"
        for split in ("validation", "test"):
            new, count = _unseen(table, name, split)
            if count:
                lines[-1] += f", {split} classes known from training: {count - len(new)} of {count}"
    others = [name for name in table.columns if name not in table.attributes]
    return lines + ([f"not modelled: {', '.join(others)}"] if others else [])


def _span(sides: Sequence[int]) -> str:
    return f"{min(sides)}" if min(sides) == max(sides) else f"{min(sides)}-{max(sides)}"
