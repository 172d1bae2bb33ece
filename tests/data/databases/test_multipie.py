"""MultiPIE: what is taken of both trees, which lights, who is tested on, where the crops lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import product

import pytest

from unweave.data.databases.multipie import LIGHTS, select
from unweave.errors import UnweaveError

RECORDINGS = {"01": ("01", "02"), "02": ("01", "02", "03"), "03": ("01", "02", "03"), "04": ("01", "02", "03")}


def frames(person: str, *sessions: str, camera: str = "051", lights: Sequence[int] = (0, 1, 3, 7, 11, 13)) -> list[str]:
    folder = f"{camera[:2]}_{camera[2]}"
    return [
        f"Multi-Pie/data/session{session}/multiview/{person}/{recording}/{folder}/"
        f"{person}_{session}_{recording}_{camera}_{light:02}.png"
        for session in sessions
        for recording in RECORDINGS[session]
        for light in lights
    ]


def owners_tree() -> list[str]:
    """160 people, of whom 157 came to the second and the fourth session."""
    people = [f"{k:03}" for k in range(1, 161)]
    names = [name for person in people[:-3] for name in frames(person, "01", "02", "03", "04")]
    names += [name for person in people[-3:] for name in frames(person, "01", "03")]
    return [*names, *frames("001", "01", camera="140")]


def sorted_tree(people: list[str], lights: list[str]) -> list[str]:
    emotions = ("Neutral", "Scream", "Squint", "Surprise", "Smile")
    return [f"{p}/051/{e}/{light}/{s}_x.jpg" for p, e, light, s in product(people, emotions, lights, ("02", "01"))]


def test_the_owners_tree_gives_one_picture_of_each_person_expression_and_light() -> None:
    selection = select(owners_tree(), "pie")
    counts = Counter((picture.split, picture.labels["expression"]) for picture in selection.pictures)
    assert counts == {
        (split, expression): people * 5
        for split, people in (("train", 147), ("test", 10))
        for expression in ("neutral", "scream", "squint", "surprise")
    }
    assert {picture.labels["light"] for picture in selection.pictures} == set(LIGHTS)
    assert {picture.labels["identity"] for picture in selection.of("test")} == {f"{k:03}" for k in range(1, 11)}
    assert selection.notes == (
        "left out: 3 people who do not show all of neutral, scream, squint, surprise",
        "lights: 01, 03, 07, 11, 13",
        "note: training images neutral 735, scream 735, squint 735, surprise 735, of 147 people; "
        "the paper has 686 each, of 147 people",
        "note: this crop is not the authors', whose pictures were cut before; look at it and set --crop",
    )


def test_expressions_are_told_by_session_and_recording() -> None:
    selection = select(frames("007", "01", "02", "03", "04"), "pie", lights=["7"])
    found = {picture.labels["expression"]: picture.source[-21:] for picture in selection.pictures}
    assert found == {
        "neutral": "/007_01_01_051_07.png",
        "scream": "/007_04_02_051_07.png",
        "squint": "/007_02_03_051_07.png",
        "surprise": "/007_02_02_051_07.png",
    }


def test_the_sorted_tree_is_taken_as_the_authors_did() -> None:
    people = [f"{k}" for k in range(12, 0, -1)]
    selection = select(sorted_tree(people, ["1", "2", "3", "4", "5"]), "pie")
    assert (len(selection.of("train")), len(selection.of("test"))) == (2 * 4 * 5, 10 * 4 * 5)
    assert {picture.labels["identity"] for picture in selection.of("train")} == {"11", "12"}
    first = selection.pictures[0]
    assert first.source == "1/051/Neutral/1/01_x.jpg"  # the first file found
    assert first.labels == {"identity": "1", "expression": "neutral", "light": "1"}
    assert selection.crop(300, 260) == "220x220+40+0"
    assert selection.notes[0] == "lights: 1, 2, 3, 4, 5"
    assert len(selection.notes) == 2


def test_of_the_sorted_tree_everybody_is_taken_and_gaps_are_said() -> None:
    names = [name for name in sorted_tree(["001", "002"], ["1", "2"]) if "002/051/Scream" not in name]
    notes = select(names, "pie").notes
    assert notes[1] == "missing: 2 of 8 pictures of 002: scream 1, scream 2"
    assert notes[-1] == "note: there are no training images, since the first 10 people are for testing"


def test_lights_are_a_choice() -> None:
    names = sorted_tree([f"{k:03}" for k in range(12)], ["1", "2", "10"])
    assert {p.labels["light"] for p in select(names, "pie", lights=["10", "02"]).pictures} == {"2", "10"}
    with pytest.raises(UnweaveError) as error:
        select(names, "pie", lights=["3"])
    assert str(error.value) == "pie: holds no light 3, expected some of 1, 2, 10"
    with pytest.raises(UnweaveError, match="holds no light ²"):
        select(names, "pie", lights=["²"])


@pytest.mark.parametrize(
    ("there", "taken", "missing"),
    [
        ([0, 2, 4, 6, 8, 10], "00, 02, 04, 06, 08", "5 of 5 usual lights: 01, 03, 07, 11, 13"),
        ([0, 1, 2, 3, 14, 15], "00, 01, 02, 03, 14", "3 of 5 usual lights: 07, 11, 13"),
        ([1, 3], "01, 03", "3 of 5 usual lights: 07, 11, 13"),
    ],
)
def test_usual_lights_that_are_not_there_are_told_and_others_taken_for_them(
    there: list[int], taken: str, missing: str
) -> None:
    names = frames("001", "01", lights=there)
    assert select(names, "pie").notes[:2] == (f"lights: {taken}", f"missing: {missing}")
    named = select(names, "pie", lights=[f"{there[0]}"]).notes
    assert named[0] == f"lights: {there[0]:02}"
    assert not [line for line in named if "usual" in line]


def test_one_session_alone_is_taken_as_far_as_it_goes() -> None:
    selection = select([name for k in range(12) for name in frames(f"{k:03}", "01")], "pie")
    assert (len(selection.of("train")), len(selection.of("test"))) == (10, 50)
    assert selection.notes[1] == "missing: all pictures of scream, squint, surprise"


def test_a_crop_that_is_given_is_taken_for_both_trees() -> None:
    for names in (frames("001", "01"), sorted_tree(["001"], ["1"])):
        assert select(names, "pie", crop="200x200+10+20").crop(640, 480) == "200x200+10+20"
    assert select(frames("001", "01"), "pie").crop(640, 480) == "256x256+192+96"
    with pytest.raises(UnweaveError, match="crop is 'face', expected center or WIDTHxHEIGHT"):
        select(frames("001", "01"), "pie", crop="face")


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["a.txt"], "; found 1 files, such as a.txt"),
        (
            frames("001", "01", camera="140", lights=[0]),
            ", of camera 051 and neutral, scream, squint, surprise (cameras there: 140); found 2 files, such as "
            "Multi-Pie/data/session01/multiview/001/01/14_0/001_01_01_140_00.png",
        ),
    ],
)
def test_a_folder_without_its_pictures_is_told_what_was_looked_for(names: list[str], told: str) -> None:
    with pytest.raises(UnweaveError) as error:
        select(names, "pie")
    assert str(error.value) == (
        "pie: holds no pictures of MultiPIE; looked for the owner's names such as "
        "session01/multiview/001/01/05_1/001_01_01_051_07.png, or sorted pictures such as "
        f"001/051/Neutral/1/01_a.jpg{told}"
    )
