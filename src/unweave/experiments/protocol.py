"""What any method that puts classes on images is asked for, and how it is scored (Table IV): functions on arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from unweave.data.table import AttributeTable
from unweave.errors import UnweaveError
from unweave.experiments.roles import Rows, column
from unweave.judges import Judge, read
from unweave.metrics.extractor import Extractor
from unweave.metrics.frechet import frechet_distance, kernel_distance
from unweave.metrics.transfer import accuracy
from unweave.report.reader import intensities

FEATURED = 256
"""Images of a set whose features are taken, at most: about 40 ms each on two cores."""

Images = Float[Tensor, "_ colours height width"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Jobs:
    """What is to be synthesised: rows of a table, and classes."""

    sources: Rows
    wanted: tuple[str, ...]
    """The class that each source shall show."""
    exemplars: Rows
    """A test image of that class, of somebody else."""


def jobs_of(
    table: AttributeTable, attribute: str, neutral: str, targets: Sequence[str], *, person: str | None, seed: int
) -> Jobs:
    """Every test image of the class `neutral`, once for each of `targets`, and an exemplar for each.

    Exemplars are drawn from the test images of that class at its full intensity, where there is such a column (the
    authors take intensity 4 of BU-3DFE), and of another `person` than the source where there is one. Raises
    `UnweaveError` where there is no neutral test image, or no exemplar.
    """
    labels, test = column(table, attribute), table.rows("test")
    sources = test[labels[test] == neutral]
    if not len(sources):
        raise UnweaveError(f"no test image is of the class {neutral} of {attribute}")
    people = column(table, person) if person else np.arange(len(table.files))
    rng = np.random.default_rng([seed, 11])
    jobs: list[tuple[int, str, int]] = []
    for target in targets:
        strongest = _strongest(table, test[labels[test] == target])
        for source in sources:
            others = strongest[people[strongest] != people[source]]
            if not len(others):
                raise UnweaveError(f"{table.files[source]}: there is no test image of {target} of another {person}")
            jobs.append((source, target, rng.choice(others)))
    return Jobs(
        sources=np.array([job[0] for job in jobs]),
        wanted=tuple(job[1] for job in jobs),
        exemplars=np.array([job[2] for job in jobs]),
    )


def accuracies(judge: Judge, attribute: str, images: Images, wanted: Sequence[str]) -> dict[str, float]:
    """Class -> share of the images that shall show it in which the judge reads it, and their `mean`; 0 to 1."""
    names = judge.classes[attribute]
    found = read(judge, images)[:, list(judge.classes).index(attribute)]
    classes = torch.tensor([names.index(name) for name in wanted])
    of_class = {name: accuracy(found[classes == k], classes[classes == k]) for k, name in enumerate(names)}
    of_class = {name: value for name, value in of_class.items() if name in wanted}
    return {**of_class, "mean": float(np.mean(list(of_class.values())))}


def distances(extractor: Extractor, images: Mapping[str, Images], real: Images) -> dict[str, dict[str, float]]:
    """Set -> Frechet and kernel distance to real images; as many of each set as there are of the smallest."""
    count = min(FEATURED, len(real), *map(len, images.values()))
    draw = torch.Generator().manual_seed(0)

    def features(some: Images) -> Tensor:
        return extractor(some[torch.randperm(len(some), generator=draw)[:count]])

    reference = features(real)
    found = {}
    for name, some in images.items():
        of_set = features(some)
        both = {"Frechet": frechet_distance(of_set, reference), "kernel": kernel_distance(of_set, reference)}
        found[name] = {**both, "images": count}
    return found


def _strongest(table: AttributeTable, rows: Rows) -> Rows:
    """Those of the greatest intensity; all where there is no such column."""
    if "intensity" not in table.columns or not len(rows):
        return rows
    values = intensities(table)[rows]
    return rows[values == np.nanmax(values)] if np.isfinite(values).any() else rows
