"""What a run folder holds, and how its training state and metrics are written and read.

config.yaml          every setting, resolved
metrics.jsonl        a line for every logged step, a line for every evaluation
samples/*.png        grids of swaps between held-out images
best.safetensors     the model that scored best on held-out images: what `unweave.load` takes
last.safetensors     the model of the last checkpoint
state.safetensors    everything that a resumed training needs
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from unweave.checkpoint import load_tensors, optimiser_tensors, restore_optimiser, save_tensors
from unweave.errors import UnweaveError
from unweave.files import write_whole
from unweave.method import Unweave

Log = Callable[[Mapping[str, float]], None]


def write_state(run: Path, method: Unweave, step: int, best: float, classes: Mapping[str, Sequence[str]]) -> None:
    """Everything that going on after `step` steps needs: weights, their average, optimisers, the best score."""
    tensors: dict[str, Tensor] = {}
    for name, module in method.modules.items():
        tensors |= {f"{name}/{key}": value for key, value in module.state_dict().items()}
        tensors |= {f"{name}.adam/{key}": value for key, value in optimiser_tensors(method.optimisers[name]).items()}
    if method.average is not method.generator:
        tensors |= {f"average/{key}": value for key, value in method.average.state_dict().items()}
    header = {
        "kind": "state",
        "step": step,
        "best": best,
        "classes": {name: list(names) for name, names in classes.items()},
    }
    save_tensors(run / "state.safetensors", tensors, header)


def read_state(run: Path, method: Unweave, classes: Mapping[str, Sequence[str]]) -> tuple[int, float]:
    """Put the last checkpoint back into `method`; returns its step and best score (0 and -inf where there is none)."""
    path = run / "state.safetensors"
    if not path.exists():
        return 0, float("-inf")
    tensors, header = load_tensors(path, "state")
    if header["classes"] != {name: list(names) for name, names in classes.items()}:
        raise UnweaveError(
            f"{run}: the data's classes are no longer those it was trained on; restore the data, or use --init-from"
        )
    for name, module in method.modules.items():
        module.load_state_dict(_under(f"{name}/", tensors))
        restore_optimiser(method.optimisers[name], _under(f"{name}.adam/", tensors))
    if method.average is not method.generator:
        method.average.load_state_dict(_under("average/", tensors))
    return header["step"], header["best"]


def start_from(run: Path, method: Unweave) -> int:
    """Take over the weights of another run wherever name and shape agree; returns how many tensors were taken."""
    tensors, _ = load_tensors(run / "state.safetensors", "state")
    taken = 0
    with torch.no_grad():
        for name, module in method.modules.items():
            theirs = _under(f"{name}/", tensors)
            if name == "generator":  # the averaged weights are the better ones
                theirs |= _under("average/", tensors)
            for key, mine in module.state_dict().items():
                if key in theirs and theirs[key].shape == mine.shape:
                    mine.copy_(theirs[key])
                    taken += mine.ndim > 1  # a bias of one value fits everywhere
        method.average.load_state_dict(method.generator.state_dict())
    if not taken:
        raise UnweaveError(f"{run}: none of its weights fits these settings; width, size and attributes have to agree")
    return taken


@contextmanager
def metrics_log(run: Path, *, after: int, tensorboard: bool) -> Iterator[Log]:
    """A function that appends a line to metrics.jsonl (and TensorBoard events).

    Lines of steps above `after` are dropped first: a resumed run writes them anew.
    """
    path = run / "metrics.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    write_whole(path, "".join(f"{line}\n" for line in lines if _step(line) <= after))
    board = board_writer(run) if tensorboard else None
    with path.open("a", encoding="utf-8") as file:

        def log(values: Mapping[str, float]) -> None:
            file.write(
                json.dumps(
                    {
                        name: float(f"{value:.6g}") if isinstance(value, float) else value
                        for name, value in values.items()
                    }
                )
                + "\n"
            )
            file.flush()
            if board is not None:
                for name, value in values.items():
                    board.add_scalar(name, value, values["step"])

        try:
            yield log
        finally:
            if board is not None:
                board.close()


def read_metrics(run: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """All series of metrics.jsonl: name -> (steps, values)."""
    series: dict[str, list[tuple[int, float]]] = {}
    for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines():
        values = json.loads(line)
        for name, value in values.items():
            if name != "step":
                series.setdefault(name, []).append((values["step"], value))
    return {
        name: (np.array([s for s, _ in points]), np.array([v for _, v in points])) for name, points in series.items()
    }


def board_writer(run: Path):
    """A TensorBoard writer; raises `UnweaveError` where the package is missing."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise UnweaveError(
            "run.tensorboard needs the tensorboard package: pip install 'unweave[tensorboard]'"
        ) from None
    return SummaryWriter(str(run))


def _step(line: str) -> float:
    try:
        return json.loads(line)["step"]
    except (ValueError, KeyError):  # a line that was cut off by a kill
        return float("inf")


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
