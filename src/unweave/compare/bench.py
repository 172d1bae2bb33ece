"""Test images, pairs of them, and all that judges what comes out, which learned from real images alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from unweave.card import ModelCard
from unweave.compare.protocol import Protocol
from unweave.data.batches import as_images
from unweave.data.cache import cached_images
from unweave.data.table import AttributeTable
from unweave.errors import UnweaveError
from unweave.evaluate import Labelled
from unweave.judges import Judge, judged_attributes, train_judge
from unweave.metrics.extractor import Extractor, find_extractor
from unweave.report.answers import ATTRIBUTES, Answers, answers_of, check_answerable
from unweave.report.reader import Reader, intensity_reader

Rows = Int[np.ndarray, "rows"]
Images = Float[Tensor, "images colours size size"]
Made = TypeVar("Made")

TRUTHS = 96
"""True answers that are rendered, over all targets."""
FEATURED = 192
"""Images of a method whose features are taken, over all targets: about 40 ms each on two cores."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Features:
    """What Frechet distances are taken to."""

    extractor: Extractor
    each: int
    """Images of each target."""
    real: Float[Tensor, "images features"]
    """Of real training images of the targets, as many of each."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Bench:
    """Everything that all methods are measured with."""

    data: Labelled
    protocol: Protocol
    sources: Rows
    """Test images of the source class, each once, in random order."""
    exemplars: Mapping[str, Rows]
    """Target -> one of its test images for each source."""
    judge: Judge
    answers: Mapping[str, Answers]
    """Target -> what the first sources should become; none where the truth is unknown."""
    reader: Reader | None
    features: Features | None
    left_out: Mapping[str, str]
    """What cannot be measured -> why."""

    def images(self, rows: Rows) -> Images:
        """Images of the data, in [-1, 1]."""
        return as_images(self.data.pixels[rows])

    def known(self, row: int) -> dict[str, str]:
        """The labels of an image, as far as it has some."""
        columns = self.data.table.columns
        return {name: label for name in columns if (label := columns[name][row]) is not None}


def test_split(table: AttributeTable, protocol: Protocol) -> Rows:
    """Rows of the test images, or else of the validation images; raises `UnweaveError` where a class has none."""
    rows = next((table.rows(split) for split in ("test", "validation") if len(table.rows(split))), np.zeros(0, int))
    column = table.columns[protocol.attribute]
    shown = {column[row] for row in rows}
    for name in (protocol.source, *protocol.targets):
        if name not in shown:
            raise UnweaveError(f"{protocol.attribute} {name} has no test images, expected some; unweave data split")
    return rows


def make_bench(table: AttributeTable, protocol: Protocol, *, pairs: int, judge_steps: int, seed: int) -> Bench:
    """Draw up to `pairs` sources and exemplars for each target, train the judges, render true answers."""
    attribute = protocol.attribute
    test = test_split(table, protocol)
    pixels = cached_images(table, size=protocol.size, channels=3, crop="center")
    data = Labelled(table=table, pixels=pixels, labels=table.labels())
    column = np.array(table.columns[attribute])
    rng = np.random.default_rng([seed, 9])
    sources = rng.permutation(test[column[test] == protocol.source])[:pairs]
    exemplars = {name: _as_many(rng.permutation(test[column[test] == name]), len(sources)) for name in protocol.targets}
    classes = judged_attributes(table.classes, data.labels[test], table.labelled()[test])
    judged = [table.attributes.index(name) for name in classes]
    training = table.rows("train")
    left_out: dict[str, str] = {}

    def attempt(what: str, make: Callable[[], Made]) -> Made | None:
        try:
            return make()
        except UnweaveError as error:
            left_out[what] = str(error)
            return None

    return Bench(
        data=data,
        protocol=protocol,
        sources=sources,
        exemplars=exemplars,
        judge=train_judge(pixels, data.labels[:, judged], training, classes, steps=judge_steps, seed=seed),
        answers=attempt("true answers", lambda: _answers(data, protocol, sources, exemplars)) or {},
        reader=attempt("intensity", lambda: _reader(data, attribute, judge_steps, seed)),
        features=attempt("Frechet distance", lambda: _features(data, protocol, len(sources), seed)),
        left_out=left_out,
    )


def _as_many(rows: Int[np.ndarray, "some"], count: int) -> Rows:
    return np.resize(rows, count)  # from the beginning again where there are fewer


def _answers(data: Labelled, protocol: Protocol, sources: Rows, exemplars: Mapping[str, Rows]) -> dict[str, Answers]:
    if protocol.attribute not in ATTRIBUTES:
        raise UnweaveError(f"there are true answers for {', '.join(ATTRIBUTES)} of rendered faces only")
    check_answerable(data)
    card = ModelCard(
        attributes=dict(data.table.classes),
        size=protocol.size,
        channels=3,
        crop="center",
        width=1.0,
        residual_blocks=0,
    )
    first = max(1, TRUTHS // len(exemplars))
    return {
        name: answers_of(data, card, protocol.attribute, sources[:first], rows[:first])
        for name, rows in exemplars.items()
    }


def _reader(data: Labelled, attribute: str, steps: int, seed: int) -> Reader:
    if attribute != "expression":
        raise UnweaveError("is measured where the attribute is 'expression'")
    return intensity_reader(data, steps=steps, seed=seed)


def _features(data: Labelled, protocol: Protocol, sources: int, seed: int) -> Features:
    extractor = find_extractor()
    training, column = data.table.rows("train"), np.array(data.table.columns[protocol.attribute])
    of_target = [training[column[training] == name] for name in protocol.targets]
    each = min(FEATURED // len(of_target), sources, *map(len, of_target))
    if each * len(of_target) < 2:
        raise UnweaveError("distances of sets need two images or more")
    rng = np.random.default_rng([seed, 10])
    rows = np.concatenate([rng.permutation(rows)[:each] for rows in of_target])
    with torch.no_grad():
        return Features(extractor=extractor, each=each, real=extractor(as_images(data.pixels[rows])))
