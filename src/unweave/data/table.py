"""Labelled images as one table: which image, in which split, with which label for each attribute."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import join

import numpy as np

from unweave.arrays import Bool, Int, UInt8
from unweave.data.findings import Listing
from unweave.data.layouts import list_rows
from unweave.data.store import SPLITS, Store, default_attributes, find_source
from unweave.errors import UnweaveError, did_you_mean

RESERVED = ("rest", "file_name", "split")
"""Names that no attribute may have; "rest" is the code of all that has no label."""

Column = tuple[str | None, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class AttributeTable:
    """Labelled images. Nothing is decoded; `cached_images` does that."""

    source: Path | None
    """The folder or .zip; None where the images are arrays."""
    files: tuple[str, ...]
    """One per image: its name inside the source."""
    splits: tuple[str, ...]
    """One per image: train, validation or test."""
    columns: Mapping[str, Column]
    """Every column of labels as text, one per image; None where the label is missing."""
    attributes: tuple[str, ...]
    """The columns to model, in order."""
    classes: Mapping[str, tuple[str, ...]]
    """Per attribute the labels of the training images, in natural order: light2 before light10."""
    pattern: str | None = None
    """The file-name pattern that the labels were read with."""
    pixels: UInt8[np.ndarray, "images height width colours"] | None = None
    """The images themselves where they were given as arrays."""

    def rows(self, split: str) -> Int[np.ndarray, "rows"]:
        """Indices of the images of a split."""
        return np.flatnonzero([each == split for each in self.splits])

    def at(self, rows: Sequence[int] | Int[np.ndarray, "rows"]) -> AttributeTable:
        """Some of the images; the classes stay those of all."""
        return replace(
            self,
            files=tuple(self.files[row] for row in rows),
            splits=tuple(self.splits[row] for row in rows),
            columns={name: tuple(column[row] for row in rows) for name, column in self.columns.items()},
            pixels=None if self.pixels is None else self.pixels[rows],
        )

    def labels(self) -> Int[np.ndarray, "images attributes"]:
        """Class of each image in each attribute; -1 where the label is missing or no training image has it."""
        numbers = np.full((len(self.files), len(self.attributes)), -1, np.int64)
        for a, name in enumerate(self.attributes):
            number = {label: k for k, label in enumerate(self.classes[name])}
            numbers[:, a] = [-1 if label is None else number.get(label, -1) for label in self.columns[name]]
        return numbers

    def labelled(self) -> Bool[np.ndarray, "images attributes"]:
        """Whether each image has a label in each attribute, be it one that no training image has."""
        told = [[label is not None for label in self.columns[name]] for name in self.attributes]
        return np.array(told, bool).reshape(len(self.attributes), len(self.files)).T


def read_table(
    source: str | Path, *, attributes: str | Sequence[str] | None = None, pattern: str | None = None
) -> AttributeTable:
    """Read the labels of a data set: a folder, a .zip, or the name of a bundled set ("faces64").

    Labels come from metadata.csv or metadata.jsonl (a column `file_name` and one per attribute; at the top, with or
    without a column `split`, or in each of the folders train, validation and test), from the file names if there is a
    `pattern` such as {identity}-{expression}-{light}, or else from folders, as an attribute called "class".
    `attributes` are the columns to model, in order, or the only one; if None all of them, or those that the bundled set
    is for. An empty cell is a missing label.

    Raises `UnweaveError` for the first thing wrong with the files or the labels; `unweave data check` lists all.
    """
    path = find_source(source)
    attributes = default_attributes(path) if attributes is None else names_of(attributes)
    with Store(path) as store:
        listing = list_rows(store, pattern)
    columns, splits = columns_of(listing), tuple(row.split for row in listing.rows)
    errors = listing.errors() + attribute_errors(attributes, columns, splits, f"{source}: ")
    if errors:
        flag = "" if pattern is None else f' --pattern "{pattern}"'
        more = f" (and {len(errors) - 1} more: unweave data check {source}{flag})" if len(errors) > 1 else ""
        raise UnweaveError(errors[0] + more)
    table = make_table(path, tuple(row.file for row in listing.rows), splits, columns, attributes, None)
    return replace(table, pattern=pattern)


def table_from_arrays(
    images: np.ndarray,
    columns: Mapping[str, Sequence[str | float | np.number | None]],
    *,
    attributes: str | Sequence[str] | None = None,
    splits: Sequence[str] | None = None,
) -> AttributeTable:
    """A table of images in memory: uint8 (images, height, width, 3); for grey 1 in place of the 3, or nothing.

    `columns`: label column -> one label per image, None or NaN where it is missing. `splits`: train, validation or test
    for each image; all train if None. Raises `UnweaveError` where the shapes, lengths or names do not fit.
    """
    images = images[..., None] if images.ndim == 3 else images
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] not in (1, 3) or not images.size:
        found = f"{images.dtype} of shape {images.shape}"
        raise UnweaveError(f"images are {found}, expected uint8 of shape (images, height, width, 3 or 1)")
    splits = ["train"] * len(images) if splits is None else splits
    for name, values in {**columns, "splits": splits}.items():
        if len(values) != len(images):
            raise UnweaveError(f"'{name}' has {len(values)} entries for {len(images)} images, expected one each")
    unknown = [split for split in splits if split not in SPLITS]
    if unknown:
        raise UnweaveError(f"a split is '{unknown[0]}', expected train, validation or test")
    splits = tuple(SPLITS[split] for split in splits)
    texts = {name: tuple(map(_label, values)) for name, values in columns.items()}
    attributes = None if attributes is None else names_of(attributes)
    errors = attribute_errors(attributes, texts, splits, "")
    if errors:
        raise UnweaveError(errors[0])
    return make_table(None, tuple(f"image {k}" for k in range(len(images))), splits, texts, attributes, images)


def names_of(attributes: str | Sequence[str]) -> tuple[str, ...]:
    """A single name, or several, as several."""
    return (attributes,) if isinstance(attributes, str) else tuple(attributes)


def columns_of(listing: Listing) -> dict[str, Column]:
    """Column -> the labels of all rows."""
    return {name: tuple(row.values.get(name) for row in listing.rows) for name in listing.columns}


def attribute_errors(
    attributes: Sequence[str] | None, columns: Mapping[str, Column], splits: Sequence[str], source: str
) -> list[str]:
    """What keeps the columns from being modelled as `attributes`, in lines that begin with `source`."""
    if not columns and not splits:
        return []  # nothing was read, and it has been said why
    names = list(columns if attributes is None else attributes)
    if not names:
        return [f"{source}there is no column of labels, expected one per attribute"]
    errors = [f"{source}the attribute '{name}' is named twice" for name in sorted(set(names)) if names.count(name) > 1]
    for name in dict.fromkeys(names):
        if name not in columns:
            errors.append(source + _no_column(name, columns, names))
        elif not can_name(name):
            errors.append(f"{source}'{name}' cannot be an attribute's name, rename that column")
        elif splits and not classes_of(columns[name], splits):
            errors.append(f"{source}no training image has a label for '{name}'")
    return errors


def can_name(name: str) -> bool:
    """Whether an attribute may be called so."""
    return name not in RESERVED and "=" not in name and name.strip() != ""  # commands take ATTRIBUTE=VALUE


def classes_of(column: Column, splits: Sequence[str]) -> tuple[str, ...]:
    """The labels of the training images, in natural order."""
    training = {label for label, split in zip(column, splits, strict=True) if split == "train" and label is not None}
    return tuple(sorted(training, key=natural))


def nothing_to_learn(table: AttributeTable) -> str | None:
    """The line to say where no attribute has two classes, as of the folder above that of the classes; else None."""
    if not table.classes or max(map(len, table.classes.values())) > 1:
        return None
    single = " and ".join(f"'{name}' has the single class '{names[0]}'" for name, names in table.classes.items())
    where = "" if table.source is None else f"{table.source}: "
    return f"{where}there is nothing to learn: {single}; name other attributes, or another folder"


def natural(label: str) -> tuple[list[tuple[int, str]], str]:
    """A key that sorts numbers within labels by their size."""
    parts = re.split("([0-9]+)", label)
    numbers = [(len(part.lstrip("0")), part.lstrip("0")) if k % 2 else (0, part) for k, part in enumerate(parts)]
    return numbers, label


def _no_column(name: str, columns: Mapping[str, Column], names: Sequence[str]) -> str:
    """The line for one of the `names` that is no column, perhaps since commas stand where spaces are expected."""
    parts = _between_commas(name)
    gone = [part for part in parts if part not in columns]
    if parts and not gone:
        spaced = join(part for each in names for part in _between_commas(each))
        hint = f"give names with spaces between them: --attributes {spaced}"
    else:
        name = gone[0] if len(gone) < len(parts) else name
        hint = did_you_mean(name, columns)
    return f"there is no column '{name}' among {', '.join(columns) or 'none'}" + (f"; {hint}" if hint else "")


def _between_commas(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _label(value: str | float | np.number | None) -> str | None:
    missing = value is None or value == "" or (isinstance(value, float | np.floating) and np.isnan(value))
    return None if missing else str(value)


def make_table(
    source: Path | None,
    files: tuple[str, ...],
    splits: tuple[str, ...],
    columns: Mapping[str, Column],
    attributes: Sequence[str] | None,
    pixels: np.ndarray | None,
) -> AttributeTable:
    """The table of parts that are known to fit, its classes counted."""
    names = tuple(columns if attributes is None else attributes)
    return AttributeTable(
        source=source,
        files=files,
        splits=splits,
        columns=columns,
        attributes=names,
        classes={name: classes_of(columns[name], splits) for name in names},
        pixels=pixels,
    )
