"""A training step by part, beside its floor and a naive port: seconds, memory, images a second.

python benchmarks/step.py --size 128 --attributes 2 --width 1 --batch 16 --json step.json

Each of the three has a process of its own, and they take turns; numbers are medians over the rounds.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from clock import REST, Clock
from floor import of_step, seconds_by_part
from naive import Naive
from side_by_side import Turns, machine, side_by_side

from unweave import losses
from unweave.config import Config, build
from unweave.data.batches import TrainingSet
from unweave.machine import memory_kept, resolve
from unweave.method import Unweave

CLASSES = (100, 7, 5, 3, 2)
"""How many classes the attributes have, as many of them as are asked for."""
PARTS = ("encode", "decode", "classifiers", "critic", "penalty", "optimisers", "data", REST)


def main() -> None:
    """Measure, print a table and write the numbers."""
    asked = arguments(__doc__)
    config = settings(asked)
    subjects = {"unweave": unweave, "floor": floor, "naive": naive}
    measured = side_by_side(subjects, (config, CLASSES[: asked.attributes]), asked.rounds)
    found = summary(config, asked.attributes, measured)
    print(table(found))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2) + "\n")


def arguments(about: str | None) -> argparse.Namespace:
    """What is to be measured, from the command line."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=64, help="side of the images")
    parser.add_argument("--attributes", type=int, default=3, choices=range(1, len(CLASSES) + 1))
    parser.add_argument("--width", type=float, default=0.25, help="multiplies the channels of all networks")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument(
        "--precision", default="auto", choices=("auto", "float32", "bfloat16"), help="the naive: float32"
    )
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=5, help="one more comes first, to warm up")
    parser.add_argument("--json", type=Path, help="file to write")
    return parser.parse_args()


def settings(asked: argparse.Namespace) -> Config:
    """Those of a training of that size, on the CPU."""
    networks = {"width": asked.width, "critic_width": asked.width}
    run = {"batch": asked.batch, "device": "cpu", "precision": asked.precision, "threads": asked.threads}
    return resolve(build({"data": {"size": asked.size}, "networks": networks, "run": run}))


def unweave(config: Config, classes: tuple[int, ...]) -> Turns:
    """Steps as the training loop takes them."""
    clock, training = begun(config, classes)
    with memory_kept():
        method = Unweave(config, names(classes))
        clock.watch("data", method, "batch")
        clock.watch("data", method, "draw")
        clock.watch("encode", method.generator, "encode")
        clock.watch("decode", method.generator, "decode")
        for classifier in method.classifiers:
            clock.watch("classifiers", classifier, "forward")
        clock.watch("classifiers", method, "read_codes")
        clock.watch("critic", method.critic, "judge")
        watch_both(clock, method)
        for k in count():
            clock.lap()
            method.step(method.batch(training, k), k)
            yield clock.lap()


def naive(config: Config, classes: tuple[int, ...]) -> Turns:
    """Steps of the naive port."""
    clock, training = begun(config, classes)
    port = Naive(config, names(classes))
    clock.watch("data", port, "batch")
    clock.watch("data", port, "draw")
    clock.watch("encode", port, "encode")
    clock.watch("decode", port, "decode")
    clock.watch("classifiers", port, "classify")
    clock.watch("classifiers", port, "read")
    clock.watch("critic", port, "judge")
    watch_both(clock, port)
    for k in count():
        clock.lap()
        batch = port.batch(training, k)
        port.step(batch, port.draw(batch))
        yield clock.lap()


def watch_both(clock: Clock, method: Unweave | Naive) -> None:
    """Watch what is called alike in both."""
    clock.watch("penalty", losses, "gradient_penalty")
    for optimiser in method.optimisers.values():
        clock.watch("optimisers", optimiser, "step")


def floor(config: Config, classes: tuple[int, ...]) -> Turns:
    """All layers of a step, each alone."""
    begun(config, classes)
    with memory_kept():
        while True:
            yield seconds_by_part(of_step(config, classes), config.run.precision)


def begun(config: Config, classes: tuple[int, ...]) -> tuple[Clock, TrainingSet]:
    """A clock, and random images with labels; sets this process's threads."""
    torch.set_num_threads(config.run.threads)
    random, size, images = np.random.default_rng(0), config.data.size, 8 * config.run.batch
    training = TrainingSet(
        pixels=random.integers(0, 256, (images, size, size, 3), np.uint8),
        labels=random.integers(0, classes, (images, len(classes))),
        rows=np.arange(images),
        mirrored=tuple(np.arange(number) for number in classes),
        pairs=(),
    )
    return Clock(), training


def names(classes: tuple[int, ...]) -> dict[str, tuple[str, ...]]:
    """Attributes with so many classes."""
    return {f"attribute {k}": tuple(map(str, range(number))) for k, number in enumerate(classes)}


def summary(config: Config, attributes: int, measured: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What is written: sizes, seconds, MiB and their ratios."""
    ours, least, naive = measured["unweave"], measured["floor"], measured["naive"]
    return {
        "size": config.data.size,
        "attributes": attributes,
        "width": config.networks.width,
        "batch": config.run.batch,
        "precision": config.run.precision,
        "threads": config.run.threads,
        "step_s": ours["seconds"],
        "floor_s": least["seconds"],
        "naive_step_s": naive["seconds"],
        "step_over_floor": ours["seconds"] / least["seconds"],
        "naive_over_step": naive["seconds"] / ours["seconds"],
        "images_per_s": config.run.batch / ours["seconds"],
        "naive_images_per_s": config.run.batch / naive["seconds"],
        "peak_mib": ours["peak_mib"],
        "naive_peak_mib": naive["peak_mib"],
        "peak_over_naive": ours["peak_mib"] / naive["peak_mib"],
        "parts": {part: {name: of["parts"].get(part, 0.0) for name, of in measured.items()} for part in PARTS},
        "machine": machine(),
    }


def table(found: Mapping[str, Any]) -> str:
    """The numbers to read."""
    rows = [(part, *of.values()) for part, of in found["parts"].items()]
    rows.append(("step", found["step_s"], found["floor_s"], found["naive_step_s"]))
    sizes = "{size} px, {attributes} attributes, width {width:g}, batch {batch}, {precision}, {threads} threads"
    lines = [sizes.format(**found), f"{'seconds':12} {'unweave':>9} {'floor':>9} {'naive':>9}"]
    lines += [f"{part:12} {ours:9.3f} {least:9.3f} {naive:9.3f}" for part, ours, least, naive in rows]
    lines.append("step / floor {step_over_floor:.2f}, naive / step {naive_over_step:.2f}".format(**found))
    lines.append("images a second {images_per_s:.2f}, naive {naive_images_per_s:.2f}".format(**found))
    peaks = "peak memory {peak_mib:.0f} MiB, naive {naive_peak_mib:.0f} MiB, ratio {peak_over_naive:.2f}"
    return "\n".join([*lines, peaks.format(**found)])


if __name__ == "__main__":
    main()
