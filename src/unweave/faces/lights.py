"""The lights by name. Left and right are those of the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from unweave.faces.scene import Colour

AIM = (0.0, 7.1, 1.0)
"""What every lamp is pointed at: the middle of the face."""


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
        around, up = np.radians((self.azimuth, self.elevation))
        towards = np.array([np.sin(around) * np.cos(up), np.sin(up), np.cos(around) * np.cos(up)])
        return np.array(AIM) + self.distance * towards


@dataclass(frozen=True)
class Room:
    """Light from everywhere, and more of it from a large window to one side."""

    ceiling: Colour = (0.27, 0.275, 0.285)
    floor: Colour = (0.12, 0.11, 0.10)
    front: Colour = (0.13, 0.13, 0.13)
    """What comes from behind the camera, on top."""
    window: Colour = (1.42, 1.45, 1.50)
    window_azimuth: float = -38.0
    window_elevation: float = 34.0
    window_narrowness: float = 3.5
    """Exponent of the cosine: the greater, the smaller the window."""

    @property
    def window_direction(self) -> np.ndarray:
        """(3,), unit."""
        around, up = np.radians((self.window_azimuth, self.window_elevation))
        return np.array([np.sin(around) * np.cos(up), np.sin(up), np.cos(around) * np.cos(up)])


ROOM = Room()
ROOM_ALONE = 1.12
"""Exposure of the pictures without a flash ..."""
ROOM_BEHIND_FLASH = 0.19
"""... and how much of the room is left in the others."""
FLASH = 0.95

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
