"""What a picture is made from besides the head's own shape and hair: skin, other things, and colours by name.

Lengths are in decimetres, y up and z towards the camera; colours are linear RGB.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Skin:
    """Maps of the average face seen from the front (see `facemap`), float32."""

    albedo: np.ndarray
    """(512, 512, 3)."""
    height: np.ndarray
    """(512, 512): relief, about -1 in a deep wrinkle."""
    oil: np.ndarray
    """(512, 512): 0 = dry, 1 and above = shining."""


@dataclass(frozen=True)
class Prop:
    """An opaque thing of one colour, such as the frame of glasses."""

    points: np.ndarray
    """(n, 3) float32."""
    triangles: np.ndarray
    """(m, 3) int32."""
    colour: Colour
    gloss: float
    """0 = dull, 1 = polished."""


@dataclass(frozen=True, kw_only=True)
class Materials:
    """Colours of a person's parts that have no map, and a few measures."""

    iris: Colour = (0.10, 0.06, 0.03)
    iris_rim: Colour = (0.05, 0.03, 0.015)
    pupil: float = 0.17
    """Radius as a share of the eyeball's; the iris has 0.43."""
    sclera: Colour = (0.68, 0.65, 0.62)
    lip: Colour = (0.45, 0.18, 0.15)
    lip_amount: float = 0.6
    """0 = lips of the skin's colour, 1 = of `lip`."""
    gum: Colour = (0.33, 0.085, 0.085)
    tooth: Colour = (0.80, 0.76, 0.66)
    lash: Colour = (0.01, 0.01, 0.01)
    lash_length: float = 0.7
    """0.55 = short, 1.25 = very long."""
    cloth: Colour = (0.2, 0.2, 0.22)
    collar: Colour = (0.15, 0.15, 0.165)
    cloth_height: float = 6.0
    """Height of the clothes' upper edge at the shoulders, and how much lower it is in the middle."""
    cloth_neckline: float = 0.2
    oil: float = 0.7
    """How much of the skin's `oil` map there is."""
    hair_tint: Colour = (0.6, 0.5, 0.45)
    """Of the shine of hair."""
