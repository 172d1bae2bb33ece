"""Several processes, as torchrun starts them, against one on the joint batch: in float64, where rounding is all."""

import csv
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from unweave.checkpoint import load_model, load_tensors
from unweave.cli import main
from unweave.data.batches import Batch
from unweave.method import Unweave
from unweave.run_folder import read_metrics
from unweave.training import resume, train

TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
COMMON: dict[str, dict[str, Any]] = {
    "data": {"size": 32, "channels": 1},
    "networks": {"width": 1 / 32, "critic_width": 1 / 32, "residual_blocks": 1},
    "run": {
        "batch": 16,
        "steps": 20,
        "log_every": 1,
        "checkpoint_every": 15,
        "sample_every": 20,
        "judge_steps": 0,
        "device": "cpu",
        "precision": "float32",
        "threads": 1,
    },
}
RECIPES: dict[str, dict[str, Any]] = {
    "paper": COMMON,
    "faces": {
        "data": {**COMMON["data"], "pairs": ["shape"], "flip": True, "flip_labels": ["colour:red=blue"]},
        "networks": {**COMMON["networks"], "start": "he", "critic_told": True},
        "losses": {"noise": 0.1, "single": 0.5, "critic_classes": 0.3, "adversarial_reconstruction": 0.2},
        "optim": {"ema": 0.9},
        "run": COMMON["run"],
    },
    "bfloat16": {**COMMON, "run": {**COMMON["run"], "steps": 2, "precision": "bfloat16", "threads": 5}},
}
FLAGS = (
    "--data.size 32 --networks.width 0.03125 --networks.critic-width 0.03125 --networks.residual-blocks 1"
    " --run.batch 16 --run.steps 8 --run.checkpoint-every 5 --run.judge-steps 0 --run.precision float32 --device cpu"
).split()


def write_images(folder: Path, count: int) -> Path:
    """Coarse noise with labels of two attributes, a few of each missing."""
    folder.mkdir()
    draw = np.random.default_rng(0)
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["file_name", "shape", "colour"])
        for k in range(count):
            pixels = draw.integers(0, 255, (8, 8, 3), dtype=np.uint8).repeat(4, 0).repeat(4, 1)
            Image.fromarray(pixels).save(folder / f"{k}.png")
            shape, colour = ("circle", "square", "")[draw.integers(3)], ("red", "green", "blue", "")[draw.integers(4)]
            table.writerow([f"{k}.png", shape, colour])
    return folder


@contextmanager
def float64() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.Tensor, "float", torch.Tensor.double)
        torch.set_default_dtype(torch.float64)
        try:
            yield
        finally:
            torch.set_default_dtype(torch.float32)


def cut_at(number: int, patch: pytest.MonkeyPatch) -> None:
    whole = Unweave.step

    def step(self: Unweave, batch: Batch, k: int) -> dict[str, torch.Tensor]:
        if k == number:
            raise OSError("power cut")
        return whole(self, batch, k)

    patch.setattr(Unweave, "step", step)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with images and with what two processes made of them, as `processes_job.py` says: found-*.json, runs.

    Beside them the runs of one process, alone-*, and what was said on stderr.
    """
    folder = tmp_path_factory.mktemp("processes")
    data = write_images(folder / "images", 60)
    write_images(folder / "damaged", 20).joinpath("5.png").write_text("no image")
    (folder / "job.json").write_text(json.dumps({"data": str(data), "recipes": RECIPES, "flags": FLAGS}))
    with pytest.MonkeyPatch.context() as patch, float64(), (folder / "stderr").open("w") as stderr:
        patch.setenv("UNWEAVE_CACHE", str(folder / "cache"))
        patch.setattr("unweave.training.HELD_OUT_IMAGES", 8)
        script = Path(__file__).with_name("processes_job.py")
        job = subprocess.Popen([*TORCHRUN, script, folder], stdout=subprocess.DEVNULL, stderr=stderr)
        try:
            with pytest.MonkeyPatch.context() as cut:
                cut_at(15, cut)
                with pytest.raises(OSError, match="power cut"):
                    train(data, folder / "alone-faces", **RECIPES["faces"])
            shutil.copytree(folder / "alone-faces", folder / "copy").rename(folder / "begun by one")
            resume(folder / "alone-faces")
            train(data, folder / "alone-paper", **RECIPES["paper"])
            job.wait(60)
        finally:
            job.terminate()
        yield folder


@pytest.fixture
def found(place: Path) -> list[dict[str, Any]]:
    """What each of the two processes found."""
    try:
        return [json.loads((place / f"found-{rank}.json").read_text()) for rank in range(2)]
    except FileNotFoundError:
        raise AssertionError((place / "stderr").read_text()) from None


def tensors_of(run: Path) -> dict[str, torch.Tensor]:
    return load_tensors(run / "state.safetensors", "state")[0]


def assert_same_up_to_rounding(run: Path, alone: Path) -> None:
    mine, theirs = tensors_of(run), tensors_of(alone)
    assert mine.keys() == theirs.keys()
    assert any(tensor.dtype == torch.float64 for tensor in mine.values())
    for name, tensor in theirs.items():
        torch.testing.assert_close(mine[name], tensor, rtol=1e-6, atol=1e-9, msg=lambda text, n=name: f"{n}: {text}")


@pytest.mark.parametrize("recipe", ["paper", "faces"])
def test_two_processes_give_the_losses_of_one_on_the_joint_batch(
    recipe: str, place: Path, found: list[dict[str, Any]]
) -> None:
    ours, theirs = read_metrics(place / recipe), read_metrics(place / f"alone-{recipe}")
    assert ours.keys() == theirs.keys()
    for name, (steps, values) in theirs.items():
        if name not in ("images_per_s", "data_wait"):
            assert ours[name][0].tolist() == steps.tolist()
            worst = (np.abs(ours[name][1] - values) / np.maximum(1, np.abs(values))).max()
            assert worst <= 1e-4, f"{name}: {worst:.1e}"
    assert len(theirs["synthesis"][0]) == 20


@pytest.mark.parametrize("recipe", ["paper", "faces"])
def test_two_processes_give_the_weights_of_one(recipe: str, place: Path, found: list[dict[str, Any]]) -> None:
    assert_same_up_to_rounding(place / recipe, place / f"alone-{recipe}")


@pytest.mark.parametrize("recipe", ["paper", "faces", "bfloat16"])
def test_all_processes_end_with_the_same_weights(recipe: str, found: list[dict[str, Any]]) -> None:
    assert found[0]["weights"][recipe] == found[1]["weights"][recipe]


def test_the_first_process_writes_what_one_alone_writes(place: Path, found: list[dict[str, Any]]) -> None:
    """The second fails where it writes: see `forbidden`."""
    ours, theirs = (
        sorted(path.relative_to(run) for path in run.rglob("*")) for run in (place / "faces", place / "alone-faces")
    )
    assert ours == theirs
    assert load_model(place / "faces" / "best.safetensors")[0].attributes["shape"] == ("circle", "square")


def test_what_is_on_disk_does_not_tell_how_many_processes_there_were(place: Path, found: list[dict[str, Any]]) -> None:
    settings = [(place / name / "config.yaml").read_text() for name in ("faces", "alone-faces")]
    assert settings[0] == settings[1]
    headers = [load_tensors(place / name / "state.safetensors", "state")[1] for name in ("faces", "alone-faces")]
    best = [header.pop("best") for header in headers]
    assert best[0] == pytest.approx(best[1], rel=1e-6)
    assert headers[0] == headers[1]


def test_the_processes_of_a_machine_divide_its_threads(place: Path, found: list[dict[str, Any]]) -> None:
    assert [each["threads"] for each in found] == [2, 2]
    assert "threads: 5" in (place / "bfloat16" / "config.yaml").read_text()


def test_two_processes_go_on_with_what_one_began(place: Path, found: list[dict[str, Any]]) -> None:
    assert_same_up_to_rounding(place / "begun by one", place / "alone-faces")


def test_one_process_goes_on_where_two_left_when_one_of_them_was_asked_to(
    place: Path, found: list[dict[str, Any]]
) -> None:
    run = place / "begun by two"
    assert [each["asked to end"] for each in found] == ["exit code 143"] * 2
    assert load_tensors(run / "state.safetensors", "state")[1]["step"] == 17
    resume(run)
    assert_same_up_to_rounding(run, place / "alone-faces")


def test_a_loss_of_one_process_that_is_not_finite_stops_all(place: Path, found: list[dict[str, Any]]) -> None:
    for each in found:
        assert each["not finite"].startswith("step 2: the loss part 'reconstruction' is nan; the checkpoint of step 0")
    assert load_tensors(place / "not finite" / "state.safetensors", "state")[1]["step"] == 0


def test_an_error_before_the_training_is_everyones_and_leaves_nothing(place: Path, found: list[dict[str, Any]]) -> None:
    for each in found:
        assert each["odd batch"] == "run.batch is 15, expected a multiple of 2: each process takes an equal share"
        assert each["no device"] == "device 'cpu' is not to be had"  # in the second process
        assert "is not empty; take another folder" in each["in use"]
        assert "5.png: is not an image" in each["no image"]
    assert not (place / "from damaged").exists()
    assert not (place / "odd batch").exists()


def test_of_a_dry_run_the_first_process_alone_speaks(found: list[dict[str, Any]]) -> None:
    assert "in each of 2 processes" in found[0]["dry run"]
    assert found[1]["dry run"] == ""


def test_a_killed_process_ends_the_job_with_one_line_and_a_good_checkpoint(
    place: Path, found: list[dict[str, Any]]
) -> None:
    run, said = place / "killed", (place / "stderr").read_text()
    assert re.findall("^unweave: .*", said, re.MULTILINE) == [
        f"unweave: one of the 2 processes of this training has ended; the last checkpoint in {run} is good;"
        f" go on with: unweave train --resume {run}"
    ]
    assert "terminate called" not in said
    assert load_tensors(run / "state.safetensors", "state")[1]["step"] == 5
    assert load_model(run / "last.safetensors")[0].step == 5


def test_a_mistake_is_told_once_and_each_process_leaves_with_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def leave(code: int) -> None:
        raise SystemExit(code)

    store = torch.distributed.HashStore()  # pyright: ignore[reportPrivateImportUsage]
    monkeypatch.setattr("unweave.processes._store", lambda: store)
    monkeypatch.setattr("os._exit", leave)
    for rank in ("1", "0"):
        of_torchrun = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
        for name, value in {**of_torchrun, "MASTER_ADDR": "localhost", "MASTER_PORT": "1"}.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as left:
            main(["train"])
        assert left.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("unweave: DATA is missing")
    assert said.count("\n") == 1
