"""Batches of rivals: some rows of the table, mirrored or not, whole or cropped from larger images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Bool, Int

from unweave.data.batches import Batch, TrainingSet, shown


def enlarged(size: int) -> int:
    """Side of the images, 286/256 times as large, that those of the pair-wise methods are cropped from."""
    return round(size * 286 / 256)


def take(training: TrainingSet, rows: Int[np.ndarray, "batch"], mirror: Bool[np.ndarray, "batch"]) -> Batch:
    """The images at `rows` with their labels, some of them mirrored."""
    images, labels = shown(training, rows, mirror)
    lenders = torch.arange(len(rows))[:, None].repeat(1, labels.shape[1])
    return Batch(images=images, labels=labels, lenders=lenders)


def places(size: int, count: int, chance: np.random.Generator) -> Int[np.ndarray, "count two"]:
    """Where to crop enlarged images of a side: rows and columns of the upper left corners."""
    return chance.integers(0, enlarged(size) - size + 1, (count, 2))


def jittered(
    training: TrainingSet,
    rows: Int[np.ndarray, "batch"],
    mirror: Bool[np.ndarray, "batch"],
    corners: Int[np.ndarray, "batch two"],
) -> Batch:
    """As `take`, but from the larger images, which are cropped at these corners."""
    assert training.larger is not None
    size, batch = training.pixels.shape[1], take(replace(training, pixels=training.larger), rows, mirror)
    crops = [image[:, y : y + size, x : x + size] for image, (y, x) in zip(batch.images, corners.tolist(), strict=True)]
    return replace(batch, images=torch.stack(crops))
