"""What a run folder holds, and how its training state and metrics are written and read.

config.yaml          every setting, resolved
metrics.jsonl        a line for every logged step, a line for every evaluation
samples/*.png        grids of swaps between held-out images
best.safetensors     the model that scored best on held-out images: what `unweave.load` takes
last.safetensors     the model of the last checkpoint
state.safetensors    everything that a resumed training needs
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from unweave import files
from unweave.checkpoint import ModelCard, load_tensors, optimiser_tensors, restore_optimiser, save_tensors
from unweave.codes import REST
from unweave.config import Config
from unweave.data.table import AttributeTable
from unweave.errors import UnweaveError
from unweave.files import CannotWriteError, InUseError, bundled, is_run, remove, write_whole
from unweave.interface import Method
from unweave.networks import Classifier

Log = Callable[[Mapping[str, float]], None]


@contextmanager
def made(folder: Path) -> Iterator[Path]:
    """Make a run folder; where what follows fails, leave what was before. Raises `UnweaveError` where it is in use."""
    check_free(folder)
    theirs = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnweaveError(f"{folder}: no folder can be made here ({error.strerror})") from None
    try:
        yield folder
    except InUseError:  # what is in there is the other's, which was a moment faster
        raise
    except BaseException:
        with suppress(OSError):  # the first error is the one to tell
            for path in folder.iterdir():
                remove(path)
            if not theirs:
                folder.rmdir()
        raise


def check_free(folder: Path) -> None:
    """Raise `UnweaveError` where there is something in the way of a new run folder."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        resume = f", or go on with this run: unweave train --resume {folder}" if is_run(folder) else ""
        raise UnweaveError(f"{folder}: is not empty; take another folder{resume}")


def locked(run: Path) -> AbstractContextManager[None]:
    """Keep a run folder from being trained in by two at once; raises `InUseError` for the second."""
    return files.locked(run, "is being trained in")


def write_state(run: Path, method: Method, step: int, best: float, table: AttributeTable, pixels: np.ndarray) -> None:
    """Everything that going on after `step` steps needs: weights, their average, optimisers, the best score.

    `table` and `pixels`, uint8 (images, height, width, channels), are what it is trained on, to be known again.
    """
    tensors: dict[str, Tensor] = {}
    for name, module in method.modules.items():
        tensors |= {f"{name}/{key}": value for key, value in module.state_dict().items()}
        tensors |= {f"{name}.adam/{key}": value for key, value in optimiser_tensors(method.optimisers[name]).items()}
    if method.average is not method.generator:
        tensors |= {f"average/{key}": value for key, value in method.average.state_dict().items()}
    header = {"kind": "state", "step": step, "best": best, "classes": table.classes}
    header |= {"data": fingerprint(table, method.config), "pixels": likeness(pixels)}
    save_tensors(run / "state.safetensors", tensors, header)


def read_state(run: Path, method: Method, table: AttributeTable) -> tuple[int, float, str | None]:
    """Put the last checkpoint back into `method`; returns its step, its best score and the `likeness` it is told of."""
    tensors, header = load_tensors(run / "state.safetensors", "state")
    try:
        step, best, data = int(header["step"]), float(header["best"]), header["data"]
    except (KeyError, TypeError, ValueError) as error:
        raise UnweaveError(f"{run}: its state.safetensors lacks what a training state holds ({error})") from None
    if data != fingerprint(table, method.config):
        raise UnweaveError(
            f"{run}: its images or labels are no longer those it was trained on; restore them, or --init-from it"
        )
    try:
        for name, module in method.modules.items():
            module.load_state_dict(_under(f"{name}/", tensors))
            if adam := _under(f"{name}.adam/", tensors):  # there is none before the first step
                restore_optimiser(method.optimisers[name], adam)
        if method.average is not method.generator:
            method.average.load_state_dict(_under("average/", tensors))
    except (KeyError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UnweaveError(
            f"{run}: its state.safetensors does not fit its config.yaml, restore both as they were ({reason})"
        ) from None
    return step, best, header.get("pixels")  # older states tell of none


def read_classifiers(run: Path, card: ModelCard) -> dict[str, Classifier]:
    """The classifiers of a run at its last checkpoint, by attribute; `card` is that of the run's model."""
    tensors, _ = load_tensors(run / "state.safetensors", "state")
    found = {}
    for k, (name, classes) in enumerate(card.attributes.items()):
        found[name] = Classifier(len(classes), size=card.size, colours=card.channels, width=card.width)
        try:
            found[name].load_state_dict(_under(f"classifiers/{k}.", tensors))
        except RuntimeError:
            raise UnweaveError(f"{run}: its state.safetensors holds no classifiers that fit the model") from None
    return found


def fingerprint(table: AttributeTable, config: Config) -> str:
    """Changes with the images' names, splits, classes and labels; not with where they lie.

    Labels are those of the attributes, and those in the further columns by which pairs are found.
    """
    names = (*table.attributes, *config.data.contrast_columns, *config.rivals.same)
    columns = {name: table.columns[name] for name in names if name in table.columns}
    told = [table.files, table.splits, columns, dict(table.classes)]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def likeness(pixels: np.ndarray) -> str:
    """Changes with the images' pixels, as far as 256 of them tell that are spread over all."""
    some = np.linspace(0, len(pixels) - 1, 256).round().astype(int)
    return hashlib.sha256(np.ascontiguousarray(pixels[some]).data).hexdigest()


def start_from(source: Path, method: Method, classes: Mapping[str, Sequence[str]]) -> None:
    """Take over the weights of another run, or of a model, wherever attribute, classes and shape agree.

    Of a run the averaged weights of its generator, which are the better ones; a model has no others. Raises
    `UnweaveError` where nothing fits.
    """
    model = source if source.exists() else bundled(f"{source}.safetensors")
    if model and model.is_file():
        tensors, header = load_tensors(model, "model")
        tensors = {name.replace(".", "/", 1): tensor for name, tensor in tensors.items()}
        theirs = header.get("attributes")
    else:
        tensors, header = load_tensors(source / "state.safetensors", "state")
        tensors |= {f"generator/{key}": value for key, value in _under("average/", tensors).items()}
        theirs = header.get("classes")
    if not isinstance(theirs, dict) or not all(isinstance(names, list) for names in theirs.values()):
        raise UnweaveError(f"{source}: does not say which classes it was trained on")
    taken = 0
    with torch.no_grad():
        for name, module in method.modules.items():
            for key, mine in module.state_dict().items():
                other = tensors.get(_their_key(f"{name}/{key}", classes, theirs))
                if other is not None and other.shape == mine.shape:
                    mine.copy_(other)
                    taken += mine.ndim > 1  # a bias of one value fits everywhere
        method.average.load_state_dict(method.generator.state_dict())
    if not taken:
        raise UnweaveError(f"{source}: none of its weights fits; attributes, width and size have to agree")


def _their_key(key: str, mine: Mapping[str, Sequence[str]], theirs: Mapping[str, Sequence[str]]) -> str:
    """What another run calls a tensor of ours; "" where it has none of that meaning."""
    if key.startswith("generator/decoder"):
        return key if list(mine) == list(theirs) else ""  # it reads the codes in their order
    numbered = re.match(r"(generator/encoders\.|classifiers/|critic/heads\.|critic/of_labels\.)(\d+)(.*)", key)
    if not numbered:
        return key
    where, number, layer = numbered.groups()
    attribute = [*mine, REST][int(number)]
    tells_classes = where.startswith("critic/") or layer.startswith(".head")
    if attribute not in [*theirs, REST] or (tells_classes and list(mine[attribute]) != list(theirs[attribute])):
        return ""
    return f"{where}{[*theirs, REST].index(attribute)}{layer}"


def check_tensorboard() -> None:
    """Raise `UnweaveError` where TensorBoard's package is missing."""
    if find_spec("tensorboard") is None:
        raise UnweaveError("run.tensorboard needs the tensorboard package: pip install 'unweave[tensorboard]'")


@contextmanager
def metrics_log(run: Path, *, after: int, tensorboard: bool) -> Iterator[Log]:
    """A function that appends a line to metrics.jsonl (and TensorBoard events).

    Lines of steps above `after` are dropped first: a resumed run writes them anew.
    """
    path = run / "metrics.jsonl"
    kept = [values for values in _logged(path) if values["step"] <= after] if path.exists() else []
    write_whole(path, "".join(json.dumps(values) + "\n" for values in kept))
    board = None
    if tensorboard:
        from torch.utils.tensorboard import SummaryWriter

        board = SummaryWriter(str(run), purge_step=after + 1)
    with path.open("ab", buffering=0) as file:  # what a full disk refuses must not be tried again when it is closed

        def log(values: Mapping[str, float]) -> None:
            short = {n: float(f"{value:.6g}") if isinstance(value, float) else value for n, value in values.items()}
            try:
                file.write(f"{json.dumps(short)}\n".encode())
            except OSError as error:
                raise CannotWriteError(f"{path}: cannot be written ({error.strerror})") from error
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
    for values in _logged(run / "metrics.jsonl"):
        for name, value in values.items():
            if name != "step":
                series.setdefault(name, []).append((values["step"], value))
    return {
        name: (np.array([s for s, _ in points]), np.array([v for _, v in points])) for name, points in series.items()
    }


def _logged(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a log that can be read: a kill may have cut one off, and a log never keeps a run from going on."""
    for line in path.read_bytes().splitlines():
        with suppress(ValueError, RecursionError):
            values = json.loads(line)
            if isinstance(values, dict) and isinstance(values.get("step"), int | float):
                yield values


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
