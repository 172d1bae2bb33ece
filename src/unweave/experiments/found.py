"""What an experiment finds: numbers in tables, over several seeds, and pictures; as text and as a folder."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from PIL.Image import Image
from torch import Tensor
from tqdm import tqdm

import unweave
from unweave.draw import grid, save
from unweave.errors import UnweaveError
from unweave.files import write_whole
from unweave.images import pictures
from unweave.report import plain
from unweave.report.pages import Cell, Table

Tables = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Title -> row -> column -> number."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one seed gives."""

    tables: Tables
    about: Mapping[str, Any]
    """Numbers of images, and what was chosen where the paper is silent."""
    pictures: Mapping[str, Image]
    """File name -> picture."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """What could not be measured -> why."""


def over_seeds(
    measure: Callable[[int], Found], *, first: int, count: int
) -> tuple[dict[str, Any], Mapping[str, Image]]:
    """The result of `count` seeds from `first` on, which JSON can hold, and the pictures of the first one.

    `tables`: title -> row -> column -> `mean`, `sd` (of the sample; None for one seed) and the `values` of the seeds.
    """
    seeds = range(first, first + count)
    found = [measure(seed) for seed in tqdm(seeds, desc="seeds", disable=None if count > 1 else True)]
    cells = {
        title: {
            row: {column: spread([_cell(each.tables, title, row, column) for each in found]) for column in columns}
            for row, columns in rows.items()
        }
        for title, rows in found[0].tables.items()
    }
    result = {
        "unweave": unweave.__version__,
        "seeds": list(seeds),
        "about": found[0].about,
        "tables": cells,
        "left_out": found[0].left_out,
    }
    return plain(result), found[0].pictures


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Mean and standard deviation of the finite ones among the values of several seeds."""
    finite = [value for value in values if math.isfinite(value)]
    return {
        "mean": mean(finite) if finite else None,
        "sd": stdev(finite) if len(finite) > 1 else None,
        "values": list(values),
    }


def tables(result: Mapping[str, Any]) -> list[Table]:
    """The tables of a result to be read: a number, with its standard deviation where there are several seeds."""
    made = []
    for title, rows in result["tables"].items():
        columns = list(dict.fromkeys(column for row in rows.values() for column in row))
        cells = {name: [_shown(row.get(column)) for column in columns] for name, row in rows.items()}
        made.append(Table(title=title, columns=columns, rows=cells))
    return made


def write(result: Mapping[str, Any], drawn: Mapping[str, Image], folder: Path) -> None:
    """Write result.json and the pictures into a folder that is there."""
    write_whole(folder / "result.json", json.dumps(result, indent=1, allow_nan=False) + "\n")
    for name, picture in drawn.items():
        save(picture, folder / name)


def sheet(rows: Mapping[str, Tensor], column_labels: Sequence[str] = ()) -> Image:
    """A picture with a row for each batch of images in [-1, 1], and its label at the left."""
    return grid([pictures(row) for row in rows.values()], row_labels=list(rows), column_labels=column_labels)


def where_it_applies(what: str, measure: Callable[[], Any], left_out: dict[str, str]) -> Any:
    """What `measure` gives, or None, and the reason in `left_out`, where it does not apply."""
    try:
        return measure()
    except UnweaveError as error:
        left_out[what] = str(error)
        return None


def _cell(tables: Tables, title: str, row: str, column: str) -> float:
    value = tables.get(title, {}).get(row, {}).get(column)
    return math.nan if value is None else float(value)


def _shown(cell: Mapping[str, Any] | None) -> Cell:
    if cell is None or cell["mean"] is None or cell["sd"] is None:
        return None if cell is None else cell["mean"]
    digits = 0 if abs(cell["mean"]) >= 1000 else 3
    return f"{cell['mean']:.{digits}f} ± {cell['sd']:.{digits}f}"
