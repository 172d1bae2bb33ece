"""Reports over several models or seeds, and models laid side by side."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from unweave.errors import UnweaveError
from unweave.evaluate import table_of_figures
from unweave.model import Model
from unweave.report import beside, report_on
from unweave.report.codes import leakage
from unweave.report.images import transfer
from unweave.report.pages import as_markdown, as_text, tables
from unweave.report.several import averaged, mean_of
from unweave.report.subject import Subject


def told(seed: int, x: float, **more: Any) -> dict[str, Any]:
    return {"model": {"name": "toy"}, "settings": {"seed": seed, "pairs": 8}, "x": x, **more}


def test_numbers_become_means_and_deviations_of_the_sample_and_all_else_stays() -> None:
    both = averaged(
        [
            told(0, 0.2, note="as it was", mass=[[0.0, 1.0]], gone=None, images=12),
            told(1, 0.4, note="another", mass=[[0.5, 0.5]], gone=0.25, images=12),
        ]
    )
    assert (both["x"], both["sd"]["x"]) == (pytest.approx(0.3), pytest.approx(0.141421))
    assert (both["mass"], both["sd"]["mass"]) == ([[0.25, 0.75]], [[0.353553, 0.353553]])
    assert (both["gone"], both["sd"]["gone"]) == (0.25, None)  # one number has no deviation
    assert (both["note"], both["images"], both["settings"]) == ("as it was", 12, {"seed": [0, 1], "pairs": 8})
    assert isinstance(both["images"], int)
    assert [each["x"] for each in both["reports"]] == [0.2, 0.4]
    assert json.dumps(both, allow_nan=False)


def test_one_report_is_its_own_mean() -> None:
    assert mean_of([{"swapped/light": 0.123456789}]) == {"swapped/light": 0.123456789}


def test_screen_and_page_show_every_mean_with_its_deviation(apart: Subject) -> None:
    report, _ = report_on(apart, {"transfer": transfer, "leakage": leakage})
    other = json.loads(json.dumps(report))
    other["settings"]["seed"] = 1
    other["leakage"]["rest"]["light"]["linear"] += 0.2
    other["figures"]["swapped/light"] -= 0.2
    both = averaged([report, other])
    text = "\n".join(map(as_text, tables(both)))
    probe = report["leakage"]["rest"]["light"]
    assert f"{probe['linear'] + 0.1:.3f} ± 0.141 {probe['mlp']:.3f} ± 0.000" in text
    assert f"{report['figures']['swapped/light'] - 0.1:.3f} ± 0.141" in table_of_figures(
        both["figures"], both["sd"]["figures"]
    )
    page = as_markdown(both, [])
    assert "mean ± standard deviation over toy with seed 0, toy with seed 1. " in page
    assert all(line in page for line in table_of_figures(both["figures"], both["sd"]["figures"]).splitlines())


def test_models_side_by_side_share_pairs_judge_and_true_answers(apart: Subject, copying: Subject) -> None:
    second = beside(apart, copying.model)
    assert second.held is apart.held
    assert second.answers is apart.answers
    assert second.readings.of_source.equal(apart.readings.of_source)
    assert not second.readings.swapped["light"].equal(apart.readings.swapped["light"])
    larger = Model(replace(apart.model.card, size=64), apart.model.engine, {}, path=Path("other"))
    with pytest.raises(UnweaveError, match="other: is a model of other attributes, classes or sizes than toy"):
        beside(apart, larger)
