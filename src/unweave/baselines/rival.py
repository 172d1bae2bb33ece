"""What all rivals share as methods that can be trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from unweave.baselines import shown
from unweave.baselines.parts import Network
from unweave.checkpoint import ModelCard, save_model
from unweave.config import Config
from unweave.data.batches import TrainingSet
from unweave.data.table import AttributeTable
from unweave.evaluate import HeldOut
from unweave.interface import Method, follow
from unweave.method import adam

Net = TypeVar("Net", bound=Network)


def card_of(config: Config, classes: Mapping[str, Sequence[str]]) -> ModelCard:
    """The card of a rival that knows these classes: from it the network is made, in training and in use."""
    return ModelCard(
        attributes={name: tuple(names) for name, names in classes.items()},
        size=config.data.size,
        channels=config.data.channels,
        crop=config.data.crop,
        width=config.networks.width,
        residual_blocks=config.networks.residual_blocks,
        method=config.method,
    )


class Rival(Method[Net]):
    """A generator, and a critic or several in one module, each with its Adam."""

    def __init__(self, config: Config, card: ModelCard, generator: Net, critic: nn.Module):
        """The networks as they were drawn; they are moved to the run's device."""
        self.config, self.card = config, card
        self.sizes = [len(names) for names in card.attributes.values()]
        self.device = torch.device(config.run.device)
        self.generator, self.critic = generator.to(self.device), critic.to(self.device)
        self.average = deepcopy(self.generator).requires_grad_(False) if config.optim.ema else self.generator
        rates = {"generator": config.optim.lr, "critic": config.optim.critic_lr}
        self.optimisers = {name: adam(self.modules[name], rate, config) for name, rate in rates.items()}

    @property
    def modules(self) -> dict[str, nn.Module]:
        """The generator and the critic."""
        return {"generator": self.generator, "critic": self.critic}

    def update(self, name: str, total: Tensor, *, step: int, clip: float = 0.0) -> None:
        """One step of a network's optimiser on a loss; longer gradients are cut to the norm `clip`, 0 for none."""
        self.optimisers[name].zero_grad()
        total.backward()
        if clip:
            nn.utils.clip_grad_norm_(self.modules[name].parameters(), clip)
        self.optimisers[name].step()
        if name == "generator":
            follow(self.average, self.generator, self.config.optim.ema, step)

    def autocast(self) -> torch.autocast:
        """The run's precision, for the generator; critics are in float32."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.run.precision == "bfloat16")

    def chance(self, step: int, of: int) -> np.random.Generator:
        """Draws of a step; `of` tells independent ones of the same step apart."""
        return np.random.default_rng([self.config.run.seed, 16 + of, step])

    def figures(self, held: HeldOut, pairs: int) -> dict[str, float]:
        """Translations of held-out images (see `shown.figures`)."""
        return shown.figures(self.average.eval(), self.card, held, pairs=pairs)

    def sample(self, held: HeldOut, path: Path) -> None:
        """Write a grid: held-out images, each translated to every class."""
        shown.sample_grid(self.average.eval(), self.card, held, path)

    def write(
        self, path: Path, training: TrainingSet, table: AttributeTable, figures: Mapping[str, float], step: int
    ) -> None:
        """Write the generator with its card."""
        save_model(path, replace(self.card, step=step, name=path.absolute().parent.name), self.average, {})
