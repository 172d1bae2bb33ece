"""The training loop: one flat function that drives anything with the small interface of `method.py`."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from unweave import config as settings
from unweave import machine
from unweave.checkpoint import ModelCard, save_model
from unweave.config import Config
from unweave.data.batches import TrainingSet, as_images, as_pixels, draw_batch, steps_per_epoch, training_set
from unweave.data.cache import cached_images
from unweave.data.table import AttributeTable, read_table
from unweave.draw import grid, save
from unweave.errors import UnweaveError
from unweave.evaluate import HeldOut, decode, evaluate, held_out, score
from unweave.judges import judged_attributes, train_judge
from unweave.method import Unweave, learning_rate_share
from unweave.run_folder import metrics_log, read_state, start_from, write_state

HELD_OUT_IMAGES = 256
"""Most images, and number of pairs, that an evaluation during training uses."""
UNLIKE = 1.25
"""How many times the reconstruction error of the worst 1 % of held-out images makes an image unlike the training's."""
MEAN_CODE_IMAGES = 200
"""Most training images of a class that its mean code is taken over."""


def train(
    data: str | Path | AttributeTable,
    folder: str | Path,
    /,
    *,
    preset: str | None = None,
    config: Config | None = None,
    init_from: str | Path | None = None,
    **changes: Mapping[str, Any],
) -> Path:
    """Train a model in a new run `folder` and return that folder, which `unweave.load` takes.

    `data`: a folder, a .zip, the name of the bundled set, or a table (`read_table`, `table_from_arrays`). Settings are
    those of `preset` or `config` (the paper's if neither is given) with `changes`, e.g. `losses={"adversarial": 0.1}`.
    `init_from`: a run folder whose weights to start from, wherever names and shapes agree.

    Raises `UnweaveError`: bad data or settings, a run folder in use, a loss that is not finite, too little memory.
    """
    config = settings.build(changes, config or (settings.preset(preset) if preset else Config()))
    run = Path(folder)
    if run.exists() and (not run.is_dir() or any(run.iterdir())):
        raise UnweaveError(
            f"{run}: is in use; take another folder, or go on with this run: unweave train --resume {run}"
        )
    table = as_table(data, config)
    config = machine.resolve(
        replace(config, data=replace(config.data, source=source_of(data), attributes=table.attributes))
    )
    method = Unweave(config, table.classes)
    if init_from is not None:
        start_from(Path(init_from), method)
    training, held = prepare(table, config)
    run.mkdir(parents=True, exist_ok=True)
    settings.write_config(run / "config.yaml", config)
    return fit(method, training, held, table, config, run, first_step=0, best=float("-inf"))


def resume(run: str | Path, data: AttributeTable | None = None) -> Path:
    """Go on with a run that was stopped, bit for bit, from its last checkpoint; returns the run folder.

    Data and settings are the run's own; `data` is only needed where it was trained on arrays.
    """
    run = Path(run)
    if not (run / "config.yaml").exists():
        raise UnweaveError(f"{run}: holds no config.yaml, so it is not a run folder that can be resumed")
    config = settings.read_config(run / "config.yaml")
    if not config.data.source and data is None:
        raise UnweaveError(
            f"{run}: was trained on arrays; resume it from Python, with the same table: unweave.resume(run, data=table)"
        )
    table = as_table(data or config.data.source, config)
    machine.restore(config)
    method = Unweave(config, table.classes)
    step, best = read_state(run, method, table.classes)
    training, held = prepare(table, config)
    return fit(method, training, held, table, config, run, first_step=step, best=best)


def source_of(data: str | Path | AttributeTable) -> str:
    """What the run keeps of where its images are: the whole path, the name of a bundled set, "" for arrays."""
    path = data.source if isinstance(data, AttributeTable) else Path(data)
    return "" if path is None else str(path.resolve()) if path.exists() else str(data)


def as_table(data: str | Path | AttributeTable, config: Config) -> AttributeTable:
    """The table to train on, as the settings say it is to be read."""
    if isinstance(data, AttributeTable):
        return data
    return read_table(data, attributes=config.data.attributes or None, pattern=config.data.pattern)


def prepare(table: AttributeTable, config: Config) -> tuple[TrainingSet, HeldOut]:
    """Decoded images to train on, and images held out with a judge trained on the real training images.

    Held out are the validation images if there are any, else the test images, else every 20th training image.
    """
    pixels = cached_images(table, size=config.data.size, channels=config.data.channels, crop=config.data.crop)
    labels = table.labels()
    training = training_set(table, pixels, config)
    kept = next((table.rows(split) for split in ("validation", "test") if len(table.rows(split))), np.array([], int))
    if not len(kept):
        kept = training.rows[::20]
        if len(training.rows) - len(kept) >= config.run.batch:
            training = replace(training, rows=np.setdiff1d(training.rows, kept))
    few = kept[np.random.default_rng(config.run.seed).permutation(len(kept))[:HELD_OUT_IMAGES]]
    classes = judged_attributes(table.classes, labels[few]) if config.run.judge_steps else {}
    judge = None
    if classes:
        columns = [table.attributes.index(name) for name in classes]
        judge = train_judge(
            pixels, labels[:, columns], training.rows, classes, steps=config.run.judge_steps, seed=config.run.seed
        )
    return training, held_out(pixels, labels, few, table.attributes, judge)


def fit(
    method: Unweave,
    training: TrainingSet,
    held: HeldOut,
    table: AttributeTable,
    config: Config,
    run: Path,
    *,
    first_step: int,
    best: float,
) -> Path:
    """The loop, from `first_step` to the end; `best` is the score of `best.safetensors` so far."""
    rhythm = config.run
    epoch_steps = steps_per_epoch(len(training.rows), config)
    steps = rhythm.steps or rhythm.epochs * epoch_steps
    saved = logged = first_step
    waited, since = 0.0, time.perf_counter()
    with ExitStack() as stack:
        log = stack.enter_context(metrics_log(run, after=first_step, tensorboard=rhythm.tensorboard))
        interrupted = stack.enter_context(interrupts())
        bar = stack.enter_context(tqdm(total=steps, initial=first_step, unit="step", desc=run.name, disable=None))
        for step in range(first_step, steps):
            asked = time.perf_counter()
            batch = draw_batch(training, config, step)
            waited += time.perf_counter() - asked

            share = learning_rate_share(step, steps, None if rhythm.steps else epoch_steps, config.optim.flat)
            for optimiser in method.optimisers.values():
                optimiser.param_groups[0]["lr"] = optimiser.param_groups[0]["initial_lr"] * share
            with memory_advice(config):
                parts = method.step(batch, step)
            bar.update()

            done = step + 1
            last = done == steps or interrupted()
            sampling, saving = (
                done % rhythm.sample_every == 0 or done == steps,
                done % rhythm.checkpoint_every == 0 or last,
            )
            if done % rhythm.log_every == 0 or sampling or saving:
                values = finite(parts, done, run, saved)
                seconds = time.perf_counter() - since
                pace = {"images_per_s": rhythm.batch * (done - logged) / seconds, "data_wait": waited / seconds}
                log({"step": done, **values, "lr_share": share, **pace})
                bar.set_postfix({name: f"{values[name]:.3g}" for name in ("reconstruction", "synthesis", "margin")})
                waited, since, logged = 0.0, time.perf_counter(), done
            if sampling:
                figures = evaluate(method.average, held, pairs=HELD_OUT_IMAGES)
                log(
                    {
                        "step": done,
                        **{f"held_out/{name}": value for name, value in figures.items()},
                        "score": score(figures),
                    }
                )
                tqdm.write(f"step {done}: " + ", ".join(f"{name} {value:.3f}" for name, value in figures.items()))
                sample_grid(method, held, run / "samples" / f"{done:06d}.png")
                if score(figures) >= best:
                    best = score(figures)
                    write_model(run / "best.safetensors", method, training, table, config, figures, done)
            if saving:
                write_model(
                    run / "last.safetensors",
                    method,
                    training,
                    table,
                    config,
                    evaluate(method.average, replace(held, judge=None), pairs=64),
                    done,
                )
                write_state(run, method, done, best, table.classes)
                saved = done
            if sampling or saving:
                since = time.perf_counter()  # neither counts as training time
            if interrupted() and done < steps:
                tqdm.write(f"stopped after step {done}; go on with: unweave train --resume {run}")
                raise KeyboardInterrupt
    return run


def finite(parts: Mapping[str, Tensor], step: int, run: Path, saved: int) -> dict[str, float]:
    """The loss parts as numbers; raises `UnweaveError` naming the first that is not finite."""
    values = {name: part.item() for name, part in parts.items()}
    for name, value in values.items():
        if not np.isfinite(value):
            good = f"the checkpoint of step {saved} in {run} is good" if saved else "there is no checkpoint yet"
            raise UnweaveError(
                f"step {step}: the loss part '{name}' is {value}; {good}; lower optim.lr, optim.critic_lr or its weight"
            )
    return values


def write_model(
    path: Path,
    method: Unweave,
    training: TrainingSet,
    table: AttributeTable,
    config: Config,
    figures: Mapping[str, float],
    step: int,
) -> None:
    """Write what gets used: the averaged generator, and the mean code of every class over its training images."""
    card = ModelCard(
        attributes={name: tuple(names) for name, names in table.classes.items()},
        size=config.data.size,
        channels=config.data.channels,
        crop=config.data.crop,
        width=config.networks.width,
        residual_blocks=config.networks.residual_blocks,
        step=step,
        reconstruction={"median": figures["reconstruction"], "limit": UNLIKE * figures["reconstruction_p99"]},
        name=path.parent.name,
    )
    save_model(path, card, method.average, mean_codes(method, training, table))


@torch.inference_mode()
def mean_codes(method: Unweave, training: TrainingSet, table: AttributeTable) -> dict[str, Tensor]:
    """Attribute -> (classes, channels, height, width): each class's mean code over at most 200 of its images."""
    means = {}
    for k, (name, classes) in enumerate(table.classes.items()):
        encoder = method.average.encoders[k]
        of_class = []
        for label in range(len(classes)):
            rows = training.rows[training.labels[training.rows, k] == label][:MEAN_CODE_IMAGES]
            images = as_images(training.pixels[rows]).to(method.device)
            of_class.append(torch.cat([encoder(part) for part in images.split(32)]).mean(0))
        means[name] = torch.stack(of_class)
    return means


@torch.inference_mode()
def sample_grid(method: Unweave, held: HeldOut, path: Path) -> None:
    """Swaps between held-out images: a source, its reconstruction, for each attribute the exemplar and the result."""
    rows = min(6, len(held.images) // 2)
    sources, exemplars = held.images[:rows].to(method.device), held.images[rows : 2 * rows].to(method.device)
    own, donor = method.average.encode(sources), method.average.encode(exemplars)
    columns = [sources, decode(method.average, own)]
    labels = ["source", "reconstruction"]
    for k, name in enumerate(held.attributes):
        lent = donor.at(torch.arange(k, k + rows) % rows)  # another exemplar for each attribute
        columns += [exemplars[torch.arange(k, k + rows) % rows], decode(method.average, own.swap(lent, {name: 1.0}))]
        labels += [f"{name} from", f"{name} swapped"]
    pixels = [as_pixels(column) for column in columns]
    save(grid([[column[row] for column in pixels] for row in range(rows)], column_labels=labels), path)


@contextmanager
def interrupts() -> Iterator[Callable[[], bool]]:
    """A function that tells whether Ctrl-C was pressed inside: the step in hand is finished first.

    A second one stops at once.
    """
    pressed = threading.Event()

    def note(*_: object) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()

    if threading.current_thread() is not threading.main_thread():  # only the main thread may set handlers
        yield pressed.is_set
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def memory_advice(config: Config) -> Iterator[None]:
    """Turn "out of memory" into a line that says what to lower."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error):
            now = f"run.batch {config.run.batch}, data.size {config.data.size}, networks.width {config.networks.width}"
            raise UnweaveError(f"out of memory on {config.run.device}: lower one of {now}") from None
        raise
