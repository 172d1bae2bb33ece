"""A picture of samples: a row a class, so that wrong labels and wrong crops are seen before a training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from unweave.data.pictures import crop_resize, decode, to_picture
from unweave.data.store import Store
from unweave.data.table import AttributeTable
from unweave.draw import grid, stacked
from unweave.errors import UnweaveError, one_line

SAMPLES = 8
"""Images of a class that are shown, spread over all of them."""
CLASSES = 16
"""Classes of an attribute that are shown; of more, those spread over all of them."""


def sample_sheet(table: AttributeTable, *, size: int, crop: str) -> Image.Image:
    """A block for each attribute, a row for each class with its number of training images, the images cut as told.

    Of more than `CLASSES` classes so many have a row, spread over all, which `sheet_line` tells. Raises `UnweaveError`
    for an image that cannot be read and for a crop that reaches out of one.
    """
    assert table.source is not None
    training, labels = table.rows("train"), table.labels()
    blocks = []
    with Store(table.source) as store:

        def tile(row: int) -> Image.Image:
            name = table.files[row]
            try:
                return to_picture(crop_resize(decode(store.read(name), name), size=size, channels=3, crop=crop))
            except UnweaveError as error:
                line = str(error)
                raise UnweaveError(line if one_line(name) in line else f"{name}: {line}") from error

        for a, attribute in enumerate(table.attributes):
            classes = table.classes[attribute]
            shown = [training[labels[training, a] == k] for k in range(len(classes))]
            some = _spread(len(classes), CLASSES)
            rows = [[tile(int(shown[k][i])) for i in _spread(len(shown[k]), SAMPLES)] for k in some]
            blocks.append(grid(rows, row_labels=[f"{attribute} {classes[k]}: {len(shown[k])}" for k in some]))
    if not blocks:
        raise UnweaveError(f"{table.source}: has no labelled training images to show")
    return stacked(blocks)


def sheet_line(path: Path, table: AttributeTable) -> str:
    """What to print of a sheet that was written: where it is, and of which attributes it does not show all classes."""
    some = [
        f"{CLASSES} of {len(classes)} classes of {one_line(name)}"
        for name, classes in table.classes.items()
        if len(classes) > CLASSES
    ]
    return f"{path}: shows {', '.join(some)}" if some else str(path)


def _spread(count: int, most: int) -> list[int]:
    """Up to `most` of the numbers below `count`, evenly spread."""
    return [int(k) for k in np.linspace(0, count - 1, min(count, most)).round()]
