"""The way strands take over a head: combed along it, lifted off it, hanging from it."""

from __future__ import annotations

import numpy as np

from unweave.faces.around import Surroundings
from unweave.faces.facemap import smooth
from unweave.faces.strands import unit
from unweave.faces.styles import HairStyle

DOWN = np.array([0.0, -1.0, 0.0])
CROWN, TEMPLES = 8.20, 7.80  # above the first, hair is combed as on top; below the second, as on the sides
RISE = 0.14  # after this way a strand has about reached its layer
TURN = 0.5  # how much of its direction a strand gives up at each step
# Half the width of the face that hanging hair leaves free, by height.
FREE_HEIGHTS = np.array([6.0, 6.3, 6.6, 6.9, 7.2, 7.5, 7.7, 7.85, 7.95])
FREE_WIDTHS = np.array([0.50, 0.56, 0.64, 0.69, 0.70, 0.66, 0.61, 0.53, 0.38])
BROWS = 7.45
FOREHEAD = 7.98  # hair without a fringe does not fall below, before the face
EARS = 7.1  # below, hanging hair draws in towards the neck
HANGING_WIDTH = 0.80


def comb(
    style: HairStyle,
    around: Surroundings,
    roots: np.ndarray,
    outward: np.ndarray,
    lengths: np.ndarray,
    layers: np.ndarray,
    sides: np.ndarray,
    bias: np.ndarray,
    steps: int,
    rise: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Points and outward directions, (strands, steps + 1, 3), of strands from roots (strands, 3).

    `layers`: how far off the skin each runs. `sides` (-1 to 1): which side it is combed to. `bias` (strands, 3): how
    it differs from the others. `rise`: how much higher than usual hair begins on this face.
    """
    step = (lengths / steps)[:, None]
    lift_here = (style.lift * (0.45 + 0.55 * smooth(7.6, 8.1, roots[:, 1])))[:, None]
    points, outwards = [roots - 0.012 * outward], [outward]
    heading = unit(lift_here * outward + along(goal(style, roots, sides) + bias, outward))
    for number in range(1, steps + 1):
        here = points[-1]
        _, out = around.at(here + 0.5 * step * heading)
        way = goal(style, here, sides) + bias
        falling = np.clip(style.hang * number / steps + smooth(7.3, 6.8, here[:, 1]), 0, 1)[:, None]
        lift = lift_here * 0.5 ** (number - 1) if style.lift < 2 else 1.5
        wished = unit((1 - falling) * along(way, out) + falling * DOWN + lift * out)
        heading = unit((1 - TURN) * heading + TURN * wished)
        there = here + step * heading
        if style.covers_ears:
            there = off_the_face(there, rise, free_fringe=style.fringe is not None)
        distance, out = around.at(there)
        wanted = layers * (1 - np.exp(-number * step[:, 0] / RISE)) + 0.006
        held = style.cling * smooth(6.45, 6.95, there[:, 1])
        correction = np.maximum(0, wanted - distance) - held * np.maximum(0, distance - wanted)
        limit = np.maximum(step[:, 0], 0.04)
        points.append(there + np.clip(correction, -limit, limit)[:, None] * out)
        outwards.append(out)
    return np.stack(points, axis=1), np.stack(outwards, axis=1)


def goal(style: HairStyle, points: np.ndarray, sides: np.ndarray) -> np.ndarray:
    """Where hair at points (n, 3) is combed to: directions (n, 3)."""
    top = smooth(TEMPLES, CROWN, points[:, 1])
    flat = np.zeros_like(sides)
    on_top = np.stack([style.across * sides, flat + style.up, flat + style.forward], axis=1)
    on_side = np.stack([flat, flat + style.side_up, flat + style.side_forward], axis=1)
    return top[:, None] * on_top + (1 - top[:, None]) * on_side


def along(directions: np.ndarray, outward: np.ndarray) -> np.ndarray:
    """Unit directions (n, 3) within the surface that `outward` (n, 3) is upright on."""
    return unit(directions - np.einsum("nk,nk->n", directions, outward)[:, None] * outward)


def off_the_face(points: np.ndarray, rise: float, *, free_fringe: bool) -> np.ndarray:
    """Points moved aside where hair would hang into the face, and in towards the neck below the ears."""
    x, y, z = points.T
    usual = usual_height(y, rise)
    width = (
        np.interp(usual, FREE_HEIGHTS, FREE_WIDTHS) * (usual < (7.5 if free_fringe else 7.97)) * smooth(0.35, 0.65, z)
    )
    aside = np.maximum(np.abs(x), np.abs(x) + 0.6 * (width - np.abs(x)))
    outer = HANGING_WIDTH + 0.15 * smooth(6.6, EARS, y)
    drawn_in = 0.25 * np.maximum(0, aside - outer) * (y < EARS)
    return np.stack([np.where(x < 0, -1, 1) * (aside - drawn_in), y, z], axis=1)


def usual_height(y: np.ndarray, rise: float) -> np.ndarray:
    """Heights as on a face whose hair begins where it usually does, for one where it begins `rise` higher."""
    return y - rise * np.clip((y - BROWS) / (FOREHEAD - BROWS), 0, 1)


def cut(style: HairStyle, points: np.ndarray, outwards: np.ndarray, rise: float, draw: np.random.Generator):
    """Strands, their points spread anew, up to where they would leave the style's outline or cross the face."""
    x, y, z = np.moveaxis(points, 2, 0)
    usual = usual_height(y, rise)
    uneven = draw.normal(0, 0.025, (len(points), 1))
    lowest = style.fringe if style.fringe is not None else FOREHEAD
    before_face = (z > 0.80) & (np.abs(x) < np.interp(usual, FREE_HEIGHTS, FREE_WIDTHS, right=0.58) - 0.04)
    beyond = (y < style.cut + 2 * uneven) | (before_face & (usual < lowest + 0.10 * x**2 + uneven))
    last = points.shape[1] - 1
    end = np.where(beyond.any(axis=1), np.maximum(beyond.argmax(axis=1) - 0.5, 0.5), last)
    place = np.linspace(0, 1, last + 1) * end[:, None]
    low = np.minimum(place.astype(int), last - 1)
    part = (place - low)[..., None]
    row = np.arange(len(points))[:, None]
    return tuple(values[row, low] * (1 - part) + values[row, low + 1] * part for values in (points, outwards))
