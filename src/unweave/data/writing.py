"""Labelled images written as a folder that this package reads, and Hugging Face's `imagefolder` as well."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Literal

from unweave.errors import UnweaveError
from unweave.files import check_new_folder, replacing

Row = Mapping[str, str | None]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An image to write."""

    split: str
    """train, validation or test."""
    name: str
    """Inside the split's folder."""
    labels: Row
    """Column -> label; None where it is missing."""
    content: Callable[[], bytes]
    """Gives the file."""


def write_set(
    out: Path, entries: Iterable[Entry], columns: Sequence[str], *, form: Literal["csv", "jsonl"] = "csv"
) -> Counter[str]:
    """Write images into the new folder `out`, each split with a metadata file of `columns`; count those of each split.

    All of it or nothing is written. Raises `UnweaveError` where `out` exists and is not empty, and for two images of
    one name.
    """
    out = Path(out)
    check_new_folder(out)
    rows: dict[str, list[Row]] = {}
    with replacing(out) as folder:
        for entry in entries:
            file = folder / entry.split / entry.name
            if file.exists():
                raise UnweaveError(f"{entry.split}/{entry.name}: would be written twice, rename one of the two images")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(entry.content())
            labels = {column: entry.labels.get(column) for column in columns}
            rows.setdefault(entry.split, []).append({"file_name": entry.name, **labels})
        if not rows:
            raise UnweaveError(f"{out}: there are no images to write")
        for split, of_split in rows.items():
            text = metadata(of_split) if form == "csv" else metadata_lines(of_split)
            (folder / split / f"metadata.{form}").write_bytes(text.encode())
    return Counter({split: len(of_split) for split, of_split in rows.items()})


def metadata(rows: Sequence[Row]) -> str:
    """A metadata.csv of rows that all have the same columns; a missing label is an empty cell."""
    text = StringIO()
    breaks = any("\r" in (value or "") for row in rows for value in row.values())  # which are not quoted of themselves
    quoting = csv.QUOTE_ALL if breaks else csv.QUOTE_MINIMAL
    table = csv.DictWriter(text, list(rows[0]), lineterminator="\n", quoting=quoting)
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()


def metadata_lines(rows: Sequence[Row]) -> str:
    """The same as metadata.jsonl, with "" for a missing label: so every column is text in every split.

    Other programs guess the kind of a .csv's columns from their content, which makes a number of "001", and two kinds
    of one column where the labels of a split are all missing.
    """
    texts = [{column: value or "" for column, value in row.items()} for row in rows]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in texts)
