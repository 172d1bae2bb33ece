"""Fig. 1 on rendered faces: of one exemplar at growing intensity, how much of the change comes along."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from PIL.Image import Image
from torch import Tensor

from unweave.data.batches import as_images
from unweave.errors import UnweaveError
from unweave.experiments.found import sheet
from unweave.experiments.roles import Roles, column, draw_pairs
from unweave.faces.factors import truth
from unweave.metrics.intensity import spearman
from unweave.report.answers import check_answerable, check_rendered, factors_of, pictures_of
from unweave.report.subject import Subject

PAIRS = 6
"""Sources, each with an exemplar of somebody else."""
INTENSITIES = (0.2, 0.4, 0.6, 0.8, 1.0)

Images = Float[Tensor, "_ colours height width"]


def shares(subject: Subject, roles: Roles) -> tuple[dict[str, Any], dict[str, Image]]:
    """Neutral test images, exemplars of other people rendered at growing intensity, and what they should give.

    The share is how far an image has gone from nothing (the source; of results, its reconstruction) towards the true
    answer of the whole expression: the projection on that change, over all pixels. 0 is no expression, 1 all of it,
    above 1 exaggerated. True answers of 20 % are not at 0.2, since pixels do not move in step with muscles; their share
    stands beside that of the results. Raises `UnweaveError` where the data are not rendered, and show nobody neutral.
    """
    check_answerable(subject.data)
    if roles.main != "expression":
        raise UnweaveError("needs an attribute 'expression'")
    data, table = subject.data, subject.data.table
    rows, labels = table.rows("test"), column(table, roles.main)
    known = [name for name in subject.model.classes[roles.main] if name != "neutral"]
    rows = rows[np.isin(labels[rows], ["neutral", *known])]
    differ = [roles.main] if roles.person is None else [roles.main, roles.person]
    drawn = draw_pairs(table, rows, number=len(rows), seed=subject.seed, differ=differ)
    pairs = [pair for pair in zip(*(some.tolist() for some in drawn), strict=True) if labels[pair[0]] == "neutral"]
    pairs = pairs[:PAIRS]
    if not pairs:
        raise UnweaveError("no test image is neutral")
    picture = pictures_of(data, subject.model.card)
    check_rendered(data, picture, [pairs[0][0]])
    of_truths, of_results, shown = [], [], {}
    example = next((pair for pair in pairs if labels[pair[1]] == "scream"), pairs[0])
    for own, lent in pairs:
        exemplars = [replace(factors_of(table, lent), intensity=intensity) for intensity in INTENSITIES]
        answers = [truth(factors_of(table, own), expression=exemplar) for exemplar in exemplars]
        truths, images = (as_images(np.stack([picture(each) for each in some])) for some in (answers, exemplars))
        source = subject.images(np.array([own]))
        results = subject.model.transfer(source, {roles.main: images}).cpu()
        nothing = subject.model.transfer(source, {}).cpu()
        whole = truths[-1:] - source
        of_truths.append(share(truths - source, whole))
        of_results.append(share(results - nothing, whole))
        if (own, lent) == example:
            shown = {
                "exemplar": torch.cat([source, images]),
                "true answer": torch.cat([source, truths]),
                "result": torch.cat([nothing, results]),
            }
    both = {"true answer": np.stack(of_truths), "result": np.stack(of_results)}
    table_of = {
        f"{100 * intensity:.0f} %": {name: float(of[:, k].mean()) for name, of in both.items()}
        for k, intensity in enumerate(INTENSITIES)
    }
    ranks = {name: float(np.mean([spearman(np.array(INTENSITIES), row) for row in of])) for name, of in both.items()}
    title = f"share of the whole change, mean of {len(pairs)} exemplars rendered at growing intensity"
    columns = ["source", *table_of]
    return {title: {**table_of, "rank correlation": ranks}}, {"intensity.png": sheet(shown, columns)}


def share(changes: Images, whole: Images) -> Float[np.ndarray, "_"]:
    """How far each change goes along the whole one: 0 not at all, 1 all of it."""
    return ((changes * whole).flatten(1).sum(1) / whole.square().sum()).double().numpy()
