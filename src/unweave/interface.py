"""What the training loop drives: from there the paper's method and its rivals look the same."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor, nn

from unweave.adam import Adam
from unweave.config import Config
from unweave.data.batches import Batch, TrainingSet, draw_batch, steps_per_epoch
from unweave.data.table import AttributeTable
from unweave.evaluate import HeldOut

Net = TypeVar("Net", bound=nn.Module)
Parts = dict[str, Tensor]


class Method(ABC, Generic[Net]):
    """Networks with their optimisers, a step of training, and what the training leaves to be used and looked at."""

    config: Config
    device: torch.device
    generator: Net
    """What makes images."""
    average: Net
    """What gets used: the moving average of the generator's weights, or the generator itself."""
    optimisers: dict[str, Adam]
    """One for each of `modules`, by the same name."""
    batches: int = 1
    """How many times `run.batch` images a step takes in."""
    rhythm: int = 1
    """Steps until every network has been trained at least once."""

    @property
    @abstractmethod
    def modules(self) -> dict[str, nn.Module]:
        """All that a resumed training needs but the optimisers: the trained networks, by name."""

    @abstractmethod
    def step(self, batch: Batch, step: int) -> Parts:
        """Train on a batch; returns the parts of the losses. Everything random is a function of the seed and `step`."""

    def batch(self, training: TrainingSet, step: int) -> Batch:
        """The batch of training step `step`, from 0: a function of the seed and the step."""
        return draw_batch(training, self.config, step)

    def steps_per_epoch(self, rows: Int[np.ndarray, "rows"]) -> int:
        """Steps in which every training image, of those at `rows` of the table, has had its turn."""
        return steps_per_epoch(len(rows), self.config)

    @abstractmethod
    def figures(self, held: HeldOut, pairs: int) -> dict[str, float]:
        """How good it is on held-out images, over `pairs` of them: what `evaluate.score` ranks, and more."""

    @abstractmethod
    def sample(self, held: HeldOut, path: Path) -> None:
        """Write a picture of what it makes of held-out images."""

    @abstractmethod
    def write(
        self, path: Path, training: TrainingSet, table: AttributeTable, figures: Mapping[str, float], step: int
    ) -> None:
        """Write the model file after `step` steps, where `figures` tells how good it is."""


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """Move averaged weights towards the network's; young at first, so that they forget the start soon.

    With a decay of 0 there is no average, and nothing is done.
    """
    if decay:
        decay = min(decay, (1 + step) / (10 + step))
        for mean, weight in zip(average.parameters(), network.parameters(), strict=True):
            mean.lerp_(weight, 1 - decay)
        for kept, value in zip(average.buffers(), network.buffers(), strict=True):
            kept.copy_(value)
