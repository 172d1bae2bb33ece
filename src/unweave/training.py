"""The training loop: one flat function that drives anything with the interface of `interface.py`."""

from __future__ import annotations

import errno
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from shlex import join
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from unweave import config as settings
from unweave import machine, processes
from unweave.baselines import make_rival
from unweave.baselines.batches import enlarged
from unweave.baselines.pairs import PAIRWISE, narrowed, pair_of
from unweave.begun import sweep
from unweave.config import Config
from unweave.data.batches import TrainingSet, check_settings, sides, training_set
from unweave.data.cache import cached_images
from unweave.data.pictures import check_crop
from unweave.data.store import check_outside
from unweave.data.table import AttributeTable, read_table
from unweave.errors import UnweaveError, one_line
from unweave.evaluate import HeldOut, held_out, score
from unweave.files import bundled
from unweave.interface import Method
from unweave.method import Unweave, learning_rate_share
from unweave.run_folder import (
    check_free,
    check_tensorboard,
    likeness,
    locked,
    made,
    metrics_log,
    read_state,
    start_from,
    write_state,
)

LONG = 6 * 3600
"""Seconds; where a training will take longer its first step says so."""
HELD_OUT_IMAGES = 256
"""Most images, and number of pairs, that an evaluation during training uses."""


def train(
    data: str | Path | AttributeTable,
    folder: str | Path,
    /,
    *,
    preset: str | None = None,
    config: Config | None = None,
    init_from: str | Path | None = None,
    **changes: Mapping[str, Any] | str,
) -> Path:
    """Train a model in a new run `folder` and return that folder, which `unweave.load` takes.

    `data`: a folder, a .zip, the name of the bundled set, or a table (`read_table`, `table_from_arrays`). Settings are
    those of `preset` or `config` (the paper's if neither is given) with `changes`, e.g. `losses={"adversarial": 0.1}`.
    `method="stargan"` among them trains a rival, with its published recipe if there is neither.
    `init_from`: a run folder, a model file or the name of the bundled model, whose weights to start from, wherever
    attributes and shapes agree.

    Where torchrun has started several processes they train one model together, and `run.batch` is the batch of all.

    Raises `UnweaveError`: bad data or settings, a run folder in use, a loss that is not finite, too little memory.
    """
    if preset and config:
        raise UnweaveError(f"both the preset {preset} and a config were given, expected one of them")
    config = settings.build(changes, config or (settings.preset(preset) if preset else None))
    run = Path(folder)
    with machine.memory_kept(), processes.together(), ExitStack() as stack:
        with processes.agreed():
            check_free(run)
            table, config, method = begin(data, config, init_from)
            check_outside(run, table.source)
        warn_of_sides(table, config)
        with processes.in_turn():
            if processes.first():
                with made(run):
                    stack.enter_context(locked(run))
                    training, held = prepare(table, config)
                    settings.write_config(run / "config.yaml", config)
                    write_state(run, method, 0, float("-inf"), table, training.pixels)
            else:
                training, held = training_images(table, config)[0], None
        return fit(method, training, held, table, config, run, first_step=0, best=float("-inf"))


def begin(
    data: str | Path | AttributeTable, config: Config, init_from: str | Path | None
) -> tuple[AttributeTable, Config, Method]:
    """All that comes before the images: labels, resolved settings, networks; raises for all that is wrong with them."""
    if config.run.tensorboard:
        check_tensorboard()
    if isinstance(data, AttributeTable) and config.data.attributes not in ((), data.attributes):
        named, modelled = ", ".join(config.data.attributes), ", ".join(data.attributes)
        raise UnweaveError(f"data.attributes is {named}, but the table models {modelled}; name them where it is made")
    table = as_table(data, config)
    check_settings(table, config)
    check_crop(config.data.crop)
    processes.check_batch(config.run.batch)
    used = {"source": source_of(table), "pattern": table.pattern, "attributes": table.attributes}
    config = machine.resolve(replace(config, data=replace(config.data, **used)))
    method = method_of(config, table)
    if init_from is not None:
        start_from(Path(init_from), method, table.classes)
    return table, config, method


def warn_of_sides(table: AttributeTable, config: Config) -> None:
    """Say on stderr which labels will be wrong in mirrored images; of several processes the first does."""
    setting = "flip" if config.data.flip else "mirrored_copies"
    learned = (pair_of(config, table)[0],) if config.method in PAIRWISE else table.attributes
    kept = [each for each in sides(table, config.data.flip_labels) if each[0] in learned]
    if kept and getattr(config.data, setting) and processes.first():
        told = ", ".join(f"'{a}' and '{b}' of {name}" for name, a, b in kept)
        flags = join([*config.data.flip_labels, *(f"{name}:{a}={b}" for name, a, b in kept)])
        line = f"data.{setting} mirrors images, but the labels {told} do not change places in them"
        advice = f"--data.flip-labels {flags}, or --data.no-{setting.replace('_', '-')}"
        print(one_line(f"unweave: warning: {line}; give {advice}"), file=sys.stderr)


def resume(run: str | Path, data: AttributeTable | None = None) -> Path:
    """Go on with a run that was stopped, bit for bit, from its last checkpoint; returns the run folder.

    Data and settings are the run's own; `data` is only needed where it was trained on arrays. On another machine the
    arithmetic may differ in the last bits, as it may with another number of processes; what is seen of that, such as
    images that are decoded otherwise, is said on stderr.
    """
    run = Path(run)
    with machine.memory_kept(), processes.together(), ExitStack() as stack:
        with processes.agreed():
            table, config, method = begin_again(run, data)
            if processes.first():
                stack.enter_context(locked(run))
                sweep(run)
        with processes.in_turn():
            step, best, pixels = read_state(run, method, table)
            training, held = prepare(table, config) if processes.first() else (training_images(table, config)[0], None)
        if processes.first() and pixels not in (None, likeness(training.pixels)):
            line = "its images look other than those it was trained on, if only by a bit; going on with them"
            print(f"unweave: {run}: {line}", file=sys.stderr)
        return fit(method, training, held, table, config, run, first_step=step, best=best)


def begin_again(run: Path, data: AttributeTable | None) -> tuple[AttributeTable, Config, Method]:
    """What `begin` gives, of a run that is resumed: its own data and settings, and networks to fill."""
    if not (run / "config.yaml").exists():
        raise UnweaveError(f"{run}: holds no config.yaml, so it is not a run folder that can be resumed")
    config = settings.read_config(run / "config.yaml")
    if "auto" in (config.run.device, config.run.precision) or not config.run.threads:
        raise UnweaveError(f"{run / 'config.yaml'}: is not as the training wrote it, whose run.device is resolved")
    processes.check_batch(config.run.batch)
    config = machine.restore(config)
    if not config.data.source and data is None:
        raise UnweaveError(
            f"{run}: was trained on arrays; resume it from Python, with the same table: unweave.resume(run, data=table)"
        )
    table = as_table(data or bundled(f"{config.data.source}.zip") or config.data.source, config)
    return table, config, method_of(config, table)


def as_table(data: str | Path | AttributeTable, config: Config) -> AttributeTable:
    """The table to train on, as the settings say it is to be read; of a pair-wise rival with its two classes only."""
    if isinstance(data, AttributeTable):
        table = data
    else:
        table = read_table(data, attributes=config.data.attributes or None, pattern=config.data.pattern)
    return narrowed(table, config) if config.method in PAIRWISE else table


def method_of(config: Config, table: AttributeTable) -> Method:
    """What the settings train, its weights drawn from the run's seed."""
    with machine.memory_advice(config):
        return Unweave(config, table.classes) if config.method == "unweave" else make_rival(config, table)


def source_of(table: AttributeTable) -> str:
    """What the run keeps of where its images are: the name of a bundled set, else the whole path, "" for arrays."""
    if table.source is None:
        return ""
    return table.source.stem if table.source == bundled(f"{table.source.stem}.zip") else str(table.source.resolve())


def training_images(table: AttributeTable, config: Config) -> tuple[TrainingSet, np.ndarray]:
    """Decoded images to train on, and which rows of the table are held out.

    Those are the validation images if there are any, else the test images, else a twentieth of the training images.
    """
    loaded = partial(cached_images, table, channels=config.data.channels, crop=config.data.crop)
    labels = table.labels()
    training = training_set(table, loaded(size=config.data.size), config)
    if config.method in PAIRWISE:
        training = replace(training, larger=loaded(size=enlarged(config.data.size)))
    kept = next((table.rows(split) for split in ("validation", "test") if len(table.rows(split))), None)
    if kept is None:
        kept = spare_rows(labels, training.rows, len(training.rows) // 20, config.run.seed)
        if len(training.rows) - len(kept) >= config.run.batch:
            training = replace(training, rows=np.setdiff1d(training.rows, kept))
    return training, kept


def prepare(table: AttributeTable, config: Config) -> tuple[TrainingSet, HeldOut]:
    """Decoded images to train on, and images held out, with a judge to be trained on the real training images."""
    training, kept = training_images(table, config)
    few = np.random.default_rng(config.run.seed).permutation(kept if len(kept) else training.rows)[:HELD_OUT_IMAGES]
    steps, seed = config.run.judge_steps, config.run.seed
    labels, labelled = training.labels, table.labelled()
    return training, held_out(
        training.pixels, labels, labelled, few, training.rows, table.classes, steps=steps, seed=seed
    )


def spare_rows(labels: np.ndarray, rows: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Up to `count` of `rows`, drawn at random, without the last image of any class.

    `labels`: int (images, attributes) of the whole table, -1 = missing.
    """
    left = [np.bincount(column[column >= 0]) for column in labels[rows].T]
    spare = []
    for row in np.random.default_rng([seed, 4]).permutation(rows):
        own = [(counts, label) for counts, label in zip(left, labels[row], strict=True) if label >= 0]
        if len(spare) < count and all(counts[label] > 1 for counts, label in own):
            spare.append(row)
            for counts, label in own:
                counts[label] -= 1
    return np.array(spare, int)


def fit(
    method: Method,
    training: TrainingSet,
    held: HeldOut | None,
    table: AttributeTable,
    config: Config,
    run: Path,
    *,
    first_step: int,
    best: float,
) -> Path:
    """The loop, from `first_step` to the end; `best` is the score of `best.safetensors` so far.

    Of several processes all go through it, in step; the first alone, which has `held`, evaluates and writes.
    """
    rhythm, first = config.run, processes.first()
    epoch_steps = method.steps_per_epoch(training.rows)
    steps = rhythm.steps or rhythm.epochs * epoch_steps
    saved = logged = first_step
    waited, begun = 0.0, time.perf_counter()
    since = begun
    with ExitStack() as stack:
        stack.enter_context(machine.memory_advice(config))
        metrics = metrics_log(run, after=first_step, tensorboard=rhythm.tensorboard) if first else nullcontext(ignore)
        log = stack.enter_context(metrics)
        asked_to_leave = stack.enter_context(machine.interrupts())
        hide = None if first else True  # None: where stderr is no terminal
        bar = stack.enter_context(tqdm(total=steps, initial=first_step, unit="step", desc=run.name, disable=hide))
        good = f"the last checkpoint in {run} is good; go on with: unweave train --resume {run}"
        stack.enter_context(processes.mourning(good))
        if first:
            tell(opening(run, len(training.rows), steps, first_step))
        for step in range(first_step, steps):
            asked = time.perf_counter()
            if first and step == first_step + 1 and (all_take := (asked - begun) * (steps - first_step)) > LONG:
                shorter = "a smaller data.size, networks.width or run.steps takes less"
                tell(f"the first step took {asked - begun:.1f} s: all take {span(all_take)}; {shorter}")
            batch = method.batch(training, step)
            waited += time.perf_counter() - asked

            share = learning_rate_share(step, steps, None if rhythm.steps else epoch_steps, config.optim.flat)
            for optimiser in method.optimisers.values():
                optimiser.rate = optimiser.initial_rate * share
            parts = method.step(batch, step)
            bar.update()

            done, leave = step + 1, asked_to_leave()
            sampling = done % rhythm.sample_every == 0 or done == steps
            saving = done % rhythm.checkpoint_every == 0 or done == steps or leave is not None
            if done % rhythm.log_every == 0 or sampling or saving:
                values = finite(parts, done, run, saved)
                seconds = time.perf_counter() - since
                images = rhythm.batch * method.batches * (done - logged)
                pace = {"images_per_s": images / seconds, "data_wait": waited / seconds}
                log({"step": done, **values, "lr_share": share, **pace})
                told = ("reconstruction", "synthesis", "margin")
                bar.set_postfix({name: f"{values[name]:.3g}" for name in told if name in values})
                logged = done
            if sampling or saving:
                finite({"largest weight": largest_weight(method.modules)}, done, run, saved)
                with processes.agreed():
                    seen = held if sampling or not held else replace(held, teach=None)  # to save takes no judge
                    figures = method.figures(seen, HELD_OUT_IMAGES) if seen else {}
                    if held and sampling:
                        log({"step": done, **{f"held_out/{n}": v for n, v in figures.items()}, "score": score(figures)})
                        if figures:
                            tell(f"step {done}: " + ", ".join(f"{name} {v:.3f}" for name, v in figures.items()))
                        method.sample(held, run / "samples" / f"{done:06d}.png")
                        if score(figures) >= best:
                            best = score(figures)
                            method.write(run / "best.safetensors", training, table, figures, done)
                    if held and saving:
                        method.write(run / "last.safetensors", training, table, figures, done)
                        write_state(run, method, done, best, table, training.pixels)
                saved = done if saving else saved
            if done == logged:
                waited, since = 0.0, time.perf_counter()  # evaluations and checkpoints are not training time
            if leave and done < steps:
                if first:
                    tell(f"stopped after step {done}")
                processes.close()
                raise leave
    return run


def opening(run: Path, images: int, steps: int, done: int) -> str:
    """What is to be done, in one line."""
    line = f"{run.name}: {images} training images, {steps} steps" + (f", {done} of them done" if done else "")
    return line + (f"; for more raise run.steps in {run / 'config.yaml'}" if done >= steps else "")


def span(seconds: float) -> str:
    """A span of time to read: "about 3 min", "about 1 h 20 min"."""
    minutes = max(1, round(seconds / 60))
    hours, minutes = divmod(minutes, 60)
    return f"about {hours} h {minutes} min" if hours else f"about {minutes} min"


def tell(line: str) -> None:
    """Print a line above the bar. A closed terminal, or a pipe that nobody reads, costs no checkpoint."""
    try:
        tqdm.write(line)
    except OSError as error:
        if error.errno not in (errno.EIO, errno.EPIPE):
            raise


def ignore(_: Mapping[str, float]) -> None:
    """What a process that does not write does with what is logged."""


def finite(parts: Mapping[str, Tensor], step: int, run: Path, saved: int) -> dict[str, float]:
    """The loss parts as numbers; raises `UnweaveError` naming the first that is not finite."""
    values = {name: part.item() for name, part in parts.items()}
    for name, value in values.items():
        if not np.isfinite(value):
            good = f"the checkpoint of step {saved} in {run} is good"
            lower = f"in {run / 'config.yaml'} lower optim.lr, optim.critic_lr or the weight of a loss"
            raise UnweaveError(
                f"step {step}: the loss part '{name}' is {value}; {good}; {lower}, then: unweave train --resume {run}"
            )
    return values


def largest_weight(modules: Mapping[str, nn.Module]) -> Tensor:
    """The greatest absolute value among all weights; not finite if one of them is not."""
    return torch.stack([p.detach().abs().max() for module in modules.values() for p in module.parameters()]).max()
