"""Batches of rivals: some rows of the table, mirrored or not, enlarged and cropped again or not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Int

from unweave.data.batches import Batch, TrainingSet, as_images, mirror_labels

ENLARGED = 286 / 256
"""How much larger images are made before they are cropped."""


def take(training: TrainingSet, rows: Int[np.ndarray, "batch"], mirror: Bool[np.ndarray, "batch"]) -> Batch:
    """The images at `rows` with their labels, some of them mirrored."""
    images = as_images(training.pixels[rows])
    images = torch.where(torch.from_numpy(mirror)[:, None, None, None], images.flip(-1), images)
    labels = torch.from_numpy(mirror_labels(training.labels[rows], mirror, training.mirrored))
    lenders = torch.arange(len(rows))[:, None].repeat(1, labels.shape[1])
    return Batch(images=images, labels=labels, lenders=lenders)


def places(size: int, count: int, chance: np.random.Generator) -> Int[np.ndarray, "count two"]:
    """Where to crop enlarged images of a side: rows and columns of the upper left corners."""
    return chance.integers(0, round(size * ENLARGED) - size + 1, (count, 2))


def jittered(batch: Batch, corners: Int[np.ndarray, "batch two"]) -> Batch:
    """Images enlarged (bicubic), then cropped to their size at these corners."""
    size = batch.images.shape[-1]
    larger = F.interpolate(batch.images, (round(size * ENLARGED),) * 2, mode="bicubic").clamp(-1, 1)
    crops = [image[:, y : y + size, x : x + size] for image, (y, x) in zip(larger, corners.tolist(), strict=True)]
    return replace(batch, images=torch.stack(crops))
