"""BU-3DFE: what is taken of the owner's names, who is tested on, where the crop lies."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from unweave.data.databases.bu3dfe import PEOPLE, crop, people_for_testing, select
from unweave.data.databases.selection import Selection
from unweave.errors import UnweaveError

TEST = ["F0028", "F0036", "F0040", "F0041", "F0043", "M0006", "M0013", "M0026", "M0030", "M0043"]
"""Positions 27 35 39 40 42 61 68 81 85 98 in natural order."""


def pictures_of(person: str) -> list[str]:
    codes = [f"{code}0{k}" for code in ("AN", "DI", "FE", "HA", "SA", "SU") for k in range(1, 5)]
    return [f"{person}/{person}_{code}WH_F2D.bmp" for code in [*codes, "NE00"]]


def complete() -> list[str]:
    others = ["F0001/F0001_AN01WH_F3D.wrl", "F0001/F0001_AN01WH_F2D.txt", "Readme.pdf"]
    return [*others, *(name for person in PEOPLE for name in pictures_of(person))]


@pytest.fixture(scope="module")
def selection() -> Selection:
    return select(complete(), "bu")


def test_a_complete_database_gives_the_authors_counts(selection: Selection) -> None:
    assert (len(selection.of("train")), len(selection.of("test"))) == (2250, 250)
    assert selection.notes == (
        "note: neutral is in, as in the authors' code; --no-neutral leaves it out, as the paper's counts do",
    )


def test_without_neutral_it_gives_the_papers_counts() -> None:
    selection = select(complete(), "bu", neutral=False)
    assert (len(selection.of("train")), len(selection.of("test"))) == (2160, 240)
    assert "neutral" not in {picture.labels["expression"] for picture in selection.pictures}
    assert selection.notes == ()


def test_the_people_for_testing_are_the_authors_whatever_the_order_of_the_files(selection: Selection) -> None:
    names = complete()
    Random(0).shuffle(names)
    assert select(names, "bu") == selection
    assert sorted({picture.labels["identity"] for picture in selection.of("test")}) == TEST


def test_a_hundred_people_of_other_names_are_drawn_by_their_place() -> None:
    assert people_for_testing([f"F{k:04}" for k in range(1, 101)]) == {
        f"F{k + 1:04}" for k in (27, 35, 39, 40, 42, 61, 68, 81, 85, 98)
    }


def test_a_part_of_the_database_keeps_everybody_in_the_same_split() -> None:
    part = select([*pictures_of("F0027"), *pictures_of("F0028"), *pictures_of("M0043")], "bu")
    assert {picture.labels["identity"] for picture in part.of("train")} == {"F0027"}
    assert {picture.labels["identity"] for picture in part.of("test")} == {"F0028", "M0043"}


def test_labels_are_words_and_the_intensity_is_kept(selection: Selection) -> None:
    (picture,) = select(["x/F0001/F0001_DI03BL_F2D.bmp"], "bu").pictures
    assert picture.labels == {"identity": "F0001", "expression": "disgust", "intensity": "3"}
    assert picture.file == "train/F0001-disgust-3.png"
    assert selection.attributes == ("identity", "expression")
    assert Counter(picture.labels["intensity"] for picture in selection.pictures) == {
        **dict.fromkeys("1234", 600),
        "0": 100,
    }


def test_names_that_the_owner_does_not_give_are_no_pictures() -> None:
    names = ["F0001_NE01WH_F2D.bmp", "F0001_AN00WH_F2D.bmp", "F0001_AN05WH_F2D.bmp", "F\u0661234_AN01WH_F2D.bmp"]
    with pytest.raises(UnweaveError) as error:
        select(names, "bu")
    assert str(error.value) == (
        "bu: holds no pictures of BU-3DFE; looked for names such as F0001/F0001_AN01WH_F2D.bmp; "
        "found 4 files, such as F0001_NE01WH_F2D.bmp"
    )


def test_what_is_missing_is_said() -> None:
    names = [name for name in complete() if "M0044" not in name and "M0043" not in name]
    names.remove("F0002/F0002_SU04WH_F2D.bmp")
    assert select(names, "bu", neutral=False).notes == (
        "missing: 2 of 100 people: M0043, M0044",
        "missing: 1 of 10 test people: M0043",
        "missing: 1 of 24 pictures of F0002: surprise 4",
    )


def test_two_pixels_are_shaved_all_round() -> None:
    assert crop(512, 512) == "508x508+2+2"
