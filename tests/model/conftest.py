"""A model of random weights: what is promised holds for any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from unweave.checkpoint import ModelCard, save_model
from unweave.model import Model, load
from unweave.networks import Generator

CARD = ModelCard(
    attributes={"expression": ("neutral", "smile"), "light": ("left", "right", "top")},
    size=32,
    channels=3,
    crop="center",
    width=1 / 16,
    residual_blocks=1,
    step=7,
    reconstruction={"median": 0.1, "limit": 0.25},
    name="toy",
)


@pytest.fixture
def save() -> Callable[..., Path]:
    """Writes a model file with random weights and mean codes; `changes` of its card."""

    def write(path: Path, **changes: object) -> Path:
        torch.manual_seed(0)
        card = replace(CARD, **changes)
        generator = Generator(
            tuple(card.attributes), colours=card.channels, width=card.width, residual_blocks=card.residual_blocks
        )
        means = {name: torch.rand(len(classes), 8, 8, 8) for name, classes in card.attributes.items()}
        save_model(path, card, generator, means)
        return path

    return write


@pytest.fixture
def model(save: Callable[..., Path], tmp_path: Path) -> Model:
    return load(save(tmp_path / "toy.safetensors"))
