"""The map of the average face seen from the front, on which skin is painted: 512 x 512, and shapes to paint with.

Columns go from 1.3 dm left of the middle to 1.3 right of it (in the picture), rows from the height 8.7 down to 5.7.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from PIL import Image

SIZE = 512
LEFT, RIGHT, TOP, BOTTOM = -1.3, 1.3, 8.7, 5.7

_steps = (np.arange(SIZE) + 0.5) / SIZE
SIDEWAYS, UP = np.meshgrid(LEFT + (RIGHT - LEFT) * _steps, TOP - (TOP - BOTTOM) * _steps)
"""Each (512, 512): the place of every pixel in dm."""
ACROSS = np.abs(SIDEWAYS)
"""Distance from the middle of the face."""


def pair(x: float, y: float, width: float, height: float | None = None) -> np.ndarray:
    """A soft blob of height 1 on both sides of the face; `width` and `height` are standard deviations."""
    return np.exp(-0.5 * (((ACROSS - x) / width) ** 2 + ((UP - y) / (height or width)) ** 2))


def smooth(start: float, end: float, values: np.ndarray) -> np.ndarray:
    """0 at `start`, 1 at `end` (which may be the smaller), smoothly between."""
    share = np.clip((values - start) / (end - start), 0, 1)
    return share * share * (3 - 2 * share)


def blurred_noise(generator: np.random.Generator, cells: int) -> np.ndarray:
    """Smooth noise (512, 512) of standard deviation about 1, `cells` bumps across."""
    coarse = generator.normal(size=(cells + 3, cells + 3)).astype(np.float32)
    inner = (1.5, 1.5, cells + 1.5, cells + 1.5)  # without the border, where the bicubic filter has less to go by
    fine = np.asarray(Image.fromarray(coarse).resize((SIZE, SIZE), Image.Resampling.BICUBIC, box=inner))
    return fine / fine.std()


def distance_to_line(points: Sequence[tuple[float, float]]) -> np.ndarray:
    """Distance (dm) of every pixel to a line through points of one half of the face, or to its mirror image."""
    nearest = np.full((SIZE, SIZE), np.inf)
    for (x0, y0), (x1, y1) in pairwise(points):
        dx, dy = x1 - x0, y1 - y0
        along = np.clip(((ACROSS - x0) * dx + (UP - y0) * dy) / (dx * dx + dy * dy), 0, 1)
        nearest = np.minimum(nearest, np.hypot(ACROSS - x0 - along * dx, UP - y0 - along * dy))
    return nearest


def add_spots(layer: np.ndarray, spots: np.ndarray) -> None:
    """Raise `layer` in place to soft spots: rows of x, y, radius (dm), strength."""
    step = (RIGHT - LEFT) / SIZE
    for x, y, radius, strength in spots:
        column, row = int((x - LEFT) / (RIGHT - LEFT) * SIZE), int((TOP - y) / (TOP - BOTTOM) * SIZE)
        reach = int(3 * radius / step) + 2
        part = np.s_[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
        spot = strength * np.exp(-0.5 * ((SIDEWAYS[part] - x) ** 2 + (UP[part] - y) ** 2) / radius**2)
        layer[part] = np.maximum(layer[part], spot)
