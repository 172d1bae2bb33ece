"""pix2pix (Isola et al., CVPR 2017): a U-Net from one class to another, learned from pairs aligned to the pixel."""

from __future__ import annotations

import itertools
from math import log2

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from unweave.baselines.batches import jittered, places
from unweave.baselines.pairs import aligned, check_mirror, pair_of
from unweave.baselines.parts import Labels, Network, PatchCritic, own_batch_norm, start_normal
from unweave.baselines.rival import Rival, card_of
from unweave.checkpoint import ModelCard
from unweave.config import Config
from unweave.data.batches import Batch, TrainingSet, epoch_order
from unweave.data.table import AttributeTable
from unweave.errors import UnweaveError
from unweave.interface import Parts
from unweave.method import frozen
from unweave.networks import Image


class Dropout(nn.Module):
    """Dropout of a half in training and in use, as the authors have it."""

    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(x, 0.5)


class UNet(Network):
    """Halvings down to one pixel and doublings back, each of which also reads what the halving of its size made."""

    one_way = True

    def __init__(self, card: ModelCard):
        """With the kernels that the authors draw."""
        super().__init__(card)
        depth = int(log2(card.size))
        wide = [round(min(64 * 2**k, 512) * card.width) for k in range(depth)]
        self.down = nn.ModuleList([nn.Conv2d(card.channels, wide[0], 4, 2, 1, bias=False)])
        for a, b in itertools.pairwise(wide):
            norm = [own_batch_norm(b)] if len(self.down) < depth - 1 else []
            self.down.append(nn.Sequential(nn.LeakyReLU(0.2), nn.Conv2d(a, b, 4, 2, 1, bias=False), *norm))
        self.up = nn.ModuleList()
        for b, a in itertools.pairwise(reversed(wide)):
            doubling = nn.ConvTranspose2d(b * (2 if len(self.up) else 1), a, 4, 2, 1, bias=False)
            dropout = [Dropout()] if 0 < len(self.up) <= depth - 5 else []
            self.up.append(nn.Sequential(nn.ReLU(), doubling, own_batch_norm(a), *dropout))
        last = nn.ConvTranspose2d(2 * wide[0], card.channels, 4, 2, 1)
        self.up.append(nn.Sequential(nn.ReLU(), last, nn.Tanh()))
        start_normal(self)

    def forward(self, images: Image) -> Image:
        x, made = images, []
        for layer in self.down:
            x = layer(x)
            made.append(x)
        x = self.up[0](made.pop())
        for layer in self.up[1:]:
            x = layer(torch.cat([made.pop(), x], 1))
        return x

    def translate(self, images: Image, wanted: Labels) -> Image:
        """The images in the second class, whatever is wanted: one by one, by their own statistics, dropout alike."""
        made = []
        with torch.random.fork_rng(devices=[]):
            for image in images.split(1):
                torch.manual_seed(0)
                made.append(self(image))
        return torch.cat(made)


class Pix2Pix(Rival[UNet]):
    """A critic sees an image with its translation or with the true answer, to which the translation is to be near."""

    batches = 2

    def __init__(self, config: Config, table: AttributeTable):
        """For the two classes of `rivals.pair`; the table holds their images only (see `narrowed`)."""
        attribute, pair = pair_of(config, table)
        check_mirror(table, config, attribute)
        self.pairs = aligned(table, attribute, config.rivals.same)
        card = card_of(config, {attribute: pair})
        critic = PatchCritic(2 * card.channels, config.networks.critic_width, batch_norm=True)
        start_normal(critic)
        super().__init__(config, card, UNet(card), critic)
        self.steps_per_epoch(table.rows("train"))  # refuses too few pairs at once

    def pairs_among(self, rows: Int[np.ndarray, "rows"]) -> Int[np.ndarray, "pairs two"]:
        """The aligned pairs of which both images are at `rows` of the table."""
        return self.pairs[np.isin(self.pairs, rows).all(1)]

    def steps_per_epoch(self, rows: Int[np.ndarray, "rows"]) -> int:
        """Steps until every aligned pair has had its turn."""
        pairs, size = len(self.pairs_among(rows)), self.config.run.batch
        if pairs < size:
            raise UnweaveError(f"{pairs} aligned pairs of {self.config.rivals.pair} are too few for batches of {size}")
        return pairs // size

    def batch(self, training: TrainingSet, step: int) -> Batch:
        """The sources of some pairs, then their targets; both of a pair are mirrored and cropped alike."""
        size, chance = self.config.run.batch, self.chance(step, 0)
        pairs = self.pairs_among(training.rows)
        epoch, place = divmod(step, len(pairs) // size)
        order = epoch_order(len(pairs), self.config.run.seed, epoch)
        rows = pairs[order[place * size : (place + 1) * size]].T.flatten()
        mirror = np.tile((chance.random(size) < 0.5) & self.config.data.flip, 2)
        corners = np.tile(places(self.config.data.size, size, chance), (2, 1))
        return jittered(training, rows, mirror, corners)

    def step(self, batch: Batch, step: int) -> Parts:
        """A step of the critic, then one of the generator on the same translations."""
        torch.manual_seed(self.config.run.seed * 1_000_003 + step)  # of dropout
        sources, targets = batch.to(self.device).images.chunk(2)
        with self.autocast():
            translations = self.generator(sources)
        translations = translations.float()
        critic = self.critic_objective(sources, targets, translations.detach())
        self.update("critic", critic, step=step)
        total, parts = self.generator_objective(sources, targets, translations)
        self.update("generator", total, step=step)
        return {name: part.detach() for name, part in (parts | {"critic": critic}).items()}

    def critic_objective(self, sources: Image, targets: Image, translations: Image) -> Float[Tensor, ""]:
        """Half the cross-entropies of telling true answers from translations."""
        true = F.softplus(-self.critic(torch.cat([sources, targets], 1))).mean()
        made = F.softplus(self.critic(torch.cat([sources, translations], 1))).mean()
        return (true + made) / 2

    def generator_objective(self, sources: Image, targets: Image, translations: Image) -> tuple[Tensor, Parts]:
        """The generator's loss and its parts; no gradient reaches the critic."""
        with frozen(self.critic):
            scores = self.critic(torch.cat([sources, translations], 1))
        parts = {"adversarial": F.softplus(-scores).mean(), "l1": F.l1_loss(translations, targets)}
        total = parts["adversarial"] + self.config.rivals.l1 * parts["l1"]
        return total, {**parts, "generator": total}
