import sys

import numpy as np
import pytest

from unweave.errors import UnweaveError
from unweave.metrics.disentanglement import dci, first_component, mig, sap


def factors(count: int = 600) -> np.ndarray:
    return np.random.default_rng(0).integers(4, size=(count, 2))


def test_a_latent_for_each_factor_scores_one() -> None:
    classes = factors()
    latents = classes + 0.0
    found = dci(latents, classes)
    assert found["disentanglement"] > 0.95
    assert found["completeness"] > 0.95
    assert found["informativeness"] == 1
    assert mig(latents, classes) > 0.98
    assert sap(latents, classes) > 0.6


def test_latents_that_mix_factors_or_repeat_one_score_low() -> None:
    classes = factors()
    mixed = np.stack([classes.sum(1), classes[:, 0] - classes[:, 1]], 1) + 0.0
    assert dci(mixed, classes)["disentanglement"] < 0.3
    twice = np.stack([classes[:, 0], classes[:, 0], classes[:, 1], classes[:, 1]], 1) + 0.0
    assert mig(twice, classes) == pytest.approx(0)
    assert sap(twice, classes) == pytest.approx(0)


def test_latents_that_tell_nothing_score_nothing() -> None:
    classes, latents = factors(), np.random.default_rng(1).random((600, 2))
    assert mig(latents, classes) < 0.03
    assert abs(sap(latents, classes)) < 0.1
    assert dci(latents, classes)["informativeness"] < 0.4


def test_a_code_becomes_the_one_number_in_which_it_varies_most() -> None:
    along = np.linspace(-1, 1, 50)
    code = np.outer(along, [3.0, 4.0]) + np.array([7.0, 7.0])
    assert np.abs(first_component(code)) == pytest.approx(5 * np.abs(along))


def test_one_factor_is_refused_and_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnweaveError, match="at least 2 latents and 2 factors"):
        mig(np.ones((9, 2)), np.ones((9, 1), int))
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(UnweaveError, match=r"DCI needs scikit-learn: pip install 'unweave\[metrics\]'"):
        dci(np.ones((9, 2)), factors(9))
