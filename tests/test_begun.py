"""A folder that is filled file by file: what it was begun with decides whether it is gone on with."""

from __future__ import annotations

from pathlib import Path

import pytest

from unweave.begun import SETTINGS, begin, filling
from unweave.errors import UnweaveError


def refused(folder: Path, settings: dict[str, object]) -> str:
    with pytest.raises(UnweaveError) as error:
        begin(folder, settings)
    return str(error.value)


def test_the_same_settings_go_on_and_others_are_named(tmp_path: Path) -> None:
    begin(tmp_path / "out", {"size": 64, "lights": ("left", "top")})
    (tmp_path / "out" / "train").mkdir()
    (tmp_path / "out" / "train" / ".a.png.00.part").touch()
    (tmp_path / "out" / ".b.00.part" / "c").mkdir(parents=True)
    begin(tmp_path / "out", {"size": 64, "lights": ["left", "top"]})
    assert list(tmp_path.rglob("*.part")) == []  # what a kill left half written
    line = "was begun with lights left top, not left; give the same settings or name a new folder"
    assert refused(tmp_path / "out", {"size": 64, "lights": ["left"]}) == f"{tmp_path / 'out'}: {line}"


@pytest.mark.parametrize("settings", [{"size": 64, "people": 3}, {"people": 3}, {}])
def test_a_folder_of_another_command_is_told_to_be_one(settings: dict[str, object], tmp_path: Path) -> None:
    begin(tmp_path, {"size": 64})
    assert refused(tmp_path, settings) == f"{tmp_path}: was begun by another command or version; name a new folder"


def test_damaged_settings_and_a_folder_of_something_else_are_refused(tmp_path: Path) -> None:
    (tmp_path / SETTINGS).write_text("{")
    assert refused(tmp_path, {"size": 64}).startswith(f"{tmp_path / SETTINGS}: cannot be read (")
    (tmp_path / SETTINGS).rename(tmp_path / "mine")
    assert refused(tmp_path, {"size": 64}) == f"{tmp_path}: exists already and is not empty; name a new folder"


def test_a_kill_before_the_settings_were_noted_keeps_nobody_from_beginning_anew(tmp_path: Path) -> None:
    (tmp_path / f".{SETTINGS}.00.part").touch()
    begin(tmp_path, {"size": 64})
    assert (tmp_path / SETTINGS).exists()


def filled(folder: Path, *names: str) -> None:
    with filling(folder, {"size": 64}):
        assert (folder / SETTINGS).exists()
        for name in names:
            (folder / name).mkdir()
        raise UnweaveError("is of no use")


def test_a_folder_in_which_nothing_was_made_is_as_if_it_had_not_been_begun(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for folder, names in (("deep/out", []), ("mine", []), ("half", [".a.00.part"]), ("more/out", ["train"])):
        with pytest.raises(UnweaveError, match="is of no use"):
            filled(tmp_path / folder, *names)
    there = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")]
    assert sorted(there) == ["mine", "more", "more/out", f"more/out/{SETTINGS}", "more/out/train"]
    with (
        pytest.raises(UnweaveError, match="was begun with size 64, not 32"),
        filling(tmp_path / "more/out", {"size": 32}),
    ):
        raise AssertionError
    assert (tmp_path / "more/out" / SETTINGS).exists()
