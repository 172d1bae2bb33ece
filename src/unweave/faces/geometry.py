"""Where the points of a head are: in its place, with an expression, with a pose."""

from __future__ import annotations

from functools import cache

import numpy as np

from unweave.faces.head import head

EYES_AT = np.array([0.0, 7.28, 1.25])  # dm: the point between the eyes of every aligned head
EYES_APART, CHIN_BELOW = 0.62, 1.12  # dm: of the head that alignment leaves as large as it is
CHIN = {"low": 6.14, "high": 6.60, "aside": 0.3, "depth": 1.0}  # where on the average head to look for the chin

LOOK_TURN = 28.0  # degrees that an eye turns up or down when eyeLookUp or eyeLookDown is fully done
TURN_DEPTH = 0.02  # dm: eyes turn about a point this far behind their middle

NECK = np.array([0.0, 6.2, 0.35])  # dm: the point about which a head is posed
STILL_BELOW, FREE_ABOVE = 5.75, 6.35  # dm: shoulders stay, all of the head turns, smoothly between

EYES = {"Left": "helper-l-eye", "Right": "helper-r-eye"}


def aligned(cage: np.ndarray) -> np.ndarray:
    """A cage (cage, 3) moved and scaled so that all eyes are at one place and all faces of about one size."""
    left, right = (cage[head().members[part]].mean(axis=0) for part in EYES.values())
    middle = (left + right) / 2
    below = middle[1] - cage[chin_points(), 1].min()
    scale = (EYES_APART / np.linalg.norm(left - right) + CHIN_BELOW / below) / 2
    return scale * (cage - middle) + EYES_AT


@cache
def chin_points() -> np.ndarray:
    """Points of the cage about the chin."""
    body = head().members["body"]
    x, y, z = head().cage[body].T
    return body[(y > CHIN["low"]) & (y < CHIN["high"]) & (np.abs(x) < CHIN["aside"]) & (z > CHIN["depth"])]


def moved(cage: np.ndarray, action_weights: np.ndarray, gaze: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """The vertices (vertices, 3) of a cage with facial actions (52,) and a gaze in degrees to the right and up.

    Actions move lids and skin; eyeballs keep their shape and turn: sideways by the gaze, up and down by the actions
    eyeLookUp and eyeLookDown (in which the weights of an expression already hold the gaze's height).
    """
    result = cage + np.tensordot(action_weights, head().actions, 1)
    weight = dict(zip(head().action_names, action_weights, strict=True))
    for side, part in EYES.items():
        down = LOOK_TURN * (weight[f"eyeLookDown{side}"] - weight[f"eyeLookUp{side}"])
        eye = cage[head().members[part]]
        pivot = eye.mean(axis=0) - (0, 0, TURN_DEPTH)
        result[head().members[part]] = (eye - pivot) @ turn(gaze[0], down, 0).T + pivot
    return head().subdivide @ result


def posed(points: np.ndarray, yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Any points (n, 3) turned with the head about the neck, in degrees; the shoulders stay where they are.

    Positive: to the right (in the picture), down, and tilted to the left.
    """
    if not (yaw or pitch or roll):
        return points
    share = np.clip((points[:, 1:2] - STILL_BELOW) / (FREE_ABOVE - STILL_BELOW), 0, 1)
    share = share * share * (3 - 2 * share)
    return points + share * ((points - NECK) @ turn(yaw, pitch, roll).T + NECK - points)


def turn(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """The rotation (3, 3) that rolls, then pitches (down), then yaws (to the right), in degrees."""
    (cy, cp, cr), (sy, sp, sr) = np.cos(np.radians((yaw, pitch, roll))), np.sin(np.radians((yaw, pitch, roll)))
    return (
        np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        @ np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        @ np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    )


def normals(vertices: np.ndarray) -> np.ndarray:
    """Unit normals (vertices, 3), outwards: the mean of the triangles' at each vertex, by their area."""
    triangles = head().triangles
    first, second, third = (vertices[triangles[:, corner]].astype(np.float64) for corner in range(3))
    flat = np.cross(second - first, third - first)
    at = triangles.ravel()
    summed = np.stack([np.bincount(at, np.repeat(flat[:, axis], 3), len(vertices)) for axis in range(3)], axis=1)
    return summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-12)
