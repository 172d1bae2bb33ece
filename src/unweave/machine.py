"""What the machine can do: device, precision and threads, resolved once per run."""

from __future__ import annotations

import os
import statistics
import time
import warnings
from dataclasses import replace

import torch
import torch.nn.functional as F

from unweave.config import Config
from unweave.errors import UnweaveError


def resolve(config: Config) -> Config:
    """The settings with every "auto" of `run` replaced by what this machine is best at; sets torch's threads."""
    if config.run.threads:
        torch.set_num_threads(config.run.threads)
    device = config.run.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    device = str(as_device(device))
    precision = config.run.precision
    if precision == "auto":
        precision = "bfloat16" if bfloat16_is_faster(torch.device(device)) else "float32"
    return replace(config, run=replace(config.run, device=device, precision=precision, threads=torch.get_num_threads()))


def as_device(name: str) -> torch.device:
    """The torch device of that name; raises `UnweaveError` where there is none on this machine."""
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError):
        raise UnweaveError(f"device '{name}' is not to be had on this machine; use --device cpu") from None
    return device


def bfloat16_is_faster(device: torch.device) -> bool:
    """Whether a residual convolution of the decoder, forward and backward, takes less time in bfloat16."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return _seconds(torch.bfloat16) < 0.9 * _seconds(torch.float32)


def _seconds(dtype: torch.dtype) -> float:
    x = torch.ones(8, 128, 16, 16, dtype=dtype, requires_grad=True)
    w = torch.ones(128, 128, 3, 3, dtype=dtype, requires_grad=True)
    times = []
    for _ in range(4):
        start = time.perf_counter()
        F.conv2d(x, w, padding=1).sum().backward()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def restore(config: Config) -> None:
    """Set this machine up as a run's settings say, for a run that is resumed; warns where its arithmetic may differ."""
    as_device(config.run.device)
    torch.set_num_threads(config.run.threads)
    if config.run.threads > (os.cpu_count() or 1):
        warnings.warn(
            f"the run used {config.run.threads} threads, more than this machine has; it will be slower",
            stacklevel=2,
        )
