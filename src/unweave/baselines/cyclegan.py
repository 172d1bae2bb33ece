"""CycleGAN (Zhu et al., ICCV 2017): two networks between two classes, there and back, learned without pairs."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from unweave.baselines.batches import jittered, places
from unweave.baselines.pairs import check_mirror, pair_of
from unweave.baselines.parts import ImagePool, Labels, Network, PatchCritic, residual_network, start_normal
from unweave.baselines.rival import Rival, card_of
from unweave.checkpoint import ModelCard
from unweave.config import Config
from unweave.data.batches import Batch, TrainingSet, epoch_order
from unweave.data.table import AttributeTable
from unweave.errors import UnweaveError
from unweave.interface import Parts
from unweave.method import frozen
from unweave.networks import Image


class TwoWay(Network):
    """A network from the first class to the second, `there`, and one from the second to the first, `back`."""

    def __init__(self, card: ModelCard):
        """With the kernels that the authors draw."""
        super().__init__(card)
        self.there = residual_network(card.channels, card, kernel=3, padding="reflect", affine=False)
        self.back = residual_network(card.channels, card, kernel=3, padding="reflect", affine=False)
        start_normal(self)

    def translate(self, images: Image, wanted: Labels) -> Image:
        """Each image through the network that leads to its wanted class."""
        made, second = torch.empty_like(images), wanted[:, 1] > wanted[:, 0]
        for network, chosen in ((self.there, second), (self.back, ~second)):
            if chosen.any():
                made[chosen] = network(images[chosen]).to(made.dtype)
        return made


class Critics(nn.Module):
    """A critic of each class, with a pool of earlier translations into it."""

    def __init__(self, card: ModelCard, width: float, pool: int):
        """`width` multiplies the critics' channels."""
        super().__init__()
        self.first = PatchCritic(card.channels, width, batch_norm=False)
        self.second = PatchCritic(card.channels, width, batch_norm=False)
        self.first_pool, self.second_pool = ImagePool(pool, card), ImagePool(pool, card)
        start_normal(self)


class CycleGAN(Rival[TwoWay]):
    """Least-squares adversaries of both classes; images come back from the other class, and stay in their own."""

    batches = 2

    def __init__(self, config: Config, table: AttributeTable):
        """For the two classes of `rivals.pair`; the table holds their images only (see `narrowed`)."""
        attribute, pair = pair_of(config, table)
        check_mirror(table, config, attribute)
        card = card_of(config, {attribute: pair})
        critics = Critics(card, config.networks.critic_width, config.rivals.pool)
        super().__init__(config, card, TwoWay(card), critics)
        self.critics = critics
        self.labels = table.labels()[:, table.attributes.index(attribute)]
        self.steps_per_epoch(table.rows("train"))  # refuses too few images at once

    def of_class(self, rows: Int[np.ndarray, "rows"]) -> tuple[np.ndarray, np.ndarray]:
        """Those of `rows` that show the first class, those that show the second."""
        return rows[self.labels[rows] == 0], rows[self.labels[rows] == 1]

    def steps_per_epoch(self, rows: Int[np.ndarray, "rows"]) -> int:
        """Steps until every image of the larger class has had its turn."""
        fewer, more = sorted(map(len, self.of_class(rows)))
        if not fewer or more < self.config.run.batch:
            counts = f"{fewer} and {more} training images of {self.config.rivals.pair}"
            raise UnweaveError(f"{counts} are too few for batches of {self.config.run.batch}")
        return more // self.config.run.batch

    def batch(self, training: TrainingSet, step: int) -> Batch:
        """Images of the first class in the order of the epoch, then as many of the second, drawn at random."""
        size, chance = self.config.run.batch, self.chance(step, 0)
        first, second = self.of_class(training.rows)
        epoch, place = divmod(step, self.steps_per_epoch(training.rows))
        order = epoch_order(max(len(first), len(second)), self.config.run.seed, epoch)
        rows = [*first[order[place * size : (place + 1) * size] % len(first)], *chance.choice(second, size)]
        mirror = (chance.random(2 * size) < 0.5) & self.config.data.flip
        return jittered(training, np.array(rows), mirror, places(self.config.data.size, 2 * size, chance))

    def step(self, batch: Batch, step: int) -> Parts:
        """A step of both generators, then one of both critics."""
        first, second = batch.to(self.device).images.chunk(2)
        total, parts, to_first, to_second = self.generator_objective(first, second)
        self.update("generator", total, step=step)
        chance = self.chance(step, 1)
        to_first = self.critics.first_pool.exchange(to_first.detach(), chance)
        to_second = self.critics.second_pool.exchange(to_second.detach(), chance)
        total = self.critic_objective(first, second, to_first, to_second)
        self.update("critic", total, step=step)
        return {name: part.detach() for name, part in (parts | {"critic": total}).items()}

    def generator_objective(self, first: Image, second: Image) -> tuple[Tensor, Parts, Image, Image]:
        """The generators' loss, its parts, the translations into the first class and those into the second."""
        weights, there, back = self.config.rivals, self.generator.there, self.generator.back
        parts: Parts = {}
        with self.autocast():
            if weights.identity:  # each network takes both classes at once: its norms are of single images
                to_second, second_kept = there(torch.cat([first, second])).chunk(2)
                to_first, first_kept = back(torch.cat([second, first])).chunk(2)
                parts["identity"] = F.l1_loss(first_kept.float(), first) + F.l1_loss(second_kept.float(), second)
            else:
                to_second, to_first = there(first), back(second)
            first_again, second_again = back(to_second).float(), there(to_first).float()
        to_first, to_second = to_first.float(), to_second.float()
        with frozen(self.critics):
            scores = self.critics.first(to_first), self.critics.second(to_second)
        parts["adversarial"] = least_squares(scores[0], 1.0) + least_squares(scores[1], 1.0)
        parts["cycle"] = F.l1_loss(first_again, first) + F.l1_loss(second_again, second)
        total = parts["adversarial"] + weights.cycle * parts["cycle"]
        if weights.identity:
            total = total + weights.identity * parts["identity"]
        return total, {**parts, "generator": total}, to_first, to_second

    def critic_objective(self, first: Image, second: Image, to_first: Image, to_second: Image) -> Float[Tensor, ""]:
        """Half the least-squares loss of each critic on real images and on translations, which may be earlier ones."""
        losses = []
        for critic, real, made in ((self.critics.first, first, to_first), (self.critics.second, second, to_second)):
            of_real, of_made = critic(torch.cat([real, made])).chunk(2)
            losses.append(least_squares(of_real, 1.0) + least_squares(of_made, 0.0))
        return torch.stack(losses).sum() / 2


def least_squares(scores: Tensor, target: float) -> Float[Tensor, ""]:
    """Mean square distance of scores from what they should be."""
    return (scores - target).square().mean()
