"""Points and bars stand where their numbers say."""

from __future__ import annotations

import numpy as np

from unweave.charts import bars, colours, scatter


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
