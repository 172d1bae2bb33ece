"""Readers of metadata.csv and metadata.jsonl."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

from unweave.data.findings import Listing
from unweave.errors import UnweaveError

NAMES = ("metadata.csv", "metadata.jsonl")
Cells = dict[str, str | None]


def read_metadata(content: bytes, name: str, listing: Listing) -> Iterator[tuple[int, Cells]]:
    """The rows of a metadata file called `name`, each with its number; adds columns and errors to `listing` on the way.

    Rows are numbered as editors and spreadsheets do: the header of a .csv is row 1, the first line of a .jsonl as well.
    Cells and names of columns are text without white space around it, cells None where empty; lists and objects of a
    .jsonl are kept as JSON. The column `file_name` is there in
    every row given.
    """
    try:
        text = content.decode("utf-8-sig")
        for number, cells in (_csv_rows if name.endswith(".csv") else _jsonl_rows)(text, name, listing):
            listing.columns += [column for column in cells if column not in listing.columns]
            if cells.get("file_name"):
                yield number, cells
            else:
                listing.error(f"{name} row {number}: has no file_name")
    except UnicodeDecodeError as error:
        listing.error(f"{name}: is not UTF-8 text (byte {error.start}), save it as UTF-8")
    except UnweaveError as error:
        listing.error(str(error))


def _csv_rows(text: str, name: str, listing: Listing) -> Iterator[tuple[int, Cells]]:
    records = _records(text, name)
    header = [column.strip() for column in next(records, [])]
    if "file_name" not in header:
        for separator, called in ((";", "';'"), ("\t", "tabs")):
            if "file_name" in map(str.strip, separator.join(header).split(separator)):
                raise UnweaveError(f"{name} row 1: columns are separated by {called}, expected commas")
        raise UnweaveError(f"{name} row 1: there is no column 'file_name' among {', '.join(header) or 'none'}")
    for k, column in enumerate(header, 1):
        if not column:
            raise UnweaveError(f"{name} row 1: column {k} has no name")
        if header.count(column) > 1:
            raise UnweaveError(f"{name} row 1: column '{column}' is there twice")
    for number, cells in enumerate(records, 2):
        if cells and len(cells) != len(header):
            listing.error(f"{name} row {number}: has {len(cells)} cells, expected {len(header)} as in row 1")
        elif cells:
            yield number, {column: _label(cell) for column, cell in zip(header, cells, strict=True)}


def _records(text: str, name: str) -> Iterator[list[str]]:
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    number = 1
    try:
        for cells in reader:
            yield cells
            number += 1
    except csv.Error as error:
        raise UnweaveError(f"{name} row {number}: is not a row of a .csv that can be read ({error})") from error


def _jsonl_rows(text: str, name: str, listing: Listing) -> Iterator[tuple[int, Cells]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            # NaN is what other programs write for an empty cell.
            entry = json.loads(line, parse_constant=lambda _: None)
            cells = {key.strip(): _text(value) for key, value in entry.items()} if isinstance(entry, dict) else None
        except (ValueError, RecursionError):
            listing.error(f"{name} row {number}: is not JSON, expected one object a line")
            continue
        if cells is None:
            listing.error(f'{name} row {number}: is no object, expected {{"file_name": ..., ...}}')
        else:
            yield number, cells


def _label(cell: str) -> str | None:
    return cell.strip() or None


def _text(value: Any) -> str | None:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return None if value is None else _label(str(value))
