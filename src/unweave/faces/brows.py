"""Eyebrows and beards: short strands that lie on the skin and move with it."""

from __future__ import annotations

import numpy as np

from unweave.faces.chance import rng
from unweave.faces.facemap import smooth
from unweave.faces.facial_hair import beard_cover
from unweave.faces.palettes import GREY_HAIR, linear, mixed, skin_colour
from unweave.faces.people import Person
from unweave.faces.roots import Face, Roots, anchors, looked_up, sow_front
from unweave.faces.strands import Strands, strands_on, unit

BROW_ROOTS, BROW_HAIRS, BEARD_ROOTS, BEARD_HAIRS = range(46, 50)  # keys of the draws

BROW_WIDTH = 0.0085
BROW_TRIES = 12_000  # places drawn on the forehead, of which most are beside the brows
# How brow hairs stand, by the way from the inner (0) to the outer end (1): radians above the outward direction.
SLANT_PLACES = (0.0, 0.12, 0.40, 0.70, 1.0)
SLANTS = (1.25, 0.90, 0.42, 0.05, -0.38)
BEARD_STRANDS, BEARD_WIDTH = 3000, 0.011
BEARD_TRIES = 9_000
STEPS = 2  # segments of a strand


def grow_brows(person: Person, face: Face) -> Strands:
    """Both eyebrows."""
    brow = person.brow
    roots, places = sow_front(face, (0.68, 7.30, 7.65), BROW_TRIES, rng(BROW_ROOTS, person.number))
    along = (np.abs(places[:, 0]) - brow.inner) / (brow.outer - brow.inner)
    offset = places[:, 1] - brow_middle(person, along)
    breadth = brow.thickness * np.interp(along, [0, 0.12, 0.55, 1], [0.75, 1.0, 1.0, 0.22])
    ends = smooth(-0.04, 0.10, along) * smooth(1.03, 0.80, along)
    chance = np.exp(-0.5 * (offset / (0.50 * breadth)) ** 2) * ends
    draw = rng(BROW_HAIRS, person.number)
    kept = np.flatnonzero(chance * (0.25 + 0.75 * brow.density) > draw.random(len(chance)))
    roots, along, offset, breadth = roots.among(kept), along[kept], offset[kept], breadth[kept]
    slant = np.interp(along, SLANT_PLACES, SLANTS) - 0.35 * offset / breadth + draw.normal(0, 0.16, len(kept))
    outward = np.where(places[kept, 0] < 0, -1, 1)
    heading = np.stack([outward * np.cos(slant), np.sin(slant), 0 * slant], axis=1)
    lengths = draw.uniform(0.045, 0.085, len(kept)) * np.interp(along, [0, 0.2, 0.8, 1], [0.75, 1, 1, 0.7])
    paler = mixed(person.hair_colour, skin_colour(person.skin_tone), 0.10)
    return lying_strands(person, face, roots, heading, lengths, 0.016, BROW_WIDTH, np.array(paler) * 0.8, 0.6, draw)


def brow_middle(person: Person, along: np.ndarray) -> np.ndarray:
    """Height of the brow's middle on the average face, by the way from its inner (0) to its outer end (1)."""
    brow = person.brow
    bow = (0.062 + 0.8 * brow.arch) * np.sin(np.pi * np.clip(along * 0.70 + 0.16, 0, 1))
    return 7.420 + brow.height + bow + brow.tilt * (along - 0.5) - 0.045 * np.clip((along - 0.6) / 0.4, 0, 1)


def grow_beard(person: Person, face: Face) -> Strands | None:
    """Beard and moustache; None for those who have none, or only stubble, which is painted."""
    if person.beard_style not in ("full", "goatee", "moustache"):
        return None
    roots, places = sow_front(face, (0.85, 6.0, 7.4), BEARD_TRIES, rng(BEARD_ROOTS, person.number))
    cover = looked_up(beard_cover(person), places)
    draw = rng(BEARD_HAIRS, person.number)
    cheek = smooth(6.80, 6.95, places[:, 1]) * smooth(0.66, 0.58, np.abs(places[:, 0]))
    throat = smooth(6.10, 6.24, places[:, 1])
    kept = np.flatnonzero((1 - cheek) * throat * cover**2 > draw.random(len(cover)))[:BEARD_STRANDS]
    roots, places, cover = roots.among(kept), places[kept], cover[kept]
    x, y, _ = places.T
    lip = smooth(6.66, 6.70, y) * smooth(0.34, 0.26, np.abs(x))  # the moustache parts under the nose
    sideways = np.clip(x / 0.10, -1, 1) * (0.9 * lip + 0.12) + draw.normal(0, 0.15, len(kept))
    heading = np.stack([sideways, -1 + 0.5 * lip, 0.25 * (1 - lip)], axis=1)
    lengths = draw.uniform(0.07, 0.13, len(kept)) * (1 - 0.45 * lip) * (0.5 + 0.5 * cover)
    return lying_strands(
        person, face, roots, unit(heading), lengths, 0.030, BEARD_WIDTH, np.array(person.hair_colour), 0.9, draw
    )


def lying_strands(
    person: Person,
    face: Face,
    roots: Roots,
    heading: np.ndarray,
    lengths: np.ndarray,
    height: float,
    width: float,
    colour: np.ndarray,
    greying: float,
    draw: np.random.Generator,
) -> Strands:
    """Strands that run along the skin in the headings (n, 3) and end `height` above it."""
    count = len(lengths)
    start, outward = roots.on(face.vertices), unit(roots.on(face.normals))
    flat = unit(heading - np.einsum("nk,nk->n", heading, outward)[:, None] * outward)
    share = np.linspace(0, 1, STEPS + 1)[None, :, None]
    rising = height * draw.uniform(0.5, 1.2, count)[:, None, None] * np.sqrt(share) - 0.004 * (1 - share)
    points = start[:, None] + lengths[:, None, None] * share * flat[:, None] + rising * outward[:, None]
    grey = np.clip(person.grey * greying * (1 + draw.normal(0, 0.3, count)), 0, 1)[:, None]
    own = colour * (1 - grey) + 0.8 * np.array(linear(GREY_HAIR)) * grey
    colours = own[:, None] * np.exp(draw.normal(0, 0.18, (count, 1, 1))) * np.interp(share, [0, 0.5, 1], [0.8, 1, 1.1])
    normals = np.broadcast_to(unit(outward + 0.2 * draw.normal(size=(count, 3)))[:, None], points.shape)
    return strands_on(
        points,
        normals,
        width * draw.uniform(0.7, 1.2, (count, 1)) * (1 - 0.75 * share[..., 0] ** 1.5),
        colours,
        roots=roots.corners,
        weights=roots.weights,
        rest=face.vertices,
        anchors=anchors(),
        lying=True,
    )
