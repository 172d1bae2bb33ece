"""Fig. 1: one source and exemplars of one class at growing intensity, which comes along."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL.Image import Image

from unweave.errors import UnweaveError
from unweave.experiments.found import sheet
from unweave.experiments.roles import Roles, Rows, column
from unweave.report import images as sections
from unweave.report.reader import intensities
from unweave.report.subject import Subject

SHOWN = 8
"""Exemplars of the picture."""


def growing(subject: Subject, roles: Roles) -> tuple[dict[str, Any], dict[str, Image]]:
    """The fan of one class, and over all test images how well the order of intensities comes along within each class.

    The class is the one with the widest range; the source is of another class, of none if there is intensity 0.
    """
    table, test = subject.data.table, subject.data.table.rows("test")
    values, labels = intensities(table), column(table, roles.main)
    known = test[np.isfinite(values[test]) & np.isin(labels[test], subject.model.classes[roles.main])]
    ranges = {str(label): np.ptp(values[known[labels[known] == label]]) for label in np.unique(labels[known])}
    widest = max(ranges, key=lambda label: ranges[label], default="")
    if not ranges or not ranges[widest]:
        raise UnweaveError(f"in no class of {roles.main} do the test images differ in intensity")
    exemplars = spaced(known[labels[known] == widest], values)
    others = test[(labels[test] != widest) & (labels[test] != "")]
    if not len(others):
        raise UnweaveError(f"all test images are of the class {widest}")
    sources = others[values[others] == 0] if (values[others] == 0).any() else others
    own = subject.images(np.random.default_rng([subject.seed, 14]).choice(sources, 1))
    lent = subject.images(exemplars)
    results = subject.model.transfer(own, {roles.main: lent}).cpu()
    mean = subject.model.synthesize(own, {roles.main: widest}).cpu().expand_as(results)
    rows = {"exemplar": lent, "result": results, "mean code": mean}
    drawn = sheet({name: torch.cat([own, some]) for name, some in rows.items()}, ["source", *_told(values[exemplars])])
    tables: dict[str, Any] = {}
    if roles.main == "expression":
        found = sections.intensity(subject)[0]["intensity"]
        tables["intensity within each class: rank correlation of the exemplar's and what a regressor reads"] = {
            kind: {**found[kind], "mean": found[f"{kind}_mean"]} for kind in ("real", "swapped")
        }
    return tables, {"fan.png": drawn}


def spaced(rows: Rows, values: np.ndarray) -> Rows:
    """Up to 8 of `rows` whose values are spread evenly from the least to the greatest, in that order."""
    wanted = np.linspace(values[rows].min(), values[rows].max(), SHOWN)
    nearest = [rows[np.abs(values[rows] - value).argmin()] for value in wanted]
    return np.array(list(dict.fromkeys(nearest)))


def _told(values: np.ndarray) -> list[str]:
    return [f"intensity {value:g}" for value in values]
