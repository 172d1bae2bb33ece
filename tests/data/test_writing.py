"""Folders of labelled images, written whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unweave.data.findings import Listing
from unweave.data.metadata import read_metadata
from unweave.data.writing import Entry, metadata, metadata_lines, write_set
from unweave.errors import UnweaveError

LABEL = st.one_of(st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))


def entry(name: str, split: str = "train", **labels: str | None) -> Entry:
    return Entry(split=split, name=name, labels=labels, content=lambda: b"x")


@given(st.lists(st.tuples(LABEL, LABEL), min_size=1, max_size=4))
def test_every_label_is_read_back_from_both_forms(labels: list[tuple[str | None, str | None]]) -> None:
    rows = [{"file_name": f"{k}.png", "a": a, "b": b} for k, (a, b) in enumerate(labels)]
    expected = [
        {column: None if value is None else value.strip() or None for column, value in row.items()} for row in rows
    ]
    for name, text in (("metadata.csv", metadata(rows)), ("metadata.jsonl", metadata_lines(rows))):
        listing = Listing()
        assert [cells for _, cells in read_metadata(text.encode(), name, listing)] == expected
        assert listing.findings == []


def test_each_split_gets_its_images_and_all_columns(tmp_path: Path) -> None:
    entries = [entry("a.png", who="1"), entry("deep/b.png", "test", look="x")]
    assert write_set(tmp_path / "out", entries, ["who", "look"]) == {"train": 1, "test": 1}
    assert (tmp_path / "out/train/metadata.csv").read_text() == "file_name,who,look\na.png,1,\n"
    assert (tmp_path / "out/test/metadata.csv").read_text() == "file_name,who,look\ndeep/b.png,,x\n"
    assert (tmp_path / "out/test/deep/b.png").read_bytes() == b"x"


def failing() -> bytes:
    raise UnweaveError("b.png: is gone")


@pytest.mark.parametrize(
    ("entries", "line"),
    [
        ([entry("a.png"), Entry(split="train", name="b.png", labels={}, content=failing)], "b.png: is gone"),
        ([entry("a.png"), entry("a.png")], "train/a.png: would be written twice, rename one of the two images"),
        ([], "there are no images to write"),
    ],
)
def test_all_of_it_or_nothing_is_written(entries: list[Entry], line: str, tmp_path: Path) -> None:
    with pytest.raises(UnweaveError) as error:
        write_set(tmp_path / "out", entries, [])
    assert str(error.value).endswith(line)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    with pytest.raises(UnweaveError, match="exists already and is not empty; name a new folder"):
        write_set(tmp_path, [entry("a.png")], [])
