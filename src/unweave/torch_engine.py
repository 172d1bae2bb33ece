"""A model's networks at work in torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from unweave.card import ModelCard
from unweave.checkpoint import load_model
from unweave.codes import Codes
from unweave.machine import as_device
from unweave.networks import Generator


def open_model(path: Path, device: str | torch.device) -> tuple[ModelCard, TorchEngine, dict[str, Tensor]]:
    """The card, the networks and each attribute's mean codes in a model file, on a device of this machine.

    Raises `UnweaveError` where the file is damaged or none of ours, or there is no such device.
    """
    place = as_device(device)
    card, generator, means = load_model(path)
    return card, TorchEngine(generator, place), {name: mean.to(place) for name, mean in means.items()}


class TorchEngine:
    """Encoders and decoder on a device; no gradient reaches their weights."""

    def __init__(self, generator: Generator, device: torch.device):
        """The generator is moved to `device` and no longer to be trained."""
        self.generator = generator.to(device).eval().requires_grad_(False)
        self.device = device
        self.names = generator.names
        self.parameters = sum(weights.numel() for weights in generator.parameters())

    def own(self, array: np.ndarray) -> Tensor:
        """An array as a tensor on the CPU."""
        return torch.from_numpy(array)

    # Not inference_mode: its tensors could not be trained on, and codes are features that people train probes on.
    @torch.no_grad()
    def encode(self, images: Tensor) -> Codes:
        """Images in [-1, 1] -> their codes, on the device."""
        return self.generator.encode(images.to(self.device))

    @torch.no_grad()
    def decode(self, codes: Codes) -> Tensor:
        """Codes -> images in [-1, 1], on the device."""
        return self.generator.decode(codes.to(self.device))
