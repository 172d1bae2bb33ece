"""Trainings that are interrupted: Ctrl-C, SIGTERM, a closed terminal, a kill."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tqdm import tqdm

from unweave.checkpoint import load_tensors
from unweave.method import Unweave
from unweave.training import resume, train

TINY = {
    "data": {"size": 32},
    "networks": {"width": 1 / 16, "critic_width": 1 / 16, "residual_blocks": 1},
    "run": {
        "batch": 6,
        "steps": 12,
        "checkpoint_every": 5,
        "sample_every": 6,
        "judge_steps": 5,
        "device": "cpu",
        "precision": "float32",
        "threads": 1,
    },
}

pytestmark = pytest.mark.usefixtures("few_pairs", "hearing")


def saved_step(run: Path) -> int:
    return load_tensors(run / "state.safetensors", "state")[1]["step"]


def signalled(monkeypatch: pytest.MonkeyPatch, step: int, *numbers: int) -> None:
    """In that step, counted from 0, this process gets these signals."""
    whole = Unweave.step

    def asked(self: Unweave, batch, number: int):
        for each in numbers if number == step else ():
            os.kill(os.getpid(), each)
        return whole(self, batch, number)

    monkeypatch.setattr(Unweave, "step", asked)


def script(data: Path, run: Path, step: int, *what: str) -> str:
    """A training in a process of its own, which does `what` before that step."""
    lines = "\n        ".join(what)
    return f"""
import os, signal, time
from unweave import training
from unweave.method import Unweave
whole = Unweave.step
def cut(self, batch, number):
    if number == {step}:
        {lines}
    return whole(self, batch, number)
Unweave.step = cut
training.HELD_OUT_IMAGES = 8
training.train({str(data)!r}, {str(run)!r}, **{TINY!r})
"""


@pytest.mark.parametrize(
    ("number", "left"),
    [
        (signal.SIGINT, KeyboardInterrupt()),
        (signal.SIGTERM, SystemExit(143)),
        (signal.SIGHUP, SystemExit(129)),
    ],
)
def test_who_asks_a_training_to_end_is_left_a_checkpoint_of_the_step_in_hand(
    number: int,
    left: BaseException,
    toys: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    before = signal.getsignal(number)
    signalled(monkeypatch, 3, number)
    with pytest.raises(type(left)) as caught:
        train(toys, tmp_path / "run", **TINY)
    assert caught.value.args == left.args
    told = "unweave: stopping when this step is saved; Ctrl-C again stops at once\n"
    assert (told in capfd.readouterr().err) == (number == signal.SIGINT)
    assert saved_step(tmp_path / "run") == 4
    assert signal.getsignal(number) is before


def test_who_asks_twice_is_obeyed_at_once_but_for_a_closed_terminal_which_is_told_twice(
    toys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, numbers, step in (
        ("impatient", [signal.SIGINT, signal.SIGINT], 0),
        ("closed", [signal.SIGHUP, signal.SIGHUP], 4),
        ("logged out", [signal.SIGTERM, signal.SIGHUP], 4),
    ):
        with monkeypatch.context() as patch:
            signalled(patch, 3, *numbers)
            with pytest.raises((KeyboardInterrupt, SystemExit)):
                train(toys, tmp_path / name, **TINY)
        assert saved_step(tmp_path / name) == step


def test_a_training_that_is_to_outlive_its_terminal_does(
    toys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what nohup does
    try:
        signalled(monkeypatch, 3, signal.SIGHUP)
        assert saved_step(train(toys, tmp_path / "run", **TINY)) == 12
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_terminal_that_is_closed_refuses_what_is_printed_and_costs_no_checkpoint(toys: Path, tmp_path: Path) -> None:
    ready, told = os.pipe()
    mine, its = os.openpty()
    closed = [f"os.write({told}, b'.')", "while os.isatty(2):", "    time.sleep(0.01)"]
    code = "import os; os.login_tty(0)" + script(toys, tmp_path / "run", 5, *closed)
    with subprocess.Popen([sys.executable, "-c", code], stdin=its, stdout=its, stderr=its, pass_fds=[told]) as running:
        os.close(told)
        os.close(its)
        begun = os.read(ready, 1)
        os.close(mine)
        running.wait(timeout=120)
    os.close(ready)
    assert begun == b"."
    assert saved_step(tmp_path / "run") == 6  # where its figures are printed first


def test_lines_that_nobody_reads_cost_no_checkpoint(
    toys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: str) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(tqdm, "write", refused)
    assert saved_step(train(toys, tmp_path / "run", **TINY)) == 12


def test_interruption_during_an_evaluation_leaves_a_checkpoint_too(
    toys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pressed(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Unweave, "sample", pressed)  # at step 6, which saves nothing by itself
    with pytest.raises(KeyboardInterrupt):
        train(toys, tmp_path / "run", **TINY)
    assert saved_step(tmp_path / "run") == 7


def test_a_killed_process_resumes_bit_for_bit(toys: Path, tmp_path: Path) -> None:
    code = script(toys, tmp_path / "cut", 8, "os.kill(os.getpid(), signal.SIGKILL)")
    assert subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL).returncode == -signal.SIGKILL
    assert saved_step(tmp_path / "cut") == 5
    (tmp_path / "cut" / ".state.safetensors.00.part").touch()  # as of a kill while it was written
    whole, cut = train(toys, tmp_path / "whole", **TINY), resume(tmp_path / "cut")
    mine, theirs = (load_tensors(run / "state.safetensors", "state") for run in (cut, whole))
    assert mine[1] == theirs[1]
    assert mine[0].keys() == theirs[0].keys()
    assert all(torch.equal(tensor, theirs[0][name]) for name, tensor in mine[0].items())
    assert sorted(path.name for path in cut.iterdir()) == sorted(path.name for path in whole.iterdir())
