"""What is promised of expressions: ten that differ, growing with intensity, and a variation that travels."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from unweave.faces.combinations import ACTIONS, EXPRESSIONS, both_sides, stem
from unweave.faces.expressions import GAZES, LARGEST, action_weights
from unweave.faces.people import person

MOVING = [name for name in EXPRESSIONS if name != "neutral"]


def weights(number=5, **keywords):
    return dict(zip(ACTIONS, action_weights(person(number), **keywords), strict=True))


def test_there_are_ten_expressions_of_52_actions():
    assert list(EXPRESSIONS) == [
        "neutral", "smile", "surprise", "squint", "disgust", "scream", "angry", "sad", "afraid", "contempt",
    ]  # fmt: skip
    assert len(ACTIONS) == 52
    for expression in EXPRESSIONS.values():
        assert set(both_sides(expression.actions)) <= set(ACTIONS)
        assert set(both_sides(expression.varies)) <= set(ACTIONS)


def test_the_actions_are_in_the_order_of_the_head():
    from unweave.faces.head import head

    assert tuple(head().action_names) == ACTIONS


@pytest.mark.parametrize("expression", MOVING)
def test_an_expression_grows_with_its_intensity(expression):
    neutral = action_weights(person(3), "neutral")
    steps = [action_weights(person(3), expression, intensity) for intensity in np.linspace(0, 1, 11)]
    assert np.allclose(steps[0], neutral)
    distances = [np.linalg.norm(step - neutral) for step in steps]
    assert (np.diff(distances) > 0).all()
    for action in both_sides(EXPRESSIONS[expression].actions):
        if "browInnerUp" in action or "mouthSmile" in action:  # these give way to the resting face's
            continue
        assert (np.diff([step[ACTIONS.index(action)] for step in steps]) >= -1e-9).all(), action


def test_expressions_are_far_apart_at_half_intensity():
    for first, second in combinations(EXPRESSIONS, 2):
        apart = action_weights(person(8), first, 0.5) - action_weights(person(8), second, 0.5)
        assert np.linalg.norm(apart) > 0.8, (first, second)


def test_a_variation_travels_to_another_person():
    """Two people without gains of their own move alike in the same variation."""
    first = replace(person(1), asymmetry=0.0, resting_smile=0.0, resting_brow=0.0)
    second = replace(person(2), number=1, asymmetry=0.0, resting_smile=0.0, resting_brow=0.0)
    assert np.array_equal(action_weights(first, "smile", 0.8, 4), action_weights(second, "smile", 0.8, 4))
    shift = [action_weights(person(n), "sad", 1, 2) - action_weights(person(n), "sad", 1, 0) for n in (1, 2)]
    assert np.corrcoef(shift)[0, 1] > 0.8


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_variations_differ_a_little(expression):
    plain = action_weights(person(6), expression)
    shifts = [np.abs(action_weights(person(6), expression, variation=n) - plain) for n in range(1, 9)]
    assert all(0.005 < shift.max() < 0.6 for shift in shifts)
    assert not np.array_equal(shifts[0], shifts[1])


def test_the_neutral_face_is_relaxed():
    for number in range(40):
        for variation in range(4):
            w = weights(number, expression="neutral", variation=variation)
            assert w["browDownLeft"] == w["browDownRight"] == 0
            assert w["mouthFrownLeft"] == w["mouthFrownRight"] == 0
            assert min(w["mouthSmileLeft"], w["mouthSmileRight"], w["browInnerUp"]) > 0
            assert max(w["eyeBlinkLeft"], w["eyeSquintLeft"]) < 0.25


def test_weights_are_within_what_the_head_can_do():
    for number in range(30):
        for expression in EXPRESSIONS:
            w = action_weights(person(number), expression, variation=number, gaze="left")
            assert w.shape == (52,)
            assert (w >= 0).all()
            assert (w <= LARGEST).all()


def test_lids_follow_the_gaze_as_seen_in_the_picture():
    assert GAZES["left"][0] < 0 < GAZES["right"][0]
    assert GAZES["front"] == (0, 0)
    looking_right = weights(expression="neutral", gaze="right")
    assert looking_right["eyeLookOutLeft"] > 0.5
    assert looking_right["eyeLookInRight"] > 0.5
    assert looking_right["eyeLookInLeft"] == looking_right["eyeLookOutRight"] == 0
    assert weights(expression="neutral", gaze="front")["eyeLookOutLeft"] == 0


def test_directions_are_not_sides():
    assert stem("mouthLeft") == "mouthLeft"
    assert stem("browDownLeft") == stem("browDownRight") == "browDown"
