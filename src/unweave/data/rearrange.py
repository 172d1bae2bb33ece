"""Data sets made of data sets: split anew, joined, written in one layout, packed. Images are copied as they are."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from unweave.data.layouts import CLASS, has_metadata, image_names
from unweave.data.store import SPLITS, Store, check_outside, find_source
from unweave.data.table import AttributeTable, Column, can_name, natural, read_table
from unweave.data.writing import Entry, write_set
from unweave.errors import UnweaveError, did_you_mean
from unweave.files import add_to_zip, check_file, replacing


def split(
    source: str | Path,
    out: Path,
    *,
    by: str | None = None,
    share: float = 0.1,
    seed: int = 0,
    pattern: str | None = None,
) -> Counter[str]:
    """Write `source` into the new folder `out` with a `share` of it in test/ and all else in train/; count the images.

    `by` names a column: then a share of its values, such as people, is for testing, with all of their images; images
    without a label in it are for training. Without `by` the images themselves are drawn. The same seed draws the same.
    Raises `UnweaveError` as `read_table` does, for an unknown column, and where a split would be left empty.
    """
    if not 0 < share < 1:
        raise UnweaveError(f"share is {share:g}, expected more than 0 and less than 1")
    table = read_table(source, pattern=pattern)
    check_outside(Path(out), table.source)
    if by is not None and by not in table.columns:
        known, guess = ", ".join(table.columns), did_you_mean(by, table.columns)
        raise UnweaveError(f"{source}: there is no column '{by}' among {known}" + (f"; {guess}" if guess else ""))
    groups: Column = table.files if by is None else table.columns[by]
    test = groups_for_testing(groups, share, seed)
    splits = ["test" if group in test else "train" for group in groups]
    for name in ("train", "test"):
        if name not in splits:
            what = "images" if by is None else f"values of '{by}'"
            raise UnweaveError(f"{source}: has too few {what} to split, there would be no {name} images")
    return write_set(out, _entries(table, splits), list(table.columns))


def groups_for_testing(groups: Column, share: float, seed: int) -> set[str]:
    """The groups that are for testing: at least one, where there are any."""
    names = sorted({group for group in groups if group is not None}, key=natural)
    drawn = np.random.default_rng(seed).permutation(len(names))[: max(1, round(share * len(names)))]
    return {names[k] for k in drawn}


def join(sources: Sequence[str | Path], out: Path, *, pattern: str | None = None) -> tuple[Counter[str], list[str]]:
    """Write several data sets into the new folder `out`, each under its own name, with the columns of all.

    A column that a set does not have is a missing label for its images. Each image stays in its split. Where several
    sets have folders of classes, none of them in common, those of each are a column called as the set. `pattern` is
    that of all sets without a metadata file. Gives the number of images of each split, and the lines of `strangers`.
    Raises `UnweaveError` as `read_table` does, and where no column can be called so.
    """
    if len(sources) < 2:
        raise UnweaveError(f"there are {len(sources)} data sets to join, expected at least 2")
    tables = [_table_to_join(source, pattern) for source in sources]
    for table in tables:
        check_outside(Path(out), table.source)
    names = _names(tables)
    tables = _told_apart(tables, names)
    columns = list(dict.fromkeys(column for table in tables for column in table.columns))

    def entries() -> Iterator[Entry]:
        for name, table in zip(names, tables, strict=True):
            yield from _entries(table, table.splits, f"{name}/")

    return write_set(out, entries(), columns), list(strangers(dict(zip(names, tables, strict=True))))


def _table_to_join(source: str | Path, pattern: str | None) -> AttributeTable:
    """One of several sets; what is wrong with it says of which."""
    if pattern is not None:
        with Store(find_source(source)) as store:
            pattern = None if has_metadata(store) else pattern
    try:
        return read_table(source, pattern=pattern)
    except UnweaveError as error:
        told = str(error)
        raise UnweaveError(told if told.startswith(str(source)) else f"{source}: {told}") from error


def strangers(tables: Mapping[str, AttributeTable]) -> Iterator[str]:
    """A line for each column in which sets share no label with another that has it: there it may mean another thing.

    `tables`: the name of a set -> what it holds.
    """
    for column in dict.fromkeys(column for table in tables.values() for column in table.columns):
        having = {name: table.columns[column] for name, table in tables.items() if column in table.columns}
        labels = {name: set(of_set) - {None} for name, of_set in having.items()}
        sets = Counter(label for of_set in labels.values() for label in of_set)
        alone = [name for name, of_set in labels.items() if all(sets[label] == 1 for label in of_set)]
        if alone and len(labels) > 1:
            told = f"the labels of '{column}' in {' and '.join(alone)} are in no other set"
            yield f"warning: {told}; where the column means something else, rename it"


def export(source: str | Path, out: Path, *, pattern: str | None = None) -> Counter[str]:
    """Write a data set of any layout into the new folder `out`, with a metadata.jsonl in each split.

    `datasets.load_dataset("imagefolder", data_dir=out)` reads it, with all labels as text.
    """
    table = read_table(source, pattern=pattern)
    check_outside(Path(out), table.source)
    return write_set(out, _entries(table, table.splits), list(table.columns), form="jsonl")


def pack(source: str | Path, target: Path) -> int:
    """Pack all files of a folder into the .zip `target`: the same bytes from the same files. Count the files.

    Raises `UnweaveError` for what is no folder or holds no images.
    """
    target = Path(target)
    if target.suffix.lower() != ".zip":
        raise UnweaveError(f"{target}: expected a name that ends in .zip")
    path = find_source(source)
    if not path.is_dir():
        raise UnweaveError(f"{path}: is not a folder, expected one to pack")
    check_file(target)
    with Store(path) as store:
        if not image_names(store):
            raise UnweaveError(f"{path}: holds no images to pack")
        inside = [name for name in store.names if (path / name).resolve() != target.resolve()]
        with replacing(target) as temporary, zipfile.ZipFile(temporary, "w") as packed:
            for name in inside:
                add_to_zip(packed, name, store.read(name))
        return len(inside)


def _entries(table: AttributeTable, splits: Sequence[str], folder: str = "") -> Iterator[Entry]:
    """All images of a table, without their old split's folder where that keeps their names apart."""
    assert table.source is not None
    bare = [_without_split(name) for name in table.files]
    names = bare if len(set(zip(splits, bare, strict=True))) == len(bare) else table.files
    with Store(table.source) as store:
        for k, file in enumerate(table.files):
            labels: Mapping[str, str | None] = {column: values[k] for column, values in table.columns.items()}
            content = partial(store.read, file)
            yield Entry(split=splits[k], name=folder + names[k], labels=labels, content=content)


def _without_split(name: str) -> str:
    top, slash, rest = name.partition("/")
    return rest if slash and top in SPLITS else name


def _names(tables: Sequence[AttributeTable]) -> list[str]:
    """A folder's name for each table: that of its source, all of them numbered where two have the same."""
    stems = [PurePosixPath((table.source or Path()).resolve().name).stem.strip(". ") or "data" for table in tables]
    return stems if len(set(stems)) == len(stems) else [f"{stem}-{k}" for k, stem in enumerate(stems, 1)]


def _told_apart(tables: Sequence[AttributeTable], names: Sequence[str]) -> list[AttributeTable]:
    """The tables, where several have folders of classes with those of each as a column that has the table's name.

    Where two of them have a class in common, they are parts of one attribute, and stay so.
    """
    of_folders = [_has_class_folders(table) for table in tables]
    classes = [table.classes[CLASS] for table, renamed in zip(tables, of_folders, strict=True) if renamed]
    if len(classes) < 2 or len(set().union(*classes)) < sum(map(len, classes)):
        return list(tables)
    for name, table, renamed in zip(names, tables, of_folders, strict=True):
        if renamed and not can_name(name):
            raise UnweaveError(f"{table.source}: its classes cannot be an attribute called '{name}', rename the folder")
    return [
        replace(table, columns={name: table.columns[CLASS]}, attributes=(name,), classes={name: table.classes[CLASS]})
        if renamed
        else table
        for name, table, renamed in zip(names, tables, of_folders, strict=True)
    ]


def _has_class_folders(table: AttributeTable) -> bool:
    """Whether the labels of a table are the names of folders."""
    assert table.source is not None
    with Store(table.source) as store:
        return table.pattern is None and not has_metadata(store)
