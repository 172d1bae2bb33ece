"""What the machine can do: device, precision and threads, resolved once per run."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import platform
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F

import unweave
from unweave import processes
from unweave.config import Config
from unweave.errors import UnweaveError
from unweave.files import cache_folder, write_whole
from unweave.signals import HANGUP, asking_to_end


def resolve(config: Config) -> Config:
    """The settings with every "auto" of `run` replaced by what this machine is best at; sets torch's threads.

    Of several processes the first decides, and all have to be able to. `run.threads` are those of all of them on a
    machine.
    """
    threads = config.run.threads or usual_threads()
    torch.set_num_threads(processes.own_threads(threads))
    device, precision = config.run.device, config.run.precision
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    device, threads = processes.exchange([device, threads])[0]
    with processes.agreed():
        processes.check_device(as_device(device))
    if precision == "auto":
        precision = "bfloat16" if bfloat16_is_faster(torch.device(device)) else "float32"
    precision = processes.exchange(precision)[0]
    return replace(config, run=replace(config.run, device=device, precision=precision, threads=threads))


def usual_threads() -> int:
    """As many as torch chooses; it chooses 1 under torchrun, where all processors are to be shared instead."""
    if processes.world() == 1:
        return torch.get_num_threads()
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def as_device(name: str | torch.device) -> torch.device:
    """The torch device of that name; raises `UnweaveError` where there is none on this machine."""
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError):
        raise UnweaveError(f"device '{name}' is not to be had on this machine, expected cpu or another") from None
    return device


def bfloat16_is_faster(device: torch.device) -> bool:
    """Whether a residual convolution of the decoder, forward and backward, takes less time in bfloat16.

    On a processor that may have such arithmetic it is measured, once: the cache folder keeps what came out, for as long
    as nothing changes that it depends on.
    """
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if _lacks_bfloat16():
        return False
    with suppress(OSError, RuntimeError, UnicodeDecodeError):  # RuntimeError: there is no home folder
        if (kept := _kept().read_text(encoding="utf-8")) in ("bfloat16", "float32"):
            return kept == "bfloat16"
    float32, bfloat16 = (_seconds(dtype) for dtype in (torch.float32, torch.bfloat16))
    faster = bfloat16 < 0.9 * float32
    with suppress(UnweaveError, RuntimeError):
        write_whole(_kept(), "bfloat16" if faster else "float32")
    return faster


def _lacks_bfloat16() -> bool:
    """Whether torch knows that the processor has no instructions for it, and would take many times as long."""
    able = getattr(torch.cpu, "get_capabilities", dict)()  # there is none before torch 2.11
    told = [has for name, has in able.items() if "bf16" in name or name == "avx_ne_convert"]
    return bool(told) and not any(told)


def _kept() -> Path:
    """The file that keeps which precision is faster; its name changes with the program, the processor and threads."""
    library = [torch.__version__, torch.__config__.show(), torch.get_num_threads()]
    asked = sorted(pair for pair in os.environ.items() if pair[0].startswith(("ONEDNN_", "DNNL_")))
    told = json.dumps([unweave.__version__, *library, asked, _processor()])
    return cache_folder() / f"precision-{hashlib.sha256(told.encode()).hexdigest()[:16]}.txt"


def _processor() -> str:
    """Model and instructions of the processor, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return f"{platform.processor()} {platform.version()}"
    same = ("vendor", "model", "cpu family", "stepping", "flags", "CPU ", "Features")  # others change, such as the MHz
    return "\n".join([platform.machine(), *sorted({line for line in lines if line.startswith(same)})])


def _seconds(dtype: torch.dtype) -> float:
    """The least of as many trials as fit into a fifth of a second, and of two at least: the first takes longer."""
    x = torch.ones(8, 128, 16, 16, dtype=dtype, requires_grad=True)
    w = torch.ones(128, 128, 3, 3, dtype=dtype, requires_grad=True)
    laps = [time.perf_counter()]
    while len(laps) < 3 or laps[-1] - laps[0] < 0.2:
        F.conv2d(x, w, padding=1).sum().backward()
        laps.append(time.perf_counter())
    return min(b - a for a, b in pairwise(laps))


def restore(config: Config) -> Config:
    """The settings of a run that is resumed, changed where this machine lacks what they name, which stderr is told.

    Of several processes all go on with the cpu where one of them lacks the device.
    """
    run, lack = config.run, None
    try:
        as_device(run.device)
    except UnweaveError as error:
        lack = str(error)
    if lacks := list(filter(None, processes.exchange(lack))):
        if processes.first():
            line = f"unweave: {lacks[0]}: going on with the cpu, where results may differ in the last bits"
            print(line, file=sys.stderr)
        run = replace(run, device="cpu")
    processes.check_device(torch.device(run.device))
    if run.threads > (os.cpu_count() or 1) and processes.first():
        print(
            f"unweave: the run used {run.threads} threads, more than there are here; it will be slower", file=sys.stderr
        )
    torch.set_num_threads(processes.own_threads(run.threads))
    return replace(config, run=run)


@contextmanager
def interrupts() -> Iterator[Callable[[], BaseException | None]]:
    """A function that tells whether Ctrl-C was pressed inside, or the process asked to end by SIGTERM or SIGHUP.

    What it gives then is what to raise, once the step in hand is finished and saved. The same a second time stops at
    once, but for a closed terminal, which is told twice. Of several processes all are told what one was asked.
    """
    numbers: list[int] = []

    def note(number: int, _: object) -> None:
        again = number in numbers and number != HANGUP
        numbers.append(number)
        if again:
            raise end_by(number)
        if number == signal.SIGINT and processes.first():
            with suppress(OSError):  # nobody reads it; and what Python prints itself must not be printed from in here
                os.write(2, b"unweave: stopping when this step is saved; Ctrl-C again stops at once\n")

    def end_by(number: int) -> BaseException:
        return KeyboardInterrupt() if number == signal.SIGINT else SystemExit(128 + number)

    def asked() -> BaseException | None:
        number = processes.greatest(numbers[0] if numbers else 0)
        return end_by(number) if number else None

    if threading.current_thread() is not threading.main_thread():  # only the main thread may set handlers
        yield asked
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, *asking_to_end())}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def memory_kept() -> Iterator[None]:
    """Inside, memory that one step has freed stays with the process for the next, and comes in large pages.

    Otherwise the system takes back every large tensor and clears its pages anew when the next one touches them: a sixth
    of a narrow model's step. On Linux with glibc; elsewhere nothing changes.
    """
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if not hasattr(libc, "mallopt") or libc is None:
        yield
        return
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # what torch looks up when it makes the first tensor
    trim_threshold, mmap_threshold, mmap_max = -1, -3, -4  # names of <malloc.h>
    libc.mallopt(mmap_max, 0)
    libc.mallopt(trim_threshold, -1)
    try:
        yield
    finally:  # what they come to by themselves where large tensors are made
        libc.mallopt(mmap_max, 2**16)
        libc.mallopt(mmap_threshold, 2**25)
        libc.mallopt(trim_threshold, 2**26)
        libc.malloc_trim(0)


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
