"""Neutral images to every expression: what is asked for, and what a faultless model gets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from unweave.errors import UnweaveError
from unweave.experiments.protocol import accuracies, distances, jobs_of
from unweave.experiments.synthesis import measure
from unweave.report.subject import Subject


def test_every_neutral_image_gets_every_class_from_the_strongest_of_somebody_else(perfect: Subject) -> None:
    table = perfect.data.table
    jobs = jobs_of(table, "expression", "neutral", ["scream", "smile"], person="identity", seed=0)
    test = table.rows("test")
    neutral = {row for row in test if table.columns["expression"][row] == "neutral"}
    for target in ("scream", "smile"):
        assert {row for row, wanted in zip(jobs.sources, jobs.wanted, strict=True) if wanted == target} == neutral
    for source, wanted, exemplar in zip(jobs.sources, jobs.wanted, jobs.exemplars, strict=True):
        assert table.splits[exemplar] == "test"
        assert table.columns["expression"][exemplar] == wanted
        assert table.columns["identity"][exemplar] != table.columns["identity"][source]
        assert table.columns["intensity"][exemplar] == "100"
    again, other = (jobs_of(table, "expression", "neutral", ["smile"], person=None, seed=seed) for seed in (0, 1))
    assert again.exemplars.tolist() != other.exemplars.tolist()
    with pytest.raises(UnweaveError, match="no test image is of the class calm of expression"):
        jobs_of(table, "expression", "calm", ["smile"], person=None, seed=0)


def test_accuracies_are_those_of_the_wanted_classes(perfect: Subject) -> None:
    judge, table = perfect.held.judge, perfect.data.table
    assert judge is not None
    rows = table.rows("test")
    shown = [table.columns["light"][row] or "" for row in rows]
    assert accuracies(judge, "light", perfect.images(rows), shown) == {"left": 1, "right": 1, "mean": 1}
    swapped = ["left" if label == "right" else "right" for label in shown]
    assert accuracies(judge, "light", perfect.images(rows), swapped)["mean"] == 0
    assert set(accuracies(judge, "light", perfect.images(rows[:3]), ["left"] * 3)) == {"left", "mean"}


def test_distances_compare_equal_numbers_and_are_nothing_between_a_set_and_itself(perfect: Subject) -> None:
    assert perfect.extractor is not None
    rows = perfect.data.table.rows("test")
    real = perfect.images(rows)
    found = distances(perfect.extractor, {"itself": real, "dark": real[:50] * 0 - 1}, real)
    assert found["itself"]["images"] == found["dark"]["images"] == 50
    assert found["itself"]["Frechet"] < 0.2 * found["dark"]["Frechet"]
    alone = distances(perfect.extractor, {"itself": real}, real)
    assert alone["itself"]["Frechet"] == pytest.approx(0, abs=1e-4)


def test_a_faultless_model_is_read_as_the_exemplars_are_and_keeps_the_rest(perfect: Subject) -> None:
    found = measure(perfect.model, perfect.data, 0, judge_steps=40, extractor=perfect.extractor)
    read = found.tables["accuracy of expression, as a judge trained apart reads it"]
    assert set(read) == {"smile", "scream", "mean"}
    assert read["mean"]["by exemplar"] == pytest.approx(read["mean"]["real exemplars"])
    assert read["mean"]["real exemplars"] > 0.9
    assert read["mean"]["unchanged"] < 0.1
    assert read["mean"]["chance"] == pytest.approx(1 / 3)
    assert found.tables["what had to stay, as the judge reads it"]["by exemplar"]["light"] == 1
    distance = next(rows for title, rows in found.tables.items() if title.endswith("features of means"))
    assert distance["by exemplar"]["Frechet"] < distance["unchanged"]["Frechet"]
    assert found.about["features"]["sha256"] == "0" * 64
    assert found.left_out == {}
    picture = found.pictures["synthesis.png"]
    assert picture.height > 8 * 128  # four people, by exemplar and by mean code
    assert np.isfinite([value for row in read.values() for value in row.values()]).all()
    assert torch.is_tensor(perfect.model.means["expression"])


def test_a_source_of_several_jobs_is_one_unchanged_image(perfect: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: dict[str, int] = {}

    def counted(extractor: Any, images: dict[str, torch.Tensor], real: torch.Tensor) -> Any:
        sizes.update({name: len(some) for name, some in images.items()})
        return distances(extractor, images, real)

    monkeypatch.setattr("unweave.experiments.synthesis.distances", counted)
    found = measure(perfect.model, perfect.data, 0, judge_steps=1, extractor=perfect.extractor)
    assert sizes["unchanged"] == found.about["images"]["neutral"] == sizes["by exemplar"] / 2
