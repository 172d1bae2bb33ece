"""Reads how strongly an image shows its expression, in data that say so of each image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
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
    """How much stronger than its class on average each image in [-1, 1] shows it, in the class's standard deviations:
    to be compared within a class only."""


def intensity_reader(data: Labelled, *, steps: int, seed: int) -> Reader:
    """Train a reader on the training images whose intensity is known, for at most `steps` steps.

    It learns the differences within each class. Those between classes, above all to neutral images, are far larger:
    a reader of the intensities themselves learns them first, and little else. Raises `UnweaveError` where there is
    nothing to learn from.
    """
    table = data.table
    if "expression" not in table.attributes:
        raise UnweaveError("needs an attribute 'expression'")
    values = intensities(table)
    rows = table.rows("train")
    rows = rows[np.isfinite(values[rows])]
    if not len(rows):
        raise UnweaveError("no training image has an intensity")
    apart = deviations(values, np.array([label or "" for label in table.columns["expression"]]), rows)
    rows = rows[np.isfinite(apart[rows])]
    if not len(rows):
        raise UnweaveError("in no class do the training images differ in intensity")
    steps = min(READER_STEPS, steps)
    return Reader(values=values, read=train_regressor(data.pixels, apart, rows, steps=steps, seed=seed))


def deviations(
    values: Float[np.ndarray, "images"], classes: np.ndarray, rows: Int[np.ndarray, "rows"]
) -> Float[np.ndarray, "images"]:
    """Each value less the mean of its class over `rows`, over its standard deviation there.

    Not a number where the class has one value only, and for the class "", which is none.
    """
    found = np.full(len(values), np.nan)
    for label in np.unique(classes[rows]):
        same = classes == label
        of_class = values[rows[same[rows]]]
        if label and np.ptp(of_class):
            found[same] = (values[same] - of_class.mean()) / of_class.std()
    return found


def intensities(table: AttributeTable) -> Float[np.ndarray, "images"]:
    """The column `intensity` of all images, not a number where it is empty; raises `UnweaveError` where it is none."""
    if "intensity" not in table.columns:
        raise UnweaveError("needs a column 'intensity'")
    try:
        return np.array([float(cell or "nan") for cell in table.columns["intensity"]])
    except ValueError:
        raise UnweaveError("the column 'intensity' holds something else than numbers") from None
