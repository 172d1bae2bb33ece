"""What all tests share: one thread, a cache folder of their own, a tiny labelled folder."""

from __future__ import annotations

import csv
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from PIL import Image, ImageDraw

SHAPES = ("circle", "square", "triangle")
COLOURS = {"blue": (40, 80, 220), "green": (40, 180, 80), "red": (220, 60, 40)}


settings.register_profile("unweave", deadline=None)  # the first example pays for imports and type checks
settings.load_profile("unweave")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Tests run side by side: one thread each, in this process and in those it starts."""
    os.environ["OMP_NUM_THREADS"] = "1"
    import torch

    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder that only this test uses."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("UNWEAVE_CACHE", str(folder))
    return folder


@pytest.fixture
def hearing() -> Iterator[None]:
    """A closed terminal is heard of, here and in processes that are started here, even where nohup runs the tests."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture(scope="session")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """48 images of 32 x 32 pixels in train/ and 12 in test/: shape and colour, a few labels missing. Only read it."""
    folder = tmp_path_factory.mktemp("shared") / "toys"
    write_toys(folder / "train", count=48, missing_every=7)
    write_toys(folder / "test", count=12, missing_every=None)
    return folder


@pytest.fixture
def toy_folder(toys: Path, tmp_path: Path) -> Path:
    """A copy of the toys that may be changed."""
    return Path(shutil.copytree(toys, tmp_path / "toys"))


@pytest.fixture(scope="module")
def few_pairs() -> Iterator[None]:
    """Evaluations during training look at 8 images."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("unweave.training.HELD_OUT_IMAGES", 8)
        yield


def write_toys(folder: Path, *, count: int, missing_every: int | None) -> None:
    """Coloured shapes, each a bit elsewhere, with a metadata.csv; every nth image lacks its colour's label."""
    folder.mkdir(parents=True)
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["file_name", "shape", "colour"])
        for k in range(count):
            shape, colour = SHAPES[k % 3], list(COLOURS)[k // 3 % 3]
            name = f"{k:03d}.png"
            draw_toy(shape, COLOURS[colour], left=4 + k % 5, top=4 + k % 7).save(folder / name)
            missing = missing_every is not None and k % missing_every == 0
            table.writerow([name, shape, "" if missing else colour])


def draw_toy(shape: str, colour: tuple[int, int, int], *, left: int, top: int) -> Image.Image:
    """One shape, 16 pixels wide, on a grey ground of 32 x 32 pixels."""
    image = Image.new("RGB", (32, 32), (200, 200, 200))
    pen = ImageDraw.Draw(image)
    box = (left, top, left + 16, top + 16)
    if shape == "circle":
        pen.ellipse(box, fill=colour)
    elif shape == "square":
        pen.rectangle(box, fill=colour)
    else:
        pen.polygon([(left, top + 16), (left + 8, top), (left + 16, top + 16)], fill=colour)
    return image
