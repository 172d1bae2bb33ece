"""The lights by name. Left and right are those of the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from unweave.faces.scene import Colour

AIM = (0.0, 7.1, 1.0)
"""What every lamp is pointed at: the middle of the face."""


def direction(azimuth: float | np.ndarray, elevation: float | np.ndarray) -> np.ndarray:
    """The unit vectors (..., 3) to the right of the camera's direction and up, in degrees."""
    around, up = np.radians(azimuth), np.radians(elevation)
    return np.stack([np.sin(around) * np.cos(up), np.sin(up), np.cos(around) * np.cos(up)], axis=-1)


@dataclass(frozen=True)
class Light:
    """A round flash lamp. In any of them the room's own light is there too, but faint."""

    azimuth: float
    """Degrees towards the right of the picture; 0 = from the camera."""
    elevation: float
    """Degrees up."""
    distance: float = 13.0
    """dm: near enough for light to fall off across a face, as flashes in a studio do."""
    radius: float = 0.95
    colour: Colour = (1.0, 0.985, 0.96)

    @property
    def position(self) -> np.ndarray:
        """(3,), dm."""
        return np.array(AIM) + self.distance * direction(self.azimuth, self.elevation)


@dataclass(frozen=True)
class Room:
    """Light from everywhere, and more of it from a large window to one side."""

    ceiling: Colour = (0.22, 0.225, 0.235)
    floor: Colour = (0.09, 0.083, 0.076)
    front: Colour = (0.10, 0.10, 0.10)
    """What comes from behind the camera, on top."""
    window: Colour = (1.95, 1.98, 2.02)
    window_azimuth: float = -38.0
    window_elevation: float = 28.0
    window_narrowness: float = 3.5
    """Exponent of the cosine: the greater, the smaller the window."""

    @property
    def window_direction(self) -> np.ndarray:
        """(3,), unit."""
        return direction(self.window_azimuth, self.window_elevation)

    def coming_from(self, directions: np.ndarray) -> np.ndarray:
        """The light (..., 3) from unit directions (..., 3)."""
        height, ahead = directions[..., 1:2], directions[..., 2:3]
        even = np.array(self.floor) + (0.5 + 0.5 * height) * (np.array(self.ceiling) - self.floor)
        window = np.maximum(directions @ self.window_direction, 0)[..., None] ** self.window_narrowness
        return even + np.maximum(ahead, 0) * self.front + window * self.window

    def maps(self, rows: int = 32) -> tuple[np.ndarray, np.ndarray]:
        """(rows, 2 rows, 3) each: light from, and light falling on a surface that faces, every direction.

        From the left to the right, directions go round from behind over the left, the front and the right to behind;
        from the first row to the last, down. What falls is a mean weighted by the cosine.
        """
        ups = 90 - (np.arange(rows) + 0.5) / rows * 180
        arounds = (np.arange(2 * rows) + 0.5) / rows * 180 - 180
        directions = direction(*np.meshgrid(arounds, ups))
        light = self.coming_from(directions)
        solid_angles = np.cos(np.radians(ups))[:, None, None] * (np.pi / rows) ** 2
        cosines = np.maximum(directions.reshape(-1, 3) @ directions.reshape(-1, 3).T, 0)
        falling = (
            cosines
            @ (light * solid_angles).reshape(-1, 3)
            / (cosines @ np.broadcast_to(solid_angles, (rows, 2 * rows, 1)).reshape(-1, 1))
        )
        return light, falling.reshape(light.shape)


ROOM = Room()
ROOM_ALONE = 1.12
"""Exposure of the pictures without a flash ..."""
ROOM_BEHIND_FLASH = 0.13
"""... and how much of the room is left in the others."""
FLASH = 0.98

LIGHTS: Mapping[str, Light | None] = {
    "room": None,
    "far-left": Light(-80, 12),
    "left": Light(-52, 12),
    "half-left": Light(-26, 12),
    "front": Light(0, 16),
    "half-right": Light(26, 12),
    "right": Light(52, 12),
    "far-right": Light(80, 12),
    "top": Light(0, 62),
    "below": Light(0, -45),
}
"""In the order of their classes; `room` has no flash."""
