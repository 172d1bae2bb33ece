"""`unweave evaluate`: the figures of a model, on screen and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unweave.cli import main
from unweave.training import train

TINY = {
    "data": {"size": 32},
    "networks": {"width": 1 / 16, "critic_width": 1 / 16, "residual_blocks": 1},
    "run": {"batch": 6, "steps": 2, "judge_steps": 0, "device": "cpu", "precision": "float32"},
}


def test_the_table_shows_what_the_json_holds(
    toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = train(toy_folder, tmp_path / "run", **TINY)
    capsys.readouterr()
    main(
        [
            "evaluate",
            str(run),
            str(toy_folder),
            "--pairs",
            "8",
            "--judge-steps",
            "120",
            "--json",
            str(tmp_path / "f.json"),
        ]
    )
    shown = capsys.readouterr().out
    figures = json.loads((tmp_path / "f.json").read_text())
    assert "12 test images" in shown
    assert f"mean {figures['reconstruction']:.4f}" in shown
    assert f"{figures['swapped/colour']:.3f}" in shown
    assert figures["real/colour"] == 1.0  # the judge has learned the real images, whatever the model is worth
    assert 0 < figures["chance/colour"] < 1


def test_data_without_test_images_gets_one_line(
    toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = train(toy_folder, tmp_path / "run", **TINY)
    with pytest.raises(SystemExit) as left:
        main(["evaluate", str(run), str(toy_folder / "train")])
    assert left.value.code == 2
    line = f"unweave: {toy_folder / 'train'}: has 48 training and 0 test images, expected some of each\n"
    assert capsys.readouterr().err.endswith(line)


def test_data_of_other_classes_are_said_to_tell_nothing(
    toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = train(toy_folder, tmp_path / "run", **TINY)
    for table in toy_folder.glob("*/metadata.csv"):
        others = {"circle": "disc", "square": "box", "triangle": "wedge", "red": "1", "green": "2", "blue": "3"}
        text = table.read_text()
        for old, new in others.items():
            text = text.replace(old, new)
        table.write_text(text)
    capsys.readouterr()
    main(["evaluate", str(run), str(toy_folder), "--pairs", "4"])
    line = f"nothing can be judged: no label of the test images of {toy_folder} is a class of the model"
    assert capsys.readouterr().out.splitlines()[-1] == line


def test_a_place_for_the_json_is_checked_before_the_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["evaluate", "gone", "--json", str(tmp_path)])
    assert left.value.code == 2
    assert capsys.readouterr().err == f"unweave: {tmp_path}: is a folder, expected the name of a file to write\n"
