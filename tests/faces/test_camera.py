from __future__ import annotations

import numpy as np
import pytest

from unweave.errors import UnweaveError
from unweave.faces import factors
from unweave.faces.camera import BACKDROPS, COLOURS, EXPOSURE, backdrop, finish
from unweave.faces.lights import LIGHTS

HALF = np.full((2, 2, 3), 0.3)
ALL, NONE = np.ones((2, 2)), np.zeros((2, 2))


def test_colours_are_the_classes_of_the_factor_in_their_order() -> None:
    assert tuple(COLOURS) == factors.COLOURS


def test_light_below_the_shoulder_is_only_exposed_and_encoded() -> None:
    expected = int((0.3 * EXPOSURE) ** (1 / 2.2) * 255 + 0.5)
    np.testing.assert_array_equal(finish(HALF, ALL, HALF, "neutral"), np.full((2, 2, 3), expected, np.uint8))


def test_bright_light_is_squeezed_and_keeps_its_order() -> None:
    bright = np.linspace(0.5, 1.4, 10)[None, :, None] * np.ones(3)
    pixels = finish(bright, np.ones((1, 10)), bright, "neutral")[0, :, 0].astype(int)
    assert (np.diff(pixels) > 0).all()
    assert pixels[-1] < 255


def test_background_shows_where_the_head_does_not_cover() -> None:
    picture = finish(np.zeros((2, 2, 3)), np.array([[0.0, 1.0], [1.0, 1.0]]), HALF, "neutral")
    assert picture[0, 0, 0] > 0
    assert not picture[1].any()


def test_warm_is_redder_cool_bluer_and_grey_has_no_colour() -> None:
    def red_over_blue(colour: str) -> float:
        picture = finish(np.array([[[0.4, 0.3, 0.25]]]), np.ones((1, 1)), HALF[:1, :1], colour)[0, 0].astype(float)
        return picture[0] / picture[2]

    assert red_over_blue("warm") > 1.1 * red_over_blue("neutral")
    assert red_over_blue("cool") < red_over_blue("neutral") / 1.1
    assert red_over_blue("grey") == 1


def test_unknown_colour_is_named_with_a_guess() -> None:
    with pytest.raises(UnweaveError, match=r"colour is 'gray', expected one of neutral, warm, cool, grey .*'grey'"):
        finish(HALF, ALL, HALF, "gray")


def test_side_lights_make_their_side_of_the_wall_brighter_and_mirror_each_other_but_for_the_window() -> None:
    left, right = backdrop(0, "left", 8).mean(axis=(0, 2)), backdrop(0, "right", 8).mean(axis=(0, 2))
    assert left[0] > left[-1]
    assert right[-1] > right[0]
    np.testing.assert_allclose(left, right[::-1], rtol=0.1)


@pytest.mark.parametrize("light", LIGHTS)
def test_backgrounds_are_lit_but_not_burnt_out(light: str) -> None:
    for number in range(len(BACKDROPS)):
        wall = backdrop(number, light, 8)
        assert wall.shape == (8, 8, 3)
        assert 0.005 < wall.mean() < 0.9


def test_backgrounds_differ_and_repeat_after_the_last() -> None:
    first = [backdrop(number, "front", 8) for number in range(len(BACKDROPS))]
    assert len({wall.tobytes() for wall in first}) == len(BACKDROPS)
    np.testing.assert_array_equal(backdrop(len(BACKDROPS) + 2, "front", 8), first[2])


def test_a_background_is_the_same_at_every_size() -> None:
    large, small = backdrop(6, "room", 64), backdrop(6, "room", 16)
    np.testing.assert_allclose(large.reshape(16, 4, 16, 4, 3).mean(axis=(1, 3)), small, rtol=0.02)
