"""Hybrids as training images: recognisers trained on few real images, with and without them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Int
from PIL.Image import Image
from tqdm import tqdm

from unweave.data.batches import as_images, as_pixels
from unweave.draw import grid, stacked
from unweave.errors import UnweaveError
from unweave.evaluate import Labelled
from unweave.experiments.found import Found
from unweave.experiments.roles import Rows, column, roles_of
from unweave.hybrids import decoded, draw_donors
from unweave.judges import read, train_judge
from unweave.metrics.disentanglement import halves
from unweave.metrics.transfer import accuracy, chance
from unweave.model import BATCH, Model

SHOWN = 8


def measure(
    model: Model,
    data: Labelled,
    seed: int,
    *,
    attribute: str | None = None,
    few: int = 4,
    number: int = 1000,
    steps: int = 400,
) -> Found:
    """Recognisers of the main attribute (expression) and of the person, from `few` real images of each class.

    Those of expression learn from training images and are asked about all test images. People are the test images'
    own, whom the model has never met: the recogniser learns from one half of the test images and is asked about the
    other. Hybrids, `number` of them, take every code from one of the few images, no other image is used; in the
    training half of what is drawn are real images. The model itself was trained on all training images and their
    labels. Raises `UnweaveError` where there is neither attribute.
    """
    roles = roles_of(data, model.classes, main=attribute)
    table = data.table
    rows = {kind: {} for kind in ("chance", "few real images", "few and hybrids", "all real images")}
    counts: dict[str, dict[str, int]] = {}
    shown = []
    for name in filter(None, (roles.main, roles.person)):
        texts = column(table, name)
        names, labels = np.unique(texts, return_inverse=True)
        labels = np.where(texts == "", -1, labels).astype(np.int64)
        fit, asked = table.rows("train"), table.rows("test")
        if name == roles.person:
            fit, asked = (asked[half] for half in halves(len(asked), seed))
        chosen = few_of_each(labels, fit, few, seed)
        if not len(chosen):
            raise UnweaveError(f"no image has a label of {name}")
        donors = draw_donors(chosen, len(model.attributes) + 1, number=number, seed=seed)
        hybrids = _hybrids(model, data.pixels, donors)
        of_hybrids = labels[donors[:, model.attributes.index(name)]]
        real, of_real = data.pixels[chosen], labels[chosen]
        # as many real images as hybrids are drawn, and of the few alone as many in each step
        again = np.tile(np.arange(len(chosen)), -(-number // len(chosen)))
        pools = {
            "few real images": (real, of_real, again),
            "few and hybrids": (
                np.concatenate([real, hybrids]),
                np.concatenate([of_real, of_hybrids]),
                np.concatenate([again, len(chosen) + np.arange(number)]),
            ),
            "all real images": (data.pixels, labels, fit[labels[fit] >= 0]),
        }
        truth = torch.from_numpy(labels[asked])
        for kind, (pixels, told, learnt) in tqdm(pools.items(), desc=name, leave=False, disable=None):
            judge = train_judge(pixels, told[:, None], learnt, {name: tuple(map(str, names))}, steps=steps, seed=seed)
            rows[kind][name] = accuracy(read(judge, as_images(data.pixels[asked]))[:, 0], truth)
        rows["chance"][name] = chance(truth)
        counts[name] = {"few": len(chosen), "all": int((labels[fit] >= 0).sum()), "asked": len(asked)}
        shown.append(_one_of_each(name, names, {"real": (real, of_real), "hybrid": (hybrids, of_hybrids)}))
    return Found(
        tables={f"accuracy of recognisers, {few} real images of each class": rows},
        about={"images": counts, "hybrids": number, "steps": steps, "few": few},
        pictures={"hybrids.png": stacked(shown)},
    )


def _one_of_each(name: str, names: np.ndarray, sets: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Image:
    """The first image of each set (pixels, labels) that shows a class, for some classes that all sets show."""
    classes = [k for k in range(len(names)) if all((labels == k).any() for _, labels in sets.values())][:SHOWN]
    rows = [[pixels[(labels == k).argmax()] for k in classes] for pixels, labels in sets.values()]
    return grid(rows, row_labels=[f"{kind}: {name}" for kind in sets], column_labels=[str(names[k]) for k in classes])


def few_of_each(labels: Int[np.ndarray, "images"], rows: Rows, few: int, seed: int) -> Rows:
    """Up to `few` of `rows` of each class, drawn at random; classes are those that `rows` show, -1 is none."""
    order = np.random.default_rng([seed, 20]).permutation(rows)
    found = [order[labels[order] == label][:few] for label in np.unique(labels[rows]) if label >= 0]
    return np.concatenate([rows[:0], *found])


def _hybrids(model: Model, pixels: np.ndarray, donors: Int[np.ndarray, "number codes"]) -> np.ndarray:
    parts = np.array_split(donors, -(-len(donors) // BATCH))
    return np.concatenate(
        [as_pixels(decoded(model, pixels, part)) for part in tqdm(parts, desc="hybrids", leave=False, disable=None)]
    )
