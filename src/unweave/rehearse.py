"""What a training would be, without it: settings, sizes, parameters, and the time and memory of its steps."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from math import isnan, nan
from pathlib import Path

import torch
import yaml

from unweave import processes
from unweave.baselines.batches import enlarged
from unweave.baselines.pairs import PAIRWISE
from unweave.config import Config
from unweave.data.batches import Batch
from unweave.data.store import check_outside
from unweave.data.table import AttributeTable
from unweave.interface import Method
from unweave.machine import memory_advice, memory_kept
from unweave.run_folder import check_free
from unweave.training import begin, span, warn_of_sides

TIMED_STEPS = 3


def rehearse(
    data: str | Path | AttributeTable,
    config: Config,
    folder: Path | None = None,
    init_from: Path | None = None,
) -> Iterator[str]:
    """Lines that tell what training on `data` would take; a few steps on noise are run, no run folder is made.

    Raises `UnweaveError` as `train` does for all but the images themselves.
    """
    with memory_kept(), processes.together():
        with processes.agreed():
            if folder is not None:
                check_free(folder)
            table, config, method = begin(data, config, init_from)
            if folder is not None:
                check_outside(folder, table.source)
        warn_of_sides(table, config)
        yield from lines(table, config, method)


def lines(table: AttributeTable, config: Config, method: Method) -> Iterator[str]:
    """The lines of `rehearse`."""
    yield yaml.safe_dump(json.loads(json.dumps(asdict(config))), sort_keys=False)

    images = {split: len(table.rows(split)) for split in ("train", "validation", "test")}
    yield f"images: {images['train']} training, {images['validation']} validation, {images['test']} test"
    yield "classes: " + ", ".join(f"{name} {len(classes)}" for name, classes in table.classes.items())
    yield "parameters: " + ", ".join(f"{name} {parameters(net):,}" for name, net in method.modules.items())

    yield f"{TIMED_STEPS + 1} steps on noise tell how long one takes ..."
    steps, seconds = expected(table, method)
    yield f"time: {steps} steps of {seconds:.2f} s are {span(steps * seconds)}, evaluations apart"
    sides = [config.data.size, *([enlarged(config.data.size)] if config.method in PAIRWISE else [])]
    pixels = len(table.files) * sum(side**2 for side in sides) * config.data.channels
    each = f" in each of {processes.world()} processes" if processes.world() > 1 else ""
    used = peak_memory(method.device)
    of_steps = "" if isnan(used) else f"{used / 1e9:.1f} GB{each}; "
    yield f"memory: {of_steps}{pixels / 1e6:.0f} MB of images in the cache folder"


def expected(table: AttributeTable, method: Method) -> tuple[int, float]:
    """Steps of the whole training, and the seconds that each takes, by the pace of a few on noise."""
    run = method.config.run
    steps = run.steps or run.epochs * method.steps_per_epoch(table.rows("train"))
    batch = noise(method.config, table.classes, method.batches)
    if method.config.method == "unweave" and (table.labels()[table.rows("train")] < 0).any():
        lessons = batch.images[:, None].repeat(1, len(table.classes), 1, 1, 1)
        batch = replace(batch, lessons=lessons, lesson_labels=batch.labels)
    return steps, seconds_per_step(method, batch)


def noise(config: Config, classes: Mapping[str, Sequence[str]], batches: int = 1) -> Batch:
    """A batch of the right sizes, in which every image lends its codes to itself alone."""
    size, batch = config.data.size, config.run.batch * batches
    oneself = torch.arange(batch)[:, None].expand(-1, len(classes))
    counts = torch.tensor([len(names) for names in classes.values()])
    return Batch(
        images=torch.rand(batch, config.data.channels, size, size) * 2 - 1, labels=oneself % counts, lenders=oneself
    )


def seconds_per_step(method: Method, batch: Batch) -> float:
    """The fastest of a few steps (or rounds of them that train every network), but the first, which also warms up."""
    seconds = []
    with memory_advice(method.config):
        for turn in range(TIMED_STEPS + 1):
            start = time.perf_counter()
            for step in range(turn * method.rhythm, (turn + 1) * method.rhythm):
                parts = method.step(batch, step)
                next(iter(parts.values())).item()  # waits for the device
            seconds.append((time.perf_counter() - start) / method.rhythm)
    return min(seconds[1:])


def parameters(net: torch.nn.Module) -> int:
    """How many numbers a network learns."""
    return sum(p.numel() for p in net.parameters())


def peak_memory(device: torch.device) -> float:
    """Most bytes in use so far: of the device, or of this process on the CPU; not a number where none are told."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    try:
        import resource
    except ImportError:  # on Windows
        return nan
    unit = 1 if sys.platform == "darwin" else 1024  # Linux counts in KiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
