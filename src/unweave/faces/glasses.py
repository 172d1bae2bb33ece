"""Glasses: thin frames without lenses, fitted to a face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from unweave.faces.head import PARTS, head
from unweave.faces.palettes import Colour, linear
from unweave.faces.people import Person
from unweave.faces.scene import Prop

HINGE = 0.25 * np.pi  # where on a rim the temple is fixed: the angle from its outer end
POINTS, SIDES = 44, 6  # along a rim, around its wire
CURVE = 0.16  # how much the front bends back towards the sides: dm for each dm squared
CLEARANCE = 0.035  # dm in front of brow and cheek
EARS, BEHIND = 0.85, 0.55  # depth (z) at which the ears begin, and at which they hide the ends of the temples


@dataclass(frozen=True)
class Frame:
    """Half sizes in dm of one rim, a superellipse; `power` 2 = an ellipse, 4 = nearly a rectangle."""

    width: float
    height: float
    power: float
    wire: float
    """Radius of the wire."""
    colour: Colour
    gloss: float


FRAMES = {  # the names of people.FRAMES
    "round": Frame(0.235, 0.220, 2.0, 0.010, linear((82, 74, 66)), 0.7),
    "oval": Frame(0.255, 0.175, 2.4, 0.013, linear((70, 40, 26)), 0.5),
    "rectangle": Frame(0.262, 0.165, 4.0, 0.016, linear((26, 26, 29)), 0.5),
}


def glasses(person: Person, vertices: np.ndarray) -> list[Prop]:
    """What the person wears, fitted to `vertices` (all of the head's, moved but not posed: pose the points after)."""
    if person.glasses is None:
        return []
    frame = FRAMES[person.glasses]
    left, right = (eye_centre(vertices, name) for name in ("helper-l-eye", "helper-r-eye"))
    middle, apart = (left + right) / 2, abs(left[0] - right[0]) / 2 + 0.025
    angles = np.linspace(0, 2 * np.pi, POINTS, endpoint=False)
    rim = np.stack([apart + superellipse(np.cos(angles), frame), superellipse(np.sin(angles), frame, up=True)], axis=1)
    rim[:, 1] += middle[1] - 0.02
    front = front_plane(vertices, rim)
    wires = []
    for side in (1, -1):
        x = side * rim[:, 0]
        wires.append(wire(np.stack([x, rim[:, 1], bent(front, x)], axis=1), frame.wire, closed=True))
        wires.append(wire(temple(vertices, rim, side, front), frame.wire, closed=False))
    wires.append(wire(bridge(rim, front), frame.wire, closed=False))
    points, triangles = joined(wires)
    return [Prop(points=points, triangles=triangles, colour=frame.colour, gloss=frame.gloss)]


def eye_centre(vertices: np.ndarray, part: str) -> np.ndarray:
    """Middle of one eyeball."""
    return vertices[np.unique(head().triangles[head().parts == PARTS.index(part)])].mean(axis=0)


def superellipse(turned: np.ndarray, frame: Frame, *, up: bool = False) -> np.ndarray:
    """One coordinate of the rim from the cosine (or, for `up`, the sine) of the angle."""
    size = frame.height if up else frame.width
    return size * np.sign(turned) * np.abs(turned) ** (2 / frame.power)


def front_plane(vertices: np.ndarray, rim: np.ndarray) -> float:
    """How far forward (z) the middle of the front must be for the rims to clear brows and cheeks."""
    skin = vertices[np.unique(head().triangles[head().parts == PARTS.index("body")])]
    skin = skin[(skin[:, 2] > 0.7) & (np.abs(skin[:, 0]) > 0.14)]
    nearest = KDTree(skin[:, :2]).query(np.concatenate([rim, rim * (-1, 1)]), k=3)[1]
    return float((skin[nearest, 2] + CURVE * skin[nearest, 0] ** 2).max()) + CLEARANCE


def bent(front: float, x: np.ndarray) -> np.ndarray:
    """The depth of the front at a distance from its middle."""
    return front - CURVE * x**2


def bridge(rim: np.ndarray, front: float) -> np.ndarray:
    """A low arch between the inner sides of the rims."""
    start = rim[np.argmin(rim[:, 0] - 0.5 * rim[:, 1])]
    x = np.linspace(-1, 1, 9)
    return np.stack([x * start[0], start[1] + 0.025 * (1 - x**2), np.full(9, front) + 0.01], axis=1)


def temple(vertices: np.ndarray, rim: np.ndarray, side: int, front: float) -> np.ndarray:
    """From the upper outer part of a rim, along the side of the head, to where the ears hide it."""
    hinge = rim[round(HINGE / (2 * np.pi) * len(rim))]
    start = np.array([side * hinge[0], hinge[1], bent(front, hinge[:1])[0]])
    depths = np.linspace(start[2] - 0.10, EARS, 6)
    beside = vertices[(np.abs(vertices[:, 1] - hinge[1]) < 0.3) & (vertices[:, 0] * side > 0.4)]
    nearest = KDTree(beside[:, 1:]).query(np.stack([np.full(6, hinge[1]), depths], axis=1), k=3)[1]
    widths = np.maximum(np.abs(beside[nearest, 0]).mean(axis=1), abs(start[0]) + 0.01)
    path = [start, *np.stack([side * widths, np.full(6, hinge[1]), depths], axis=1)]
    return np.array([*path, path[-1] - (0, 0, EARS - BEHIND)])


def wire(path: np.ndarray, radius: float, *, closed: bool) -> tuple[np.ndarray, np.ndarray]:
    """Points and triangles of a tube around a path (n, 3)."""
    along = np.roll(path, -1, axis=0) - np.roll(path, 1, axis=0) if closed else np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    # Any direction that no path of glasses runs along will do to start from.
    first = np.cross(along, (0.37, 0.29, 0.88))
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(along, first)
    angles = np.linspace(0, 2 * np.pi, SIDES, endpoint=False)
    ring = np.cos(angles)[None, :, None] * first[:, None] + np.sin(angles)[None, :, None] * second[:, None]
    points = (path[:, None] + radius * ring).reshape(-1, 3)
    steps = len(path) if closed else len(path) - 1
    here, around = np.meshgrid(np.arange(steps), np.arange(SIDES), indexing="ij")
    ahead, beside = (here + 1) % len(path), (around + 1) % SIDES
    a, b, c, d = (i * SIDES + j for i, j in ((here, around), (here, beside), (ahead, beside), (ahead, around)))
    triangles = np.concatenate([np.stack([a, b, c], axis=-1), np.stack([a, c, d], axis=-1)]).reshape(-1, 3)
    return points, triangles


def joined(meshes: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Several meshes as one: float32 points, int32 triangles."""
    offsets = np.cumsum([0] + [len(points) for points, _ in meshes[:-1]])
    triangles = [triangles + offset for (_, triangles), offset in zip(meshes, offsets, strict=True)]
    return (
        np.concatenate([points for points, _ in meshes]).astype(np.float32),
        np.concatenate(triangles).astype(np.int32),
    )
