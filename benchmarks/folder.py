"""Seconds and memory of a large folder of one's own images: its check, its cache, the first step of a training.

python benchmarks/folder.py [images] [smaller number of images]
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

DISTINCT = 200
"""Pictures that are drawn; the folder repeats them."""
WIDE, HIGH = 320, 240
BATCH = 16
STARTS = 3
"""Trainings that are started, of which the median is told."""
UNWEAVE = (sys.executable, "-m", "unweave")
BUILD = """
import sys
from unweave.data.cache import cached_images
from unweave.data.table import read_table
cached_images(read_table(sys.argv[1]), size=64, channels=3, crop="center")
"""


def encoded(number: int) -> bytes:
    """A made-up photograph, soft shapes under a little noise: JPEG if the number is even, else WebP."""
    rng = np.random.default_rng(number)
    soft = Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8)).resize((WIDE, HIGH), Image.Resampling.BICUBIC)
    pixels = np.asarray(soft, np.int16) + rng.normal(0, 6, (HIGH, WIDE, 1)).astype(np.int16)
    content = BytesIO()
    picture = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    picture.save(content, "WEBP" if number % 2 else "JPEG", quality=85)
    return content.getvalue()


def write_folder(folder: Path, images: int) -> None:
    """So many images, with three columns of labels, a twentieth of them missing."""
    folder.mkdir()
    pictures = [encoded(number) for number in range(DISTINCT)]
    rng = np.random.default_rng(0)
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["file_name", "identity", "expression", "light"])
        for k in range(images):
            name = f"{k:06d}" + (".webp" if k % 2 else ".jpg")
            (folder / name).write_bytes(pictures[k % DISTINCT])
            labels = [f"{of}{rng.integers(count)}" for of, count in (("person", 100), ("look", 6), ("light", 5))]
            table.writerow([name, *("" if rng.random() < 0.05 else label for label in labels)])


def measured(command: Sequence[str | Path]) -> tuple[float, float]:
    """Seconds that a process takes, and the most memory it ever had, in MB."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: exit code {process.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def until_logged(folder: Path, run: Path) -> tuple[float, float]:
    """Seconds from the start of a training to the first line of its log, and how many of them are its first step's."""
    settings = ("--preset", "quick", "--data.size", "64", "--run.batch", str(BATCH), "--run.log-every", "1")
    start = time.perf_counter()
    with subprocess.Popen([*UNWEAVE, "train", folder, *settings, "-o", run], stderr=subprocess.DEVNULL) as process:
        log = run / "metrics.jsonl"
        while process.poll() is None and not (log.exists() and log.stat().st_size):
            time.sleep(0.01)
        seconds = time.perf_counter() - start
        if process.poll() is not None:
            raise SystemExit(f"the training of {folder} ended with exit code {process.returncode}")
        process.kill()
    return seconds, BATCH / json.loads(log.read_text().splitlines()[0])["images_per_s"]


def report(what: str, seconds: float, memory: float | None = None) -> None:
    """One line of the result."""
    print(f"{what:<50} {seconds:8.2f} s" + ("" if memory is None else f" {memory:8.0f} MB"), flush=True)


def main() -> None:
    """Print one line for each measurement."""
    numbers = [int(each) for each in sys.argv[1:]] or [10_000, 2_000]
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        os.environ["UNWEAVE_CACHE"] = str(place / "cache")
        for images in numbers:
            folder = place / str(images)
            write_folder(folder, images)
            report(f"{images} images: unweave data check", *measured([*UNWEAVE, "data", "check", folder]))
            report(f"{images} images: cache at 64 px built", *measured([sys.executable, "-c", BUILD, folder]))
            report(f"{images} images: cache at 64 px found", *measured([sys.executable, "-c", BUILD, folder]))
            starts = [until_logged(folder, place / f"run-{images}-{k}") for k in range(STARTS)]
            seconds, step = (median(each) for each in zip(*starts, strict=True))
            torch = median(measured([sys.executable, "-c", "import torch"])[0] for _ in range(STARTS))
            report(f"{images} images: start to first logged step", seconds)
            report("    of these to import torch", torch)
            report("    and for the step", step)


if __name__ == "__main__":
    main()
