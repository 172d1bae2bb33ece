"""Every metric that applies to a model on labelled images, as one plain dictionary and some pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL.Image import Image
from tqdm import tqdm

import unweave
from unweave.errors import UnweaveError
from unweave.evaluate import figures_of, held_out_of, labelled, read_swaps
from unweave.metrics.extractor import find_extractor
from unweave.model import Model
from unweave.report.codes import disentanglement, hopkins, leakage, posterior
from unweave.report.images import features, intensity, reconstruction, transfer, truth
from unweave.report.subject import Section, Subject

SECTIONS: Mapping[str, Section] = {
    "reconstruction": reconstruction,
    "transfer": transfer,
    "leakage": leakage,
    "posterior": posterior,
    "truth": truth,
    "intensity": intensity,
    "features": features,
    "hopkins": hopkins,
    "disentanglement": disentanglement,
}


def look(
    model: Model,
    data: str | Path,
    *,
    pairs: int = 640,
    judge_steps: int = 750,
    seed: int = 0,
    pattern: str | None = None,
    run: Path | None = None,
    weights: Path | None = None,
) -> Subject:
    """Train the judge and swap `pairs` pairs of test images: what all of the report is about.

    `run`: the folder of the model's training, whose classifiers are looked at as well. `weights`: an Inception file for
    distances of features (see `metrics/extractor.py`). Raises `UnweaveError` for data that do not fit the model, and
    for `weights` that cannot be used.
    """
    generator = model.generator  # before all else: an exported model has none
    extractor = None if weights is None else find_extractor(weights)
    images = labelled(model.card, data, pattern=pattern)
    held = held_out_of(model.card, images, judge_steps=judge_steps, seed=seed)
    return Subject(
        model=model,
        name=str(data),
        data=images,
        held=held,
        readings=read_swaps(generator, held, pairs=pairs, seed=seed),
        judge_steps=judge_steps,
        seed=seed,
        run=run,
        extractor=extractor,
    )


def beside(first: Subject, model: Model, *, run: Path | None = None) -> Subject:
    """Another model with the images, pairs, judge and true answers of the first.

    Raises `UnweaveError` where its attributes, classes or sizes are other ones.
    """
    mine, theirs = ((card.attributes, card.size, card.channels, card.crop) for card in (model.card, first.model.card))
    if mine != theirs:
        names = run or model.path, first.run or first.model.path
        raise UnweaveError(f"{names[0]}: is a model of other attributes, classes or sizes than {names[1]}")
    readings = read_swaps(model.generator, first.held, pairs=len(first.readings.errors), seed=first.seed)
    return replace(first, model=model, run=run, readings=readings)


def looks(
    models: Sequence[tuple[Model, Path | None]], data: str | Path, *, seeds: Sequence[int], **given: Any
) -> Iterator[Subject]:
    """Each of the models, which are `beside` each other, with each seed; `given` is as for `look`.

    `models`: each with its `run`.
    """
    for seed in seeds:
        first = look(models[0][0], data, seed=seed, run=models[0][1], **given)
        yield first
        yield from (beside(first, model, run=run) for model, run in models[1:])


def report_on(subject: Subject, sections: Mapping[str, Section] = SECTIONS) -> tuple[dict[str, Any], dict[str, Image]]:
    """The report, which JSON can hold (what is no finite number is None), and its pictures: file name -> picture.

    Besides what was measured, it holds `figures` (see `evaluate.figures_of`) and `left_out`: section -> why it does not
    apply.
    """
    card, table = subject.model.card, subject.data.table
    report: dict[str, Any] = {
        "unweave": unweave.__version__,
        "model": {"name": card.name, "method": card.method, "step": card.step, "size": card.size},
        "data": subject.name,
        "images": {split: len(table.rows(split)) for split in ("train", "validation", "test")},
        "settings": {"pairs": len(subject.readings.errors), "judge_steps": subject.judge_steps, "seed": subject.seed},
        "figures": figures_of(subject.readings, subject.held),
    }
    left_out: dict[str, str] = {}
    pictures: dict[str, Image] = {}
    for name, section in tqdm(sections.items(), desc="measuring", leave=False, disable=None):
        try:
            found, drawn = section(subject)
        except UnweaveError as error:
            left_out[name] = str(error)
        else:
            report |= found
            pictures |= drawn
    return plain({**report, "left_out": left_out}), pictures


def plain(value: Any) -> Any:
    """What JSON can hold: numbers to six digits, those that are not finite as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, float | np.floating):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value
