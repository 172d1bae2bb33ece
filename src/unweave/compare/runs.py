"""The trainings of a comparison: begun, gone on with, or taken as they are, and what each has cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from unweave.baselines.cyclegan import CycleGAN
from unweave.baselines.fader import Fader
from unweave.baselines.pix2pix import Pix2Pix
from unweave.baselines.stargan import StarGAN
from unweave.checkpoint import load_tensors
from unweave.compare.budget import Budget, steps_within
from unweave.config import Config, build, read_config
from unweave.data.table import AttributeTable
from unweave.files import is_run, remove
from unweave.interface import Method
from unweave.method import Unweave
from unweave.run_folder import read_metrics
from unweave.training import begin, resume, train, training_images

CLASSES: Mapping[str, type[Method]] = {
    "unweave": Unweave,
    "stargan": StarGAN,
    "cyclegan": CycleGAN,
    "pix2pix": Pix2Pix,
    "fader": Fader,
}
CHECKPOINTS = 4
"""Of a run; one that is asked to stop makes another."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Of the training of a network."""

    seconds: float
    """Of its steps: evaluations and checkpoints apart."""
    images: int
    """How many were seen, each as often as a step took it in."""
    steps: int


def whole_settings(config: Config, table: AttributeTable, budget: Budget, networks: int) -> Config:
    """The settings with the length that the budget gives; raises `UnweaveError` for all that would keep it from it."""
    table, config, method = begin(table, config, None)
    steps = steps_within(budget, method, training_images(table, config)[0], networks)
    rhythm = {"steps": steps, "checkpoint_every": -(-steps // CHECKPOINTS), "sample_every": steps}
    return build({"run": rhythm}, config)


def is_begun(run: Path) -> bool:
    """Whether there is a training to go on with or to take."""
    return is_run(run) and (run / "config.yaml").is_file()


def trained(run: Path, table: AttributeTable, config: Config | None) -> None:
    """Train to the end what stands in a run folder: from where it is, or with `config` where nothing was begun.

    The folder must be no other process's, for what a kill left before there was anything to go on with is removed.
    """
    if config is not None and not is_begun(run):
        remove(run)
        train(table, run, config=config)
        return
    steps = read_config(run / "config.yaml").run.steps
    if steps is None or steps_done(run) < steps:  # how many steps some epochs are, the training knows
        resume(run, table)


def steps_done(run: Path) -> int:
    """The steps behind the last model of a run; 0 if there is none yet."""
    last = run / "last.safetensors"
    return int(load_tensors(last, "model")[1]["step"]) if last.is_file() else 0


def cost(run: Path) -> Cost | None:
    """What a run has cost so far; None for what is no run folder."""
    if not is_begun(run) or not (run / "metrics.jsonl").is_file():
        return None
    config = read_config(run / "config.yaml")
    steps, paces = read_metrics(run).get("images_per_s", (np.zeros(0), np.zeros(0)))
    images = config.run.batch * CLASSES[config.method].batches
    seen = np.diff(steps, prepend=0) * images
    return Cost(seconds=float((seen / paces).sum()), images=int(seen.sum()), steps=int(steps.max(initial=0)))
