"""Strands of hair rooted in the skin, and the ribbons they are drawn as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from unweave.faces.geometry import FREE_ABOVE, STILL_BELOW

VIEWPOINT = np.array([0.0, 7.2, 22.0])  # ribbons are broad as seen from here


@dataclass(frozen=True, eq=False)
class Ribbons:
    """Strips of triangles, float32; what a renderer needs of hair."""

    points: np.ndarray
    """(points, 3)."""
    triangles: np.ndarray
    """(triangles, 3), int32."""
    tangents: np.ndarray
    """(points, 3): unit, along the strand towards its tip."""
    normals: np.ndarray
    """(points, 3): unit, away from the head."""
    colours: np.ndarray
    """(points, 3): linear RGB."""
    rest: Ribbons | None = None
    """The same on the face at rest, one object for every geometry: with it, a renderer sorts triangles only once."""


@dataclass(frozen=True, eq=False)
class Strands:
    """Strands of equally many points, as they lie on a face at rest; float32."""

    roots: np.ndarray
    """(strands, 3), int32: the corners of the triangle a strand grows from."""
    weights: np.ndarray
    """(strands, 3): where in the triangle."""
    points: np.ndarray
    """(strands, along, 3)."""
    tangents: np.ndarray
    normals: np.ndarray
    sides: np.ndarray
    """Each (strands, along, 3); `sides` is half the ribbon's width, across the strand."""
    colours: np.ndarray
    """(strands, along, 3)."""
    rest: np.ndarray
    """(vertices, 3): the face at rest."""
    anchors: np.ndarray
    """Vertices that no expression moves: they tell how the head has turned."""
    lying: bool
    """Whether the strands lie on the skin and turn with it, as brows do, or only their roots follow it."""


def strands_on(
    points: np.ndarray,
    normals: np.ndarray,
    widths: np.ndarray,
    colours: np.ndarray,
    *,
    roots: np.ndarray,
    weights: np.ndarray,
    rest: np.ndarray,
    anchors: np.ndarray,
    lying: bool,
) -> Strands:
    """Strands through points (strands, along, 3), with widths (strands, along)."""
    tangents = unit(np.gradient(points, axis=1))
    across = np.cross(tangents, unit(VIEWPOINT - points))
    length = np.linalg.norm(across, axis=2, keepdims=True)
    across = np.where(length > 0.15, across / np.maximum(length, 1e-6), np.array([1.0, 0.0, 0.0]))
    single = (points, tangents, normals, across * widths[..., None] / 2, colours)
    points, tangents, normals, sides, colours = (np.ascontiguousarray(array, dtype=np.float32) for array in single)
    return Strands(
        roots=roots.astype(np.int32),
        weights=weights.astype(np.float32),
        points=points,
        tangents=tangents,
        normals=normals,
        sides=sides,
        colours=colours,
        rest=rest.astype(np.float32),
        anchors=anchors,
        lying=lying,
    )


def ribbons(groups: Sequence[Strands], vertices: np.ndarray) -> Ribbons:
    """The strands on the face as it is now: vertices (vertices, 3) of the face they were grown on, moved and turned."""
    rest = ribbons_at_rest(*groups)
    points, tangents, normals = _moved(groups, vertices)
    return Ribbons(points, rest.triangles, tangents, normals, rest.colours, rest)


@lru_cache(maxsize=4)
def ribbons_at_rest(*groups: Strands) -> Ribbons:
    """The strands where they were grown: the same object every time for the same groups."""
    sizes = [strands.points.shape[:2] for strands in groups]
    starts = np.cumsum([0] + [2 * count * steps for count, steps in sizes])
    points, tangents, normals = _moved(groups, groups[0].rest if groups else np.zeros((0, 3)))
    return Ribbons(
        points=points,
        triangles=_stacked([strip(*size) + start for size, start in zip(sizes, starts, strict=False)], np.int32),
        tangents=tangents,
        normals=normals,
        colours=_stacked([twice(strands.colours) for strands in groups], np.float32),
    )


def _moved(groups: Sequence[Strands], vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points, tangents and normals of the ribbons, each (points, 3), on a face."""
    parts = [_moved_group(strands, np.asarray(vertices, dtype=np.float32)) for strands in groups]
    points, tangents, normals = zip(*parts, strict=True) if parts else ([], [], [])
    return _stacked(points, np.float32), _stacked(tangents, np.float32), _stacked(normals, np.float32)


def _moved_group(strands: Strands, vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    turn, shift = rigid_motion(strands.rest[strands.anchors], vertices[strands.anchors])
    root_before = on_triangles(strands.rest, strands.roots, strands.weights)
    root_now = on_triangles(vertices, strands.roots, strands.weights)
    if strands.lying:
        frames = triangle_frames(vertices, strands.roots) @ triangle_frames(strands.rest, strands.roots).mT
        turns = frames.mT
        points = turned_by(strands.points - root_before[:, None], turns) + root_now[:, None]
    else:
        turns = turn.T
        skin = (root_now - (root_before @ turn.T + shift))[:, None]
        along = np.linspace(0, 1, strands.points.shape[1], dtype=np.float32)[:, None]
        turned = turned_by(strands.points, turns) + shift
        share = np.clip((strands.points[..., 1:2] - STILL_BELOW) / (FREE_ABOVE - STILL_BELOW), 0, 1)
        share *= share * (3 - 2 * share)
        points = strands.points + share * (turned - strands.points) + skin * (1 - along) ** 2
    sides = turned_by(strands.sides, turns)
    ends = np.stack([points - sides, points + sides], axis=2).reshape(-1, 3)
    tangents, normals = turned_by(strands.tangents, turns), turned_by(strands.normals, turns)
    return ends, twice(tangents), twice(normals)


def turned_by(vectors: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """Vectors (strands, along, 3) times one matrix (3, 3), or one for each strand."""
    if turns.ndim == 2:
        return (vectors.reshape(-1, 3) @ turns).reshape(vectors.shape)
    x, y, z = (vectors[..., axis, None] * turns[:, None, axis] for axis in range(3))  # faster than many small products
    return x + y + z


def twice(vectors: np.ndarray) -> np.ndarray:
    """Vectors (strands, along, 3) for both edges of the ribbons: (points, 3)."""
    both = np.empty((*vectors.shape[:2], 2, 3), np.float32)
    both[:] = vectors[:, :, None]
    return both.reshape(-1, 3)


@lru_cache(maxsize=16)
def strip(count: int, steps: int) -> np.ndarray:
    """Triangles of `count` ribbons, whose points come in pairs, `steps` pairs each."""
    pairs = np.arange(count * steps * 2, dtype=np.int32).reshape(count, steps, 2)
    a, b, c, d = pairs[:, :-1, 0], pairs[:, :-1, 1], pairs[:, 1:, 0], pairs[:, 1:, 1]
    triangles = np.concatenate([np.stack([a, b, d], -1).reshape(-1, 3), np.stack([a, d, c], -1).reshape(-1, 3)])
    triangles.setflags(write=False)
    return triangles


def on_triangles(values: np.ndarray, corners: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Values (vertices, 3) at places (n, 3) inside triangles."""
    return np.einsum("nkc,nk->nc", values[corners], weights)


def triangle_frames(vertices: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """(n, 3, 3): columns are an edge, the third direction, and the normal of each triangle."""
    a, b, c = np.moveaxis(vertices[corners], 1, 0)
    edge, normal = unit(b - a), unit(np.cross(b - a, c - a))
    return np.stack([edge, np.cross(normal, edge), normal], axis=-1)


def rigid_motion(before: np.ndarray, now: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotation (3, 3) and shift (3,) that bring points (n, 3) nearest to where they are now (Kabsch)."""
    middle, middle_now = before.mean(axis=0), now.mean(axis=0)
    left, _, right = np.linalg.svd(((before - middle).T @ (now - middle_now)).astype(float))
    mirrored = np.sign(np.linalg.det(left @ right))
    turn = (right.T * [1, 1, mirrored]) @ left.T
    return turn.astype(np.float32), (middle_now - turn @ middle).astype(np.float32)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., 3) at length 1."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def _stacked(arrays: Sequence[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate(arrays).astype(kind, copy=False) if arrays else np.zeros((0, 3), kind)
