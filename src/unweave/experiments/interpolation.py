"""Fig. 10, 11 and 12: from one image's code of an attribute to another's (Eq. 12), all else kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from PIL.Image import Image
from torch import Tensor
from tqdm import tqdm

from unweave.data.batches import as_images
from unweave.errors import UnweaveError
from unweave.evaluate import Labelled
from unweave.experiments.found import Found, sheet, where_it_applies
from unweave.experiments.roles import Roles, Rows, draw_pairs, roles_of, texts
from unweave.experiments.smoothness import sharpness, unevenness
from unweave.model import Model
from unweave.report.reader import intensities

STEPS = 10
"""Images of a path, both ends included; the authors' code leaves the last one out."""
PATHS = 16
"""That are measured for each attribute."""

Path = Float[Tensor, "steps colours height width"]
Draw = Callable[[int], tuple[Rows, Rows]]


def measure(model: Model, data: Labelled, seed: int, *, attribute: str | None = None) -> Found:
    """Paths of every attribute (Fig. 10), on a third person (Fig. 11), in one class (Fig. 12); how sharp and even."""
    roles = roles_of(data, model.classes, main=attribute)
    table, test = data.table, data.table.rows("test")
    rows: dict[str, dict[str, float]] = {}
    left_out: dict[str, str] = {}
    strips: dict[str, Path] = {}
    first = [name for name in (roles.person, roles.other) if name is not None]
    names = [*first, *(name for name in model.attributes if name not in first)]
    for name in tqdm(names, desc="paths", leave=False, disable=None):
        keep = [other for other in (roles.person,) if other not in (None, name)]
        found = where_it_applies(
            f"paths of {name}",
            lambda name=name, keep=keep: draw_pairs(table, test, number=PATHS, seed=seed, differ=[name], alike=keep),
            left_out,
        )
        if found is not None:
            paths = [path_of(model, data, name, *ends) for ends in zip(*(some.tolist() for some in found), strict=True)]
            rows[name] = even_and_sharp(paths)
            strips[name] = paths[0]
            if name == roles.main and len(paths) > 1:
                strips[f"{name} (2)"] = paths[1]
    pictures: dict[str, Image] = {}
    if strips:
        pictures["attributes.png"] = sheet(strips, [f"{k / (STEPS - 1):.2f}" for k in range(STEPS)])
    for what, ends, file in (
        (f"{roles.main} on a third person", lambda: two_classes(data, roles, seed), "person.png"),
        (f"{roles.main} within one class", lambda: one_class(data, roles, seed), "intensity.png"),
    ):
        three = where_it_applies(what, ends, left_out)
        if three is not None:
            paths = [path_of(model, data, roles.main, start, end, source) for source, start, end in three]
            rows[what] = even_and_sharp(paths)
            pictures[file] = strip(data, roles.main, three[:3], paths)
    about = {"images": {"test": len(test)}, "paths": PATHS, "steps": STEPS}
    return Found(
        tables={"paths of codes beside a blend of their ends' pixels": rows},
        about=about,
        pictures=pictures,
        left_out=left_out,
    )


def path_of(model: Model, data: Labelled, attribute: str, start: int, end: int, source: int | None = None) -> Path:
    """Eq. 12 between two rows, everything else of `source`, or of the start where there is none."""
    own, first, last = (as_images(data.pixels[[row]])[0] for row in (start if source is None else source, start, end))
    return model.interpolate(own, attribute, first, last, STEPS).cpu()


def even_and_sharp(paths: list[Path]) -> dict[str, float]:
    """Means over the paths: largest over mean step, and the sharpness of the middle over that of the ends.

    Each beside that of a blend of the ends' pixels, which is even by construction and blurred where they differ.
    """
    middles = [
        (sharpness(path[STEPS // 2 - 1 : STEPS // 2 + 1]).mean(), sharpness(path[[0, -1]]).mean()) for path in paths
    ]
    blends = [((path[:1] + path[-1:]) / 2, path[[0, -1]]) for path in paths]
    return {
        "largest over mean step": float(np.nanmean([unevenness(path) for path in paths])),
        "sharpness of the middle over the ends": float(np.mean([(middle / ends).item() for middle, ends in middles])),
        "of a blend": float(np.mean([(sharpness(blend) / sharpness(ends).mean()).item() for blend, ends in blends])),
    }


def two_classes(data: Labelled, roles: Roles, seed: int) -> list[tuple[int, int, int]]:
    """Fig. 11: source, start and end: two classes, strong ones if that is told, and a person of yet another class."""
    table, rng = data.table, np.random.default_rng([seed, 16])
    rows = table.rows("test")
    labels = np.array(texts(table, roles.main, rows))
    strong = _strong(data, rows)
    classes = [label for label in ("scream", "surprise") if label in labels] or []
    others = [label for label in np.unique(labels[strong & (labels != "")]) if label not in classes]
    classes = (classes + list(rng.permutation(others)))[:2]
    if len(classes) < 2 or not np.isin(labels, [*classes, ""], invert=True).any():
        raise UnweaveError(f"the test images show fewer than three classes of {roles.main}")
    sources, _ = draw_pairs(table, rows[np.isin(labels, [*classes, ""], invert=True)], number=PATHS, seed=seed)
    starts, ends = (rng.choice(rows[strong & (labels == label)], len(sources)) for label in classes)
    return list(zip(sources.tolist(), starts.tolist(), ends.tolist(), strict=True))


def one_class(data: Labelled, roles: Roles, seed: int) -> list[tuple[int, int, int]]:
    """Fig. 12: source, start and end: the weakest and the strongest of one class, on images of another class."""
    table, rng = data.table, np.random.default_rng([seed, 17])
    rows, values = table.rows("test"), intensities(table)
    labels = np.array(texts(table, roles.main, rows))
    ranges = {str(label): np.ptp(values[rows[labels == label]]) for label in np.unique(labels[labels != ""])}
    order = [label for label in sorted(ranges, key=lambda label: label != "scream") if ranges[label] > 0]
    if not order:
        raise UnweaveError(f"in no class of {roles.main} do the test images differ in intensity")
    chosen = rows[labels == order[0]]
    chosen = chosen[np.argsort(values[chosen], kind="stable")]
    few = max(1, len(chosen) // 5)
    sources = rng.choice(rows[(labels != order[0]) & (labels != "")], PATHS)
    starts, ends = rng.choice(chosen[:few], PATHS), rng.choice(chosen[-few:], PATHS)
    return list(zip(sources.tolist(), starts.tolist(), ends.tolist(), strict=True))


def strip(data: Labelled, attribute: str, three: list[tuple[int, int, int]], paths: list[Path]) -> Image:
    """A row for each path: person, start, the path, end."""
    rows = {}
    for number, ((source, start, end), path) in enumerate(zip(three, paths, strict=False)):
        ends = as_images(data.pixels[[source, start, end]])
        label = " to ".join(texts(data.table, attribute, np.array([start, end])))
        rows[f"{number + 1} {label}"] = torch.cat([ends[:2], path, ends[2:]])
    return sheet(rows, ["person", "from", *(f"{k / (STEPS - 1):.2f}" for k in range(STEPS)), "to"])


def _strong(data: Labelled, rows: Rows) -> np.ndarray:
    """Which images are of the upper half of the intensities; all where that is not told."""
    if "intensity" not in data.table.columns:
        return np.ones(len(rows), bool)
    values: Any = intensities(data.table)[rows]
    return ~(values < np.nanmedian(values[values > 0])) if (values > 0).any() else np.ones(len(rows), bool)
