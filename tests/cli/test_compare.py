"""`unweave compare`: mistakes get one line, before anything is written."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from unweave.cli import main
from unweave.data.batches import Batch
from unweave.interface import Method
from unweave.method import Unweave

MISTAKES = {
    "--attribute shape --budget 20": "the budget is '20', expected a time such as 20m, 90s or 1h, or images as in",
    "--attribute shap --budget 20m": "unknown attribute 'shap': did you mean 'shape'",
    "--attribute shape --budget 20m --methods unweave,stargun": "unknown method 'stargun':",
    "--attribute shape --budget 20m --methods fader,fader": "the method fader is named twice",
    "--attribute shape --budget 20m --targets cube": "unknown class of shape 'cube':",
    "--attribute shape --budget 20m --run stargan": "--run is 'stargan', expected METHOD=RUN, such as stargan=runs",
    "--attribute shape --budget 20m --run stargan=gone": "gone: no such run folder or model file",
    "--attribute shape --budget 20m --seeds 0": "--seeds is 0, expected at least 1",
    "--attribute shape --budget 20m --rates 0": "--rates is 0.0, expected a number above 0",
    "--attribute shape --budget 20m --size 50": "data.size is 50, expected a multiple of 4 from 32 up",
}


@pytest.fixture(autouse=True)
def float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which arithmetic is faster is not asked."""
    monkeypatch.setattr("unweave.machine.bfloat16_is_faster", lambda _: False)


@pytest.mark.parametrize("arguments", MISTAKES)
def test_a_mistake_gets_one_line(
    arguments: str, toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["compare", str(toy_folder), "-o", str(tmp_path / "out"), *arguments.split()])
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(f"unweave: {MISTAKES[arguments]}")
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_data_without_test_images_get_one_line(
    toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(f"compare {toy_folder / 'train'} --attribute shape --budget 20m -o {tmp_path / 'out'}".split())
    line = "unweave: shape circle has no test images, expected some; unweave data split\n"
    assert capsys.readouterr().err == line


def test_what_is_stopped_goes_on_by_the_same_command_and_by_no_other(
    toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def pressed(*given: Any) -> Batch:
        os.kill(os.getpid(), signal.SIGINT)
        return Method.batch(*given)

    monkeypatch.setattr(Unweave, "batch", pressed)
    settings = "--attribute shape --methods unweave --budget 96i --size 32 --width 0.0625 --pairs 2 --judge-steps 2"
    with pytest.raises(SystemExit) as left:
        main(["compare", str(toy_folder), "-o", str(tmp_path / "out"), *settings.split()])
    assert left.value.code == 130
    said = capsys.readouterr()
    assert said.out == "unweave: 48 training images, 6 steps\nstopped after step 1\n"
    assert "--resume" not in said.err
    assert said.err.splitlines()[-1] == "unweave: stopped; the same command goes on with the comparison"
