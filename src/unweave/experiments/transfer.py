"""Fig. 2 and 8: attributes taken one by one and jointly; with it Fig. 1 and classes never seen in training."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL.Image import Image

from unweave.errors import UnweaveError
from unweave.experiments.fan import growing
from unweave.experiments.found import Found, sheet, where_it_applies
from unweave.experiments.intensity import shares
from unweave.experiments.roles import Roles, draw_pairs, roles_of, texts
from unweave.experiments.unseen import unseen
from unweave.judges import read
from unweave.metrics.transfer import accuracy, chance
from unweave.report import images as sections
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
    parts = {
        "joint transfer": joint,
        "growing intensity": growing,
        "growing intensity of one exemplar": shares,
        "classes never seen in training": unseen,
    }
    for what, part in parts.items():
        both = where_it_applies(what, lambda part=part: part(subject, roles), left_out)
        if both is not None:
            tables |= both[0]
            pictures |= both[1]
    table = subject.data.table
    about = {
        "images": {split: len(table.rows(split)) for split in ("train", "test")},
        "pairs": len(subject.readings.errors),
        "joint transfers": f"up to {PAIRS} sources",
        "judge_steps": subject.judge_steps,
    }
    return Found(tables=tables, about=about, pictures=pictures, left_out=left_out)


def single(subject: Subject, name: str) -> dict[str, Image]:
    """Fig. 2 and 8: rows source, exemplar and result; source and exemplar are test images that differ in `name`."""
    table = subject.data.table
    sources, exemplars = draw_pairs(table, table.rows("test"), number=SHOWN, seed=subject.seed, differ=[name])
    own, lent = subject.images(sources), subject.images(exemplars)
    result = subject.model.transfer(own, {name: lent}).cpu()
    labels = texts(table, name, exemplars)
    return {f"transfer-{name}.png": sheet({"source": own, name: lent, "result": result}, labels)}


def joint(subject: Subject, roles: Roles) -> tuple[dict[str, Any], dict[str, Image]]:
    """The main attribute with each other one that can be judged, both at once and from an exemplar each."""
    judged = subject.held.judge.classes if subject.held.judge else {}
    others = [name for name in judged if name != roles.main]
    if roles.main not in judged or not others:
        raise UnweaveError("needs two attributes that can be judged")
    tables, drawn = {}, {}
    for name in others:
        found, sheet_of_both = both_at_once(subject, (roles.main, name))
        tables[f"{roles.main} and {name} at once"] = found
        drawn[f"joint-{name}.png"] = sheet_of_both
    return tables, drawn


def both_at_once(subject: Subject, names: tuple[str, str]) -> tuple[dict[str, dict[str, float]], Image]:
    """How often each of two attributes that were taken at once is read right, and how often both are."""
    judge, table, rows = subject.held.judge, subject.data.table, subject.data.table.rows("test")
    assert judge is not None
    sources, exemplars = draw_pairs(table, rows, number=PAIRS, seed=subject.seed, differ=[names[0]])
    others = np.random.default_rng([subject.seed, 13]).choice(rows, len(sources))
    lenders = dict(zip(names, (exemplars, others), strict=True))
    own, lent = subject.images(sources), {name: subject.images(some) for name, some in lenders.items()}
    result = subject.model.transfer(own, lent).cpu()
    truth = {
        name: torch.from_numpy(subject.data.labels[some, table.attributes.index(name)])
        for name, some in lenders.items()
    }
    place, found = {name: list(judge.classes).index(name) for name in names}, read(judge, result)
    both = torch.stack([found[:, place[name]] == truth[name] for name in names]).all(0)
    known = torch.stack([truth[name] >= 0 for name in names]).all(0)
    figures = {
        "joint": {name: accuracy(found[:, place[name]], truth[name]) for name in names},
        "real exemplars": {name: accuracy(read(judge, lent[name])[:, place[name]], truth[name]) for name in names},
        "chance": {name: chance(truth[name]) for name in names},
    }
    figures["joint"]["both"] = both[known].float().mean().item()
    shown = {"source": own, **lent, "result": result}
    labels = [" ".join(pair) for pair in zip(*(texts(table, *each) for each in lenders.items()), strict=True)]
    return figures, sheet({name: images[:SHOWN] for name, images in shown.items()}, labels[:SHOWN])
