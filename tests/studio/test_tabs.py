"""Numbers of the page's sliders, which can be typed."""

from __future__ import annotations

import pytest

from unweave.studio.tabs import held


def test_a_number_is_held_to_its_range() -> None:
    assert held([0.3, 99, -7, 1.5], -0.5, 1.5) == [0.3, 1.5, -0.5, 1.5]


@pytest.mark.parametrize("typed", [None, "", "3", float("nan"), float("inf"), [1]])
def test_what_is_no_number_is_waited_for(typed: object) -> None:
    assert held([0.3, typed], -0.5, 1.5) is None
