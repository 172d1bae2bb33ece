"""What a reader of intensities learns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from unweave.errors import UnweaveError
from unweave.report.reader import deviations, intensity_reader
from unweave.report.subject import Subject


def test_a_value_is_compared_with_those_of_its_class_in_the_rows_that_are_learned_from() -> None:
    values = np.array([0.0, 0, 60, 100, 90, 10, 30, np.nan, 50])
    classes = np.array(["neutral", "neutral", "smile", "smile", "smile", "scream", "scream", "scream", ""])
    found = deviations(values, classes, np.array([0, 1, 2, 3, 5, 6, 8]))
    expected = [np.nan, np.nan, -1, 1, 0.5, -1, 1, np.nan, np.nan]
    assert found == pytest.approx(np.array(expected), nan_ok=True)


def test_a_reader_learns_differences_within_classes_from_those_that_have_some(
    apart: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[np.ndarray, np.ndarray]] = []

    def train(pixels: np.ndarray, values: np.ndarray, rows: np.ndarray, **how: int) -> Callable:
        asked.append((values, rows))
        return lambda images: torch.zeros(len(images))

    monkeypatch.setattr("unweave.report.reader.train_regressor", train)
    reader = intensity_reader(apart.data, steps=1, seed=0)
    ((values, rows),) = asked
    shown = np.array(apart.data.table.columns["expression"])
    assert {apart.data.table.splits[row] for row in rows} == {"train"}
    assert set(shown[rows]) == {"smile", "scream"}  # neutral images are all alike
    for label in ("smile", "scream"):
        of_class = values[rows[shown[rows] == label]]
        assert of_class.mean() == pytest.approx(0, abs=1e-9)
        assert of_class.std() == pytest.approx(1)
    assert reader.values.max() == 100  # what it is compared with stays as the data have it


def test_where_no_class_differs_in_intensity_there_is_nothing_to_learn(apart: Subject) -> None:
    table = apart.data.table
    columns = {**table.columns, "intensity": ("100",) * len(table.files)}
    with pytest.raises(UnweaveError, match="in no class do the training images differ in intensity"):
        intensity_reader(replace(apart.data, table=replace(table, columns=columns)), steps=1, seed=0)
