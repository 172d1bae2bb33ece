"""Curves, points and bars stand where their numbers say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unweave.charts import bars, colours, curves, scatter


def test_points_have_the_colours_of_their_labels_and_their_places() -> None:
    picture = np.asarray(scatter(np.array([[0.0, 0.0], [1.0, 1.0]]), ["a", "b"], side=100)).astype(int)
    first, second = colours(2)
    assert np.abs(picture[12, 12] - first).max() < 12
    assert np.abs(picture[88, 88] - second).max() < 12
    assert (picture[50, 50] == 255).all()
    assert picture.shape[0] > 100  # a legend below


def test_bars_are_as_long_as_their_share() -> None:
    picture = np.asarray(bars({"half": (0.5, 1.0), "full": (2.0, 2.0), "none": (0.0, 0.0)})).astype(int)
    blue = (np.abs(picture - np.array([30, 90, 200])).max(2) < 10).sum(1)
    half, full = blue[:22].max(), blue[22:44].max()
    assert abs(half / full - 0.5) < 0.03
    assert blue[44:].max() < 3


def test_colours_are_all_different() -> None:
    assert len(set(colours(50))) == 50


def test_curves_draw_one_plot_a_series_three_in_a_row(tmp_path: Path) -> None:
    steps = np.arange(50)
    series = {f"part{k}": (steps, np.exp(-steps / 10.0)) for k in range(4)}
    curves(series, tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as sheet:
        blue = (np.asarray(sheet.convert("RGB")).astype(int) @ [-1, 0, 1]) > 100
    halves = [blue[: blue.shape[0] // 2], blue[blue.shape[0] // 2 :]]
    thirds = blue.shape[1] // 3
    drawn = [[half[:, k * thirds : (k + 1) * thirds].any() for k in range(3)] for half in halves]
    assert drawn == [[True, True, True], [True, False, False]]


@pytest.mark.parametrize("values", [[], [1.0], [float("nan"), float("inf")], [2.0, 2.0]])
def test_curves_of_few_flat_or_not_finite_values_are_drawn(tmp_path: Path, values: list[float]) -> None:
    curves({"loss": (np.arange(len(values)), np.array(values))}, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").is_file()
