"""Table IV, Fig. 7: every neutral test image to every expression, by an exemplar and by the class's mean code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from PIL.Image import Image
from torch import Tensor

from unweave.data.batches import as_images
from unweave.errors import UnweaveError
from unweave.evaluate import Labelled, held_out_of
from unweave.experiments.found import Found, sheet, where_it_applies
from unweave.experiments.protocol import FEATURED, Jobs, accuracies, distances, jobs_of
from unweave.experiments.roles import neutral_class, roles_of, texts
from unweave.judges import Judge, read
from unweave.metrics.extractor import Extractor, find_extractor
from unweave.metrics.frechet import few_images
from unweave.metrics.transfer import accuracy
from unweave.model import Model

SHOWN = 4
"""Sources in the picture."""

Images = Float[Tensor, "_ colours height width"]


def measure(
    model: Model,
    data: Labelled,
    seed: int,
    *,
    attribute: str | None = None,
    neutral: str | None = None,
    judge_steps: int = 750,
    extractor: Extractor | None = None,
) -> Found:
    """Synthesise all, have a judge trained on the real training images read it, and compare with real test images.

    Raises `UnweaveError` where no attribute can be judged or has such a `neutral` class.
    """
    table, test = data.table, data.table.rows("test")
    roles = roles_of(data, model.classes, main=attribute)
    name = roles.main
    start = neutral_class(model.classes[name], name, neutral)
    shown = set(texts(table, name, test))
    targets = [label for label in model.classes[name] if label != start and label in shown]
    if not targets:
        raise UnweaveError(f"the test images show no class of {name} that the model knows but {start}")
    jobs = jobs_of(table, name, start, targets, person=roles.person, seed=seed)
    judge = held_out_of(model.card, data, judge_steps=judge_steps, seed=seed).judge
    if judge is None or name not in judge.classes:
        raise UnweaveError(f"{name} cannot be judged: the classes of the test images are unknown to the model")
    sources, exemplars = as_images(data.pixels[jobs.sources]), as_images(data.pixels[jobs.exemplars])
    made = made_by(model, name, jobs, sources, exemplars)
    judged = {**made, "real exemplars": exemplars, "unchanged": sources}
    columns = {kind: accuracies(judge, name, images, jobs.wanted) for kind, images in judged.items()}
    columns["chance"] = dict.fromkeys([*targets, "mean"], 1 / len(judge.classes[name]))
    tables: dict[str, Any] = {
        f"accuracy of {name}, as a judge trained apart reads it": {
            row: {kind: column[row] for kind, column in columns.items()} for row in [*targets, "mean"]
        }
    }
    if len(judge.classes) > 1:
        tables["what had to stay, as the judge reads it"] = {
            kind: _kept(judge, name, images, data, jobs) for kind, images in {**made, "unchanged": sources}.items()
        }
    about: dict[str, Any] = {
        "images": {"train": len(table.rows("train")), "test": len(test), "neutral": len(set(jobs.sources.tolist()))},
        "synthesised": len(jobs.wanted),
        "judge_steps": judge_steps,
        "exemplars": "test images of other people, at the full intensity of their class where there is such a column",
    }
    left_out: dict[str, str] = {}
    extractor = extractor or where_it_applies("Frechet distance", find_extractor, left_out)
    if extractor is not None:
        real = {
            split: as_images(data.pixels[_of_classes(data, name, targets, split, seed)]) for split in ("train", "test")
        }
        each_once = as_images(data.pixels[np.unique(jobs.sources)])  # twins would count as a set of less variety
        compared = {**made, "unchanged": each_once, "real training images": real["train"]}
        found = distances(extractor, compared, real["test"])
        count, features = int(next(iter(found.values()))["images"]), extractor(sources[:1]).shape[1]
        tables[f"distance to {count} real test images of those classes, features of {extractor.name}"] = found
        about["features"] = {
            "extractor": extractor.name,
            "sha256": extractor.sha256,
            "warning": few_images(count, features),
        }
    drawn = {"synthesis.png": _picture(made, jobs, sources, targets)}
    return Found(tables=tables, about=about, pictures=drawn, left_out=left_out)


def made_by(model: Model, attribute: str, jobs: Jobs, sources: Images, exemplars: Images) -> dict[str, Images]:
    """The sources with the wanted classes, by the exemplars and by the mean codes, in the order of the jobs."""
    by_mean = torch.empty_like(sources)
    for label in set(jobs.wanted):
        some = torch.tensor([wanted == label for wanted in jobs.wanted])
        by_mean[some] = model.synthesize(sources[some], {attribute: label}).cpu()
    return {"by exemplar": model.transfer(sources, {attribute: exemplars}).cpu(), "by mean code": by_mean}


def _kept(judge: Judge, swapped: str, images: Images, data: Labelled, jobs: Jobs) -> dict[str, float]:
    """Attribute that was not changed -> share of the images in which it is read as the source's label says."""
    found, labels = read(judge, images), torch.from_numpy(data.labels[jobs.sources])
    return {
        name: accuracy(found[:, k], labels[:, data.table.attributes.index(name)])
        for k, name in enumerate(judge.classes)
        if name != swapped
    }


def _of_classes(data: Labelled, attribute: str, classes: list[str], split: str, seed: int) -> np.ndarray:
    """Images of a split that show one of the classes, as many as are looked at, drawn at random."""
    rows = data.table.rows(split)
    rows = rows[np.isin(texts(data.table, attribute, rows), classes)]
    return np.random.default_rng([seed, 12]).permutation(rows)[:FEATURED]


def _picture(made: Mapping[str, Images], jobs: Jobs, sources: Images, targets: list[str]) -> Image:
    """Fig. 7: for sources of several people a row by exemplars and one by mean codes; the classes in columns."""
    of_each = len(jobs.sources) // len(targets)  # jobs are ordered by class, and in each the sources alike
    rows: dict[str, Tensor] = {}
    for number, place in enumerate(np.linspace(0, of_each - 1, min(SHOWN, of_each)).astype(int)):
        places = place + of_each * np.arange(len(targets))
        for kind, images in made.items():
            rows[f"{number + 1} {kind}"] = torch.cat([sources[[place]], images[places]])
    return sheet(rows, ["source", *targets])
