"""Several things timed side by side: each in a process of its own, one turn of each after the other."""

from __future__ import annotations

import multiprocessing
import platform
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch

from unweave.rehearse import peak_memory

Turns = Iterator[Mapping[str, float]]
"""Turn after turn, the seconds of its parts."""


def side_by_side(
    subjects: Mapping[str, Callable[..., Turns]], arguments: Sequence[Any], rounds: int
) -> dict[str, dict[str, Any]]:
    """For each subject the medians over the rounds: `seconds` of a turn and of its `parts`; and its `peak_mib`.

    A subject is a generator function of a module, called with the arguments in its process. A round more comes first,
    to warm up; what it took is `first_s`. `peak_mib` is the most memory that its process had, beyond what it had
    before.
    """
    context = multiprocessing.get_context("spawn")
    pipes: dict[str, Connection] = {}
    for name, subject in subjects.items():
        pipes[name], theirs = context.Pipe()
        context.Process(target=serve, args=(subject, arguments, theirs), daemon=True).start()
        theirs.close()  # else nobody would notice the end of the process
    laps: dict[str, list[Mapping[str, float]]] = {name: [] for name in subjects}
    for k in range(rounds + 1):
        for name, pipe in pipes.items():
            pipe.send("turn")
            laps[name].append(pipe.recv())
            print(f"round {k} of {rounds}: {name} {sum(laps[name][-1].values()):.3f} s", file=sys.stderr, flush=True)
    found = {}
    for name, pipe in pipes.items():
        pipe.send("end")
        first, *warm = laps[name]
        parts = {part: statistics.median(lap.get(part, 0.0) for lap in warm) for part in sorted(set().union(*warm))}
        seconds = statistics.median(sum(lap.values()) for lap in warm)
        found[name] = {"seconds": seconds, "first_s": sum(first.values()), "parts": parts, "peak_mib": pipe.recv()}
    return found


def serve(subject: Callable[..., Turns], arguments: Sequence[Any], pipe: Connection) -> None:
    """Take a turn whenever one is asked for; after the last tell the peak of memory, in MiB."""
    before = peak_memory(torch.device("cpu"))
    turns = subject(*arguments)
    while pipe.recv() == "turn":
        pipe.send(next(turns))
    pipe.send((peak_memory(torch.device("cpu")) - before) / 2**20)


def machine() -> dict[str, str]:
    """What the numbers were measured on."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        processor = platform.processor() or platform.machine()
    capability = torch.backends.cpu.get_cpu_capability()
    return {
        "processor": f"{processor}, {capability}",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
