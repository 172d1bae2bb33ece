"""Where strands stand: places drawn on the triangles of a face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unweave.faces.facemap import BOTTOM, LEFT, RIGHT, SIZE, TOP
from unweave.faces.head import head
from unweave.faces.strands import on_triangles, unit

ANCHOR_HEIGHT, ANCHOR_DEPTH = 7.9, 0.7  # above and behind: skin that no expression moves


@dataclass(frozen=True)
class Face:
    """One person's face at rest."""

    vertices: np.ndarray
    """(vertices, 3)."""
    normals: np.ndarray
    """(vertices, 3), unit."""


@dataclass(frozen=True)
class Roots:
    """n places in the skin."""

    corners: np.ndarray
    """(n, 3) int: vertices of the triangle."""
    weights: np.ndarray
    """(n, 3): of the corners."""

    def among(self, chosen: np.ndarray) -> Roots:
        """Those that an index or mask picks."""
        return Roots(self.corners[chosen], self.weights[chosen])

    def on(self, values: np.ndarray) -> np.ndarray:
        """Values (vertices, 3) at the roots: (n, 3)."""
        return on_triangles(values, self.corners, self.weights)

    def on_average(self) -> np.ndarray:
        """Where the roots are on the average face: (n, 3)."""
        return self.on(head().template.astype(float))


def skin_triangles() -> np.ndarray:
    """(triangles, 3): the triangles of the skin."""
    return head().triangles[head().parts == 0]


def sow(face: Face, triangles: np.ndarray, density: np.ndarray, count: int, draw: np.random.Generator) -> Roots:
    """`count` roots, as dense on each of the triangles (n, 3) as density (n,) says."""
    a, b, c = np.moveaxis(face.vertices[triangles], 1, 0)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) * density
    chosen = np.searchsorted(np.cumsum(area), draw.random(count) * area.sum())
    u, v = draw.random(count), draw.random(count)
    u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)
    return Roots(triangles[chosen], np.stack([u, v, 1 - u - v], axis=1))


def sow_front(
    face: Face, box: tuple[float, float, float], count: int, draw: np.random.Generator
) -> tuple[Roots, np.ndarray]:
    """Roots evenly on the front, |x| < box[0], box[1] < y < box[2]; and where they are on the average face."""
    triangles = skin_triangles()
    template = head().template.astype(float)
    x, y, z = template[triangles].mean(axis=1).T
    inside = (np.abs(x) < box[0]) & (y > box[1]) & (y < box[2]) & (z > 0.3)
    a, b, c = np.moveaxis(template[triangles], 1, 0)
    facing = unit(np.cross(b - a, c - a))[:, 2]
    mouth = head().inside_mouth[triangles].max(axis=1) > 0.5
    density = inside * ~mouth * np.clip(facing + 0.3, 0, 0.4)
    roots = sow(face, triangles, density, count, draw)
    return roots, roots.on_average()


def looked_up(face_map: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Values of a face map (512, 512) at places (n, 3) of the average face."""
    columns = ((places[:, 0] - LEFT) / (RIGHT - LEFT) * SIZE).astype(int)
    rows = ((TOP - places[:, 1]) / (TOP - BOTTOM) * SIZE).astype(int)
    return face_map[np.clip(rows, 0, SIZE - 1), np.clip(columns, 0, SIZE - 1)]


def anchors() -> np.ndarray:
    """Vertices that tell how a head has turned, whatever its expression."""
    template = head().template
    skin = np.unique(skin_triangles())
    still = (template[skin, 1] > ANCHOR_HEIGHT) & (template[skin, 2] < ANCHOR_DEPTH)
    return skin[still][::4]
