"""From the files of a data set to its rows: which image is in which split and has which labels."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from pathlib import PurePosixPath

from unweave.data.findings import Listing, Row, and_more
from unweave.data.metadata import NAMES, read_metadata
from unweave.data.pattern import read_pattern
from unweave.data.pictures import ENDINGS
from unweave.data.store import SPLITS, Store, unsafe

EXPECTED = "expected metadata.csv or metadata.jsonl, a folder for each class, or a file-name pattern"
CLASS = "class"
"""The column that the names of folders make."""


def list_rows(store: Store, pattern: str | None) -> Listing:
    """All rows of a data set, with all that is wrong about its files, in one pass; images are not opened.

    With a `pattern` labels are read from the names, else from metadata if there is any, else from the folders.
    """
    listing = Listing()
    if pattern is not None:
        _by_pattern(store, pattern, listing)
    elif has_metadata(store):
        _by_metadata(store, listing)
    else:
        _by_folder(store, listing)
    if not listing.rows and not listing.errors():
        listing.error(_no_images(store) or f"{store.path}: holds no images with labels, {EXPECTED}")
    return listing


def image_names(store: Store) -> list[str]:
    """The files that are images, by their endings."""
    return [name for name in store.names if posixpath.splitext(name)[1].lower() in ENDINGS]


def has_metadata(store: Store) -> bool:
    """Whether there is a metadata file where one is looked for: at the top, or in the folder of a split."""
    return any(posixpath.basename(name) in NAMES and _depth_allows(name) for name in store.names)


def _depth_allows(name: str) -> bool:
    folder = posixpath.dirname(name)
    return folder == "" or folder in SPLITS


def _split_of(name: str) -> str | None:
    """The split whose folder an image lies in."""
    top, slash, _ = name.partition("/")
    return SPLITS.get(top) if slash else None


def _by_pattern(store: Store, text: str, listing: Listing) -> None:
    pattern = read_pattern(text)
    names = image_names(store)
    line = _misnamed_split(store, names) or _splits_below(store, names)
    if line is not None:
        listing.error(line)
        return
    listing.columns = list(pattern.names)
    for name in names:
        labels = pattern.labels(PurePosixPath(name).stem)
        if labels is None:
            listing.error(f"{name}: does not match the pattern {text}, which is for the whole name but its ending")
        else:
            listing.rows.append(Row(place=name, file=name, split=_split_of(name) or "train", values=dict(labels)))


def _by_folder(store: Store, listing: Listing) -> None:
    names = image_names(store)
    line = _not_of_classes(store, names)
    if line is not None:
        listing.error(line)
        return
    has_splits = any(_split_of(name) for name in names)
    listing.columns = [CLASS]
    classes = [PurePosixPath(name).parts[has_splits:-1] for name in names]
    if not any(classes):
        listing.error(f"{store.path}: holds no labels for its {len(names)} images, {EXPECTED}")
        return
    for name, folders in zip(names, classes, strict=True):
        split = _split_of(name)
        if not folders or (has_splits and split is None):
            listing.error(f"{name}: lies outside the folders of the {'splits and ' if has_splits else ''}classes")
        else:
            listing.rows.append(Row(place=name, file=name, split=split or "train", values={CLASS: folders[0]}))
    deeper = [(name, folders) for name, folders in zip(names, classes, strict=True) if len(folders) > 1]
    for name, (of_class, below, *_) in deeper[:1]:
        told = f"its class is '{of_class}', the folder '{below}' below it is no label"
        listing.warning(f"{name}: {told}{and_more(deeper)}")


def _not_of_classes(store: Store, names: list[str]) -> str | None:
    """The line to say where the folders of the images `names` are not those of classes; None where they may be."""
    below = next((name for name in store.names if posixpath.basename(name) in NAMES), None)
    line = _misnamed_split(store, [*names, below or ""])
    if line is not None:
        return line
    if below is not None:
        folders = [posixpath.dirname(name) for name in store.names if posixpath.basename(name) in NAMES]
        sets = {posixpath.dirname(each) if posixpath.basename(each) in SPLITS else each for each in folders}
        expected = f"the folder {min(sets)}" if len(sets) == 1 else f"one of the {len(sets)} such, as {min(sets)}"
        return f"{store.path}: holds no metadata.csv, but {folders[0]} inside it does; expected {expected}"
    other = next((name for name in store.names if name.lower() in NAMES), None)
    if other is not None:
        return f"{store.path}: holds {other}, expected it to be called {other.lower()}"
    return _no_images(store) or _splits_below(store, names)


def _no_images(store: Store) -> str | None:
    """The line to say where no file has the ending of an image."""
    if image_names(store):
        return None
    found = f" ({len(store.names)} files, such as {store.names[0]})" if store.names else ""
    return f"{store.path}: holds no images{found}, expected {', '.join(ENDINGS)}"


def _misnamed_split(store: Store, names: Iterable[str]) -> str | None:
    """The line to say where only capitals keep a top folder of `names` from being a split.

    Its images would be those of a class, or for training, whatever they are for. It may be a person, as Val is.
    """
    tops = (name.partition("/")[0] for name in names if "/" in name)
    wrong = next((top for top in tops if top not in SPLITS and top.lower() in SPLITS), None)
    if wrong is None:
        return None
    called = f"expected it to be called {wrong.lower()} if it is a split, something else if not"
    return f"{store.path}: holds the folder {wrong}, {called}"


def _splits_below(store: Store, names: list[str]) -> str | None:
    """The line to say where all of `names` lie in splits one folder too deep, as in the folder above data sets."""
    parts = [name.split("/") for name in names]
    if not parts or any(len(each) < 3 or each[0] in SPLITS or each[1].lower() not in SPLITS for each in parts):
        return None
    top, split = parts[0][:2]
    expected = f"expected the folder {top}, or {split.lower()}/{top} if {top} is a class"
    return f"{store.path}: holds {top}/{split}, {expected}"


def _by_metadata(store: Store, listing: Listing) -> None:
    tables = [name for name in store.names if posixpath.basename(name) in NAMES and _depth_allows(name)]
    tables.sort(key=lambda name: ["", *SPLITS].index(posixpath.dirname(name)))  # training images first
    folders = [posixpath.dirname(name) for name in tables]
    if len(set(folders)) < len(tables) or ("" in folders and len(tables) > 1):
        listing.error(f"{store.path}: holds {' and '.join(tables)}, expected one, or one in each of train and test")
        return
    alike = {_spelled_alike(name): name for name in store.names}
    seen: dict[str, str] = {}
    for name, folder in zip(tables, folders, strict=True):
        for number, cells in read_metadata(store.read(name), name, listing):
            place = f"{name} row {number}"
            row = _row(place, folder, cells, listing)
            if row is None:
                continue
            if row.file not in store:
                guess = alike.get(_spelled_alike(row.file))
                listing.error(f"{place}: no such file '{row.file}'" + (f"; did you mean '{guess}'?" if guess else ""))
            elif row.file in seen:
                listing.error(f"{place}: '{row.file}' is already in {seen[row.file]}, expected each image once")
            else:
                seen[row.file] = place
                listing.rows.append(row)
    images = image_names(store)
    told = folders == [""] and "split" in listing.columns  # then folders may be called as they like
    if not told and (line := _misnamed_split(store, [*images, *seen])):
        listing.error(line)
    listing.columns = [column for column in listing.columns if column not in ("file_name", "split")]
    unlisted = [name for name in images if name not in seen]
    if unlisted and not listing.errors():
        listing.warning(f"{unlisted[0]}: has no row in the metadata and is not used{and_more(unlisted)}")


def _spelled_alike(name: str) -> str:
    """The same for names that differ in case, in their ending, or in Windows' separators only."""
    return posixpath.splitext(posixpath.normpath(name.replace("\\", "/")))[0].lower()


def _row(place: str, folder: str, cells: dict[str, str | None], listing: Listing) -> Row | None:
    written = cells["file_name"] or ""
    if unsafe(written):
        listing.error(f"{place}: file_name is '{written}', expected a name inside the data, without '..'")
        return None
    file = posixpath.normpath(posixpath.join(folder, written))
    split = SPLITS.get(folder) or _split_of(file) or "train"
    told = cells.get("split")
    if told is not None and not folder:
        if told not in SPLITS:
            listing.error(f"{place}: split is '{told}', expected train, validation or test")
            return None
        split = SPLITS[told]
    values = {column: value for column, value in cells.items() if column not in ("file_name", "split")}
    return Row(place=place, file=file, split=split, values=values)
