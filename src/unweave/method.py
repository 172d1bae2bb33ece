"""The paper's method: its networks, its optimisers and one step of all three objectives (Eq. 8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from unweave import losses, processes, snapshots
from unweave.adam import Adam
from unweave.codes import REST, Codes
from unweave.config import Config
from unweave.data.batches import Batch, TrainingSet
from unweave.data.table import AttributeTable
from unweave.evaluate import HeldOut, evaluate
from unweave.interface import Method, Parts, follow
from unweave.networks import Classifier, Critic, Generator, start


@dataclass(frozen=True, kw_only=True)
class Draws:
    """Everything random of one step."""

    permutations: Mapping[str, Tensor]
    """r_m of Eq. 5: attribute -> permutation of the whole batch, or a share of its rows. With `losses.single` some keep
    their own; one without a label that another image stands in for is told by its index behind the whole batch."""
    mixing: Float[Tensor, "batch 1 1 1"]
    """a of Eq. 9, in [0, 1]."""
    noise: Float[Tensor, "two batch colours height width"]
    """Standard normal noise for the classifiers: on real images, on synthesised ones."""

    def rows(self, own: slice) -> Draws:
        """The draws for a share of the batch."""
        return Draws(
            permutations={name: permutation[own] for name, permutation in self.permutations.items()},
            mixing=self.mixing[own],
            noise=self.noise[:, own],
        )

    def to(self, device: torch.device) -> Draws:
        """The same on another device."""
        return Draws(
            permutations={name: permutation.to(device) for name, permutation in self.permutations.items()},
            mixing=self.mixing.to(device),
            noise=self.noise.to(device),
        )


class Unweave(Method[Generator]):
    """Generator, critic and classifiers with their optimisers."""

    def __init__(self, config: Config, classes: Mapping[str, Sequence[str]]):
        """`classes`: attribute -> its classes, in order. The weights are drawn from the run's seed."""
        torch.manual_seed(config.run.seed)
        data, net = config.data, config.networks
        self.config = config
        self.device = torch.device(config.run.device)
        self.attributes = tuple(classes)
        sizes = [len(names) for names in classes.values()]
        image = {"size": data.size, "colours": data.channels}
        self.generator = Generator(
            self.attributes,
            colours=data.channels,
            width=net.width,
            residual_blocks=net.residual_blocks,
            norm=net.decoder_norm,
        )
        self.critic = Critic(
            **image,
            width=net.critic_width,
            classes=sizes if config.losses.critic_classes else (),
            told=sizes if net.critic_told else (),
        )
        self.classifiers = nn.ModuleList(Classifier(n, **image, width=net.width) for n in sizes)
        start(self.critic, net.start)
        start(self.classifiers, net.start)
        for module in self.modules.values():
            module.to(self.device)
        self.average = deepcopy(self.generator).requires_grad_(False) if config.optim.ema else self.generator
        rates = {"generator": config.optim.lr, "critic": config.optim.critic_lr, "classifiers": config.optim.lr}
        self.optimisers = {name: adam(self.modules[name], rate, config) for name, rate in rates.items()}

    @property
    def modules(self) -> dict[str, nn.Module]:
        """The trained networks, by name."""
        return {"generator": self.generator, "critic": self.critic, "classifiers": self.classifiers}

    def step(self, batch: Batch, step: int) -> Parts:
        """One forward pass, three losses, three optimisers; returns every part of the losses, unweighted.

        Of several processes each is given the whole batch and computes its share; all have the same weights and parts.
        """
        own, draws = processes.own_rows(len(batch.images)), self.draw(batch, step)
        batch, draws = batch.rows(own).to(self.device), draws.rows(own).to(self.device)
        for optimiser in self.optimisers.values():
            optimiser.zero_grad()
        total, parts, synthesis, reconstruction = self.generator_objective(batch, draws)
        total.backward()
        for objective in (
            self.critic_objective(batch, synthesis.detach(), reconstruction.detach(), draws),
            self.classifier_objective(batch, draws),
        ):
            total, more = objective
            total.backward()
            parts |= more
        processes.average_gradients(self.modules.values())
        for optimiser in self.optimisers.values():  # after all gradients: no loss sees another's step
            optimiser.step()
        follow(self.average, self.generator, self.config.optim.ema, step)
        return processes.averaged({name: part.detach() for name, part in parts.items()})

    def figures(self, held: HeldOut, pairs: int) -> dict[str, float]:
        """Reconstructions and swaps of held-out images (see `evaluate`)."""
        return evaluate(self.average, held, pairs=pairs)

    def sample(self, held: HeldOut, path: Path) -> None:
        """Write a grid of swaps."""
        snapshots.sample_grid(self.average, held, path)

    def write(
        self, path: Path, training: TrainingSet, table: AttributeTable, figures: Mapping[str, float], step: int
    ) -> None:
        """Write the averaged generator with the mean code of every class."""
        snapshots.write_model(path, self.average, training, table, self.config, figures, step)

    def draw(self, batch: Batch, step: int) -> Draws:
        """The draws of a step for the whole batch: a pure function of the seed and the step.

        The permutations are as the authors draw them, but for `losses.single`.
        """
        seed, size = self.config.run.seed, len(batch.images)
        random = torch.Generator().manual_seed(seed * 1_000_003 + step)
        orders = [
            np.random.RandomState((seed * 1_000_003 + step + 100 * (k + 10)) % 2**32).permutation(size)
            for k in range(len(self.attributes))
        ]
        permutations = {name: torch.from_numpy(order) for name, order in zip(self.attributes, orders, strict=True)}
        noise = (
            torch.randn((2, *batch.images.shape), generator=random)
            if self.config.losses.noise
            else torch.zeros(2, *batch.images.shape)
        )
        mixing = torch.rand((size, 1, 1, 1), generator=random)
        if self.config.losses.single:
            alone = torch.rand(size, generator=random) < self.config.losses.single
            which = torch.randint(len(self.attributes), (size,), generator=random)
            for k, name in enumerate(self.attributes):
                own = torch.arange(size)
                if batch.lessons is not None:
                    own = own + size * (batch.labels[:, k] < 0)
                permutations[name] = torch.where(alone & (which != k), own, permutations[name])
        return Draws(permutations=permutations, mixing=mixing, noise=noise)

    def generator_objective(self, batch: Batch, draws: Draws) -> tuple[Tensor, Parts, Tensor, Tensor]:
        """L_G of Eq. 8, its parts, the synthesis and the reconstruction. Gradients reach encoders and decoder only."""
        weights = self.config.losses
        with self._autocast():
            codes = self.generator.encode(batch.images)
            taught = self.taught_codes(batch, codes)
            pool = self._pool(codes, self.attributes if batch.rest is None else self.generator.names)
            owners = {name: batch.lenders[:, k] for k, name in enumerate(self.attributes)}
            lent = codes.lend(owners if batch.rest is None else {**owners, REST: batch.rest}, pool)
            lendable = pool
            if taught is not codes:
                lessons = self._pool(taught, self.attributes)
                lendable = {name: torch.cat([lessons[name], pool[name]]) for name in self.attributes}
            decoded = self.generator.decode(Codes.cat([lent, codes.shuffle(draws.permutations, lendable)])).float()
            reconstruction, synthesis = decoded.chunk(2)
            labels = lent_labels(batch.all_taught, draws.permutations)
            with frozen(self.classifiers):
                read = [self.read_codes(classifier, codes) for classifier in self._classifiers()]
                own = [of_m[m] for m, of_m in enumerate(read)]
                if taught is not codes:
                    nets = zip(self.attributes, self._classifiers(), strict=True)
                    own = [classifier.read(taught[name]) for name, classifier in nets]
                seen = self.classify(synthesis + weights.noise * draws.noise[1])
        parts = {
            "reconstruction": losses.reconstruction_loss(batch.images, reconstruction),
            "disentangle": losses.disentangle_loss(read),
            "code": losses.label_loss(own, batch.taught),
            "synthesis": losses.label_loss(seen, labels, over_all=True),
        }
        with frozen(self.critic):
            scores, classes = self.critic.judge(synthesis, labels)
            parts["adversarial"] = losses.generator_adversary(scores, weights.objective)
            if weights.critic_classes:
                parts["critic_classes"] = losses.label_loss(classes, labels, over_all=True)
            if weights.adversarial_reconstruction:
                scores = self.critic(reconstruction, batch.labels)
                parts["adversarial_reconstruction"] = losses.generator_adversary(scores, weights.objective)
        total = torch.stack([getattr(weights, name) * part for name, part in parts.items()]).sum()
        return total, {**parts, "generator": total}, synthesis, reconstruction

    def critic_objective(
        self, batch: Batch, synthesis: Tensor, reconstruction: Tensor, draws: Draws
    ) -> tuple[Tensor, Parts]:
        """L_D of Eq. 8 with Eq. 9 or 7, in float32. `margin` is D(real) - D(synthesis): above 0 in a healthy run."""
        weights = self.config.losses
        drawn = [synthesis, reconstruction] if weights.adversarial_reconstruction else [synthesis]
        own, lent = batch.labels, lent_labels(batch.all_taught, draws.permutations)
        # As many of both sides: else how much an image is told would tell the critic which side it is of.
        told = (own >= 0) & (lent >= 0)
        own, lent = own.masked_fill(~told, -1), lent.masked_fill(~told, -1)
        shown = [own, lent, own][: 1 + len(drawn)]
        scores, classes = self.critic.judge(torch.cat([batch.images, *drawn]), torch.cat(shown))
        real, synthetic = scores[: len(batch.images)], scores[len(batch.images) :]
        total = losses.critic_adversary(real, synthetic, weights.objective)
        parts = {"margin": real.mean() - synthetic[: len(synthesis)].mean()}
        if weights.objective == "wasserstein":
            gradient = partial(self.critic.gradient, labels=lent)
            parts["gradient_penalty"] = losses.gradient_penalty(gradient, batch.images, synthesis, draws.mixing)
            total = total + weights.gradient_penalty * parts["gradient_penalty"]
        if weights.critic_classes:
            of_real = [of_m[: len(batch.images)] for of_m in classes]
            if batch.lessons is not None and (missing := batch.labels < 0).any():
                of_others, whose = self.critic.read(batch.lessons[missing]), missing.nonzero()[:, 1]
                of_real = [
                    stood_in(of_m, batch.labels[:, m], of_others[m][whose == m]) for m, of_m in enumerate(of_real)
                ]
            parts["critic_labels"] = losses.label_loss(of_real, batch.taught)
            total = total + parts["critic_labels"]
        return total, {**parts, "critic": total}

    def classifier_objective(self, batch: Batch, draws: Draws) -> tuple[Tensor, Parts]:
        """L_C of Eq. 8: cross-entropy on real training images."""
        noise = self.config.losses.noise * draws.noise[0]
        with self._autocast():
            seen = [classifier(batch.lesson(k) + noise) for k, classifier in enumerate(self._classifiers())]
            total = losses.label_loss(seen, batch.taught)
        return total, {"classifiers": total}

    def classify(self, images: Float[Tensor, "batch colours height width"]) -> list[Tensor]:
        """Each classifier's logits of images."""
        return [classifier(images) for classifier in self._classifiers()]

    def read_codes(self, classifier: Classifier, codes: Codes) -> Float[Tensor, "codes batch classes"]:
        """What one classifier's head says of all M + 1 codes."""
        return classifier.read(torch.cat(list(codes.values()))).unflatten(0, (len(codes), codes.batch))

    def taught_codes(self, batch: Batch, codes: Codes) -> Codes:
        """The codes that have to tell a label and that syntheses are made of: `codes`, or those of the lessons."""
        if batch.lessons is None:
            return codes
        taught = dict(codes)
        for k, name in enumerate(self.attributes):
            others = batch.lessons[batch.labels[:, k] < 0, k]
            if len(others):
                taught[name] = stood_in(codes[name], batch.labels[:, k], self.generator.encoders[k](others))
        return Codes(taught)

    def _pool(self, codes: Codes, names: Sequence[str]) -> Mapping[str, Tensor]:
        """The codes of these names of the whole batch, those of other processes included."""
        if processes.world() == 1:
            return codes
        gathered = processes.gather(torch.stack([codes[name] for name in names], 1))
        return dict(zip(names, gathered.unbind(1), strict=True))

    def _classifiers(self) -> list[Classifier]:
        return list(self.classifiers)  # pyright: ignore[reportReturnType]

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.run.precision == "bfloat16")


def stood_in(
    of_images: Float[Tensor, "batch *shape"], labels: Int[Tensor, "batch"], of_others: Float[Tensor, "missing *shape"]
) -> Float[Tensor, "batch *shape"]:
    """What networks make of images, in the place of each without a label (-1) what they make of another, in order."""
    missing = (labels < 0).view(-1, *(1 for _ in of_images.shape[1:]))
    return of_images.masked_scatter(missing, of_others)


def lent_labels(
    labels: Int[Tensor, "whole attributes"], permutations: Mapping[str, Tensor]
) -> Int[Tensor, "batch attributes"]:
    """What syntheses show: in each attribute the label of the image that lends its code; -1 = missing.

    Behind the whole batch are codes that images without a label keep: see `Draws.permutations`.
    """
    told = torch.cat([labels, torch.full_like(labels, -1)])
    return torch.stack([told[lender, k] for k, lender in enumerate(permutations.values())], 1)


@contextmanager
def frozen(module: nn.Module) -> Iterator[None]:
    """Graphs built inside send no gradient to the module's weights."""
    module.requires_grad_(False)
    try:
        yield
    finally:
        module.requires_grad_(True)


def adam(module: nn.Module, rate: float, config: Config) -> Adam:
    """Adam as the authors set it."""
    optim = config.optim
    return Adam(module.parameters(), rate=rate, betas=(optim.beta1, optim.beta2), cut=optim.cut)


def learning_rate_share(step: int, steps: int, epoch_steps: int | None, flat: float) -> float:
    """Share of the initial learning rate at a step: 1 for the first `flat` of the run, then linearly towards 0.

    With `epoch_steps` (a run counted in epochs) it changes by whole epochs, as the authors': 75 epochs with `flat` 2/3
    give 1 up to epoch 50 and 1 - (e - 50) / 25 from there.
    """
    progress = step / steps if epoch_steps is None else (step // epoch_steps) * epoch_steps / steps
    return min(1.0, (1 - progress) / (1 - flat)) if flat < 1 else 1.0
