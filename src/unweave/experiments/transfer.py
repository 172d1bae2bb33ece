"""Fig. 1, 2 and 8: attributes one by one and jointly, of growing intensity, and classes never seen in training."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL.Image import Image

from unweave.errors import UnweaveError
from unweave.experiments.found import Found, sheet, where_it_applies
from unweave.experiments.roles import Roles, draw_pairs, roles_of, texts
from unweave.judges import read, train_judge
from unweave.metrics.intensity import spearman
from unweave.metrics.transfer import accuracy, chance
from unweave.report import images as sections
from unweave.report.images import intensities
from unweave.report.subject import Subject

SHOWN = 8
"""Columns of a picture."""
PAIRS = 256
"""Joint transfers that are judged, at most."""


def measure(subject: Subject, *, attribute: str | None = None) -> Found:
    """Single transfers (Fig. 2, 8), two at once, one source and exemplars of growing intensity (Fig. 1), new classes.

    The judge of the subject reads the results. What does not apply to the data is told in `left_out`.
    """
    roles = roles_of(subject.data, subject.model.classes, main=attribute)
    tables: dict[str, Any] = {}
    pictures: dict[str, Image] = {}
    left_out: dict[str, str] = {}
    found = sections.transfer(subject)[0].get("transfer")
    if found is not None:
        rows = {kind: found[kind] for kind in ("chance", "real", "reconstructed")}
        rows |= {f"{name} swapped": row for name, row in found["swapped"].items()}
        tables["single transfers, as a judge trained apart reads them"] = rows
    for name in subject.attributes:
        drawn = where_it_applies(f"transfer of {name}", lambda name=name: single(subject, name), left_out)
        pictures |= drawn or {}
    for what, part in {
        "joint transfer": joint,
        "growing intensity": growing,
        "classes never seen in training": unseen,
    }.items():
        both = where_it_applies(what, lambda part=part: part(subject, roles), left_out)
        if both is not None:
            tables |= both[0]
            pictures |= both[1]
    table = subject.data.table
    about = {
        "images": {split: len(table.rows(split)) for split in ("train", "test")},
        "pairs": len(subject.readings.errors),
        "judge_steps": subject.judge_steps,
    }
    return Found(tables=tables, about=about, pictures=pictures, left_out=left_out)


def single(subject: Subject, name: str) -> dict[str, Image]:
    """Fig. 2 and 8: rows source, exemplar and result; source and exemplar are test images that differ in `name`."""
    rows = subject.data.table.rows("test")
    sources, exemplars = draw_pairs(subject.data.table, rows, number=SHOWN, seed=subject.seed, differ=[name])
    own, lent = subject.images(sources), subject.images(exemplars)
    result = subject.model.transfer(own, {name: lent}).cpu()
    labels = texts(subject.data.table, name, exemplars)
    return {f"transfer-{name}.png": sheet({"source": own, name: lent, "result": result}, labels)}


def joint(subject: Subject, roles: Roles) -> tuple[dict[str, Any], dict[str, Image]]:
    """Two attributes at once, each from an exemplar of its own; both accuracies, and both right."""
    judge, table = subject.held.judge, subject.data.table
    names = [name for name in (roles.main, roles.other) if name is not None and judge and name in judge.classes]
    if judge is None or len(names) < 2:
        raise UnweaveError("needs two attributes that can be judged")
    rows = table.rows("test")
    sources, first = draw_pairs(table, rows, number=PAIRS, seed=subject.seed, differ=[names[0]])
    second = np.random.default_rng([subject.seed, 13]).permutation(rows)[np.arange(len(sources)) % len(rows)]
    own, lent = subject.images(sources), [subject.images(some) for some in (first, second)]
    result = subject.model.transfer(own, dict(zip(names, lent, strict=True))).cpu()
    columns = [list(judge.classes).index(name) for name in names]
    wanted = torch.from_numpy(
        np.stack(
            [
                subject.data.labels[some, table.attributes.index(n)]
                for n, some in zip(names, (first, second), strict=True)
            ],
            1,
        )
    )
    right = read(judge, result)[:, columns] == wanted
    alone = {
        name: accuracy(read(judge, images)[:, k], truth)
        for name, k, images, truth in zip(names, columns, lent, wanted.T, strict=True)
    }
    figures = {
        "joint": {
            **{name: right[:, k].float().mean().item() for k, name in enumerate(names)},
            "both": right.all(1).float().mean().item(),
        },
        "real exemplars": alone,
        "chance": {name: chance(truth) for name, truth in zip(names, wanted.T, strict=True)},
    }
    shown = slice(None, SHOWN)
    rows_of = {"source": own[shown], names[0]: lent[0][shown], names[1]: lent[1][shown], "result": result[shown]}
    return {f"{names[0]} and {names[1]} at once, {len(sources)} sources": figures}, {"joint.png": sheet(rows_of)}


def growing(subject: Subject, roles: Roles) -> tuple[dict[str, Any], dict[str, Image]]:
    """Fig. 1: one source, exemplars of one class at growing intensity; whether their order comes along."""
    table, test = subject.data.table, subject.data.table.rows("test")
    values, labels = intensities(table), np.array(texts(table, roles.main, np.arange(len(table.files))))
    known = test[np.isfinite(values[test]) & np.isin(labels[test], subject.model.classes[roles.main])]
    ranges = {str(label): np.ptp(values[known[labels[known] == label]]) for label in np.unique(labels[known])}
    widest = max(ranges, key=lambda label: ranges[label], default="")
    if not widest or not ranges[widest]:
        raise UnweaveError(f"in no class of {roles.main} do the test images differ in intensity")
    order = known[labels[known] == widest]
    order = order[np.argsort(values[order], kind="stable")]
    exemplars = order[np.linspace(0, len(order) - 1, min(SHOWN, len(order))).astype(int)]
    people = (
        np.array(texts(table, roles.person, np.arange(len(table.files)))) if roles.person else np.arange(len(labels))
    )
    sources = test[(labels[test] != widest) & ~np.isin(people[test], people[exemplars])]
    sources = sources if len(sources) else test[labels[test] != widest]
    if not len(sources):
        raise UnweaveError(f"all test images are of the class {widest}")
    neutral = sources[values[sources] == 0] if (values[sources] == 0).any() else sources
    own = subject.images(np.random.default_rng([subject.seed, 14]).choice(neutral, 1))
    lent = subject.images(exemplars)
    results = subject.model.transfer(own, {roles.main: lent}).cpu()
    mean = subject.model.synthesize(own, {roles.main: widest}).cpu()
    rows = {"exemplars": torch.cat([own, lent]), "results": torch.cat([own, results])}
    rows["mean code"] = torch.cat([own, mean.expand(len(results), -1, -1, -1)])
    told = [f"{values[row]:g}" for row in exemplars]
    drawn = {"fan.png": sheet(rows, ["source", *told])}
    tables: dict[str, Any] = {}
    if roles.main == "expression":
        found = sections.intensity(subject)[0]["intensity"]
        tables["intensity within the class: rank correlation of the exemplar's and what a regressor reads"] = {
            kind: {**found[kind], "mean": found[f"{kind}_mean"]} for kind in ("real", "swapped")
        }
    moved = (results - own).abs().flatten(1).mean(1).double().numpy()
    tables[f"fan of {widest}"] = {
        "intensity and distance from the source": {"rank correlation": spearman(values[exemplars], moved)}
    }
    return tables, drawn


def unseen(subject: Subject, roles: Roles) -> tuple[dict[str, Any], dict[str, Image]]:
    """Exemplars of classes that the model was never trained on, read by a judge that was."""
    table, known = subject.data.table, subject.model.classes[roles.main]
    labels = np.array(texts(table, roles.main, np.arange(len(table.files))))
    test = table.rows("test")
    new = [label for label in table.classes[roles.main] if label not in known and (labels[test] == label).any()]
    if not new:
        raise UnweaveError(f"the model knows every class of {roles.main} in the data (see --unseen)")
    exemplars = test[np.isin(labels[test], new)]
    rng = np.random.default_rng([subject.seed, 15])
    sources = rng.choice(test[np.isin(labels[test], known)], len(exemplars))
    classes = {roles.main: table.classes[roles.main]}
    column = table.labels()[:, [table.attributes.index(roles.main)]]
    judge = train_judge(
        subject.data.pixels, column, table.rows("train"), classes, steps=subject.judge_steps, seed=subject.seed
    )
    own, lent = subject.images(sources), subject.images(exemplars)
    results = subject.model.transfer(own, {roles.main: lent}).cpu()
    truth = torch.from_numpy(column[exemplars, 0])
    read_right = {
        kind: {
            label: accuracy(read(judge, images)[:, 0][labels[exemplars] == label], truth[labels[exemplars] == label])
            for label in new
        }
        for kind, images in (("real exemplars", lent), ("results", results), ("sources", own))
    }
    read_right["chance"] = dict.fromkeys(new, 1 / len(classes[roles.main]))
    few = rng.permutation(len(exemplars))[:SHOWN]
    drawn = sheet({"source": own[few], roles.main: lent[few], "result": results[few]}, list(labels[exemplars[few]]))
    title = f"classes of {roles.main} never seen in training, as a judge reads them"
    return {title: read_right}, {"unseen.png": drawn}
