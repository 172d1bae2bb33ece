"""Skin: colour, relief and shine of one person's face, painted in layers on the map of the average face.

Layers are densities of what lies in skin (melanin, blood) and take light away as pigments do: colour * exp(-amount).
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from unweave.faces.brows import brow_middle
from unweave.faces.chance import rng
from unweave.faces.facemap import ACROSS, UP, add_spots, blurred_noise, pair, smooth
from unweave.faces.facial_hair import beard_cover, stubble_cover
from unweave.faces.palettes import mixed, skin_colour
from unweave.faces.people import Person, visible_hair
from unweave.faces.scene import Skin

# Keys of the draws (20-29 are this module's).
MOTTLING, RELIEF, SPOTS, STUBBLE = range(20, 24)

# What a unit of each layer takes from red, green and blue (negative: gives).
BLOOD = np.array([-0.04, 0.145, 0.11])
MELANIN = np.array([0.50, 0.80, 1.00])
SHADOW = np.array([0.90, 1.15, 1.00])
YELLOW = np.array([0.0, 0.012, 0.085])
FRECKLE = np.array([0.45, 0.75, 0.95])
MOLE = np.array([0.80, 1.00, 1.00])
LASH_LINE = np.array([0.9, 1.0, 0.95])


Pair = tuple[float, float]


def paint(person: Person, scalp_cover: np.ndarray) -> Skin:
    """The person's skin without expression. `scalp_cover` (512, 512): 0 = bare skin, 1 = fully under hair."""
    absorbed = blood(person)[..., None] * BLOOD * (1 - 0.45 * person.skin_tone)
    absorbed = absorbed + melanin(person)[..., None] * MELANIN
    absorbed = absorbed + person.yellowness * YELLOW
    absorbed = absorbed + eye_sockets(person)[..., None] * SHADOW
    absorbed = absorbed + make_up(person)
    freckles, moles = spots(person)
    absorbed = absorbed + freckles[..., None] * FRECKLE + moles[..., None] * MOLE
    albedo = np.array(skin_colour(person.skin_tone)) * np.exp(-absorbed)
    albedo = haired(albedo, person, scalp_cover)
    return Skin(albedo.astype(np.float32), relief(person).astype(np.float32), shine(person).astype(np.float32))


def blood(person: Person) -> np.ndarray:
    """Redness: cheeks, nose, chin, ears, lids; less on the forehead; and patches of one's own."""
    places = (
        1.1 * pair(0.42, 6.96, 0.17, 0.14)
        + 0.9 * pair(0, 6.95, 0.10, 0.09)
        + 0.4 * pair(0.11, 6.93, 0.05, 0.05)
        + 0.4 * pair(0, 6.33, 0.14, 0.10)
        + 0.3 * pair(0, 6.62, 0.36, 0.12)
        + 0.6 * smooth(0.74, 0.82, ACROSS) * (UP > 6.7)
        + 0.4 * pair(0.31, 7.33, 0.16, 0.06)
        - 0.4 * pair(0, 7.75, 0.40, 0.14)
    )
    draw = rng(MOTTLING, person.number, 0)
    patches = 0.20 * blurred_noise(draw, 6) + 0.22 * blurred_noise(draw, 14) + 0.24 * blurred_noise(draw, 34)
    return places * (0.75 + 0.35 * person.redness) + 0.28 * person.redness + patches


def melanin(person: Person) -> np.ndarray:
    """Uneven tan, from broad to as fine as pores."""
    draw = rng(MOTTLING, person.number, 1)
    broad = 0.030 * blurred_noise(draw, 5) + 0.024 * blurred_noise(draw, 16)
    fine = 0.030 * blurred_noise(draw, 48) + 0.034 * blurred_noise(draw, 120)
    sun = 0.04 * pair(0, 7.75, 0.5, 0.2) - 0.05 * pair(0.2, 6.5, 0.3, 0.15)
    return (broad + sun) * (0.8 + 0.5 * person.skin_tone) + fine * (0.8 + 0.6 * person.age)


def eye_sockets(person: Person) -> np.ndarray:
    """Darker and cooler around the eyes, in the fold of the lid and beside the nose."""
    rings = pair(0.28, 7.155, 0.13, 0.045) + 0.8 * pair(0.15, 7.25, 0.06, 0.07) + 0.5 * pair(0.32, 7.36, 0.18, 0.05)
    draw = rng(MOTTLING, person.number, 2)
    tired = 0.07 + 0.14 * person.age + 0.10 * person.skin_tone + 0.10 * draw.random()
    nostrils = 0.10 * pair(0.155, 6.93, 0.035, 0.05)
    return tired * rings + nostrils


def make_up(person: Person) -> np.ndarray:
    """Eye shadow, a line at the lashes, rouge: (512, 512, 3) of light taken away."""
    if person.makeup < 0.1:
        return np.zeros((*UP.shape, 3))
    shadow = 0.55 * pair(0.32, 7.355, 0.15, 0.032)[..., None] * SHADOW
    line = 0.55 * (pair(0.33, 7.315, 0.16, 0.012) + 0.4 * pair(0.33, 7.20, 0.15, 0.010))[..., None] * LASH_LINE
    rouge = 0.10 * pair(0.46, 6.98, 0.13, 0.08)[..., None] * np.array([-0.4, 1.4, 1.0])
    return person.makeup * (shadow + line + rouge)


def spots(person: Person) -> tuple[np.ndarray, np.ndarray]:
    """Freckles and age spots, and moles: two maps (512, 512)."""
    freckles, moles = np.zeros(UP.shape), np.zeros(UP.shape)
    draw = rng(SPOTS, person.number, 0)
    if person.freckles > 0.05:
        count = int(480 * person.freckles)
        add_spots(freckles, scattered(draw, count, (0.0, 7.03), (0.38, 0.17), (0.005, 0.013), (0.25, 0.85)))
    aged = int(45 * max(0.0, person.age - 0.45))
    draw = rng(SPOTS, person.number, 1)
    add_spots(freckles, scattered(draw, aged, (0.0, 7.3), (0.55, 0.45), (0.010, 0.026), (0.12, 0.35)))
    draw = rng(SPOTS, person.number, 2)
    add_spots(moles, scattered(draw, person.moles, (0.0, 6.95), (0.38, 0.30), (0.009, 0.019), (0.7, 1.5)))
    return freckles, moles


def scattered(
    draw: np.random.Generator, count: int, middle: Pair, spread: Pair, radii: Pair, strengths: Pair
) -> np.ndarray:
    """Rows of x, y, radius, strength for `facemap.add_spots`."""
    x = np.clip(draw.normal(middle[0], spread[0], count), -0.75, 0.75)
    y = np.clip(draw.normal(middle[1], spread[1], count), 6.2, 8.2)
    return np.stack([x, y, draw.uniform(*radii, count), draw.uniform(*strengths, count)], axis=1)


def haired(albedo: np.ndarray, person: Person, scalp_cover: np.ndarray) -> np.ndarray:
    """Skin under hair takes its colour: scalp, roots of a beard, and the shadow in which the strands of brows stand."""
    hair = visible_hair(person)
    draw = rng(STUBBLE, person.number)
    grain = np.exp(0.15 * blurred_noise(draw, 150))[..., None]
    stubble = np.clip(stubble_cover(person) * (0.85 + 0.22 * blurred_noise(draw, 190)), 0, 1)
    beard = np.clip(beard_cover(person) * (1 + 0.12 * blurred_noise(draw, 160)), 0, 0.96)
    bluish = np.array(mixed(hair, skin_colour(person.skin_tone), 0.35)) * (0.90, 0.98, 1.06)
    for colour, cover in (
        (bluish, stubble),
        (np.array(hair) * 0.9, beard),
        (np.array(hair) * 0.9, 0.32 * person.brow.density * brow_shadow(person)),
        (np.array(hair) * 0.6, np.clip(scalp_cover, 0, 1)),
    ):
        albedo = albedo + cover[..., None] * (colour * grain - albedo)
    return albedo


def brow_shadow(person: Person) -> np.ndarray:
    """The band of the brows, soft: a map (512, 512), 0-1."""
    brow = person.brow
    along = (ACROSS - brow.inner) / (brow.outer - brow.inner)
    thickness = brow.thickness * (1 - 0.75 * np.clip((along - 0.55) / 0.45, 0, 1))
    band = (
        np.exp(-(((UP - brow_middle(person, along) - 0.01) / thickness) ** 2))
        * smooth(-0.06, 0.08, along)
        * smooth(1.04, 0.85, along)
    )
    return gaussian_filter(band, 1.5)


def relief(person: Person) -> np.ndarray:
    """Pores and small unevenness; the pores are widest on nose and cheeks, and skin grows coarser with age."""
    draw = rng(RELIEF, person.number)
    pores = np.minimum(0.0, blurred_noise(draw, 170)) * (0.5 + pair(0, 6.98, 0.16, 0.16) + pair(0.32, 6.98, 0.18, 0.16))
    uneven = 0.9 * blurred_noise(draw, 70) + 0.8 * blurred_noise(draw, 26)
    return (0.75 + 0.6 * person.age) * (0.060 * pores + 0.045 * uneven)


def shine(person: Person) -> np.ndarray:
    """Forehead, nose, cheekbones, chin; broken up as skin's shine is."""
    draw = rng(RELIEF, person.number, 1)
    places = (
        0.60 * pair(0, 7.75, 0.35, 0.15)
        + 0.75 * pair(0, 7.0, 0.09, 0.20)
        + 0.45 * pair(0.42, 7.05, 0.12, 0.08)
        + 0.35 * pair(0, 6.35, 0.12, 0.08)
    )
    broken = 1 + 0.20 * blurred_noise(draw, 40) + 0.22 * blurred_noise(draw, 110)
    covered = 1 - 0.7 * beard_cover(person)
    return np.clip((0.20 + places) * broken * covered, 0, 1.4)
