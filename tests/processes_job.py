"""What each process does for `test_processes.py`: torchrun ... processes_job.py FOLDER, which holds job.json.

What it finds is left in found-RANK.json; at last the second process is killed in the middle of a training.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import torch

from unweave import config, losses, machine, training
from unweave.cli import main
from unweave.errors import UnweaveError
from unweave.method import Unweave

RANK = int(os.environ["RANK"])
WRITERS = "made locked metrics_log write_state held_out".split()
trained: list[Unweave] = []
whole_step, whole_loss, whole_device = Unweave.step, losses.reconstruction_loss, machine.as_device


class Kept(Unweave):
    """The method, which can be looked at when its training is over."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        trained.append(self)


def forbidden(*_: object, **__: object) -> None:
    raise AssertionError("a process other than the first writes or evaluates")


def patch(owner: object, **values: object) -> None:
    for name, value in values.items():
        setattr(owner, name, value)


def in_float64() -> None:
    torch.set_default_dtype(torch.float64)
    patch(torch.Tensor, float=torch.Tensor.double)


def weights() -> str:
    """A hash of all weights of the last training."""
    told = hashlib.sha256()
    for module in trained[-1].modules.values():
        for tensor in module.state_dict().values():
            told.update(tensor.numpy().tobytes())
    return told.hexdigest()


def signalled_at(number: int, which: signal.Signals) -> None:
    """From now on the second process alone sends itself a signal before that step."""

    def step(self: Unweave, batch: Any, k: int) -> dict[str, torch.Tensor]:
        if (k, RANK) == (number, 1):
            os.kill(os.getpid(), which)
        return whole_step(self, batch, k)

    patch(Unweave, step=step)


def broken_at(number: int) -> None:
    """From now on the reconstruction loss of the second process alone is not a number from that step on."""

    def step(self: Unweave, batch: Any, k: int) -> dict[str, torch.Tensor]:
        if (k, RANK) == (number, 1):
            patch(losses, reconstruction_loss=lambda *images: whole_loss(*images) * torch.nan)
        return whole_step(self, batch, k)

    patch(Unweave, step=step)


def without_device(name: str | torch.device) -> torch.device:
    raise UnweaveError(f"device '{name}' is not to be had")


def mended() -> None:
    patch(Unweave, step=whole_step)
    patch(losses, reconstruction_loss=whole_loss)
    patch(machine, as_device=whole_device)


def error_of(work: Callable[..., object], *arguments: Any, **settings: Any) -> str:
    try:
        work(*arguments, **settings)
    except UnweaveError as error:
        return str(error)
    except SystemExit as left:
        return f"exit code {left.code}"
    return "none"


def all_of_it(folder: Path, data: Path, recipes: dict[str, Any], flags: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"weights": {}}
    patch(training, Unweave=Kept, HELD_OUT_IMAGES=8)
    if RANK:
        patch(config, write_config=forbidden)
        patch(training.tqdm, write=forbidden)
        patch(training, **dict.fromkeys(WRITERS, forbidden))
        patch(Unweave, figures=forbidden, sample=forbidden, write=forbidden)
    training.train(data, folder / "bfloat16", **recipes["bfloat16"])
    found["weights"]["bfloat16"], found["threads"] = weights(), torch.get_num_threads()
    in_float64()
    training.train(data, folder / "paper", **recipes["paper"])
    found["weights"]["paper"] = weights()
    signalled_at(16, signal.SIGTERM)
    found["asked to end"] = error_of(training.train, data, folder / "faces", **recipes["faces"])
    mended()
    if not RANK:
        shutil.copytree(folder / "faces", folder / "begun by two")
    training.resume(folder / "faces")
    found["weights"]["faces"] = weights()
    while not (folder / "begun by one").exists():  # it is being trained beside this
        time.sleep(0.05)
    training.resume(folder / "begun by one")

    broken_at(1)
    found["not finite"] = error_of(training.train, data, folder / "not finite", **recipes["paper"])
    mended()
    if RANK:
        patch(machine, as_device=without_device)
    found["no device"] = error_of(training.train, data, folder / "no device", **recipes["paper"])
    mended()
    odd = {**recipes["paper"], "run": {**recipes["paper"]["run"], "batch": 15}}
    found["odd batch"] = error_of(training.train, data, folder / "odd batch", **odd)
    found["in use"] = error_of(training.train, data, folder / "paper", **recipes["paper"])
    found["no image"] = error_of(training.train, folder / "damaged", folder / "from damaged", **recipes["paper"])
    with redirect_stdout(io.StringIO()) as shown:
        main(["train", str(data), "--dry-run", *flags])
    found["dry run"] = shown.getvalue()
    return found


def run(folder: Path) -> None:
    job = json.loads((folder / "job.json").read_text())
    found = all_of_it(folder, Path(job["data"]), job["recipes"], job["flags"])
    (folder / f"found-{RANK}.json").write_text(json.dumps(found))
    signalled_at(6, signal.SIGKILL)
    main(["train", job["data"], "-o", str(folder / "killed"), *job["flags"]])


if __name__ == "__main__":
    run(Path(sys.argv[1]))
