"""`Factors`, their rows in metadata.csv, and the true answer of a swap."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unweave.errors import UnweaveError
from unweave.faces import factors as module
from unweave.faces.factors import (
    COLOURS,
    COLUMNS,
    EXPRESSIONS,
    GAZES,
    LIGHTS,
    Factors,
    Own,
    from_row,
    own,
    resolved,
    to_row,
    truth,
)

A = Factors(
    identity=3,
    expression="smile",
    intensity=0.7,
    variation=4,
    light="left",
    gaze="right",
    colour="warm",
    yaw=5.0,
    pitch=-2.0,
    roll=1.5,
    background=2,
    styling=7,
    glasses=True,
    facial_hair=False,
)
B = Factors(
    identity=8,
    expression="sad",
    intensity=0.4,
    variation=9,
    light="top",
    gaze="left",
    colour="grey",
    yaw=-7.0,
    background=6,
    styling=70,
    glasses=False,
    facial_hair=True,
)


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (
            {"expression": "smlie"},
            f"expression is 'smlie', expected one of {', '.join(EXPRESSIONS)}; did you mean 'smile'?",
        ),
        ({"light": "back"}, f"light is 'back', expected one of {', '.join(LIGHTS)}"),
        ({"gaze": "up"}, "gaze is 'up', expected one of left, front, right"),
        ({"colour": "blue"}, "colour is 'blue', expected one of neutral, warm, cool, grey"),
        ({"identity": True}, "identity is True, expected a whole number from 0"),
        ({"identity": -1}, "identity is -1, expected a whole number from 0"),
        ({"variation": -2}, "variation is -2, expected a whole number from 0"),
        ({"styling": -1}, "styling is -1, expected a whole number from 0"),
        ({"background": -3}, "background is -3, expected a whole number from 0"),
        ({"intensity": 1.2}, "intensity is 1.2, expected from 0 to 1"),
        ({"intensity": float("nan")}, "intensity is nan, expected from 0 to 1"),
        ({"yaw": 15.5}, "yaw is 15.5, expected degrees from -15 to 15"),
        ({"pitch": -16.0}, "pitch is -16.0, expected degrees from -15 to 15"),
        ({"roll": 90.0}, "roll is 90.0, expected degrees from -15 to 15"),
    ],
)
def test_what_cannot_be_is_named_with_what_was_expected(wrong: dict[str, Any], line: str) -> None:
    with pytest.raises(UnweaveError) as caught:
        Factors(**wrong)
    assert str(caught.value).startswith(line)


def test_a_true_answer_takes_what_is_named_and_leaves_the_rest() -> None:
    assert truth(A) == A
    assert truth(A, light=B) == replace(A, light="top")
    assert truth(A, gaze=B) == replace(A, gaze="left")
    assert truth(A, colour=B) == replace(A, colour="grey")
    assert truth(A, expression=B) == replace(A, expression="sad", intensity=0.4, variation=9)
    assert truth(A, identity=B) == replace(A, identity=8, glasses=False, facial_hair=True)


def test_pose_background_hairdo_and_clothes_stay_the_sources_whatever_is_taken() -> None:
    kept = {"yaw": A.yaw, "pitch": A.pitch, "roll": A.roll, "background": A.background, "styling": A.styling}
    assert truth(A, identity=B, expression=B, light=B, gaze=B, colour=B) == replace(B, **kept)


def test_attributes_come_from_their_own_exemplars() -> None:
    other = replace(B, expression="angry", light="below")
    answer = truth(A, expression=B, light=other)
    assert (answer.expression, answer.light, answer.identity) == ("sad", "below", 3)


def test_the_sources_background_and_styling_do_not_turn_into_the_new_persons(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "own", lambda identity: Own(identity + 100, identity + 200, False, False))
    answer = truth(Factors(identity=3), identity=Factors(identity=8))
    assert answer == Factors(identity=8, background=103, styling=203)
    assert truth(Factors(identity=3), light=B).background is None


classes = {"expression": EXPRESSIONS, "light": LIGHTS, "gaze": GAZES, "colour": COLOURS}
angles = st.integers(-150, 150).map(lambda tenth: tenth / 10)
some_values = st.fixed_dictionaries(
    {
        "identity": st.integers(0, 99_999),
        "intensity": st.integers(0, 100).map(lambda percent: percent / 100),
        "variation": st.integers(0, 9999),
        "yaw": angles,
        "pitch": angles,
        "roll": angles,
        "background": st.none() | st.integers(0, 7),
        "styling": st.none() | st.integers(0, 9999),
        "glasses": st.none() | st.booleans(),
        "facial_hair": st.none() | st.booleans(),
        **{name: st.sampled_from(values) for name, values in classes.items()},
    }
)


@given(some_values)
def test_a_row_of_metadata_reads_back_as_the_factors_it_came_from(values: dict[str, Any]) -> None:
    factors = Factors(**values)
    row = to_row(factors)
    assert tuple(row) == COLUMNS
    assert from_row(row) == resolved(factors)


def test_cells_are_as_a_reader_expects() -> None:
    assert to_row(A) == {
        "identity": "person0003",
        "expression": "smile",
        "intensity": "70",
        "variation": "4",
        "light": "left",
        "gaze": "right",
        "colour": "warm",
        "yaw": "5",
        "pitch": "-2",
        "roll": "1.5",
        "background": "2",
        "styling": "7",
        "glasses": "yes",
        "facial_hair": "no",
    }
    assert to_row(replace(A, yaw=-0.0))["yaw"] == "0"


def test_a_row_may_hold_numbers_as_readers_of_tables_give_them() -> None:
    cells = {"identity": "person0003", "intensity": 70, "variation": 4, "yaw": -2.5, "glasses": "yes"}
    assert from_row(cells) == Factors(identity=3, intensity=0.7, variation=4, yaw=-2.5, glasses=True)


def test_empty_cells_and_other_columns_do_no_harm() -> None:
    assert from_row({"identity": "person0003", "light": "", "gaze": None, "note": "x"}) == Factors(identity=3)


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        ({"intensity": "strong"}, "intensity is 'strong', expected a number"),
        ({"identity": "anna"}, "identity is 'anna', expected a number"),
        ({"glasses": "perhaps"}, "glasses is 'perhaps', expected yes or no"),
        ({"intensity": "170"}, "intensity is 1.7, expected from 0 to 1"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(cells: dict[str, str], line: str) -> None:
    with pytest.raises(UnweaveError, match=line):
        from_row(cells)


def test_what_is_left_open_becomes_the_persons_own() -> None:
    mine = own(5)
    full = resolved(Factors(identity=5))
    assert (full.background, full.styling, full.glasses, full.facial_hair) == mine
    assert resolved(A) == A
    assert {own(number).glasses for number in range(60)} == {True, False}
    assert {own(number).facial_hair for number in range(60)} == {True, False}


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("expressions.EXPRESSIONS", EXPRESSIONS),
        ("expressions.GAZES", GAZES),
        ("lights.LIGHTS", LIGHTS),
        ("camera.COLOURS", COLOURS),
    ],
)
def test_every_class_is_in_the_table_that_says_how_it_looks(table: str, names: tuple[str, ...]) -> None:
    home, name = table.split(".")
    assert tuple(getattr(importlib.import_module(f"unweave.faces.{home}"), name)) == names
