"""Reads how strongly an image shows its expression, in data that say so of each image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import Tensor

from unweave.data.table import AttributeTable
from unweave.errors import UnweaveError
from unweave.evaluate import Labelled
from unweave.judges import Images, train_regressor

READER_STEPS = 250
"""Of the reader's training, at most."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Reader:
    """Reads how strong an expression is."""

    values: Float[np.ndarray, "images"]
    """True intensities, of the whole table; not a number where unknown."""
    read: Callable[[Images], Float[Tensor, "batch"]]
    """What it reads from each image in [-1, 1], in the units of `values`."""


def intensity_reader(data: Labelled, *, steps: int, seed: int) -> Reader:
    """Train a reader on the training images whose intensity is known, for at most `steps` steps.

    Raises `UnweaveError` where there is nothing to learn from.
    """
    table = data.table
    if "expression" not in table.attributes:
        raise UnweaveError("needs an attribute 'expression'")
    values = intensities(table)
    rows = table.rows("train")
    rows = rows[np.isfinite(values[rows])]
    if not len(rows):
        raise UnweaveError("no training image has an intensity")
    steps = min(READER_STEPS, steps)
    return Reader(values=values, read=train_regressor(data.pixels, values, rows, steps=steps, seed=seed))


def intensities(table: AttributeTable) -> Float[np.ndarray, "images"]:
    """The column `intensity` of all images, not a number where it is empty; raises `UnweaveError` where it is none."""
    if "intensity" not in table.columns:
        raise UnweaveError("needs a column 'intensity'")
    try:
        return np.array([float(cell or "nan") for cell in table.columns["intensity"]])
    except ValueError:
        raise UnweaveError("the column 'intensity' holds something else than numbers") from None
