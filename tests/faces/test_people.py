"""What is promised of people: drawn from a number alone, plausible, and not to be told by hair or clothes."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import asdict, fields

import numpy as np
import pytest

from unweave.faces.materials import materials
from unweave.faces.people import BEARDS, FRAMES, adorned, person
from unweave.faces.sliders import LIMIT, WIDTHS
from unweave.faces.traits import CURLS

CROWD = range(600)


@pytest.fixture(scope="module")
def crowd():
    return [person(number) for number in CROWD]


def test_a_person_is_the_same_every_time():
    first = person(10_000)
    person.cache_clear()
    assert person(10_000) == first
    assert first != person(10_001)
    assert hash(first) == hash(person(10_000))


def test_a_person_is_the_same_in_another_process():
    code = "from unweave.faces.people import person; print(repr(person(4321)))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == repr(person(4321))


def test_one_trait_is_drawn_without_the_others(monkeypatch):
    before = person(77)
    monkeypatch.setattr("unweave.faces.traits.GLASSES", 1.0)
    monkeypatch.setattr("unweave.faces.traits.STYLES_WORN", {"tied": 1.0})
    person.cache_clear()
    after = person(77)
    person.cache_clear()
    changed = {field.name for field in fields(before) if getattr(before, field.name) != getattr(after, field.name)}
    assert changed <= {"glasses", "style"}
    assert after.glasses in FRAMES


def test_a_slider_is_within_its_limits_on_both_sides(crowd):
    for who in crowd[:100]:
        assert all(abs(value) <= LIMIT for value in who.local.values())
        both = {name for name in WIDTHS if name.startswith("l-")}
        assert both | {"r-" + name[2:] for name in both} <= set(who.local)
    assert len(crowd[0].local) >= 60


def test_faces_differ_widely_and_sides_little(crowd):
    table = np.array([list(who.local.values()) for who in crowd])
    assert 0.2 < table.std(axis=0).mean() < 0.5
    lean = [who.local[name] - who.local["r-" + name[2:]] for who in crowd for name in WIDTHS if name.startswith("l-")]
    assert np.std(lean) < 0.15


def test_dark_skin_has_dark_hair_and_eyes(crowd):
    dark = [who for who in crowd if who.skin_tone > 0.6]
    assert len(dark) > 50
    assert max(sum(who.hair_colour) for who in dark) < 0.12
    assert max(who.iris[2] for who in dark) < 0.03
    fair = [who for who in crowd if who.skin_tone < 0.3]
    assert any(sum(who.hair_colour) > 0.5 for who in fair)
    assert any(who.iris[2] > 0.15 for who in fair)


def test_women_have_no_beards_and_men_no_lipstick(crowd):
    assert {who.beard_style for who in crowd if not who.male} == {"none"}
    assert {who.beard_style for who in crowd if who.male} == set(BEARDS)
    assert all(who.lipstick == 0 and who.makeup == 0 for who in crowd if who.male)


def test_grey_hair_is_for_the_old(crowd):
    assert all(who.grey == 0 for who in crowd if who.age < 0.1)
    assert np.mean([who.grey > 0 for who in crowd if who.age > 0.7]) > 0.7


def test_hair_and_clothes_are_shared(crowd):
    assert len(Counter(who.style for who in crowd)) <= 12
    assert len(Counter(who.hair_colour for who in crowd)) <= 9
    assert len(Counter(who.cloth for who in crowd)) <= 6
    assert np.std([who.length for who in crowd]) < 0.1
    assert np.std([who.hairline for who in crowd if not who.male]) < 0.04


def test_a_styling_changes_hairdo_and_clothes_alone_and_is_the_same_on_everybody_whose_hair_allows_it(crowd):
    restyled = [adorned(who, styling=8) for who in crowd]
    for before, after in zip(crowd, restyled, strict=True):
        changed = {field.name for field in fields(before) if getattr(before, field.name) != getattr(after, field.name)}
        assert changed <= {"styling", "style", "length", "volume", "parting", "cloth", "neckline"}
    free = [who for who in restyled if not who.receding and who.curl < CURLS[-1]]
    assert len(free) > len(crowd) / 2
    assert len({(who.style, who.length, who.parting, who.cloth, who.neckline) for who in free}) == 1


def test_colours_are_colours(crowd):
    for who in crowd[:200]:
        for name, value in asdict(materials(who)).items():
            values = np.atleast_1d(value)
            assert np.isfinite(values).all(), name
            if values.size == 3:
                assert ((values >= 0) & (values <= 1)).all(), name


def test_glasses_and_beards_can_be_asked_for():
    bare = next(who for who in map(person, CROWD) if who.male and who.glasses is None and who.beard_style == "none")
    dressed = adorned(bare, glasses=True, facial_hair=True)
    assert dressed.glasses in FRAMES
    assert dressed.beard_style != "none"
    assert dressed.beard > 0
    assert adorned(dressed, glasses=False, facial_hair=False) == bare
    assert adorned(bare) == bare
    bearded = next(who for who in map(person, CROWD) if who.beard_style == "goatee")
    assert adorned(bearded, facial_hair=True) == bearded
