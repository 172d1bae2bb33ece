"""Sections of a report that look at codes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL.Image import Image
from torch import Tensor

from unweave.draw import grid
from unweave.errors import UnweaveError
from unweave.metrics import disentanglement as measures
from unweave.metrics.hopkins import NULLS
from unweave.metrics.hopkins import hopkins as statistic
from unweave.metrics.leakage import leakage as probes
from unweave.metrics.posterior import entropies, mass_functions
from unweave.report.subject import MOST_TRAINING, Rows, Subject
from unweave.run_folder import read_classifiers

FEWEST = 10
"""Points of a cluster from which its Hopkins statistic is taken."""


def leakage(subject: Subject) -> tuple[dict[str, Any], dict[str, Image]]:
    """Code -> attribute -> accuracy of fresh probes, and chance.

    `read_on`: "test" where probes learn from training images and read test images; "halves" where the classes of the
    test images are unknown to the model (other people): then they learn from one half of the test images and read the
    other.
    """
    training, test = subject.rows("train", MOST_TRAINING), subject.test_rows
    codes, test_codes = subject.pooled_codes(training), subject.test_codes
    found: dict[str, dict[str, dict[str, float | str]]] = {code: {} for code in codes}
    for k, name in enumerate(subject.attributes):
        labels, test_labels = subject.data.labels[training, k], subject.data.labels[test, k]
        own = subject.own_labels(name, test)
        known = mostly_known(test_labels, own)
        fit, others = measures.halves(len(test), subject.seed)
        learnt, asked = (labels, test_labels) if known else (own[fit], own[others])
        if len(np.unique(learnt[learnt >= 0])) < 2 or not (asked >= 0).any():
            continue
        for code in codes:
            x, y = (codes[code], test_codes[code]) if known else (test_codes[code][fit], test_codes[code][others])
            figures = probes(x, torch.from_numpy(learnt), y, torch.from_numpy(asked), seed=subject.seed)
            found[code][name] = {**figures, "read_on": "test" if known else "halves"}
    return {"leakage": found}, {}


def mostly_known(labels: np.ndarray, own: np.ndarray) -> bool:
    """Whether most labels of images (`own`) are classes of the model (`labels`); both (images,), -1 is none."""
    return bool((labels >= 0).sum() > 0.5 * (own >= 0).sum())


def posterior(subject: Subject) -> tuple[dict[str, Any], dict[str, Image]]:
    """Fig. 5 and 6 on the test images: what the model's own classifiers say of its codes."""
    logits = own_logits(subject, subject.test_rows)
    masses: dict[str, dict[str, list]] = {}
    tiles: dict[str, list[np.ndarray]] = {}
    for k, name in enumerate(subject.attributes):
        labels = torch.from_numpy(subject.data.labels[subject.test_rows, k])
        if not mostly_known(labels.numpy(), subject.own_labels(name, subject.test_rows)):
            continue
        for code in logits:
            mass = mass_functions(logits[code][name], labels)
            masses.setdefault(code, {})[name] = mass.tolist()
            tiles.setdefault(code, []).append(mass_tile(mass.numpy()))
    pictures = {}
    if tiles:
        columns = [f"classifier of {name}" for name in next(iter(masses.values()))]
        pictures["mass.png"] = grid(list(tiles.values()), row_labels=list(tiles), column_labels=columns)
    return {"posterior": entropies(logits), "mass": masses}, pictures


def own_logits(subject: Subject, rows: Rows) -> dict[str, dict[str, Tensor]]:
    """Code -> classifier of the model's own training -> what it says of the codes of some images.

    Raises `UnweaveError` where the model is not looked at in its run folder.
    """
    if subject.run is None:
        raise UnweaveError("a model file holds no classifiers; name the run folder it was trained in")
    classifiers = read_classifiers(subject.run, subject.model.card)

    def said(codes: Any) -> dict[str, Any]:
        return {code: {name: net.read(of_code) for name, net in classifiers.items()} for code, of_code in codes.items()}

    parts = subject.each_code(rows, said)
    return {code: {name: torch.cat([part[code][name] for part in parts]) for name in classifiers} for code in parts[0]}


def hopkins(subject: Subject) -> tuple[dict[str, Any], dict[str, Image]]:
    """Attribute -> null model -> Hopkins statistic of its code within each of its classes, mean and sd over them.

    As in Table III, on the channels' means of test images, with exponent 1.
    """
    found: dict[str, dict[str, Any]] = {}
    for name in subject.attributes:
        points = _channel_means(subject, name)
        labels = subject.own_labels(name, subject.test_rows)
        clusters = [points[labels == c] for c in np.unique(labels[labels >= 0])]
        clusters = [cluster for cluster in clusters if len(cluster) >= FEWEST]
        if not clusters:
            continue
        found[name] = {"clusters": len(clusters)}
        for null in NULLS:
            values = [
                statistic(torch.from_numpy(cluster), samples=max(5, len(cluster) // 10), null=null, seed=subject.seed)
                for cluster in clusters
            ]
            means = [mean for mean, _ in values]
            found[name][null] = {"mean": np.mean(means), "sd": np.std(means)}
    if not found:
        raise UnweaveError(f"no class has {FEWEST} test images")
    return {"hopkins": found}, {}


def disentanglement(subject: Subject) -> tuple[dict[str, Any], dict[str, Image]]:
    """DCI, MIG and SAP on one number for each code, the first principal component of its channels' means."""
    names = subject.model.generator.names
    latents = np.stack([measures.first_component(_channel_means(subject, name)) for name in names], 1)
    factors = np.stack([subject.own_labels(name, subject.test_rows) for name in subject.attributes], 1)
    varied = [k for k in range(factors.shape[1]) if len(np.unique(factors[factors[:, k] >= 0, k])) > 1]
    known = (factors[:, varied] >= 0).all(1)
    varied = [k for k in varied if len(np.unique(factors[known, k])) > 1]
    latents, factors = latents[known], factors[known][:, varied]
    figures = {"mig": measures.mig(latents, factors), "factors": [subject.attributes[k] for k in varied]}
    figures |= measures.dci(latents, factors, seed=subject.seed)
    figures["sap"] = measures.sap(latents, factors, seed=subject.seed)
    return {"disentanglement": figures}, {}


def _channel_means(subject: Subject, code: str) -> np.ndarray:
    """(images, channels) of the test images."""
    cells = subject.test_codes[code]
    return cells.view(len(cells), -1, 16).mean(2).double().numpy()


def mass_tile(mass: np.ndarray) -> np.ndarray:
    """Probabilities as squares, white 0 and black 1; rows are true classes. Rows without images are grey."""
    grey = np.where(np.isnan(mass), 128, 255 - 255 * np.nan_to_num(mass)).astype(np.uint8)
    return np.kron(grey, np.ones((max(1, 128 // len(mass)),) * 2, np.uint8))
