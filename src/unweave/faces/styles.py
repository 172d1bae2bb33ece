"""The hair styles, few enough that many people share each. Lengths are decimetres on the average head.

On top, hair is combed towards a mixture of `forward`, `across` (away from the parting, or from the middle) and `up`;
on the sides it goes down (or `side_up`), and forward by `side_forward`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class HairStyle:
    """How one style is grown. Directions are relative to each other."""

    strands: int
    segments: int
    """Of each strand, for straight hair; curls take more."""
    width: float = 0.020
    """Of the ribbon that stands for a tuft of hairs."""
    top: float
    side: float
    nape: float
    """Lengths by place."""
    forward: float = 0.0
    across: float = 0.0
    up: float = 0.0
    side_forward: float = 0.0
    side_up: float = -1.0
    parting: float | None = None
    """None: no parting. 0: in the middle. 1: where the person has it."""
    lift: float = 0.5
    """How steeply hair leaves the skin: 0 = flat, 1 = half upright, 3 = upright."""
    layer: float = 0.10
    """How thick the hair lies on top."""
    side_layer: float = 0.05
    hang: float = 0.0
    """How soon hair falls straight down."""
    cling: float = 0.5
    """How closely it keeps to the head: 0-1."""
    covers_ears: bool = False
    fringe: float | None = None
    """Height above the eyes at which hair that falls over the forehead is cut; None: none falls there."""
    cut: float = 5.6
    """Height at which hanging hair is cut."""
    raised: float = 0.0
    """How much higher the hair begins above the forehead."""
    bays: float = 0.0
    """How much higher it begins above the temples."""
    fade: float = 0.12
    """Width of the zone in which it becomes dense."""
    thin: float = 1.0
    """Density on top, as a share of the sides."""
    scatter: float = 0.10
    """How unevenly it is combed."""
    shortest: float = 0.75
    """Length of the shortest strands, as a share of the usual."""
    clumps: int = 300
    clumping: float = 0.4
    """How far the strands of a tuft run together: 0-1."""
    curl: float = 1.0
    """Share of the person's curl that shows."""
    least_curl: float = 0.0
    """Curl that the style has whoever wears it."""
    cover: float = 0.85
    """How dark the scalp is painted under the hair: 0-1."""


STYLES: Mapping[str, HairStyle] = {
    "buzz": HairStyle(
        strands=12000,
        segments=2,
        width=0.013,
        top=0.055,
        side=0.035,
        nape=0.03,
        forward=0.8,
        across=0.3,
        lift=1.4,
        layer=0.05,
        side_layer=0.03,
        cling=0.0,
        scatter=0.25,
        clumping=0.0,
        curl=0.3,
        cover=0.80,
        bays=0.03,
        shortest=0.85,
    ),
    "short": HairStyle(
        strands=7500,
        segments=5,
        width=0.016,
        top=0.30,
        side=0.10,
        nape=0.08,
        forward=0.8,
        across=0.35,
        up=0.2,
        lift=0.9,
        layer=0.11,
        side_layer=0.04,
        cling=0.3,
        scatter=0.20,
        clumps=500,
        clumping=0.45,
        bays=0.02,
    ),
    "side": HairStyle(
        strands=6200,
        segments=6,
        top=0.52,
        side=0.14,
        nape=0.10,
        forward=0.05,
        across=1.0,
        up=0.15,
        parting=1.0,
        lift=0.9,
        layer=0.15,
        side_layer=0.05,
        cling=0.4,
        scatter=0.12,
        clumps=380,
        clumping=0.5,
        bays=0.03,
    ),
    "back": HairStyle(
        strands=6200,
        segments=6,
        top=0.55,
        side=0.18,
        nape=0.16,
        forward=-1.0,
        across=0.12,
        side_forward=-0.8,
        lift=1.1,
        layer=0.14,
        side_layer=0.05,
        cling=0.5,
        scatter=0.10,
        clumps=360,
        clumping=0.5,
        bays=0.05,
        curl=0.7,
    ),
    "fringe": HairStyle(
        strands=6600,
        segments=6,
        top=0.62,
        side=0.18,
        nape=0.14,
        forward=1.0,
        across=0.25,
        lift=0.6,
        layer=0.12,
        side_layer=0.06,
        cling=0.5,
        fringe=7.70,
        scatter=0.12,
        clumps=380,
        clumping=0.35,
        side_forward=0.25,
    ),
    "medium": HairStyle(
        strands=4200,
        segments=9,
        top=1.15,
        side=0.75,
        nape=0.60,
        forward=-0.3,
        across=1.0,
        parting=1.0,
        lift=0.9,
        layer=0.15,
        side_layer=0.10,
        hang=0.3,
        cling=0.35,
        covers_ears=True,
        cut=6.72,
        scatter=0.12,
        clumps=260,
        clumping=0.35,
        side_forward=-0.12,
    ),
    "receding": HairStyle(
        strands=6500,
        segments=4,
        width=0.014,
        top=0.16,
        side=0.10,
        nape=0.08,
        forward=0.5,
        across=0.4,
        lift=0.7,
        layer=0.05,
        side_layer=0.04,
        cling=0.4,
        raised=0.13,
        bays=0.20,
        fade=0.30,
        thin=0.45,
        scatter=0.22,
        clumps=400,
        clumping=0.3,
        cover=0.45,
    ),
    "tied": HairStyle(
        strands=4600,
        segments=8,
        width=0.017,
        top=0.85,
        side=0.70,
        nape=0.4,
        forward=-1.0,
        across=0.06,
        up=0.05,
        side_forward=-1.0,
        side_up=0.15,
        fade=0.05,
        lift=0.05,
        layer=0.05,
        side_layer=0.03,
        cling=0.95,
        scatter=0.03,
        clumps=260,
        clumping=0.1,
        curl=0.2,
    ),
    "long": HairStyle(
        strands=3200,
        segments=13,
        width=0.026,
        top=2.9,
        side=2.3,
        nape=1.5,
        forward=-0.3,
        across=1.0,
        parting=0.0,
        lift=0.5,
        layer=0.13,
        side_layer=0.10,
        hang=0.5,
        cling=0.4,
        covers_ears=True,
        scatter=0.08,
        clumps=180,
        clumping=0.45,
        side_forward=-0.15,
    ),
    "bob": HairStyle(
        strands=3600,
        segments=11,
        width=0.024,
        top=1.9,
        side=1.3,
        nape=0.9,
        forward=-0.3,
        across=1.0,
        parting=1.0,
        lift=0.7,
        layer=0.15,
        side_layer=0.13,
        hang=0.5,
        cling=0.4,
        covers_ears=True,
        cut=6.42,
        scatter=0.07,
        clumps=200,
        clumping=0.35,
        side_forward=-0.05,
    ),
    "fringebob": HairStyle(
        strands=3600,
        segments=11,
        width=0.024,
        top=1.9,
        side=1.3,
        nape=0.9,
        forward=0.9,
        across=0.8,
        lift=0.6,
        layer=0.14,
        side_layer=0.13,
        hang=0.5,
        cling=0.45,
        covers_ears=True,
        fringe=7.62,
        cut=6.40,
        scatter=0.06,
        clumps=220,
        clumping=0.35,
    ),
    "afro": HairStyle(
        strands=6200,
        segments=4,
        width=0.013,
        top=0.44,
        side=0.24,
        nape=0.12,
        forward=0.0,
        across=0.2,
        up=0.3,
        lift=4.0,
        layer=0.5,
        side_layer=0.4,
        cling=0.0,
        scatter=0.45,
        clumps=700,
        clumping=0.0,
        cover=0.90,
        least_curl=0.9,
        shortest=0.7,
    ),
}
