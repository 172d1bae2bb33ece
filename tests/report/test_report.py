"""What a report says of a model that is known to be perfect, and of one that does nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from unweave.errors import UnweaveError
from unweave.evaluate import table_of_figures
from unweave.report import SECTIONS, plain, report_on
from unweave.report.codes import disentanglement, leakage, mostly_known
from unweave.report.images import truth
from unweave.report.pages import Table, as_markdown, as_text, tables, write_report
from unweave.report.subject import Subject


@pytest.fixture(scope="module")
def said(apart: Subject) -> tuple[dict[str, Any], dict[str, Image.Image]]:
    """All but the true answers, which are rendered."""
    return report_on(apart, {name: section for name, section in SECTIONS.items() if name != "truth"})


def numbers(report: Any) -> list[float]:
    if isinstance(report, Mapping):
        return [each for value in report.values() for each in numbers(value)]
    if isinstance(report, list):
        return [each for value in report for each in numbers(value)]
    return [report] if isinstance(report, float) else []


def test_a_perfect_model_gives_the_true_answers_and_a_copying_one_the_source(
    apart: Subject, copying: Subject, rendered: None
) -> None:
    perfect, pictures = truth(apart)
    nothing, _ = truth(copying)
    for name in ("identity", "expression", "light"):
        assert perfect["truth"][name]["all"]["ratio"] == pytest.approx(0, abs=1e-6)
        assert nothing["truth"][name]["changed"]["ratio"] == pytest.approx(1)
        assert nothing["truth"][name]["all"]["ratio"] == pytest.approx(1)
        assert nothing["truth"][name]["reconstructed"]["all"]["ratio"] == pytest.approx(0, abs=1e-6)
    assert perfect["truth"]["identity"]["share"] == pytest.approx(0.5)
    assert set(pictures) == {"truth-identity.png", "truth-expression.png", "truth-light.png"}
    assert all(picture.width > 4 * 130 + 30 for picture in pictures.values())  # rows have labels as well


def test_a_model_of_no_attribute_with_a_true_answer_is_told_so(
    copying: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unweave.report.images.ATTRIBUTES", ("gaze",))
    with pytest.raises(UnweaveError, match="true answers are of gaze, and none is modelled"):
        truth(copying)


def test_known_classes_are_told_from_unknown_ones_however_few_labels_there_are() -> None:
    own = np.array([0, 1, 2, 0, -1, -1, -1, -1, -1])
    assert mostly_known(own, own)
    assert not mostly_known(np.full(9, -1), own)


def test_disentanglement_is_of_factors_that_vary_where_all_labels_are_known(
    apart: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Subject.own_labels

    def sparse(subject: Subject, name: str, rows: np.ndarray) -> np.ndarray:
        labels = original(subject, name, rows)
        return np.where(original(subject, "light", rows) == 1, -1, labels) if name == "expression" else labels

    monkeypatch.setattr(Subject, "own_labels", sparse)  # the light does not vary where the expression is known
    assert disentanglement(apart)[0]["disentanglement"]["factors"] == ["identity", "expression"]


def test_what_is_apart_in_the_codes_does_not_leak(said: tuple[dict[str, Any], Any]) -> None:
    found = said[0]["leakage"]
    for code in ("identity", "expression", "light", "rest"):
        for name, probe in found[code].items():
            for kind in ("linear", "mlp"):
                if code == name:
                    assert probe[kind] == 1
                else:
                    assert probe[kind] < probe["chance"] + 0.2
    assert found["light"]["light"]["read_on"] == "test"
    assert found["light"]["identity"]["read_on"] == "halves"  # no training image shows the test people


def test_a_rest_that_holds_everything_leaks_everything(copying: Subject) -> None:
    found = leakage(copying)[0]["leakage"]
    assert all(found["rest"][name]["linear"] == 1 for name in ("identity", "expression", "light"))
    assert all(found["light"][name]["linear"] <= found["light"][name]["chance"] + 0.1 for name in found["light"])


def test_swaps_of_a_perfect_model_are_read_right_and_keep_everything_else(said: tuple[dict[str, Any], Any]) -> None:
    found = said[0]["transfer"]
    assert set(found["swapped"]) == {"identity", "expression", "light"}
    assert set(found["real"]) == {"expression", "light"}  # people nobody has trained on cannot be judged
    assert found["swapped"]["light"]["light"] == found["real"]["light"] == 1
    assert found["swapped"]["light"]["expression"] == found["real"]["expression"]
    assert said[0]["reconstruction"]["error"] == pytest.approx(0, abs=1e-6)


def test_intensity_of_a_perfect_model_is_read_as_on_the_exemplars(said: tuple[dict[str, Any], Any]) -> None:
    found = said[0]["intensity"]
    assert set(found["real"]) == {"smile", "scream"}  # neutral has no intensity
    assert found["swapped_mean"] == pytest.approx(found["real_mean"], abs=0.15)
    assert found["real_mean"] > 0.6


def test_distances_of_a_perfect_model_are_small_and_name_their_extractor(said: tuple[dict[str, Any], Any]) -> None:
    found, identity = said[0]["frechet"], said[0]["identity"]
    assert found["reconstructed"]["frechet"] == pytest.approx(0, abs=1e-4)
    assert found["extractor"] == "means"
    assert found["sha256"] == "0" * 64
    assert found["images"] == 96
    assert found["warning"] == ""
    assert identity["reconstructed"] == pytest.approx(0, abs=1e-5)
    assert identity["same"] < identity["others"]


def test_a_model_file_has_no_classifiers_and_the_report_says_so(said: tuple[dict[str, Any], Any]) -> None:
    assert set(said[0]["left_out"]) == {"posterior"}
    assert "name the run folder" in said[0]["left_out"]["posterior"]


def test_a_report_round_trips_as_json_without_nan(
    said: tuple[dict[str, Any], dict[str, Image.Image]], tmp_path: Path
) -> None:
    report, pictures = said
    assert numbers(report)
    write_report(report, pictures, tmp_path / "out")
    text = (tmp_path / "out" / "report.json").read_text()
    assert "NaN" not in text
    assert json.loads(text) == report
    page = (tmp_path / "out" / "report.md").read_text()
    for name in pictures:
        assert (tmp_path / "out" / name).stat().st_size > 0
        assert f"]({name})" in page
    assert plain({"a": float("nan"), "b": [float("inf"), 0.123456789]}) == {"a": None, "b": [None, 0.123457]}


def test_screen_and_page_hold_the_same_numbers(said: tuple[dict[str, Any], Any]) -> None:
    report = said[0]
    page = as_markdown(report, [])
    shown = tables(report)
    assert len(shown) == 8
    for table in shown:
        text = as_text(table)
        lines = text.splitlines()[1 : len(table.rows) + 2]
        assert len({len(line) for line in lines}) == 1  # columns stand under each other
        for row in table.rows.values():
            for cell in row:
                if isinstance(cell, float):
                    assert f"{cell:.3f}" in text
                    assert f"{cell:.3f}" in page
    assert "- posterior: a model file holds no classifiers" in page


def test_names_in_tables_neither_break_nor_colour_the_lines_of_a_terminal() -> None:
    name = "\x1b[31mlight\n"
    figures = {"reconstruction": 0.1, "reconstruction_median": 0.1, f"real/{name}": 0.5}
    for shown in (as_text(Table(title=name, columns=(name,), rows={name: [0.5]})), table_of_figures(figures)):
        assert len(shown.split("\n")) == 3
        assert r"\x1b[31mlight\n" in shown
        assert "\x1b" not in shown
