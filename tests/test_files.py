"""Files are written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from unweave.errors import UnweaveError
from unweave.files import (
    CannotWriteError,
    bundled,
    cache_folder,
    check_file,
    check_new_folder,
    is_run,
    replacing,
    write_whole,
)


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "run" / "model"
    write_whole(path, "old")

    def fail() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail()
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


def test_the_old_file_stands_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "model"
    write_whole(path, b"old")
    with replacing(path) as temporary:
        assert temporary.parent == tmp_path
        temporary.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_text_is_written_as_utf_8(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", "å→")
    assert (tmp_path / "a").read_bytes() == "å→".encode()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "below"
    with pytest.raises(CannotWriteError) as error:
        write_whole(path, "x")
    assert str(error.value) in (
        f"{path}: cannot be written (Not a directory)",
        f"{path}: cannot be written (File exists)",
    )


def test_text_that_is_no_utf_8_is_named_where_it_stands(tmp_path: Path) -> None:
    with pytest.raises(CannotWriteError) as error:
        write_whole(tmp_path / "a.csv", "a.png\n" * 50 + "caf\udce9.png,smile\n" + "b.png\n" * 50)
    line = rf"{tmp_path / 'a.csv'}: cannot be written ('caf\udce9...' is no UTF-8 text, rename it)"
    assert str(error.value) == line
    assert list(tmp_path.iterdir()) == []


def test_the_cache_folder_is_the_settings_then_the_systems_then_the_homes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/people/x")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    monkeypatch.setenv("UNWEAVE_CACHE", "~/mine")
    assert cache_folder() == Path("/people/x/mine")
    monkeypatch.delenv("UNWEAVE_CACHE")
    assert cache_folder() == Path("/caches/unweave")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path("/people/x/.cache/unweave")


def test_only_what_comes_with_the_package_is_bundled() -> None:
    faces = bundled("faces64.zip")
    assert faces is not None
    assert faces.name == "faces64.zip"
    assert faces.stat().st_size < 12e6
    assert bundled("faces65.zip") is None
    assert bundled("../errors.py") is None


def test_an_empty_folder_is_filled_even_where_it_is_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "link").symlink_to("here")
    monkeypatch.chdir(tmp_path / "here")
    for number, place in enumerate([Path(), tmp_path / "link"]):
        before = (tmp_path / "here").stat().st_ino
        with replacing(place) as temporary:
            temporary.mkdir()
            (temporary / "a").write_text(str(number))
            assert not Path("a").exists()
        assert (tmp_path / "here").stat().st_ino == before
        assert [path.name for path in (tmp_path / "here").iterdir()] == ["a"]
        assert Path("a").read_text() == str(number)
        Path("a").unlink()
    assert (tmp_path / "link").is_symlink()


def test_a_folder_in_use_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    line = f"{tmp_path}: cannot be written (it is a folder that is not empty)"
    with pytest.raises(CannotWriteError) as error, replacing(tmp_path):
        raise AssertionError
    assert str(error.value) == line


def test_a_folder_that_fails_half_way_leaves_the_empty_one(tmp_path: Path) -> None:
    def fail() -> None:
        with replacing(tmp_path) as temporary:
            temporary.mkdir()
            (temporary / "a").write_text("")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_told_by_its_state_or_by_its_settings_and_a_model(tmp_path: Path) -> None:
    assert not is_run(tmp_path)
    (tmp_path / "config.yaml").touch()
    assert not is_run(tmp_path)
    (tmp_path / "last.safetensors").touch()
    assert is_run(tmp_path)
    (tmp_path / "config.yaml").unlink()
    assert not is_run(tmp_path)
    (tmp_path / "state.safetensors").touch()
    assert is_run(tmp_path)


def test_a_place_for_a_file_is_checked_before_there_is_anything_to_write(tmp_path: Path) -> None:
    check_file(tmp_path / "new" / "figures.json")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(CannotWriteError, match="is a folder, expected the name of a file to write"):
        check_file(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(CannotWriteError, match=r"below: cannot be written \("):
        check_file(tmp_path / "file" / "below")


def test_a_place_for_a_folder_is_checked_before_there_is_anything_to_write(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for good in ("new", "new/deep", "empty"):
        check_new_folder(tmp_path / good)
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]
    (tmp_path / "file").touch()
    for taken in (tmp_path, tmp_path / "file"):
        with pytest.raises(UnweaveError) as error:
            check_new_folder(taken)
        assert str(error.value) == f"{taken}: exists already and is not empty; name a new folder"
    with pytest.raises(CannotWriteError, match=r"below: cannot be written \("):
        check_new_folder(tmp_path / "file" / "below")
