"""Hybrids of few images as training images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from unweave.codes import Codes
from unweave.data.batches import as_images
from unweave.experiments import augmentation
from unweave.judges import Judge
from unweave.report.subject import Subject

EXPRESSIONS = ("neutral", "smile", "scream")


def test_few_are_drawn_of_each_class_and_none_without_a_label() -> None:
    labels = np.array([0, 0, 0, 1, -1, 1, 2, 0])
    rows = np.arange(1, 8)
    chosen = augmentation.few_of_each(labels, rows, 2, 0)
    assert sorted(labels[chosen].tolist()) == [0, 0, 1, 1, 2]
    assert set(chosen) <= set(rows)
    assert set(augmentation.few_of_each(labels, rows, 9, 0)) == {1, 2, 3, 5, 6, 7}


def test_half_of_what_is_learned_from_are_hybrids_of_the_few_alone_labelled_by_what_they_show(
    perfect: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = perfect.model.generator
    table = perfect.data.table
    learned: list[tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, tuple[str, ...]]]] = []

    def decoded(model: Any, pixels: np.ndarray, donors: np.ndarray) -> Any:  # its encoders are not what it encodes with
        assert {table.splits[row] for row in donors.ravel()} in ({"train"}, {"test"})
        codes = [generator.encode(as_images(pixels[rows])) for rows in donors.T]
        return generator.decode(Codes({name: of[name] for name, of in zip(generator.names, codes, strict=True)}))

    def train(pixels: np.ndarray, labels: np.ndarray, rows: np.ndarray, classes: Any, **_: int) -> Judge:
        learned.append((pixels, labels[:, 0], rows, classes))
        return Judge(classes, 3).eval()

    monkeypatch.setattr(augmentation, "decoded", decoded)
    monkeypatch.setattr(augmentation, "train_judge", train)
    found = augmentation.measure(perfect.model, perfect.data, 0, few=2, number=40, steps=1)
    counts = found.about["images"]
    assert {name: of["few"] for name, of in counts.items()} == {"expression": 6, "identity": 8}
    assert set(found.pictures) == {"hybrids.png"}
    assert len(learned) == 6  # few, with hybrids and all, for expression and for people
    for few, both in ((learned[0], learned[1]), (learned[3], learned[4])):
        real = len(few[0])
        assert (both[0][:real] == few[0]).all()
        assert len(both[0]) == real + 40
        assert abs((both[2] < real).mean() - 0.5) < 0.1
        assert sorted(few[2]) == sorted(both[2][both[2] < real])  # so that steps are of as many images with and without
    pixels, labels, _, classes = learned[1]
    shown = pixels[6:, 8, 24].astype(int).argmax(1)  # the channel that tells the expression, in their order
    told = [classes["expression"][label] for label in labels[6:]]
    strong = pixels[6:, 8, 24].max(1) > 0
    assert [EXPRESSIONS[k] for k in shown[strong]] == list(np.array(told)[strong])
    people, labels, _, _ = learned[4]
    colour = {int(label): tuple(people[k, 16, 4]) for k, label in enumerate(labels[:8])}
    assert all(
        np.abs(people[8 + k, 16, 4].astype(int) - colour[int(label)]).max() < 3 for k, label in enumerate(labels[8:])
    )
