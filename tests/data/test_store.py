"""Folders and .zip files, read in place and unpacked, without a way out of them."""

from __future__ import annotations

import errno
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from unweave.data.store import Store, find_source, unpack
from unweave.errors import UnweaveError


def zipped(path: Path, files: Mapping[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return path


def refused(path: Path) -> str:
    with pytest.raises(UnweaveError) as error:
        Store(path)
    return str(error.value)


def test_a_folder_and_its_zip_read_alike(tmp_path: Path) -> None:
    files = {"train/a.png": b"1", "test/b/c.png": b"2", "metadata.csv": b"3", ".hidden/d": b"4", "test/.e": b"5"}
    for name, content in files.items():
        path = tmp_path / "set" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    with Store(tmp_path / "set") as folder, Store(zipped(tmp_path / "set.zip", files)) as packed:
        assert folder.names == packed.names == ("metadata.csv", "test/b/c.png", "train/a.png")
        assert [folder.read(name) for name in folder.names] == [packed.read(name) for name in packed.names]
        assert folder.read("train/a.png") == b"1"


@pytest.mark.parametrize(
    ("names", "inside"),
    [
        (["set/train/a", "set/test/b", "__MACOSX/set/._x"], ("test/b", "train/a")),
        (["set/metadata.csv", "set/a"], ("a", "metadata.csv")),
        (["train/cat/a", "train/dog/b"], ("train/cat/a", "train/dog/b")),
        (["Test/cat/a", "Test/dog/b"], ("Test/cat/a", "Test/dog/b")),  # for the line that refuses such a folder
        (["cat/a", "cat/b"], ("cat/a", "cat/b")),
        (["cat/a", "dog/b"], ("cat/a", "dog/b")),
        (["a"], ("a",)),
    ],
)
def test_one_folder_around_a_whole_zipped_set_is_taken_off(
    names: list[str], inside: tuple[str, ...], tmp_path: Path
) -> None:
    with Store(zipped(tmp_path / "x.zip", dict.fromkeys(names, b""))) as store:
        assert store.names == inside


def test_folders_that_link_in_a_circle_are_walked_once(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.png").write_bytes(b"")
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    assert Store(tmp_path).names == ("a/x.png",)


def test_a_folder_that_cannot_be_looked_into_is_told_and_not_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    look = os.scandir

    def closed(place: str) -> object:
        if Path(place).name == "a":
            raise PermissionError(errno.EACCES, "Permission denied", place)
        return look(place)

    monkeypatch.setattr(os, "scandir", closed)
    assert refused(tmp_path) == f"{tmp_path / 'a'}: cannot be read (Permission denied)"


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/x", "C:/x", "a\\..\\x"])
def test_a_zip_with_a_name_that_leads_out_is_refused_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "in" / "x.zip" if (tmp_path / "in").mkdir() is None else tmp_path, {"a": b"", name: b"bad"}
    )
    line = f"{path}: holds the name '{name}', expected names that stay inside the .zip"
    assert refused(path) == line
    with pytest.raises(UnweaveError, match="holds the name"):
        unpack(path, tmp_path / "out")
    assert list(tmp_path.iterdir()) == [tmp_path / "in"]


@pytest.mark.parametrize("name", ["x//tmp/a.png", "x/C:/a.png"])
def test_a_name_that_leads_out_once_the_folder_around_is_taken_off_is_refused(name: str, tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {name: b"bad"})
    assert refused(path) == f"{path}: holds the name '{name}', expected names that stay inside the .zip"
    with pytest.raises(UnweaveError, match="holds the name"):
        unpack(path, tmp_path / "out")
    assert list(tmp_path.iterdir()) == [path]


def test_a_zip_with_a_link_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("a")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as packed:
        packed.writestr(info, "/etc/passwd")
    assert refused(tmp_path / "x.zip") == f"{tmp_path / 'x.zip'}: holds the link 'a', expected plain files"


def test_what_is_no_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"hello")
    assert (
        refused(tmp_path / "x.zip") == f"{tmp_path / 'x.zip'}: is not a .zip that can be read (File is not a zip file)"
    )


def test_a_file_too_large_for_an_image_is_refused_unread(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("bomb.png", bytes(257 * 2**20))
    with Store(tmp_path / "x.zip") as store, pytest.raises(UnweaveError) as error:
        store.read("bomb.png")
    assert str(error.value) == "bomb.png: is larger than 256 MB"


def test_a_file_that_is_larger_than_its_zip_claims_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unweave.data.store.LARGEST_FILE", 1000)
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("bomb.png", bytes(100_000))
    claims = (100_000).to_bytes(4, "little")
    path = tmp_path / "x.zip"
    path.write_bytes(path.read_bytes().replace(claims, (100_001).to_bytes(4, "little")))
    with Store(path) as store, pytest.raises(UnweaveError) as error:
        store.read("bomb.png")
    assert str(error.value) == "bomb.png: is larger than 0 MB"


def test_a_zip_packed_in_a_way_that_unpacks_without_a_bound_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_BZIP2) as packed:
        packed.writestr("a.png", bytes(100))
    line = f"{tmp_path / 'x.zip'}: 'a.png' is packed in an unusual way, expected stored or deflated"
    assert refused(tmp_path / "x.zip") == line


def test_a_damaged_file_of_a_zip_is_named(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {"a.png": b"content"})
    path.write_bytes(path.read_bytes().replace(b"content", b"CONTENT", 1))
    with Store(path) as store, pytest.raises(UnweaveError) as error:
        store.read("a.png")
    assert str(error.value) == f"a.png: cannot be read from {path} (Bad CRC-32 for file 'a.png')"


def test_unpacking_makes_a_new_folder_with_everything(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {"set/train/a": b"1", "set/test/b": b"2"})
    (tmp_path / "out").mkdir()
    assert unpack(path, tmp_path / "out") == 2
    assert (tmp_path / "out" / "train" / "a").read_bytes() == b"1"
    assert (tmp_path / "out" / "test" / "b").read_bytes() == b"2"
    with pytest.raises(UnweaveError) as error:
        unpack(path, tmp_path / "out")
    assert str(error.value) == f"{tmp_path / 'out'}: exists already and is not empty; name a new folder"


def test_unpacking_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {"a": b"first", "b": b"content"})
    path.write_bytes(path.read_bytes().replace(b"content", b"CONTENT", 1))
    with pytest.raises(UnweaveError, match="Bad CRC"):
        unpack(path, tmp_path / "out")
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_of_the_name_goes_before_the_bundled_set_which_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_source("faces64").name == "faces64.zip"
    assert capsys.readouterr().err == ""
    (tmp_path / "faces64").mkdir()
    assert find_source("faces64") == Path("faces64")
    line = f"unweave: {tmp_path / 'faces64'} is used, which hides the bundled faces64\n"
    assert capsys.readouterr().err == line
    with pytest.raises(UnweaveError) as error:
        find_source("faces65")
    assert str(error.value) == "faces65: no such folder or .zip, nor a bundled data set (faces64)"


def test_the_folder_of_a_run_is_no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "faces64" / "samples").mkdir(parents=True)
    (tmp_path / "faces64" / "samples" / "000500.png").touch()
    (tmp_path / "faces64" / "state.safetensors").touch()
    with pytest.raises(UnweaveError) as error:
        find_source("faces64")
    assert str(error.value) == f"{tmp_path / 'faces64'}: is the folder of a run, expected labelled images"


def test_no_name_is_no_data() -> None:
    with pytest.raises(UnweaveError, match=r"^\(no name\): no such folder or \.zip"):
        find_source("")
