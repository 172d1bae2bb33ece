"""The space around a head: how far from the skin a point is, and which way is out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.spatial import KDTree

from unweave.faces.head import head

CORNER = np.array([-1.35, 5.4, -0.9])
COUNTS = np.array([35, 45, 34])
STEP = 0.08
NEAR = -0.25, 0.50  # distances between which each face is measured; beyond, the average face will do
FLAT = 0.15  # closer than this, a surface is flat
BLUR = 0.7  # of cells: hair does not follow the folds of an ear


@dataclass(frozen=True)
class Surroundings:
    """Distances (dm) on a grid, negative inside the head; directions are unit vectors."""

    distances: np.ndarray
    directions: np.ndarray

    def at(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Distance (n,) and outward direction (n, 3) at points (n, 3); outside the grid, those at its border."""
        cell = np.clip((points - CORNER) / STEP, 0, COUNTS - 1.001)
        low = cell.astype(int)
        part = cell - low
        distance, direction = np.zeros(len(points)), np.zeros((len(points), 3))
        for corner in np.ndindex(2, 2, 2):
            weight = np.prod(np.where(corner, part, 1 - part), axis=1)
            index = tuple((low + corner).T)
            distance = distance + weight * self.distances[index]
            direction = direction + weight[:, None] * self.directions[index]
        return distance, direction / np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-6)


def surroundings(points: np.ndarray, normals: np.ndarray) -> Surroundings:
    """Of a face given by points and unit normals (n, 3) of its skin, or of some of them."""
    distances = average_distances().copy()
    near = np.flatnonzero((distances > NEAR[0]) & (distances < NEAR[1]))
    distances[near] = signed_distances(points, normals, grid()[near])
    field = gaussian_filter(distances.reshape(COUNTS), BLUR)
    slope = np.stack([np.gradient(field, STEP, axis=axis) for axis in range(3)], axis=-1)
    return Surroundings(field, slope / np.maximum(np.linalg.norm(slope, axis=-1, keepdims=True), 1e-6))


def signed_distances(points: np.ndarray, normals: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Of places (m, 3) to the nearest of the points (n, 3); negative behind its normal."""
    distance, nearest = KDTree(points).query(places)
    height = np.einsum("nk,nk->n", places - points[nearest], normals[nearest])
    return np.where(distance < FLAT, height, np.where(height > 0, distance, -distance))


@cache
def grid() -> np.ndarray:
    """Places (cells, 3) at which distances are kept."""
    axes = (CORNER[i] + STEP * np.arange(COUNTS[i]) for i in range(3))
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)


@cache
def average_distances() -> np.ndarray:
    """Distances (cells,) of the average face."""
    shape = head()
    template = shape.template.astype(float)
    corners = shape.triangles[shape.parts == 0]
    a, b, c = np.moveaxis(template[corners], 1, 0)
    normals = np.cross(b - a, c - a)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    return signed_distances((a + b + c) / 3, normals, grid())
