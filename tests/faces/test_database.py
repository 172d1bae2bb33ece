"""`Database`: which pictures, in which split, and what they have in common."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from unweave.errors import UnweaveError
from unweave.faces.database import Database, first_lights
from unweave.faces.factors import EXPRESSIONS, LIGHTS, own
from unweave.faces.people import person

SMALL = Database(people=12, samples=3, expressions=("neutral", "smile", "sad"), lights=("left", "right"))


def test_the_standard_set_has_100_people_to_learn_from_and_20_to_test_on() -> None:
    standard = Database()
    assert standard.images_per_person == 60
    assert len(standard) == 7200
    brief = replace(standard, expressions=("smile",), lights=("front",))
    people = {"train": set(), "test": set()}
    for entry in brief:
        people[entry.split].add(entry.factors.identity)
    assert people == {"test": set(range(20)), "train": set(range(20, 120))}


def test_every_person_has_every_expression_sample_light_gaze_and_colour_once() -> None:
    database = replace(SMALL, people=4, gazes=("left", "front"), colours=("neutral", "grey"))
    assert database.images_per_person == 3 * 3 * 2 * 2 * 2
    assert len({entry.file for entry in database}) == len(database) == 4 * 72
    counts = Counter(
        (e.factors.identity, e.factors.expression, e.factors.light, e.factors.gaze, e.factors.colour) for e in database
    )
    assert len(counts) == 4 * 3 * 2 * 2 * 2
    assert set(counts.values()) == {3}


def test_files_are_named_by_what_they_show() -> None:
    entry = Database(people=2, first=12_345, lights=("far-left",), test_people=0).entries[0]
    assert entry.file == "train/person12345_neutral_0_far-left_front_neutral.webp"


def test_all_pictures_of_a_sitting_fit_pixel_by_pixel() -> None:
    placements = {}
    for entry in SMALL:
        shown = entry.factors
        placement = (shown.yaw, shown.pitch, shown.roll, shown.background, shown.styling)
        placements.setdefault((shown.identity, entry.file.split("_")[2]), set()).add(placement)
    assert len(placements) == 12 * 3
    assert all(len(found) == 1 for found in placements.values())
    assert len(set.union(*placements.values())) == 12 * 3


def test_background_glasses_and_facial_hair_may_be_the_same_for_all() -> None:
    worn = {name: {getattr(entry.factors, name) for entry in SMALL} for name in ("background", "glasses")}
    assert worn["glasses"] == {True, False}
    assert len(worn["background"]) > 3
    for background, glasses, facial_hair in ((5, False, False), (0, True, True)):
        same = replace(SMALL, background=background, glasses=glasses, facial_hair=facial_hair)
        assert {(entry.factors.background, entry.factors.glasses) for entry in same} == {(background, glasses)}
        assert all(entry.factors.facial_hair == (facial_hair and person(entry.factors.identity).male) for entry in same)
        plain = [replace(e.factors, background=None, glasses=None, facial_hair=None) for e in same]
        assert plain == [replace(e.factors, background=None, glasses=None, facial_hair=None) for e in SMALL]


def test_people_may_keep_their_hairdo_and_clothes() -> None:
    kept = replace(SMALL, keep_styling=True)
    assert {entry.factors.styling for entry in kept if "person0003" in entry.file} == {own(3).styling}
    assert [replace(e.factors, styling=0) for e in kept] == [replace(e.factors, styling=0) for e in SMALL]


def test_heads_turn_as_far_as_was_said_and_no_further() -> None:
    for name, most in (("yaw", 9.0), ("pitch", 4.5), ("roll", 3.0)):
        angles = [
            abs(getattr(entry.factors, name))
            for entry in replace(SMALL, people=40, pose=9.0, expressions=("sad",), lights=("top",))
        ]
        assert most * 0.9 < max(angles) <= most
    assert {entry.factors.yaw for entry in replace(SMALL, pose=0.0)} == {0.0}


def test_the_first_sitting_is_at_full_strength_and_others_spread_evenly_above_the_least() -> None:
    database = Database(people=3, samples=9, expressions=("smile",), lights=("front",), least_intensity=0.2)
    for identity in database.identities:
        first, *others = [entry.factors.intensity for entry in database.of_person(identity)]
        assert first == 1.0
        assert min(others) >= 0.2
        assert max(b - a for a, b in zip([0.2, *sorted(others)], [*sorted(others), 1.0], strict=True)) < 0.25


def test_a_neutral_face_has_no_strength_but_natural_variations() -> None:
    neutral = [entry.factors for entry in SMALL if entry.factors.expression == "neutral"]
    assert {factors.intensity for factors in neutral} == {0.0}
    assert len({factors.variation for factors in neutral}) > 30
    assert min(factors.variation for factors in neutral) >= 1


def test_a_larger_database_holds_the_smaller() -> None:
    larger = Database(people=20, samples=4, expressions=EXPRESSIONS[:8], lights=LIGHTS[:8], gazes=("front", "left"))
    for identity in (0, 7):
        small, large = ({entry.factors for entry in each.of_person(identity)} for each in (SMALL, larger))
        assert small < large
    assert replace(SMALL, first=5).of_person(11) == SMALL.of_person(11)


def test_the_same_settings_plan_the_same_pictures_for_ever() -> None:
    factors = Database().of_person(3)[-1].factors
    assert (factors.expression, factors.light, factors.intensity, factors.variation) == PINNED[:4]
    assert (factors.yaw, factors.pitch, factors.roll) == PINNED[4:]


PINNED = ("scream", "top", 0.59, 7622, -0.8, 1.3, -0.1)


def test_small_databases_keep_a_sixth_of_the_people_for_testing() -> None:
    assert [Database(people=count).number_of_test_people for count in (1, 5, 6, 30, 119, 120, 500)] == [
        0,
        0,
        1,
        5,
        19,
        20,
        20,
    ]
    assert Database(people=30, test_people=29).number_of_test_people == 29


def test_unseen_combinations_are_of_seen_people_and_seen_expressions() -> None:
    database = Database(people=12, unseen="combinations", lights=("front",))
    kept = {"train": set(), "test": set()}
    for entry in database:
        kept[entry.split].add((entry.factors.identity, entry.factors.expression))
    assert kept["train"] & kept["test"] == set()
    assert Counter(identity for identity, _ in kept["test"]) == dict.fromkeys(range(12), 1)
    assert Counter(expression for _, expression in kept["test"]) == dict.fromkeys(database.expressions, 2)
    assert len(kept["train"]) == 12 * 5


def test_few_lights_are_those_that_differ_most() -> None:
    assert first_lights(1) == ("front",)
    assert first_lights(3) == ("left", "front", "right")
    assert first_lights(5) == ("room", "left", "front", "right", "top")
    assert first_lights(10) == LIGHTS


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"people": True}, "people is True, expected a whole number from 1"),
        ({"people": 0}, "people is 0, expected a whole number from 1"),
        ({"samples": 0}, "samples is 0, expected a whole number from 1"),
        ({"first": -1}, "first is -1, expected a whole number from 0"),
        ({"pose": 20.0}, "pose is 20.0, expected degrees from 0 to 15"),
        ({"least_intensity": 50.0}, "least_intensity is 50.0, expected from 0 to 1"),
        ({"expressions": ()}, "expressions names none, expected some of neutral, smile"),
        ({"expressions": ("smile", "smile")}, "expressions names 'smile' twice"),
        ({"expressions": ("smle",)}, "expressions is 'smle', expected one of neutral, .*; did you mean 'smile'?"),
        ({"lights": ("sun",)}, "lights is 'sun', expected one of room, "),
        ({"gazes": ("down",)}, "gazes is 'down', expected one of left, front, right"),
        ({"background": -1}, "background is -1, expected a whole number from 0"),
        ({"colours": ("sepia",)}, "colours is 'sepia', expected one of neutral, warm, cool, grey"),
        (
            {"people": 10, "test_people": 10},
            "test_people is 10, expected a whole number from 0 to 9, fewer than the 10 people",
        ),
        ({"test_people": -1}, "test_people is -1, expected a whole number from 0 to 119"),
        ({"unseen": "combinations", "test_people": 3}, "test_people is for unseen people"),
        ({"unseen": "combinations", "expressions": ("smile",)}, "unseen combinations need two expressions or more"),
    ],
)
def test_settings_that_cannot_be_are_named(wrong: dict[str, Any], line: str) -> None:
    with pytest.raises(UnweaveError, match=line):
        Database(**wrong)


@pytest.mark.parametrize("count", [0, 11])
def test_a_number_of_lights_that_there_is_not_is_refused(count: int) -> None:
    with pytest.raises(UnweaveError, match=f"lights is {count}, expected 1 to 10, or names among room, "):
        first_lights(count)
