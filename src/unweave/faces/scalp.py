"""Where the hair of the head grows, on the average head; and the skin under it."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.spatial import KDTree

from unweave.faces.chance import rng
from unweave.faces.facemap import SIDEWAYS, UP, blurred_noise, smooth
from unweave.faces.head import head
from unweave.faces.people import Person
from unweave.faces.styles import STYLES

COVER = 40  # key of the draws (40-49 are hair's)

AXIS_DEPTH = 0.5  # of the upright axis through the ears, round which angles are measured
# Height at which hair begins, by the angle from the middle of the forehead (0) over the ear (about 90) to the nape.
ANGLES = np.radians([0, 14, 26, 37, 46, 53, 58, 62, 66, 70, 77, 83, 95, 104, 114, 130, 180])
HEIGHTS = np.array(
    [8.00, 8.01, 8.01, 7.96, 7.87, 7.74, 7.58, 7.40, 7.24, 7.12, 7.12, 7.40, 7.44, 7.25, 6.90, 6.66, 6.56]
)
MALE_PEAK = np.array([0.0, 0.01, 0.03, 0.05, 0.04, 0.02, 0.0, 0, -0.05, -0.05, -0.05, 0, 0, 0, 0, 0, 0])
FEMALE_SIDES = np.array([0.0, 0, 0, -0.02, -0.02, 0, 0, 0.04, 0.12, 0.20, 0.22, 0, 0, 0, 0, 0, 0])
BAYS = np.array([0.0, 0.10, 0.45, 0.90, 1.0, 0.9, 0.6, 0.3, 0, 0, 0, 0, 0, 0, 0, 0, 0])
FRONT = np.array([1.0, 1.0, 1.0, 0.9, 0.7, 0.5, 0.3, 0.1, 0, 0, 0, 0, 0, 0, 0, 0, 0])


def depth_in_hair(person: Person, points: np.ndarray) -> np.ndarray:
    """How far (dm) above the hairline points (n, 3) of the average head lie; negative where no hair grows."""
    style = STYLES[person.style]
    x, y, z = np.asarray(points, dtype=float).T
    angle = np.arctan2(np.abs(x), z - AXIS_DEPTH)
    line = HEIGHTS + FRONT * (person.hairline + style.raised) + BAYS * style.bays
    line = line + (MALE_PEAK if person.male else FEMALE_SIDES)
    uneven = 0.012 * np.sin(9 * x + person.styling) + 0.010 * np.sin(23 * x + 2.3 * person.styling)
    return y - np.interp(angle, ANGLES, line) + uneven


@cache
def front_depth() -> np.ndarray:
    """Depth (z) of the average face on the face map (512, 512); beside the head, that of its nearest point."""
    shape = head()
    a, b, c = np.moveaxis(shape.template[shape.triangles[shape.parts == 0]].astype(float), 1, 0)
    middles, facing = (a + b + c) / 3, np.cross(b - a, c - a)[:, 2]
    points = middles[(facing > 0) & (middles[:, 2] > 0.35)]
    distance, nearest = KDTree(points[:, :2]).query(np.stack([SIDEWAYS.ravel(), UP.ravel()], axis=1), k=4)
    weights = 1 / (distance + 0.01)
    depth = (points[nearest, 2] * weights).sum(axis=1) / weights.sum(axis=1)
    return gaussian_filter(depth.reshape(UP.shape), 3)


def scalp_cover(person: Person) -> np.ndarray:
    """How much hair hides the skin at its roots: a map (512, 512) float32, 0-1, for `skin.paint`."""
    style = STYLES[person.style]
    points = np.stack([SIDEWAYS, UP, front_depth()], axis=-1).reshape(-1, 3)
    draw = rng(COVER, person.styling)
    depth = depth_in_hair(person, points).reshape(UP.shape)
    depth = depth + 0.012 * blurred_noise(draw, 30) + 0.014 * blurred_noise(draw, 90)
    thin = 1 - (1 - style.thin) * smooth(7.8, 8.1, UP) * 0.6
    return (style.cover * thin * smooth(-0.03, style.fade + 0.06, depth)).astype(np.float32)
