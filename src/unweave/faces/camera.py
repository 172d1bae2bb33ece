"""The camera: what is in the frame, the background behind it, and the way from light to the picture's pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from unweave.errors import UnweaveError, did_you_mean
from unweave.faces.lights import FLASH, LIGHTS, ROOM, ROOM_ALONE, ROOM_BEHIND_FLASH
from unweave.faces.scene import Colour


@dataclass(frozen=True)
class Frame:
    """What the picture shows, in dm: a square around `centre` in the plane z = `plane`, seen from far ahead."""

    centre: tuple[float, float] = (0.0, 6.88)
    half_width: float = 1.12
    plane: float = 1.2
    distance: float = 22.0
    """Of the camera from the middle of the head."""


FRAME = Frame()

EXPOSURE = 0.95
SHOULDER = 0.6
"""Brightness from which light is squeezed so as not to burn out."""
GAMMA = 2.2
COLOURS: Mapping[str, tuple[Colour, float]] = {
    "neutral": ((1.0, 1.0, 1.0), 1.0),
    "warm": ((1.16, 1.0, 0.74), 1.0),
    "cool": ((0.82, 0.98, 1.26), 0.95),
    "grey": ((1.0, 1.0, 1.0), 0.0),
}
"""Name -> factors of the linear channels, and how much of the saturation is left."""
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])

WALL = -5.0
"""Height z of the background's plane, in dm."""


def finish(linear: np.ndarray, coverage: np.ndarray, background: np.ndarray, colour: str) -> np.ndarray:
    """The picture (size, size, 3) uint8.

    `linear` (size, size, 3) is the lit head, `coverage` (size, size) its share of every pixel, `background`
    (size, size, 3) what is behind it. Raises `UnweaveError` for an unknown `colour`.
    """
    if colour not in COLOURS:
        raise UnweaveError(
            f"colour is {colour!r}, expected one of {', '.join(COLOURS)} {did_you_mean(colour, COLOURS)}"
        )
    light = EXPOSURE * (linear + background * (1 - coverage)[..., None])
    over = np.maximum(light - SHOULDER, 0)
    light = np.minimum(light, SHOULDER) + (1 - SHOULDER) * (1 - np.exp(-over / (1 - SHOULDER)))
    channels, saturation = COLOURS[colour]
    grey = (light @ LUMINANCE)[..., None]
    light = (grey + saturation * (light - grey)) * np.array(channels)
    return (np.clip(light, 0, 1) ** (1 / GAMMA) * 255 + 0.5).astype(np.uint8)


def backdrop(number: int, light: str, size: int) -> np.ndarray:
    """Background `number` (they repeat from the last one on), lit by `light`: linear RGB (size, size, 3)."""
    steps = ((np.arange(size) + 0.5) / size * 2 - 1) * FRAME.half_width
    # a plane farther off fills the frame with more of itself
    wider = (FRAME.distance - WALL) / (FRAME.distance - FRAME.plane)
    x, y = np.meshgrid(steps * wider, -steps * wider)
    return BACKDROPS[number % len(BACKDROPS)](x, y) * wall_light(x, y, light)


def wall_light(x: np.ndarray, y: np.ndarray, light: str) -> np.ndarray:
    """What falls on a wall behind the head: (size, size, 3)."""
    window = ROOM.window_direction
    slope = 1 + 0.22 * (x * window[0] + y * window[1])
    room = slope[..., None] * (0.5 * (np.array(ROOM.ceiling) + ROOM.floor) + 0.24 * np.array(ROOM.window))
    lamp = LIGHTS[light]
    if lamp is None:
        return ROOM_ALONE * room
    place = np.stack([x, y + FRAME.centre[1], np.full(x.shape, WALL)], axis=-1)
    to_lamp = lamp.position - place
    distance = np.linalg.norm(to_lamp, axis=-1)
    # the wall scatters the room's share of the flash too: never quite dark, and no hard terminator
    facing = (to_lamp[..., 2] / distance + 0.35) / 1.35
    flash = (facing * (lamp.distance / distance) ** 2)[..., None] * np.array(lamp.colour)
    return ROOM_BEHIND_FLASH * room + FLASH * flash


def plain(*colour: float) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """A wall of one colour."""
    return lambda x, y: np.broadcast_to(np.array(colour), (*x.shape, 3))


def graded(upper: Colour, lower: Colour) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """From one colour at the top of the picture to another at its bottom."""

    def paint(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        share = np.clip(0.5 - y / 2.6, 0, 1)[..., None]
        return (1 - share) * np.array(upper) + share * np.array(lower)

    return paint


def halo(middle: Colour, edge: Colour) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Paper with a light spot behind the head."""

    def paint(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        share = np.exp(-(x**2 + (y - 0.2) ** 2) / 1.4)[..., None]
        return (1 - share) * np.array(edge) + share * np.array(middle)

    return paint


def clouded(colour: Colour, contrast: float, cells: int, seed: int) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """A painted canvas: soft clouds, `cells` across the picture."""

    def paint(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        coarse = np.random.default_rng(seed).normal(size=(cells, cells)).astype(np.float32)
        fine = np.asarray(Image.fromarray(coarse).resize(x.shape, Image.Resampling.BICUBIC))
        return np.exp(contrast * fine)[..., None] * np.array(colour)

    return paint


def folds(colour: Colour) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """A curtain out of focus."""

    def paint(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        depth = np.sin(5.1 * x + 0.3 * np.sin(1.3 * y)) + 0.5 * np.sin(8.7 * x + 1.0)
        return np.exp(0.16 * depth)[..., None] * np.array(colour)

    return paint


BACKDROPS: tuple[Callable[[np.ndarray, np.ndarray], np.ndarray], ...] = (
    plain(0.34, 0.36, 0.39),
    plain(0.62, 0.60, 0.56),
    graded((0.22, 0.27, 0.34), (0.46, 0.48, 0.50)),
    halo((0.42, 0.43, 0.45), (0.10, 0.105, 0.115)),
    clouded((0.30, 0.26, 0.21), 0.28, 5, 1),
    clouded((0.24, 0.31, 0.33), 0.22, 7, 2),
    folds((0.36, 0.30, 0.27)),
    graded((0.55, 0.53, 0.48), (0.26, 0.22, 0.18)),
)
"""Paints a wall from places on it (x to the right, y up, dm from its middle): reflectance (size, size, 3)."""
