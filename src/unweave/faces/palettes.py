"""The colours that people share: skin, hair, eyes, clothes. Tables are sRGB 0-255; what is returned is linear."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from unweave.faces.scene import Colour

SKIN_TONES = (0.0, 0.2, 0.4, 0.55, 0.7, 0.85, 1.0)
SKIN_COLOURS = (  # one for each of SKIN_TONES, from the lightest to the darkest
    (240, 205, 186),
    (232, 188, 163),
    (211, 160, 130),
    (184, 130, 99),
    (144, 96, 70),
    (110, 73, 54),
    (84, 57, 46),
)
HAIR_COLOURS = {
    "black": (24, 20, 19),
    "dark brown": (40, 29, 24),
    "brown": (64, 44, 32),
    "light brown": (98, 69, 47),
    "dark blond": (134, 101, 66),
    "blond": (176, 140, 94),
    "red": (112, 56, 34),
}
GREY_HAIR = (174, 172, 169)
IRIS_COLOURS = {
    "dark brown": (50, 31, 20),
    "brown": (72, 45, 27),
    "amber": (100, 69, 38),
    "hazel": (104, 98, 60),
    "green": (86, 104, 84),
    "blue": (88, 110, 134),
    "grey": (108, 118, 126),
}
CLOTHES = {  # few and quiet, so that nobody is known by a shirt
    "white": (196, 195, 190),
    "grey": (112, 114, 116),
    "black": (38, 38, 41),
    "navy": (44, 54, 80),
    "teal": (54, 92, 94),
    "wine": (104, 46, 54),
}


def linear(colour: Sequence[float]) -> Colour:
    """Linear RGB 0-1 of an sRGB colour 0-255 (gamma 2.2)."""
    red, green, blue = (float(value) for value in (np.asarray(colour) / 255.0) ** 2.2)
    return red, green, blue


def skin_colour(tone: float) -> Colour:
    """Linear RGB of plain skin; tone 0 = the lightest, 1 = the darkest."""
    table = np.array([linear(colour) for colour in SKIN_COLOURS])
    red, green, blue = (float(np.interp(tone, SKIN_TONES, table[:, channel])) for channel in range(3))
    return red, green, blue


def mixed(first: Colour, second: Colour, amount: float) -> Colour:
    """`first` at amount 0, `second` at 1."""
    red, green, blue = (a * (1 - amount) + b * amount for a, b in zip(first, second, strict=True))
    return red, green, blue
