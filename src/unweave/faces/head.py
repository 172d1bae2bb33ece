"""The head all faces are made from: its meshes, what moves it, and the shapes that people's heads can have.

Lengths are in dm, y is up, z towards the camera, +x to the right in the picture (the left side of the person).
The arrays come from tools/derive_head.py; assets/NOTICE.md says whose work they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from PIL import Image

from unweave.errors import UnweaveError, did_you_mean
from unweave.faces.traits import ANCESTRIES

ASSETS = Path(__file__).with_name("assets")

PARTS = (
    "body",
    "helper-l-eye",
    "helper-r-eye",
    "helper-upper-teeth",
    "helper-lower-teeth",
    "helper-tongue",
    "helper-l-eyelashes-1",
    "helper-l-eyelashes-2",
    "helper-r-eyelashes-1",
    "helper-r-eyelashes-2",
)

TRAITS = {  # where the modelled heads lie on each trait; between them, shapes are blended
    "gender": (0.0, 1.0),  # male, female
    "age": (2 / 3, 1.0),  # a young adult, an old one; whoever is younger counts as a young adult
    "muscle": (0.0, 0.5, 1.0),
    "weight": (0.0, 0.5, 1.0),
    "proportions": (0.0, 1.0),
}
HELD = {"height": 0.5, "cupsize": 0.4, "firmness": 0.5}
"""Traits of the body; the head was derived with these values, no others can be had."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Head:
    """The average head as a cage of few points, and the finer mesh that is rendered."""

    cage: np.ndarray
    """(cage, 3) float64."""
    subdivide: sp.csr_matrix
    """(vertices, cage): the smooth finer mesh of a cage. Vertex n belongs to point n of the cage."""
    triangles: np.ndarray
    """(faces, 3) int32."""
    parts: np.ndarray
    """(faces,) int32: which of PARTS."""
    corner_uv: np.ndarray
    """(faces, 3, 2) float32: places in MakeHuman's texture, 0-1 from its bottom left corner."""
    template: np.ndarray
    """(vertices, 3) float32: `subdivide @ cage`."""
    inside_mouth: np.ndarray
    """(vertices,) float32, 0-1."""
    lips: np.ndarray
    """(height, width) float32, 0-1: a mask in the texture."""
    lips_box: tuple[float, float, float, float]
    """Where that mask lies: its left and top side, width and height, from the texture's top left corner."""

    members: Mapping[str, np.ndarray]
    """Part -> its points in the cage, in order."""
    eye_centres: np.ndarray
    """(2, 3): of the person's left and right eye."""
    eye_radius: float

    action_names: tuple[str, ...]
    actions: np.ndarray
    """(52, cage, 3) float64: what each facial action adds when fully done."""
    local_names: tuple[str, ...]
    """Shape sliders, -1 to 1. Those of one side begin with "l-" or "r-"; those of the form of the head ("head-round")
    do nothing below 0; "asym-*" bend the face to one side."""
    shapes: Shapes = field(repr=False)


@dataclass(frozen=True, eq=False, kw_only=True)
class Shapes:
    """Offsets to the average cage."""

    corners: np.ndarray
    """(2, 2, 3, 3, 2, cage, 3) int16: at the places of TRAITS; in steps."""
    corner_shifts: np.ndarray
    """(2, 2, 3, 3, 2, 3) float32: how much the whole head moves there."""
    ancestries: np.ndarray
    """(3, 2, 2, cage, 3) int16: of ANCESTRIES, by gender and age."""
    ancestry_shifts: np.ndarray
    local: sp.csr_matrix
    """(2 sliders, 3 cage), a slider's positive and negative side."""
    step: float


@lru_cache(maxsize=1)
def head() -> Head:
    """The one head, read once. Its arrays are shared: none can be written."""
    with np.load(ASSETS / "head.npz", allow_pickle=False) as arrays:
        stored = {name: arrays[name] for name in arrays.files}
    cage = stored["cage"].astype(np.float64)
    subdivide = sp.csr_matrix(
        (
            stored["subdivide_weights"],
            stored["subdivide_columns"].astype(np.int32),
            offsets_of(stored["subdivide_counts"]),
        ),
        (len(stored["subdivide_counts"]), len(cage)),
    )
    with Image.open(ASSETS / "lips.png") as mask:
        lips = np.asarray(mask, np.float32) / 255
    quads = stored["quads"].astype(np.int32)
    parts = stored["quad_parts"].astype(np.int32)
    members = {name: np.unique(quads[parts == n, 0]) for n, name in enumerate(PARTS)}  # corner 0 is the cage's own
    eyes = [cage[members[name]] for name in ("helper-l-eye", "helper-r-eye")]
    centres = np.stack([eye.mean(axis=0) for eye in eyes])
    made = Head(
        cage=cage,
        subdivide=subdivide,
        triangles=halved(quads),
        parts=np.concatenate([parts, parts]),
        corner_uv=stored["texture_points"][halved(stored["texture_quads"])],
        template=(subdivide @ cage).astype(np.float32),
        inside_mouth=stored["inside_mouth"].astype(np.float32) / 255,
        lips=lips,
        lips_box=tuple(stored["lips_box"].tolist()),
        members=members,
        eye_centres=centres,
        eye_radius=float(np.linalg.norm(eyes[0] - centres[0], axis=1).max()),
        action_names=tuple(stored["action_names"].tolist()),
        actions=spread(stored, "action", len(cage)).toarray().reshape(-1, *cage.shape),
        local_names=tuple(stored["local_names"].tolist()),
        shapes=Shapes(
            corners=stored["corner_moves"],
            corner_shifts=stored["corner_shifts"],
            ancestries=stored["ancestry_moves"],
            ancestry_shifts=stored["ancestry_shifts"],
            local=spread(stored, "local", len(cage)),
            step=float(stored["step"]),
        ),
    )
    for owner in (made, made.shapes):
        for value in vars(owner).values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
    return made


def neutral_cage(phenotype: Mapping[str, float], local: Mapping[str, float]) -> np.ndarray:
    """The relaxed head of a person as a cage (cage, 3), within 0.001 dm of what anny gives.

    `phenotype` gives every one of TRAITS and ANCESTRIES in [0, 1] (ancestries as shares of their sum; traits of HELD
    may be there, with the values they have); `local` any of `head().local_names`. Other names raise UnweaveError.
    """
    check_names("trait", phenotype, (*TRAITS, *ANCESTRIES, *HELD))
    check_names("slider", local, head().local_names)
    for name in (*TRAITS, *ANCESTRIES):
        if name not in phenotype:
            raise UnweaveError(f"a head needs the trait '{name}': give a number from 0 to 1")
    for name, value in HELD.items():
        if phenotype.get(name, value) != value:
            raise UnweaveError(f"the trait '{name}' is {phenotype[name]}: heads were derived with {value} only")

    shapes = head().shapes
    weights = [np.maximum(0, blend(phenotype[name], places)) for name, places in TRAITS.items()]
    ancestry = np.array([phenotype[name] for name in ANCESTRIES])
    ancestry = ancestry / ancestry.sum() if ancestry.sum() > 0 else np.full(3, 1 / 3)
    cage = head().cage.copy()
    for shifts, moves, factors in (
        (shapes.corner_shifts, shapes.corners, weights),
        (shapes.ancestry_shifts, shapes.ancestries, [ancestry, *weights[:2]]),
    ):
        for place in np.ndindex(shifts.shape[:-1]):
            weight = float(np.prod([factor[at] for factor, at in zip(factors, place, strict=True)]))
            if weight:
                cage += weight * (shifts[place] + shapes.step * moves[place])
    values = np.array([local.get(name, 0.0) for name in head().local_names])
    both_sides = np.stack([np.maximum(values, 0), np.maximum(-values, 0)], axis=1).ravel()
    return cage + (both_sides @ shapes.local).reshape(cage.shape)


def blend(value: float, places: tuple[float, ...]) -> np.ndarray:
    """The weight of each of `places` for a value among them: linear between two, the last one beyond."""
    return np.array([np.interp(value, places, weights) for weights in np.eye(len(places))])


def check_names(what: str, given: Iterable[str], known: tuple[str, ...]) -> None:
    """Say which name is none of `known`."""
    for name in given:
        if name not in known:
            raise UnweaveError(f"no {what} of a head is called '{name}' {did_you_mean(name, known)}".rstrip())


def halved(quads: np.ndarray) -> np.ndarray:
    """Two triangles for each quad: all first halves, then all second ones."""
    return np.ascontiguousarray(np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]))


def offsets_of(counts: np.ndarray) -> np.ndarray:
    """Where each row begins, from how long the rows are."""
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int32)


def spread(stored: Mapping[str, np.ndarray], name: str, points: int) -> sp.csr_matrix:
    """Rows of moves (dm) that were stored as the points they move and where to: (rows, 3 points)."""
    columns = (3 * stored[f"{name}_vertices"].astype(np.int32)[:, None] + np.arange(3, dtype=np.int32)).ravel()
    counts = stored[f"{name}_counts"]
    values = float(stored["step"]) * stored[f"{name}_moves"].ravel()
    return sp.csr_matrix((values, columns, offsets_of(3 * counts.astype(np.int64))), (len(counts), 3 * points))
