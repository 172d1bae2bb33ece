"""Faces whose attributes lie apart in the picture, and a model that takes them apart without a fault."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from unweave.checkpoint import ModelCard
from unweave.codes import Codes
from unweave.evaluate import held_out_of, labelled, read_swaps
from unweave.faces.database import Database
from unweave.faces.factors import Factors
from unweave.faces.writing import write
from unweave.metrics.extractor import Extractor
from unweave.model import Model
from unweave.networks import Generator
from unweave.report.subject import Subject
from unweave.torch_engine import TorchEngine

ATTRIBUTES = ("identity", "expression", "light")
EXPRESSIONS = ("neutral", "smile", "scream")
LIGHTS = ("left", "right")
DATABASE = Database(people=6, test_people=4, expressions=EXPRESSIONS, lights=LIGHTS, samples=4, least_intensity=0.3)


def render(factors: Factors, lights: Sequence[str], size: int) -> list[Image.Image]:
    """The left half tells the person, above on the right the expression and how strong, below the light."""
    pictures = []
    for light in lights:
        pixels = np.zeros((size, size, 3), np.uint8)
        half = size // 2
        pixels[:, :half] = np.random.default_rng(factors.identity).integers(256, size=3)
        pixels[:half, half:, EXPRESSIONS.index(factors.expression)] = round(80 + 170 * factors.intensity)
        pixels[half:, half:] = 220 if light == "left" else 60
        pictures.append(Image.fromarray(pixels))
    return pictures


class Apart(Generator):
    """Each code is the image where its attribute shows, black elsewhere; the rest is empty."""

    def encode(self, images: Tensor) -> Codes:
        half = images.shape[-1] // 2
        codes = {name: torch.zeros_like(images) for name in self.names}
        codes["identity"][..., :half] = images[..., :half]
        codes["expression"][..., :half, half:] = images[..., :half, half:]
        codes["light"][..., half:, half:] = images[..., half:, half:]
        return Codes(codes)

    def decode(self, codes: Codes) -> Tensor:
        return torch.stack(list(codes.values())).sum(0)


class Copying(Generator):
    """Everything is in the rest: swaps change nothing."""

    def encode(self, images: Tensor) -> Codes:
        return Codes({name: images if name == "rest" else torch.zeros_like(images) for name in self.names})

    def decode(self, codes: Codes) -> Tensor:
        return codes["rest"]


class Means(nn.Module):
    """The mean colour of each quarter as features."""

    def forward(self, images: Tensor) -> Tensor:
        return nn.functional.adaptive_avg_pool2d(images, 2).flatten(1)


@pytest.fixture(scope="session", autouse=True)
def short_probes() -> Iterator[None]:
    """What they are to find here is easily found."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("unweave.metrics.leakage.STEPS", 60)
        yield


@pytest.fixture(scope="session")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "faces"
    write(DATABASE, folder, size=32, render=render)
    return folder


def subject_of(generator: type[Generator], folder: Path, *, judge_steps: int) -> Subject:
    card = ModelCard(
        attributes={
            "identity": ("person0004", "person0005"),
            "expression": tuple(sorted(EXPRESSIONS)),
            "light": LIGHTS,
        },
        size=32,
        channels=3,
        crop="center",
        width=1 / 16,
        residual_blocks=1,
        name="toy",
    )
    model = Model(
        card,
        TorchEngine(generator(ATTRIBUTES, width=1 / 16, residual_blocks=1), torch.device("cpu")),
        {},
        path=Path("toy"),
    )
    data = labelled(card, folder)
    held = held_out_of(card, data, judge_steps=judge_steps, seed=0)
    return Subject(
        model=model,
        name=folder.name,
        data=data,
        held=held,
        readings=read_swaps(model.generator, held, pairs=64),
        judge_steps=judge_steps,
        seed=0,
        extractor=Extractor(name="means", sha256="0" * 64, network=Means()),
    )


@pytest.fixture(scope="session")
def apart(faces: Path, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNWEAVE_CACHE", str(tmp_path_factory.mktemp("cache")))
        return subject_of(Apart, faces, judge_steps=60)


@pytest.fixture(scope="session")
def copying(faces: Path, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNWEAVE_CACHE", str(tmp_path_factory.mktemp("cache")))
        return subject_of(Copying, faces, judge_steps=1)


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """True answers come from the renderer above."""
    from unweave.faces import studio

    monkeypatch.setattr(studio, "render", lambda factors, size: render(factors, [factors.light], size)[0])
