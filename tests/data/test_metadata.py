"""Readers of metadata: what was written is read back, and nothing makes them fail in another way than by a line."""

from __future__ import annotations

import csv
import json
from io import StringIO

from hypothesis import given
from hypothesis import strategies as st

from unweave.data.findings import Listing
from unweave.data.metadata import read_metadata

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAMES = st.text("abc.png/", min_size=1, max_size=8)
COLUMNS = st.lists(TEXT.map(str.strip).filter(lambda name: name not in ("", "file_name")), max_size=3, unique=True)


def read(content: str | bytes, name: str) -> tuple[list[tuple[int, dict[str, str | None]]], Listing]:
    listing = Listing()
    return list(read_metadata(content.encode() if isinstance(content, str) else content, name, listing)), listing


@given(st.data())
def test_a_csv_is_read_back_to_the_letter(data: st.DataObject) -> None:
    columns = data.draw(COLUMNS)
    rows = data.draw(st.lists(st.tuples(NAMES, *[TEXT for _ in columns]), max_size=4))
    text = StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([["file_name", *columns], *rows])
    entries, listing = read(text.getvalue(), "metadata.csv")
    assert listing.findings == []
    assert [number for number, _ in entries] == list(range(2, len(rows) + 2))
    assert [list(cells.values()) for _, cells in entries] == [[cell.strip() or None for cell in row] for row in rows]


@given(st.data())
def test_a_jsonl_is_read_back_to_the_letter(data: st.DataObject) -> None:
    values = st.one_of(TEXT, st.none(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans())
    rows = data.draw(st.lists(st.tuples(NAMES, st.dictionaries(st.sampled_from("xyz"), values)), max_size=4))
    text = "\n".join(json.dumps({"file_name": name} | row) for name, row in rows)
    entries, listing = read(text, "metadata.jsonl")
    assert listing.findings == []
    expected = [{key: None if v is None else str(v).strip() or None for key, v in row.items()} for _, row in rows]
    assert [cells for _, cells in entries] == [
        {"file_name": name} | row for (name, _), row in zip(rows, expected, strict=True)
    ]


@given(st.binary(max_size=60), st.sampled_from(["metadata.csv", "metadata.jsonl"]))
def test_any_bytes_give_rows_or_lines(content: bytes, name: str) -> None:
    _, listing = read(b"file_name,a\n" + content if name.endswith("csv") else content, name)
    assert all(line.startswith(name) for line in listing.errors())


def test_numbers_become_text_as_python_writes_them() -> None:
    entries, _ = read('{"file_name": "a", "x": 1, "y": 1.0, "z": true, "n": NaN, "m": null}', "metadata.jsonl")
    assert entries == [(1, {"file_name": "a", "x": "1", "y": "1.0", "z": "True", "n": None, "m": None})]


def test_the_mark_that_spreadsheets_write_first_is_no_part_of_a_name() -> None:
    entries, listing = read("\ufefffile_name,x\r\na.png,1\r\n\r\nb.png,\r\n", "metadata.csv")
    assert entries == [(2, {"file_name": "a.png", "x": "1"}), (4, {"file_name": "b.png", "x": None})]
    assert listing.columns == ["file_name", "x"]


def test_white_space_around_names_and_labels_is_no_part_of_them() -> None:
    expected = [{"file_name": "a b", "x": "very happy"}, {"file_name": "b", "x": None}]
    entries, listing = read("file_name, x\na b , very happy \nb,  \n", "metadata.csv")
    assert [cells for _, cells in entries] == expected
    assert listing.columns == ["file_name", "x"]
    entries, _ = read('{"file_name ": "a b ", " x": " very happy "}\n{"file_name": "b", "x": " "}', "metadata.jsonl")
    assert [cells for _, cells in entries] == expected
