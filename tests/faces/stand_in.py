"""Renderers that stand in for the real one: at once, and with the factors in the pixels."""

from __future__ import annotations

import os
import signal
import time
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image

from unweave.faces.factors import Factors


def pixel(factors: Factors) -> tuple[int, int, int]:
    """A colour that tells one combination of factors from another."""
    code = zlib.crc32(repr(factors).encode())
    return code & 255, code >> 8 & 255, code >> 16 & 255


def render(factors: Factors, lights: Sequence[str], size: int) -> list[Image.Image]:
    """One plain picture for each light."""
    return [Image.new("RGB", (size, size), pixel(replace(factors, light=light))) for light in lights]


def render_slowly(factors: Factors, lights: Sequence[str], size: int) -> list[Image.Image]:
    """Leaves the number of its process in $STAND_IN_FOLDER."""
    Path(os.environ["STAND_IN_FOLDER"], str(os.getpid())).touch()
    time.sleep(0.02)
    return render(factors, lights, size)


def render_until_killed(factors: Factors, lights: Sequence[str], size: int) -> list[Image.Image]:
    """Its process dies at person 2."""
    if factors.identity == 2:
        os._exit(9)
    return render(factors, lights, size)


def ignored() -> set[signal.Signals]:
    """The signals that its process does not hear."""
    return {number for number in signal.Signals if signal.getsignal(number) is signal.SIG_IGN}
