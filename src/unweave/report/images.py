"""Sections of a report that look at images."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL.Image import Image
from torch import Tensor

from unweave.draw import grid
from unweave.errors import UnweaveError
from unweave.images import pictures
from unweave.metrics.extractor import find_extractor
from unweave.metrics.frechet import few_images, frechet_distance, kernel_distance
from unweave.metrics.identity import between_people, cosine_distance
from unweave.metrics.intensity import within_class
from unweave.metrics.reconstruction import absolute_error, psnr, ssim
from unweave.metrics.transfer import accuracy, chance, transfer_matrix
from unweave.metrics.truth import true_answer
from unweave.report.answers import ATTRIBUTES, check_answerable, true_answers
from unweave.report.reader import intensity_reader
from unweave.report.subject import Subject

Found = tuple[dict[str, Any], dict[str, Image]]

TRUTHS = 24
"""Pairs for each attribute whose true answer is looked at: rendering one takes over a second on two cores."""
FEATURED = 192
"""Images whose features are taken, at most: about 40 ms each on two cores."""
SHOWN = 6
"""Rows of a picture."""


def reconstruction(subject: Subject) -> Found:
    """Error, PSNR and SSIM of test images."""
    originals, copies = subject.images(subject.swap_rows[0]), subject.reconstructions
    figures: dict[str, float] = {"images": len(originals)}
    for name, measure in (("error", absolute_error), ("psnr", psnr), ("ssim", ssim)):
        values = measure(copies, originals)
        figures |= {name: values.mean().item(), f"{name}_median": values.median().item()}
    return {"reconstruction": figures}, {}


def transfer(subject: Subject) -> Found:
    """Accuracies of the judge on real images, reconstructions and swaps; a picture with swaps of every attribute."""
    held, found = subject.held, subject.readings
    sources, exemplars = (subject.images(rows[:SHOWN]) for rows in subject.swap_rows)
    columns = [sources, exemplars, subject.reconstructions[:SHOWN]]
    columns += [subject.model.transfer(sources, {name: exemplars}).cpu() for name in subject.attributes]
    labels = ["source", "exemplar", "reconstructed", *subject.attributes]
    drawn = {"transfer.png": _sheet(columns, labels, [f"pair {k + 1}" for k in range(len(sources))])}
    if held.judge is None:
        return {}, drawn
    judged = tuple(held.judge.classes)

    def each(read: Tensor) -> dict[str, float]:
        return {name: accuracy(read[:, k], found.of_source[:, k]) for k, name in enumerate(judged)}

    figures = {
        "chance": {name: chance(held.label(name)) for name in judged},
        "real": each(found.real),
        "reconstructed": each(found.reconstructed),
        "swapped": transfer_matrix(found.swapped, found.of_source, found.of_exemplar, judged),
    }
    return {"transfer": figures}, drawn


def features(subject: Subject) -> Found:
    """Frechet and kernel distance of reconstructions and swaps to the real sources; how far people move.

    Swaps take the attributes in turn, an image each. `identity` is measured where there is such an attribute: the
    distance between source and result where another attribute was swapped (`kept`) and where nothing was
    (`reconstructed`), between exemplar and result where the identity was (`taken`), and the scale of real images.
    """
    extractor = subject.extractor or find_extractor()
    sources, exemplars = (subject.images(rows[:FEATURED]) for rows in subject.swap_rows)
    if len(sources) < 2:
        raise UnweaveError("distances of sets need two test images or more")
    swapped = sources.clone()
    names = np.array(subject.attributes)[np.arange(len(sources)) % len(subject.attributes)]
    for name in subject.attributes:
        some = np.flatnonzero(names == name)
        if len(some):
            swapped[some] = subject.model.transfer(sources[some], {name: exemplars[some]}).cpu()
    real, of_copies, of_swaps = (extractor(images) for images in (sources, subject.reconstructions[:FEATURED], swapped))
    distances = {
        kind: {"frechet": frechet_distance(real, made), "kernel": kernel_distance(real, made)}
        for kind, made in (("reconstructed", of_copies), ("swapped", of_swaps))
    }
    about = {"extractor": extractor.name, "sha256": extractor.sha256, "images": len(real), "features": real.shape[1]}
    found: dict[str, Any] = {"frechet": {**distances, **about, "warning": few_images(len(real), real.shape[1])}}
    if "identity" in subject.attributes:
        taken = torch.from_numpy(names == "identity")
        people = torch.from_numpy(subject.own_labels("identity", subject.swap_rows[0][:FEATURED]))
        found["identity"] = {
            "kept": cosine_distance(of_swaps, real)[~taken].mean().item(),
            "reconstructed": cosine_distance(of_copies, real).mean().item(),
            "taken": cosine_distance(of_swaps[taken], extractor(exemplars[taken])).mean().item(),
            **between_people(real[people >= 0], people[people >= 0]),
            "extractor": extractor.name,
        }
    return found, {}


def truth(subject: Subject) -> Found:
    """Attribute -> swaps against rendered truths, and against them the truths' own reconstructions."""
    check_answerable(subject.data)
    found: dict[str, Any] = {}
    sheets: dict[str, Image] = {}
    reasons = []
    for name in (name for name in subject.attributes if name in ATTRIBUTES):
        try:
            if name not in subject.answers:
                answers = true_answers(subject.data, subject.model.card, name, pairs=TRUTHS, seed=subject.seed)
                subject.answers[name] = answers
        except UnweaveError as error:
            reasons.append(str(error))
            continue
        answers = subject.answers[name]
        sources, exemplars = subject.images(answers.sources), subject.images(answers.exemplars)
        results = subject.model.transfer(sources, {name: exemplars}).cpu()
        copies = subject.model.transfer(answers.truths, {}).cpu()
        found[name] = {
            **true_answer(results, sources, answers.truths),
            "pairs": len(results),
            "reconstructed": true_answer(copies, sources, answers.truths),
        }
        sheets[f"truth-{name}.png"] = _sheet(
            [images[:SHOWN] for images in (sources, exemplars, results, answers.truths)],
            ["source", "exemplar", "swapped", "true answer"],
            [f"to {label}" for label in subject.column(name, answers.exemplars[:SHOWN])],
        )
    if not found:
        raise UnweaveError("; ".join(reasons) or f"true answers are of {', '.join(ATTRIBUTES)}, and none is modelled")
    return {"truth": found}, sheets


def intensity(subject: Subject) -> Found:
    """Class of expression -> rank correlation of intensities, in swaps and in the real exemplars."""
    reader = intensity_reader(subject.data, steps=subject.judge_steps, seed=subject.seed)
    values = reader.values
    sources, exemplars = subject.swap_rows
    told = np.isfinite(values[exemplars])
    sources, exemplars = sources[told], exemplars[told]
    if not len(exemplars):
        raise UnweaveError("no test image has an intensity")
    results = subject.model.transfer(subject.images(sources), {"expression": subject.images(exemplars)}).cpu()
    classes = subject.column("expression", exemplars)
    figures = {
        kind: within_class(values[exemplars], reader.read(images).double().numpy(), classes)
        for kind, images in (("real", subject.images(exemplars)), ("swapped", results))
    }
    if not figures["real"]:
        raise UnweaveError("in no class do the test images differ in intensity")
    means = {f"{kind}_mean": np.mean(list(of.values())) if of else float("nan") for kind, of in figures.items()}
    return {"intensity": {**figures, **means, "pairs": len(results)}}, {}


def _sheet(columns: list[Tensor], labels: list[str], row_labels: list[str]) -> Image:
    """A picture with a column for each batch of images, and a row for each place in them."""
    return grid(list(zip(*map(pictures, columns), strict=True)), row_labels=row_labels, column_labels=labels)
