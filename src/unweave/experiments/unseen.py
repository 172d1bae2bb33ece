"""Exemplars of classes that the model has never seen in training, which the paper says it takes as well."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL.Image import Image

from unweave.errors import UnweaveError
from unweave.experiments.found import sheet
from unweave.experiments.roles import Roles, column
from unweave.judges import read, train_judge
from unweave.metrics.transfer import accuracy
from unweave.report.subject import Subject

SHOWN = 8
"""Columns of the picture."""


def unseen(subject: Subject, roles: Roles) -> tuple[dict[str, Any], dict[str, Image]]:
    """Transfer every test exemplar of such classes; a judge that was trained on all classes of the data reads them.

    Raises `UnweaveError` where the model knows all classes of the data.
    """
    table, known = subject.data.table, subject.model.classes[roles.main]
    labels, test = column(table, roles.main), table.rows("test")
    new = [label for label in table.classes[roles.main] if label not in known and label in labels[test]]
    if not new:
        raise UnweaveError(f"the model knows every class of {roles.main} in the data (see --unseen)")
    exemplars, rng = test[np.isin(labels[test], new)], np.random.default_rng([subject.seed, 15])
    sources = rng.choice(test[np.isin(labels[test], known)], len(exemplars))
    numbers = table.labels()[:, [table.attributes.index(roles.main)]]
    classes = {roles.main: table.classes[roles.main]}
    judge = train_judge(
        subject.data.pixels, numbers, table.rows("train"), classes, steps=subject.judge_steps, seed=subject.seed
    )
    own, lent = subject.images(sources), subject.images(exemplars)
    results = subject.model.transfer(own, {roles.main: lent}).cpu()
    truth, shown = torch.from_numpy(numbers[exemplars, 0]), labels[exemplars]
    figures: dict[str, dict[str, float]] = {}
    for kind, images in (("real exemplars", lent), ("results", results), ("sources", own)):
        found = read(judge, images)[:, 0]
        figures[kind] = {label: accuracy(found[shown == label], truth[shown == label]) for label in new}
    figures["chance"] = dict.fromkeys(new, 1 / len(classes[roles.main]))
    of_results = read(judge, results)[:, 0]
    read_as = {
        name: {label: (of_results[shown == label] == k).float().mean().item() for label in new}
        for k, name in enumerate(classes[roles.main])
    }
    few = rng.permutation(len(exemplars))[:SHOWN]
    drawn = sheet({"source": own[few], roles.main: lent[few], "result": results[few]}, list(shown[few]))
    title = f"classes of {roles.main} never seen in training"
    return {f"{title}, as a judge reads them": figures, f"{title}: what the results are read as": read_as}, {
        "unseen.png": drawn
    }
