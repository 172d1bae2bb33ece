"""Models are found by a run folder, a file or a bundled name, and what is none is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from unweave import model as use
from unweave.errors import UnweaveError
from unweave.model import load


def test_load_takes_a_run_folder_a_file_or_a_bundled_name(
    save: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    best = save(run / "best.safetensors")
    save(run / "last.safetensors", step=9)
    assert load(run).card.step == 7
    assert load(str(run / "last.safetensors")).card.step == 9
    assert load(best).attributes == ("expression", "light")
    assert load(best).classes["light"] == ("left", "right", "top")
    monkeypatch.setattr("unweave.files.bundled", {"faces.safetensors": best}.get)
    monkeypatch.setattr(use, "bundled", {"faces.safetensors": best}.get)
    assert load("faces").card == load(best).card
    monkeypatch.chdir(tmp_path)
    (tmp_path / "faces").mkdir()  # a folder of that name that is no run does not hide the bundled model
    assert load("faces").card == load(best).card


def test_what_is_no_model_is_told_in_one_line(save: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(UnweaveError, match="nowhere: no such run folder or model file, nor a bundled model"):
        load(tmp_path / "nowhere")
    with pytest.raises(UnweaveError, match=r"is no run folder, and holds no model\.safetensors"):
        load(tmp_path)
    (tmp_path / "state.safetensors").touch()
    with pytest.raises(UnweaveError, match=r"stopped before it wrote a model; unweave train --resume "):
        load(tmp_path)
    save(tmp_path / "last.safetensors")
    with pytest.raises(UnweaveError, match=r"name the last one: .*last\.safetensors"):
        load(tmp_path)


def test_a_run_that_hides_the_bundled_model_is_said_to(
    save: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    best = save(tmp_path / "faces64" / "best.safetensors")
    assert load("faces64").card == load(best).card
    assert capsys.readouterr().err == f"unweave: {tmp_path / 'faces64'} is used, which hides the bundled faces64\n"


def test_a_device_that_is_not_there_gets_one_line(save: Callable[..., Path], tmp_path: Path) -> None:
    path = save(tmp_path / "toy.safetensors")
    with pytest.raises(UnweaveError, match=r"^device 'gpu' is not to be had on this machine, expected cpu or another$"):
        load(path, device="gpu")
