"""Hair of the head, grown strand by strand on a person's face at rest; brows and beard come with it.

strands = grow(person, vertices, normals)     # once a person
ribbons(strands, vertices_now)                # once a geometry: roots stay in the skin that moves
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

from unweave.faces.around import surroundings
from unweave.faces.brows import grow_beard, grow_brows
from unweave.faces.chance import rng
from unweave.faces.combing import comb, cut
from unweave.faces.facemap import smooth
from unweave.faces.head import head
from unweave.faces.palettes import GREY_HAIR, linear, skin_colour
from unweave.faces.people import Person
from unweave.faces.roots import Face, Roots, anchors, skin_triangles, sow
from unweave.faces.scalp import depth_in_hair, scalp_cover
from unweave.faces.strands import Ribbons, Strands, ribbons, strands_on, unit
from unweave.faces.styles import STYLES, HairStyle

__all__ = ["Ribbons", "Strands", "grow", "grow_hair", "ribbons", "scalp_cover"]

# Keys of the draws (40-49 are hair's; 40 is scalp.py's).
ROOTS, COMBING, CUTTING, TUFTS, TINTS = range(41, 46)

MOST_SEGMENTS = 31_000  # of all strands of a head: two triangles each
EDGE_LENGTH, EDGE_WIDTH = 0.35, 0.45  # of strands at the hairline, as shares of the others'
TAPER = 0.8  # how much narrower a tip is than its root
REACH = 0.14  # how far (dm) a strand can be drawn into its tuft
WAVES = 0.62, 0.40  # length (dm) of one turn of straight hair, and how much less it is for the curliest
WAVE_SIZE = 0.042  # radius (dm) of the curliest turn
SHEER, SHADED = 0.55, 0.6  # how much of the skin shows through fine hair at the edge, and its shade
SHADES = 0.16, 0.14  # how strands and tufts differ in brightness


def grow(person: Person, vertices: np.ndarray, normals: np.ndarray) -> list[Strands]:
    """Hair, brows and beard on a face at rest: vertices and unit normals (vertices, 3), in dm."""
    face = Face(np.asarray(vertices, dtype=float), np.asarray(normals, dtype=float))
    groups = [grow_hair(person, face), grow_brows(person, face), grow_beard(person, face)]
    return [group for group in groups if group is not None]


def grow_hair(person: Person, face: Face) -> Strands:
    """The hair of the head alone."""
    style = STYLES[person.style]
    curl = max(person.curl * style.curl, style.least_curl)
    steps = int(np.ceil(style.segments * (1 + 0.8 * curl)))
    skin = np.unique(skin_triangles())
    around = surroundings(face.vertices[skin[::2]], face.normals[skin[::2]])
    roots = hair_roots(person, style, face, min(style.strands, MOST_SEGMENTS // steps))
    places, starts, outward = roots.on_average(), roots.on(face.vertices), unit(roots.on(face.normals))
    outside = around.at(starts)[0] > -0.05  # not in the fold behind an ear
    roots, places, starts, outward = (roots.among(outside), places[outside], starts[outside], outward[outside])
    edge = smooth(0, style.fade, depth_in_hair(person, places))
    sides = combed_sides(person, style, places)

    rise = person.hairline + style.raised + forehead_rise(face)

    draw = rng(COMBING, person.styling)
    tufts, tuft = tufts_of(style, places, sides, rng(TUFTS, person.styling))
    bias = draw.normal(0, style.scatter, places.shape) + draw.normal(0, style.scatter, places.shape)[tuft]
    height = smooth(7.5, 8.1, places[:, 1])
    thickness = style.side_layer + (style.layer - style.side_layer) * height
    layers = person.volume * thickness * draw.random(len(places)) ** 0.8 * (0.3 + 0.7 * edge)
    lengths = strand_lengths(person, style, places, edge) * draw.uniform(style.shortest, 1.05, len(places))
    points, outwards = comb(style, around, starts, outward, lengths, layers, sides, bias, steps, rise)
    points, outwards = cut(style, points, outwards, rise, rng(CUTTING, person.styling))

    share = np.linspace(0, 1, steps + 1)[None, :, None]
    points = gathered(points, points[tufts][tuft], style.clumping * share**1.5)
    points = curled(points, outwards, curl, tuft, draw)
    widths = style.width * (EDGE_WIDTH + (1 - EDGE_WIDTH) * edge[:, None]) * (1 - TAPER * share[..., 0] ** 1.5)
    shading = unit(outwards + 0.22 * draw.normal(size=(len(places), 1, 3)) + [0, 0, 0.15])
    colours = tinted(person, tuft, edge, share, rng(TINTS, person.styling))
    return strands_on(
        points,
        shading,
        widths,
        colours,
        roots=roots.corners,
        weights=roots.weights,
        rest=face.vertices,
        anchors=anchors(),
        lying=False,
    )


def forehead_rise(face: Face) -> float:
    """How much higher (dm) the upper forehead is than that of the average face."""
    average = head().template
    upper = (np.abs(average[:, 1] - 8.0) < 0.1) & (average[:, 2] > 1.0)
    return float(np.median(face.vertices[upper, 1] - average[upper, 1]))


def hair_roots(person: Person, style: HairStyle, face: Face, count: int) -> Roots:
    """Roots above the hairline, sparse at its edge, fewer where nobody looks."""
    triangles = skin_triangles()
    corners = Roots(np.repeat(triangles, 2, axis=0)[::2], np.full((len(triangles), 3), 1 / 3))
    middles = corners.on_average()
    dense = smooth(-0.03, style.fade, depth_in_hair(person, middles))
    thin = 1 - (1 - style.thin) * smooth(7.75, 8.05, middles[:, 1]) * smooth(-0.1, 0.3, middles[:, 2])
    seen = 0.45 + 0.55 * smooth(-0.1, 0.4, middles[:, 2])
    roots = sow(face, triangles, dense * thin * seen, count, rng(ROOTS, person.styling))
    chance = smooth(-0.04, style.fade, depth_in_hair(person, roots.on_average()))
    return roots.among(chance > 0.9 * rng(ROOTS, person.styling, 1).random(count))


def combed_sides(person: Person, style: HairStyle, places: np.ndarray) -> np.ndarray:
    """Which side hair is combed to, (n,) in -1 to 1: away from the parting, or fanning out from the middle."""
    x = places[:, 0]
    if style.parting is None:
        return np.clip(2.5 * x, -1, 1)
    uneven = 0.03 * np.sin(19 * places[:, 2] + person.styling)
    beside = x + uneven - style.parting * person.parting
    return np.where(beside > 0, 1.0, -1.0) * np.clip(np.abs(beside) / 0.15, 0.3, 1)


def strand_lengths(person: Person, style: HairStyle, places: np.ndarray, edge: np.ndarray) -> np.ndarray:
    """Length by place; hair that does not hang is short at its edge."""
    top = smooth(7.65, 8.05, places[:, 1])
    nape = smooth(0.3, 0.0, places[:, 2]) * smooth(7.6, 7.2, places[:, 1])
    lengths = style.side + (style.top - style.side) * top + (style.nape - style.side) * nape
    hanging = style.covers_ears or style.fringe is not None
    return person.length * lengths * (1 if hanging else EDGE_LENGTH + (1 - EDGE_LENGTH) * edge)


def tufts_of(
    style: HairStyle, places: np.ndarray, sides: np.ndarray, draw: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Strands that lead a tuft, and the number of the tuft each strand belongs to; no tuft spans the parting."""
    leaders = draw.choice(len(places), min(style.clumps, len(places)), replace=False)
    features = np.column_stack([places, np.sign(sides) if style.parting is not None else 0 * sides])
    return leaders, np.asarray(KDTree(features[leaders]).query(features)[1])


def gathered(points: np.ndarray, leaders: np.ndarray, amount: np.ndarray) -> np.ndarray:
    """Strands drawn towards those that lead their tufts, the shorter the less."""
    gap = leaders - points
    length = np.linalg.norm(np.diff(points, axis=1), axis=2).sum(axis=1)[:, None, None]
    most = REACH * np.minimum(1, length / 0.4)
    return points + amount * gap * np.minimum(1, most / np.maximum(np.linalg.norm(gap, axis=2, keepdims=True), 1e-6))


def curled(points, outwards, curl: float, tuft: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Strands wound into waves or curls, those of a tuft alike."""
    if curl < 0.05:
        return points
    way = np.linalg.norm(np.diff(points, axis=1, prepend=points[:, :1]), axis=2).cumsum(axis=1)
    turn = WAVES[0] - WAVES[1] * min(curl, 1.0)
    phase = draw.uniform(0, 2 * np.pi, len(points))[tuft] + draw.normal(0, 0.35, len(points))
    angle = 2 * np.pi * way / (turn * np.exp(draw.normal(0, 0.10, len(points))[tuft, None])) + phase[:, None]
    side = unit(np.cross(np.gradient(points, axis=1), outwards))
    size = WAVE_SIZE * curl * np.minimum(1, way / (0.6 * turn)) * np.exp(draw.normal(0, 0.2, (len(points), 1)))
    return points + size[..., None] * (np.cos(angle)[..., None] * side + np.sin(angle)[..., None] * outwards)


def tinted(
    person: Person, tuft: np.ndarray, edge: np.ndarray, share: np.ndarray, draw: np.random.Generator
) -> np.ndarray:
    """Colours (strands, along, 3): grey strands among the others, dark roots; at the hairline, skin shines through."""
    count = len(tuft)
    brightness = np.exp(draw.normal(0, SHADES[0], count) + draw.normal(0, SHADES[1], count)[tuft])
    grey = np.clip(person.grey * (1 + draw.normal(0, 0.4, count)), 0, 1)[:, None]
    own = np.array(person.hair_colour) * (1 - grey) + np.array(linear(GREY_HAIR)) * grey
    colours = own[:, None] * brightness[:, None, None] * np.interp(share, [0, 0.35, 1], [0.60, 0.92, 1.12])
    sheer = SHEER * (1 - edge[:, None, None]) * (1 - share)
    return colours * (1 - sheer) + sheer * np.array(skin_colour(person.skin_tone)) * SHADED
