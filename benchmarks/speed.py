"""Seconds of what one waits for at the command line: its start, and a transfer from there to the picture."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image

from unweave.checkpoint import ModelCard, save_model
from unweave.config import preset
from unweave.networks import Generator

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


def run(*arguments: str | Path) -> None:
    """The command line in a process of its own, from its start to its end."""
    subprocess.run(["unweave", *arguments], capture_output=True, check=True)


def save_random(path: Path) -> None:
    """Write a model as large as faces64's, with random weights."""
    networks = preset("faces64").networks
    sizes = {"width": networks.width, "residual_blocks": networks.residual_blocks}
    generator = Generator(tuple(CLASSES), **sizes)
    with torch.inference_mode():
        codes = generator.encode(torch.zeros(1, 3, 64, 64))
    means = {name: codes[name].expand(len(classes), -1, -1, -1) for name, classes in CLASSES.items()}
    save_model(path, ModelCard(attributes=CLASSES, size=64, channels=3, crop="center", **sizes), generator, means)


def report_transfer(folder: Path) -> None:
    """Time a transfer at 64 px, from the start of the process to the picture."""
    model, picture = folder / "model.safetensors", folder / "picture.png"
    save_random(model)
    Image.new("RGB", (64, 64), "grey").save(picture)
    transfer = ("transfer", model, picture, "--from", f"light={picture}", "-o", folder / "out.png")
    report("transfer, start to picture, 64 px", fastest(lambda: run(*transfer)))


def main() -> None:
    """Print one line for each measurement."""
    report("command line start (unweave --version)", fastest(lambda: run("--version")))
    with tempfile.TemporaryDirectory() as folder:
        report_transfer(Path(folder))


if __name__ == "__main__":
    main()
