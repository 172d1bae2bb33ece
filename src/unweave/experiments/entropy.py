"""Fig. 5 and 6: the full model with and without the disentanglement loss, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from pathlib import Path
from typing import Any

import torch
from PIL.Image import Image
from torch import Tensor

from unweave.charts import bars
from unweave.draw import grid
from unweave.experiments.found import Found, sheet, where_it_applies
from unweave.experiments.roles import Rows, draw_pairs, roles_of, texts
from unweave.metrics.posterior import entropy, mass_functions
from unweave.metrics.transfer import accuracy, chance
from unweave.model import load
from unweave.report import images as sections
from unweave.report import looks
from unweave.report.codes import leakage, mass_tile, own_logits
from unweave.report.subject import MOST_TRAINING, Subject

SHOWN = 8
"""Columns of a picture."""

Logits = Mapping[str, Mapping[str, Tensor]]


def subjects_of(
    runs: Mapping[str, Path], data: str | Path, *, pairs: int, judge_steps: int, seed: int, pattern: str | None
) -> dict[str, Subject]:
    """Both models at their last checkpoint, to which the runs' classifiers belong, with one judge.

    Raises `UnweaveError` where one of the folders holds no such model, and where the two are of different images.
    """
    models = [(load(run / "last.safetensors"), run) for run in runs.values()]
    found = looks(models, data, seeds=[seed], pairs=pairs, judge_steps=judge_steps, pattern=pattern)
    return dict(zip(runs, found, strict=True))


def measure(subjects: Mapping[str, Subject], *, attribute: str | None = None) -> Found:
    """Entropies and mass functions of the models' own classifiers, fresh probes, transfers and reconstruction errors.

    `subjects`: "with" and "without" the loss, of the same data.
    """
    first = first_of(subjects)
    roles, table = roles_of(first.data, first.model.classes, main=attribute), first.data.table
    splits = {"test": first.test_rows, "training": first.rows("train", MOST_TRAINING)}
    logits = {
        name: {split: own_logits(subject, rows) for split, rows in splits.items()} for name, subject in subjects.items()
    }
    tables: dict[str, Any] = {}
    for split in splits:
        found = {
            name: {row: entropy(said).mean().item() for row, said in _flat(of[split])} for name, of in logits.items()
        }
        most = {row: log(said.shape[1]) for row, said in _flat(first_of(logits)[split])}
        tables[f"entropy of the model's own classifiers on {split} images, in nats"] = by_row(
            {**found, "maximum": most}
        )
    for split, rows in splits.items():
        of_split = {name: of[split] for name, of in logits.items()}
        tables[f"what the model's own classifiers read right, {split} images"] = by_row(_own(first, rows, of_split))
    tables["fresh probes on test images"] = by_row(_leaks(subjects))
    if first.held.judge:
        tables["transfers, as a judge trained apart reads them"] = by_row(_reads(subjects))
    found = {name: sections.reconstruction(subject)[0]["reconstruction"] for name, subject in subjects.items()}
    tables["reconstruction of test images"] = {
        f"{name} the loss": {measure: of[measure] for measure in ("error", "psnr", "ssim")}
        for name, of in found.items()
    }
    left_out: dict[str, str] = {}
    pictures = {
        "entropy.png": grid(
            [[bars(_bars(of[split])) for of in logits.values()] for split in splits],
            row_labels=[f"{split} images" for split in splits],
            column_labels=[f"{name} the loss" for name in logits],
        ),
        "mass.png": _masses(first, logits),
    }
    drawn = where_it_applies(
        f"transfers of {roles.main}", lambda: _transfers(subjects, roles.main, roles.person), left_out
    )
    pictures |= drawn or {}
    about = {
        "images": {split: len(rows) for split, rows in splits.items()} | {"train": len(table.rows("train"))},
        "pairs": len(first.readings.errors),
        "judge_steps": first.judge_steps,
        "steps": {name: each.model.card.step for name, each in subjects.items()},
    }
    return Found(tables=tables, about=about, pictures=pictures, left_out=left_out)


def by_row(columns: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Column -> row -> number as row -> column -> number."""
    rows = dict.fromkeys(row for column in columns.values() for row in column)
    return {row: {name: column[row] for name, column in columns.items() if row in column} for row in rows}


def first_of(columns: Mapping[str, Any]) -> Any:
    """What the first name stands for."""
    return next(iter(columns.values()))


def _flat(logits: Logits) -> list[tuple[str, Tensor]]:
    return [
        (f"code of {code}, classifier of {name}", said)
        for code, by_classifier in logits.items()
        for name, said in by_classifier.items()
    ]


def _bars(logits: Logits) -> dict[str, tuple[float, float]]:
    """Fig. 5."""
    return {
        f"{code}: {name}": (entropy(said).mean().item(), log(said.shape[1]))
        for code, by_classifier in logits.items()
        for name, said in by_classifier.items()
    }


def _own(subject: Subject, rows: Rows, logits: Mapping[str, Logits]) -> dict[str, dict[str, float]]:
    """With, without and chance -> code and attribute -> accuracy of the own classifiers on images at `rows`.

    Attributes of which these images have no class that the model knows are left out.
    """
    labels = torch.from_numpy(subject.data.labels[rows])
    known = {name: labels[:, k] for k, name in enumerate(subject.model.classes) if (labels[:, k] >= 0).any()}
    columns = {
        which: {
            f"code of {code}, {name}": accuracy(by_classifier[name].argmax(1), of)
            for code, by_classifier in of_codes.items()
            for name, of in known.items()
        }
        for which, of_codes in logits.items()
    }
    blind = {f"code of {code}, {name}": chance(of) for code in first_of(logits) for name, of in known.items()}
    return {**columns, "chance": blind}


def _leaks(subjects: Mapping[str, Subject]) -> dict[str, dict[str, float]]:
    """With and without by a linear probe and by an MLP, and chance -> code and attribute -> accuracy."""
    columns: dict[str, dict[str, float]] = {
        name: {} for name in ("chance", *(f"{which}, {kind}" for kind in ("linear", "mlp") for which in subjects))
    }
    for name, subject in subjects.items():
        for code, by_attribute in leakage(subject)[0]["leakage"].items():
            for attribute, probe in by_attribute.items():
                row = f"code of {code}, {attribute}"
                columns["chance"][row] = probe["chance"]
                columns[f"{name}, linear"][row], columns[f"{name}, mlp"][row] = probe["linear"], probe["mlp"]
    return columns


def _reads(subjects: Mapping[str, Subject]) -> dict[str, dict[str, float]]:
    """With, without and chance -> what was swapped and what was read -> accuracy."""
    columns: dict[str, dict[str, float]] = {name: {} for name in (*subjects, "chance")}
    for name, subject in subjects.items():
        found = sections.transfer(subject)[0]["transfer"]
        for kind, row in {"real images": found["real"], **found["swapped"]}.items():
            what = kind if kind == "real images" else f"{kind} swapped"
            columns[name] |= {f"{what}, {judged}": value for judged, value in row.items()}
        columns["chance"] |= {f"real images, {judged}": value for judged, value in found["chance"].items()}
    return columns


def _masses(subject: Subject, logits: Mapping[str, Mapping[str, Logits]]) -> Image:
    """Fig. 6: mean posteriors of each true class, black is 1; of training images where test images show new classes."""
    tiles, columns = [], []
    attributes = list(subject.model.classes)
    training = subject.rows("train", MOST_TRAINING)
    for k, name in enumerate(attributes):
        on_test = bool((subject.data.labels[subject.test_rows, k] >= 0).mean() > 0.5)
        rows, split = (subject.test_rows, "test") if on_test else (training, "training")
        labels = torch.from_numpy(subject.data.labels[rows, k])
        columns.append(f"{name}, {split}")
        tiles.append(
            [
                mass_tile(mass_functions(of[split][code][name], labels).numpy())
                for of in logits.values()
                for code in of[split]
            ]
        )
    codes = list(first_of(logits)["test"])
    rows_of = [f"{name}: {code}" for name in logits for code in codes]
    return grid(list(zip(*tiles, strict=True)), row_labels=rows_of, column_labels=columns)


def _transfers(subjects: Mapping[str, Subject], name: str, person: str | None) -> dict[str, Image]:
    """Fig. 6 on the right: rows source, exemplar (of somebody else), results with and without the loss."""
    first = first_of(subjects)
    table = first.data.table
    differ = [each for each in (name, person) if each is not None]
    sources, exemplars = draw_pairs(table, table.rows("test"), number=SHOWN, seed=first.seed, differ=differ)
    own, lent = first.images(sources), first.images(exemplars)
    rows = {"source": own, name: lent}
    for which, subject in subjects.items():
        rows[f"{which} the loss"] = subject.model.transfer(own, {name: lent}).cpu()
    return {"transfers.png": sheet(rows, texts(table, name, exemplars))}
