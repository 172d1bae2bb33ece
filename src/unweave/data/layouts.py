"""From the files of a data set to its rows: which image is in which split and has which labels."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath

from unweave.data.findings import Listing, Row
from unweave.data.metadata import NAMES, read_metadata
from unweave.data.pattern import read_pattern
from unweave.data.pictures import ENDINGS
from unweave.data.store import SPLITS, Store, unsafe

EXPECTED = "expected metadata.csv or metadata.jsonl, a folder for each class, or a file-name pattern"


def list_rows(store: Store, pattern: str | None) -> Listing:
    """All rows of a data set, with all that is wrong about its files, in one pass; images are not opened.

    With a `pattern` labels are read from the names, else from metadata if there is any, else from the folders.
    """
    listing = Listing()
    if pattern is not None:
        _by_pattern(store, pattern, listing)
    elif any(posixpath.basename(name) in NAMES and _depth_allows(name) for name in store.names):
        _by_metadata(store, listing)
    else:
        _by_folder(store, listing)
    if not listing.rows and not listing.errors():
        listing.error(f"{store.path}: holds no images with labels, {EXPECTED}")
    return listing


def image_names(store: Store) -> list[str]:
    """The files that are images, by their endings."""
    return [name for name in store.names if posixpath.splitext(name)[1].lower() in ENDINGS]


def _depth_allows(name: str) -> bool:
    folder = posixpath.dirname(name)
    return folder == "" or folder in SPLITS


def _split_of(name: str) -> str | None:
    """The split whose folder an image lies in."""
    top, slash, _ = name.partition("/")
    return SPLITS.get(top) if slash else None


def _by_pattern(store: Store, text: str, listing: Listing) -> None:
    pattern = read_pattern(text)
    listing.columns = list(pattern.names)
    for name in image_names(store):
        labels = pattern.labels(PurePosixPath(name).stem)
        if labels is None:
            listing.error(f"{name}: does not match the pattern {text}, which is for the name without its ending")
        else:
            listing.rows.append(Row(place=name, file=name, split=_split_of(name) or "train", values=dict(labels)))


def _by_folder(store: Store, listing: Listing) -> None:
    below = next((name for name in store.names if posixpath.basename(name) in NAMES), None)
    if below is not None:
        folder = posixpath.dirname(below)
        if folder not in SPLITS and folder.lower() in SPLITS:
            listing.error(f"{store.path}: holds the folder {folder}, expected it to be called {folder.lower()}")
            return
        inner = posixpath.dirname(folder) if posixpath.basename(folder) in SPLITS else folder
        listing.error(f"{store.path}: holds no metadata.csv, but {folder} inside it does; expected the folder {inner}")
        return
    other = next((name for name in store.names if name.lower() in NAMES), None)
    if other is not None:
        listing.error(f"{store.path}: holds {other}, expected it to be called {other.lower()}")
        return
    names = image_names(store)
    has_splits = any(_split_of(name) for name in names)
    listing.columns = ["class"]
    classes = [PurePosixPath(name).parts[has_splits:-1] for name in names]
    if not any(classes):
        listing.error(f"{store.path}: holds no labels for its {len(names)} images, {EXPECTED}")
        return
    for name, folders in zip(names, classes, strict=True):
        split = _split_of(name)
        if not folders or (has_splits and split is None):
            listing.error(f"{name}: lies outside the folders of the {'splits and ' if has_splits else ''}classes")
        else:
            listing.rows.append(Row(place=name, file=name, split=split or "train", values={"class": folders[0]}))
    deeper = [(name, folders) for name, folders in zip(names, classes, strict=True) if len(folders) > 1]
    for name, (of_class, below, *_) in deeper[:1]:
        told = f"its class is '{of_class}', the folder '{below}' below it is no label"
        listing.warning(f"{name}: {told}, 1 of {len(deeper)} such images")


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
    listing.columns = [column for column in listing.columns if column not in ("file_name", "split")]
    unlisted = [name for name in image_names(store) if name not in seen]
    if unlisted and not listing.errors():
        listing.warning(f"{unlisted[0]}: has no row in the metadata and is not used, 1 of {len(unlisted)} such images")


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
