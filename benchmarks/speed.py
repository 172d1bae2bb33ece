"""Seconds of what one waits for: the command line's start, a training step of each preset, using a model.

python benchmarks/speed.py [threads]
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import torch

from unweave.config import preset, preset_names
from unweave.machine import resolve
from unweave.method import Unweave
from unweave.rehearse import noise

CLASSES = {"identity": tuple(map(str, range(50))), "expression": tuple("abcdef"), "light": tuple("01234")}


def fastest(action: Callable[[], object], repeats: int = 5) -> float:
    """Seconds of the fastest of several calls; one more comes first, to warm up."""
    action()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def report(what: str, seconds: float) -> None:
    """One line of the result."""
    print(f"{what:<50} {seconds:8.3f} s", flush=True)


def main() -> None:
    """Print one line for each measurement."""
    threads = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    report("unweave --help", fastest(lambda: subprocess.run(["unweave", "--help"], capture_output=True, check=True)))
    for name in preset_names():
        config = preset(name)
        config = resolve(replace(config, run=replace(config.run, threads=threads)))
        method, batch = Unweave(config, CLASSES), noise(config, CLASSES)
        of = f"{config.data.size} px, {config.run.batch} images, {config.run.precision}, {config.run.threads} threads"
        report(f"{name}: training step, {of}", fastest(lambda m=method, b=batch: m.step(b, 0), repeats=3))
        with torch.inference_mode():
            one = batch.images[:1]
            codes = method.generator.encode(one)
            report(f"{name}: encode one image", fastest(lambda m=method, x=one: m.generator.encode(x)))
            report(f"{name}: decode one image", fastest(lambda m=method, z=codes: m.generator.decode(z)))


if __name__ == "__main__":
    main()
