"""What is promised of skin: one's own, deterministic, haired where asked, and folding with the face."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from unweave.faces.combinations import ACTIONS
from unweave.faces.expressions import action_weights
from unweave.faces.facemap import ACROSS, SIDEWAYS, UP, add_spots, blurred_noise, distance_to_line
from unweave.faces.people import adorned, person
from unweave.faces.skin import paint
from unweave.faces.wrinkles import folded, furrow_depths

BARE = np.zeros((512, 512))


def at(image, x, y):
    return image[int((8.7 - y) / 3 * 512), int((x + 1.3) / 2.6 * 512)]


def test_the_map_runs_from_left_to_right_and_from_top_to_bottom():
    assert SIDEWAYS[0, 0] == pytest.approx(-1.3, abs=0.01)
    assert UP[0, 0] == pytest.approx(8.7, abs=0.01)
    assert SIDEWAYS[-1, -1] == pytest.approx(1.3, abs=0.01)
    assert UP[-1, -1] == pytest.approx(5.7, abs=0.01)


def test_paint_is_the_same_every_time_and_of_the_promised_form():
    first, second = paint(person(12), BARE), paint(person(12), BARE)
    for name, shape in (("albedo", (512, 512, 3)), ("height", (512, 512)), ("oil", (512, 512))):
        layer = getattr(first, name)
        assert layer.shape == shape
        assert layer.dtype == np.float32
        assert np.isfinite(layer).all()
        assert np.array_equal(layer, getattr(second, name))
    assert first.albedo.min() >= 0
    assert first.albedo.max() <= 1
    assert not np.array_equal(first.albedo, paint(person(13), BARE).albedo)


def test_a_darker_tone_is_darker_everywhere():
    light, dark = (paint(replace(person(4), skin_tone=tone), BARE).albedo for tone in (0.1, 0.9))
    assert dark.mean() < 0.4 * light.mean()


def test_skin_under_hair_takes_its_colour():
    who = replace(person(4), skin_tone=0.1, grey=0.0)
    cover = np.where(UP > 8.0, 1.0, 0.0)
    bare, haired = paint(who, BARE).albedo, paint(who, cover).albedo
    assert haired[UP > 8.02].mean() < 0.5 * bare[UP > 8.02].mean()
    assert np.array_equal(haired[UP < 7.98], bare[UP < 7.98])


def test_a_beard_darkens_the_jaw_and_leaves_lips_and_forehead():
    who = replace(next(p for p in map(person, range(99)) if p.male), skin_tone=0.15, grey=0.0)
    shaven, bearded = (paint(adorned(who, facial_hair=has), BARE).albedo for has in (False, True))
    full = paint(replace(who, beard_style="full", beard=1.0), BARE).albedo
    jaw = (np.abs(ACROSS - 0.4) < 0.1) & (np.abs(UP - 6.45) < 0.08)
    assert full[jaw].mean() < 0.5 * shaven[jaw].mean()
    assert np.allclose(at(full, 0, 7.8), at(shaven, 0, 7.8))
    assert not np.array_equal(shaven, bearded)


def test_freckles_and_moles_are_darker_spots():
    plain = replace(person(4), freckles=0.0, moles=0, age=0.1)
    marked = replace(plain, freckles=1.0, moles=6)
    ratio = paint(marked, BARE).albedo.mean(axis=2) / paint(plain, BARE).albedo.mean(axis=2)
    assert ratio.max() < 1.001
    assert 0.005 < (ratio < 0.9).mean() < 0.2


def test_brows_lowered_fold_the_skin_between_them():
    who = person(4)
    skin = paint(who, BARE)
    rest, angry = (folded(skin, who, action_weights(who, expression)) for expression in ("neutral", "angry"))
    between = (ACROSS < 0.12) & (np.abs(UP - 7.43) < 0.05)
    assert (angry.height - rest.height)[between].min() < -0.2
    assert (angry.albedo / rest.albedo)[between].min() < 0.97
    assert np.array_equal(angry.oil, skin.oil)
    assert angry.height.dtype == angry.albedo.dtype == np.float32


def test_wrinkles_deepen_with_age():
    still = np.zeros(len(ACTIONS))
    young, old = (furrow_depths(replace(person(4), age=age), still) for age in (0.0, 1.0))
    assert all(old[name] > young[name] for name in young)
    assert max(young.values()) < 0.15


def test_spots_and_lines_lie_where_they_are_put():
    layer = np.zeros((512, 512))
    add_spots(layer, np.array([[0.5, 7.0, 0.02, 1.0]]))
    row, column = np.unravel_index(layer.argmax(), layer.shape)
    assert SIDEWAYS[row, column] == pytest.approx(0.5, abs=0.006)
    assert UP[row, column] == pytest.approx(7, abs=0.006)
    line = distance_to_line([(0.2, 7.0), (0.4, 7.0)])
    assert at(line, 0.3, 7.1) == pytest.approx(0.1, abs=0.01) == at(line, -0.3, 7.1)


def test_noise_is_even_and_smooth():
    noise = blurred_noise(np.random.default_rng(1), 20)
    assert noise.shape == (512, 512)
    assert noise.std() == pytest.approx(1, abs=1e-3)
    assert np.abs(np.diff(noise, axis=0)).max() < 0.6
