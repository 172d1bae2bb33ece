"""`unweave data`: what it prints, where, and how it leaves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from unweave.cli import main
from unweave.data.table import read_table


def test_good_data_are_summed_up(toy_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["data", "check", str(toy_folder), "--size", "32"])
    shown = capsys.readouterr()
    assert shown.out.splitlines()[0] == "images: 48 train, 12 test; 32 x 32 pixels"
    assert shown.out.splitlines()[-1] == "no errors; warnings: 0"
    assert shown.err == ""


def test_warnings_do_not_fail(toy_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["data", "check", str(toy_folder), "--attributes", "colour", "shape"])
    shown = capsys.readouterr().out.splitlines()
    assert shown[3] == "warning: train/000.png: is 32 x 32 pixels and will be enlarged to 64, and 59 more such images"
    assert shown[4] == "no errors; warnings: 1"


def test_errors_are_listed_and_the_exit_code_is_2(toy_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (toy_folder / "train" / "004.png").unlink()
    (toy_folder / "test" / "003.png").write_text("hello")
    with pytest.raises(SystemExit) as left:
        main(["data", "check", str(toy_folder), "--size", "32", "--batch", "48"])
    assert left.value.code == 2
    shown = capsys.readouterr()
    assert [line for line in shown.out.splitlines() if line.startswith("error: ")] == [
        "error: train/metadata.csv row 6: no such file 'train/004.png'",
        "error: test/metadata.csv row 5: test/003.png: is not an image that can be read, "
        "expected PNG, JPEG, WebP, TIFF, BMP, GIF, PPM or AVIF",
        f"error: {toy_folder}: 47 training images are too few for a batch of 48",
    ]
    assert shown.err == f"unweave: {toy_folder}: errors found: 3\n"


def test_names_that_are_no_utf_8_and_names_that_forge_lines_are_listed_on_a_line_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (b"caf\xe9", b"ok\nno errors"):
        os.makedirs(b"in/" + name)  # noqa: PTH103 (no Path is made of bytes)
        for k in range(2):
            with open(b"in/" + name + b"/%d.png" % k, "wb") as file:  # noqa: PTH123
                file.write(b"hello")
    with pytest.raises(SystemExit) as left:
        main(["data", "check", "in"])
    assert left.value.code == 2
    errors = [line for line in capsys.readouterr().out.splitlines() if "is not an image" in line]
    assert [line.split("/")[0] for line in errors] == [*[r"error: caf\udce9"] * 2, *[r"error: ok\nno errors"] * 2]
    for command in ("split in out --share 0.5", "export in out", "pack in out.zip"):
        with pytest.raises(SystemExit) as left:
            main(["data", *command.split()])
        assert left.value.code == 2
        said = capsys.readouterr().err
        assert r"caf\udce9" in said
        assert said.endswith("is no UTF-8 text, rename it)\n")
        assert said.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_a_pattern_is_taken_from_the_command_line(toy_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["data", "check", str(toy_folder), "--pattern", "{a}{b}"])
    assert left.value.code == 2
    assert capsys.readouterr().err == (
        "unweave: pattern '{a}{b}' has two pieces with nothing in between, so where one ends is unknown\n"
    )


def test_the_bundled_faces_unpack_to_a_folder_that_reads_alike(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["data", "unpack", "faces64", str(tmp_path / "faces")])
    assert capsys.readouterr().out == f"{tmp_path / 'faces'}: 7203 files\n"
    assert sorted(path.name for path in (tmp_path / "faces").iterdir()) == ["README.md", "test", "train"]
    assert (tmp_path / "faces" / "train" / "metadata.csv").exists()
    assert (tmp_path / "faces" / "test" / "metadata.csv").exists()
    unpacked, bundled = read_table(tmp_path / "faces"), read_table("faces64")
    assert (unpacked.files, unpacked.splits, unpacked.columns) == (bundled.files, bundled.splits, bundled.columns)


def test_unpacking_over_something_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").write_text("")
    with pytest.raises(SystemExit) as left:
        main(["data", "unpack", "faces64", str(tmp_path)])
    assert left.value.code == 2
    assert capsys.readouterr().err == f"unweave: {tmp_path}: exists already and is not empty; name a new folder\n"
