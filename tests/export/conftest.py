"""A model of random weights and its export, side by side."""

from __future__ import annotations

import shutil
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from unweave.checkpoint import ModelCard, generator_of, save_model
from unweave.cli import main

CARD = ModelCard(
    attributes={"expression": ("neutral", "smile"), "sun/moon": ("left", "right", "top")},
    size=36,
    channels=3,
    crop="center",
    width=1 / 16,
    residual_blocks=1,
    decoder_norm="floor",  # the encoders have the other one
    step=7,
    reconstruction={"median": 0.1, "limit": 2.0},
    name="toy",
)


def save_random(path: Path) -> None:
    """A model of random weights, scales and shifts of its norms included."""
    torch.manual_seed(0)
    generator = generator_of(CARD)
    with torch.no_grad():
        for weights in generator.parameters():
            weights += 0.1 * torch.randn_like(weights)
    save_model(path, CARD, generator, {name: torch.rand(len(c), 8, 9, 9) for name, c in CARD.attributes.items()})


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """toy.safetensors, its export in toy/, and pictures: me.png, a.png, b.png, and some in many/. Only read it."""
    place = tmp_path_factory.mktemp("export")
    save_random(place / "toy.safetensors")
    said = StringIO()
    with redirect_stdout(said):
        main(["export", str(place / "toy.safetensors"), str(place / "toy")])
    assert said.getvalue() == f"{place / 'toy'}: 0.1 MB\n"
    (place / "many").mkdir()
    for seed, name in enumerate(["me", "a", "b", "many/c", "many/d"]):
        pixels = np.random.default_rng(seed).integers(0, 256, (40, 36, 3), np.uint8)
        Image.fromarray(pixels).save(place / f"{name}.png")
    return place


@pytest.fixture
def there(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def copied(place: Path, tmp_path: Path) -> Path:
    """An export to be spoilt."""
    return Path(shutil.copytree(place / "toy", tmp_path / "toy"))
