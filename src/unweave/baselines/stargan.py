"""StarGAN (Choi et al., CVPR 2018): one network for all classes, told by label maps beside the image which to show."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from unweave.baselines.parts import Labels, Network, classes_loss, one_hots, residual_network, with_maps
from unweave.baselines.rival import Rival, card_of
from unweave.checkpoint import ModelCard
from unweave.config import Config
from unweave.data.batches import Batch
from unweave.data.table import AttributeTable
from unweave.interface import Parts
from unweave.losses import critic_adversary, generator_adversary, gradient_penalty
from unweave.method import frozen
from unweave.networks import Critic, Image, scores_gradient

ClassNumbers = Int[Tensor, "batch attributes"]


class Generator(Network):
    """Image and labels -> the image, showing these classes."""

    slides = True

    def __init__(self, card: ModelCard):
        """For the classes of all attributes of the card together."""
        super().__init__(card)
        labels = sum(map(len, card.attributes.values()))
        self.layers = residual_network(card.channels + labels, card, kernel=4, padding="zeros", affine=True)

    def forward(self, images: Image, wanted: Labels) -> Image:
        return self.layers(with_maps(images, wanted))

    def translate(self, images: Image, wanted: Labels) -> Image:
        """The images, showing the classes of `wanted`."""
        return self(images, wanted)


class Discriminator(nn.Module):
    """The paper's critic, which is StarGAN's, with heads that have no bias: patch scores, and logits of the classes."""

    def __init__(self, card: ModelCard, width: float):
        """`width` multiplies the channels."""
        super().__init__()
        self.trunk = Critic(size=card.size, colours=card.channels, width=width).trunk
        deepest = round(64 * 2 ** (len(self.trunk) - 1) * width)
        self.score = nn.Conv2d(deepest, 1, 3, 1, 1, bias=False)
        labels = sum(map(len, card.attributes.values()))
        self.classes = nn.Conv2d(deepest, labels, card.size >> len(self.trunk), bias=False)

    def forward(self, images: Image) -> tuple[Float[Tensor, "batch 1 rows columns"], Labels]:
        """Scores and logits."""
        trunk = self.trunk(images)
        return self.score(trunk), self.classes(trunk).flatten(1)

    def gradient(self, images: Image) -> Image:
        """The gradient of the sum of each image's scores, for the penalty."""
        return scores_gradient(self.trunk, images, [(self.score.weight, torch.ones_like(images[:, :1, :1, :1]))])


class StarGAN(Rival[Generator]):
    """Wasserstein critic with gradient penalty and class heads; translations show their class, and lead back."""

    def __init__(self, config: Config, table: AttributeTable):
        """For all attributes of the table."""
        card = card_of(config, table.classes)
        super().__init__(config, card, Generator(card), Discriminator(card, config.networks.critic_width))
        self.rhythm = config.rivals.critic_steps

    def step(self, batch: Batch, step: int) -> Parts:
        """A step of the critic; after every `critic_steps` of them one of the generator."""
        batch, random = batch.to(self.device), torch.Generator().manual_seed(self.config.run.seed * 1_000_003 + step)
        size = len(batch.images)
        targets = batch.labels[torch.randperm(size, generator=random).to(self.device)]
        mixing = torch.rand((size, 1, 1, 1), generator=random).to(self.device)
        total, parts = self.critic_objective(batch, targets, mixing)
        self.update("critic", total, step=step)
        if (step + 1) % self.config.rivals.critic_steps == 0:
            total, more = self.generator_objective(batch, targets)
            self.update("generator", total, step=step)
            parts |= more
        return {name: part.detach() for name, part in parts.items()}

    def critic_objective(
        self, batch: Batch, targets: ClassNumbers, mixing: Float[Tensor, "batch 1 1 1"]
    ) -> tuple[Tensor, Parts]:
        """The critic's loss and its parts; `mixing`: share of the translation in what the penalty looks at."""
        weights = self.config.rivals
        with torch.no_grad(), self.autocast():
            translation = self.generator(batch.images, one_hots(targets, self.sizes)).float()
        scores, logits = self.critic(torch.cat([batch.images, translation]))
        gradient = cast(Discriminator, self.critic).gradient
        real, synthetic = scores.chunk(2)
        parts = {
            "margin": real.mean() - synthetic.mean(),
            "critic_labels": classes_loss(logits[: len(real)], batch.labels, self.sizes),
            "gradient_penalty": gradient_penalty(gradient, batch.images, translation, mixing),
        }
        total = critic_adversary(real, synthetic, "wasserstein")
        total = total + weights.classes * parts["critic_labels"]
        total = total + weights.gradient_penalty * parts["gradient_penalty"]
        return total, {**parts, "critic": total}

    def generator_objective(self, batch: Batch, targets: ClassNumbers) -> tuple[Tensor, Parts]:
        """The generator's loss and its parts; no gradient reaches the critic."""
        weights = self.config.rivals
        with self.autocast():
            translation = self.generator(batch.images, one_hots(targets, self.sizes))
            back = self.generator(translation, one_hots(batch.labels, self.sizes)).float()
        with frozen(self.critic):
            scores, logits = self.critic(translation.float())
        parts = {
            "adversarial": generator_adversary(scores, "wasserstein"),
            "classes": classes_loss(logits, targets, self.sizes),
            "cycle": F.l1_loss(back, batch.images),
        }
        total = parts["adversarial"] + weights.classes * parts["classes"] + weights.cycle * parts["cycle"]
        return total, {**parts, "generator": total}
