"""FaderNetworks (Lample et al., NIPS 2017): an autoencoder whose code tells no label, so that it can be given any."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from math import log2

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from unweave.baselines.batches import take
from unweave.baselines.parts import Labels, Network, classes_loss, one_hots, with_maps
from unweave.baselines.rival import Rival, card_of
from unweave.checkpoint import ModelCard
from unweave.config import Config
from unweave.data.batches import Batch, TrainingSet
from unweave.data.table import AttributeTable
from unweave.interface import Parts
from unweave.method import frozen
from unweave.networks import Image

LatentCode = Float[Tensor, "batch channels rows columns"]
HIDDEN, DROPOUT = 512, 0.3


def layers_of(size: int) -> int:
    """Halvings of the encoder: 6, and fewer below 128 pixels, where 2 x 2 places are left as at 128."""
    return min(6, int(log2(size)) - 1)


def wide(layer: int, size: int, width: float) -> int:
    """Channels after the encoder's layer of that number, from 0: 32 to 512; where there are fewer layers the last."""
    return round(min(32 * 2 ** (layer + 6 - layers_of(size)), 512) * width)


def halving(channels: int, wider: int, *, norm: bool, dropout: float = 0.0) -> nn.Sequential:
    """A layer of the encoder or of the latent discriminator."""
    layers: list[nn.Module] = [nn.Conv2d(channels, wider, 4, 2, 1)]
    layers += [nn.BatchNorm2d(wider)] if norm else []
    layers += [nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, *([nn.Dropout(dropout)] if dropout else []))


class AutoEncoder(Network):
    """Image -> code; code and labels, which enter at every layer, -> image."""

    slides = True

    def __init__(self, card: ModelCard):
        """For the classes of all attributes of the card together."""
        super().__init__(card)
        labels = sum(map(len, card.attributes.values()))
        channels = [card.channels, *(wide(k, card.size, card.width) for k in range(layers_of(card.size)))]
        self.encoder = nn.Sequential(
            *(halving(a, b, norm=k > 0) for k, (a, b) in enumerate(itertools.pairwise(channels)))
        )
        self.decoder = nn.ModuleList()
        for b, a in itertools.pairwise(reversed(channels)):
            last = len(self.decoder) == len(channels) - 2
            ends = [nn.Tanh()] if last else [nn.BatchNorm2d(a), nn.ReLU()]
            self.decoder.append(nn.Sequential(nn.ConvTranspose2d(b + labels, a, 4, 2, 1, bias=False), *ends))

    def encode(self, images: Image) -> LatentCode:
        """The code of images."""
        return self.encoder(images)

    def decode(self, code: LatentCode, labels: Labels) -> Image:
        """The images of codes that show the classes of `labels`."""
        for layer in self.decoder:
            code = layer(with_maps(code, labels))
        return code

    def translate(self, images: Image, wanted: Labels) -> Image:
        """The images, showing the classes of `wanted`; in evaluation mode."""
        return self.decode(self.encode(images), wanted)


class LatentDiscriminator(nn.Module):
    """Code -> logits of the labels: the encoder's pattern goes on down to one place, then two dense layers."""

    def __init__(self, card: ModelCard, width: float):
        """`width` multiplies its own channels."""
        super().__init__()
        first, last = layers_of(card.size), int(log2(card.size))
        channels = [wide(first - 1, card.size, card.width), *(wide(k, card.size, width) for k in range(first, last))]
        self.layers = nn.Sequential(
            *(halving(a, b, norm=True, dropout=DROPOUT) for a, b in itertools.pairwise(channels)),
            *(nn.Flatten(), nn.Linear(channels[-1], round(HIDDEN * width)), nn.LeakyReLU(0.2)),
            nn.Linear(round(HIDDEN * width), sum(map(len, card.attributes.values()))),
        )

    def forward(self, code: LatentCode) -> Labels:
        """Logits."""
        return self.layers(code)


class Fader(Rival[AutoEncoder]):
    """In turn the discriminator learns to read labels from codes, and the autoencoder to make it read other ones."""

    batches = 2

    def __init__(self, config: Config, table: AttributeTable):
        """For all attributes of the table."""
        card = card_of(config, table.classes)
        super().__init__(config, card, AutoEncoder(card), LatentDiscriminator(card, config.networks.critic_width))
        steps = config.run.steps or config.run.epochs * self.steps_per_epoch(table.rows("train"))
        self.ramp = steps * config.rivals.latent_ramp
        """Steps until the discriminator's weight is whole."""

    def batch(self, training: TrainingSet, step: int) -> Batch:
        """A batch for the discriminator and one for the autoencoder, each drawn at random and mirrored as a whole."""
        size, chance = self.config.run.batch, self.chance(step, 0)
        rows = chance.choice(training.rows, 2 * size)
        mirror = np.repeat(chance.random(2) < 0.5, size) & self.config.data.flip
        return take(training, rows, mirror)

    def step(self, batch: Batch, step: int) -> Parts:
        """A step of the latent discriminator on the first half of the batch, then the autoencoder's on the second."""
        torch.manual_seed(self.config.run.seed * 1_000_003 + step)  # of dropout
        batch = batch.to(self.device)
        (images, others), (labels, own) = batch.images.chunk(2), batch.labels.chunk(2)
        self.generator.eval()
        self.critic.train()
        total = self.critic_objective(images, labels)
        self.update("critic", total, step=step, clip=self.config.rivals.clip)
        self.generator.train()
        self.critic.eval()
        weight = self.config.rivals.latent * (min(1.0, step / self.ramp) if self.ramp else 1.0)
        loss, parts = self.generator_objective(others, own, other_classes(own, self.sizes), weight)
        self.update("generator", loss, step=step, clip=self.config.rivals.clip)
        return {name: part.detach() for name, part in (parts | {"critic": total}).items()}

    def critic_objective(self, images: Image, labels: Int[Tensor, "batch attributes"]) -> Float[Tensor, ""]:
        """How badly the discriminator reads the labels of codes."""
        with torch.no_grad(), self.autocast():
            code = self.generator.encode(images).float()
        return classes_loss(self.critic(code), labels, self.sizes)

    def generator_objective(
        self,
        images: Image,
        labels: Int[Tensor, "batch attributes"],
        others: Int[Tensor, "batch attributes"],
        weight: float,
    ) -> tuple[Tensor, Parts]:
        """The autoencoder's loss: mean square error, and how badly the discriminator reads the classes of `others`."""
        with self.autocast():
            code = self.generator.encode(images)
            reconstruction = self.generator.decode(code, one_hots(labels, self.sizes)).float()
        with frozen(self.critic):
            logits = self.critic(code.float())
        parts = {
            "reconstruction": F.mse_loss(reconstruction, images),
            "latent": classes_loss(logits, others, self.sizes),
        }
        total = parts["reconstruction"] + weight * parts["latent"]
        return total, {**parts, "generator": total}


def other_classes(labels: Int[Tensor, "batch attributes"], sizes: Sequence[int]) -> Int[Tensor, "batch attributes"]:
    """For each label another class of its attribute, all as likely, by torch's own draws; missing ones stay so."""
    columns = []
    for column, size in zip(labels.unbind(1), sizes, strict=True):
        shift = torch.randint(1, size, column.shape).to(column.device)
        columns.append(torch.where(column >= 0, (column + shift) % size, column))
    return torch.stack(columns, 1)
