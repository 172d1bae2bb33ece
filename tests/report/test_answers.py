"""True answers: which pairs, and what is rendered for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from unweave.errors import UnweaveError
from unweave.faces.factors import Factors, from_row
from unweave.report.answers import check_answerable, true_answers
from unweave.report.subject import Subject


def factors(subject: Subject, row: int) -> Factors:
    return from_row({name: column[row] for name, column in subject.data.table.columns.items()})


def test_a_truth_is_the_source_with_the_exemplars_attribute(apart: Subject, rendered: None) -> None:
    answers = true_answers(apart.data, apart.model.card, "light", pairs=8, seed=0)
    assert answers.truths.shape == (8, 3, 32, 32)
    for source, exemplar, image in zip(answers.sources, answers.exemplars, answers.truths, strict=True):
        assert factors(apart, source).light != factors(apart, exemplar).light
        expected = apart.images(np.array([source]))[0].clone()
        expected[:, 16:, 16:] = apart.images(np.array([exemplar]))[0, :, 16:, 16:]
        assert (image - expected).abs().max() < 0.01


def test_pairs_are_of_test_images_and_the_same_for_the_same_seed(apart: Subject, rendered: None) -> None:
    first, again, other = (
        true_answers(apart.data, apart.model.card, "identity", pairs=8, seed=seed) for seed in (0, 0, 1)
    )
    assert {apart.data.table.splits[row] for row in [*first.sources, *first.exemplars]} == {"test"}
    assert first.sources.tolist() == again.sources.tolist()
    assert first.sources.tolist() != other.sources.tolist()


def test_pictures_that_are_not_rendered_again_have_no_true_answers(apart: Subject) -> None:
    def other(factors: Factors, size: int) -> Image.Image:
        return Image.new("RGB", (size, size), "white")

    with pytest.raises(UnweaveError, match="is not what this version renders"):
        true_answers(apart.data, apart.model.card, "identity", pairs=4, seed=0, render=other)


def test_a_truth_that_is_among_the_test_images_is_not_rendered(apart: Subject) -> None:
    def never(factors: Factors, size: int) -> Image.Image:
        raise AssertionError(f"{factors} was rendered at {size}")

    answers = true_answers(apart.data, apart.model.card, "light", pairs=8, seed=0, render=never)
    for source, exemplar, image in zip(answers.sources, answers.exemplars, answers.truths, strict=True):
        wanted = replace(factors(apart, source), light=factors(apart, exemplar).light)
        row = next(row for row in apart.data.table.rows("test") if factors(apart, row) == wanted)
        assert torch.equal(image, apart.images(np.array([row]))[0])


def test_data_without_factors_have_no_true_answers(apart: Subject) -> None:
    columns = {name: column for name, column in apart.data.table.columns.items() if name != "yaw"}
    data = replace(apart.data, table=replace(apart.data.table, columns=columns))
    with pytest.raises(UnweaveError, match="no column 'yaw'"):
        check_answerable(data)
