import numpy as np
import pytest

from unweave.metrics.intensity import spearman, within_class


def test_rank_correlation_on_paper() -> None:
    a = np.array([1.0, 2, 3, 4, 5])
    assert spearman(a, a**3) == pytest.approx(1)
    assert spearman(a, -a) == pytest.approx(-1)
    assert spearman(a, np.array([2.0, 1, 4, 3, 5])) == pytest.approx(1 - 6 * 4 / (5 * 24))
    assert spearman(np.array([1.0, 1, 2]), np.array([1.0, 2, 2])) == pytest.approx(0.5)  # ties share their rank
    assert np.isnan(spearman(a, np.ones(5)))


def test_differences_between_classes_play_no_part() -> None:
    rng = np.random.default_rng(0)
    classes = ["weak"] * 200 + ["strong"] * 200
    true = np.concatenate([rng.random(200), 10 + rng.random(200)])
    read = np.concatenate([rng.random(200), 10 + rng.random(200)])
    assert spearman(true, read) > 0.7
    found = within_class(true, read, classes)
    assert max(map(abs, found.values())) < 0.2
    assert within_class(true, true, classes) == pytest.approx({"weak": 1, "strong": 1})


def test_classes_that_tell_nothing_are_left_out() -> None:
    true, read = np.array([0.0] * 6 + [1, 2, 3] + [1, 2, 3, 4, 5]), np.arange(14.0)
    assert within_class(true, read, ["neutral"] * 6 + ["few"] * 3 + [None] * 5) == {}
