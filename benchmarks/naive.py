"""The yardstick: what a straightforward port of the authors' code does, in plain modules and float32.

The same model, losses and draws as `unweave.method`, so that both give the same numbers (tests/test_naive.py), but:
upsampling makes the image four times as large and then halves it; reconstruction and synthesis are decoded one after
the other, and so are real and synthesised images judged and heads read; the critic's step makes its synthesis anew,
without a graph, as StarGAN's code does; the gradient penalty is autograd's; Adam goes from tensor to tensor; memory is
left to the C library. Nothing is computed that no weight needs: each loss asks for the gradients of its own network.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from math import log2

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unweave import losses
from unweave.config import Config
from unweave.data.batches import Batch, TrainingSet, draw_batch
from unweave.interface import Parts
from unweave.method import Draws


class InstanceNorm(nn.Module):
    """Instance norm with scale and shift."""

    def __init__(self, channels: int):
        """Scale starts at 1, shift at 0."""
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.instance_norm(x, weight=self.weight, bias=self.bias, eps=1e-6)


class Residual(nn.Module):
    """Two convolutions added to their input."""

    def __init__(self, channels: int):
        """Keeps the number of channels."""
        super().__init__()
        self.body = nn.Sequential(
            *(nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), InstanceNorm(channels), nn.ReLU()),
            *(nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), InstanceNorm(channels)),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


def encoder(colours: int, width: float) -> nn.Sequential:
    """Image -> code of one attribute."""
    a, b, c = (round(channels * width) for channels in (32, 64, 128))
    return nn.Sequential(
        *(nn.ReflectionPad2d(3), nn.Conv2d(colours, a, 7), InstanceNorm(a), nn.ReLU()),
        *(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(a, b, 3, 2), InstanceNorm(b), nn.ReLU()),
        *(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(b, c, 3, 2), InstanceNorm(c), nn.ReLU()),
    )


def decoder(colours: int, codes: int, width: float, residual_blocks: int) -> nn.Sequential:
    """Joined codes -> image."""
    a, b, c = (round(channels * width) * codes for channels in (128, 64, 32))

    def doubled(wide: int, narrow: int) -> tuple[nn.Module, ...]:
        resized = (nn.Upsample(scale_factor=4), nn.ReflectionPad2d(1), nn.Conv2d(wide, narrow, 3, 2))
        return *resized, InstanceNorm(narrow), nn.ReLU()

    return nn.Sequential(
        *(Residual(a) for _ in range(residual_blocks)),
        *(*doubled(a, b), *doubled(b, c)),
        *(nn.ReflectionPad2d(3), nn.Conv2d(c, colours, 7), nn.Tanh()),
    )


def critic(size: int, colours: int, width: float) -> nn.Sequential:
    """Images -> patch scores."""
    halvings = min(6, int(log2(size)) - 1)
    wide = [colours, *(round(64 * 2**k * width) for k in range(halvings))]
    blocks = [(nn.Conv2d(a, b, 4, 2, 1), nn.LeakyReLU(0.01)) for a, b in itertools.pairwise(wide)]
    return nn.Sequential(*itertools.chain(*blocks), nn.Conv2d(wide[-1], 1, 3, 1, 1))


class Classifier(nn.Module):
    """Convolutional base and dense head."""

    def __init__(self, classes: int, size: int, colours: int, width: float):
        """For one attribute."""
        super().__init__()
        a, b = round(64 * width), round(128 * width)
        self.base = nn.Sequential(nn.Conv2d(colours, a, 4, 2, 1), nn.ReLU(), nn.Conv2d(a, b, 4, 2, 1), nn.ReLU())
        self.head = nn.Linear(b * (size // 4) ** 2, classes)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.base(images).flatten(1))


class Naive:
    """Networks with their optimisers, and a step of the paper's method as its settings are by default."""

    def __init__(self, config: Config, classes: Mapping[str, Sequence[str]]):
        """`classes`: attribute -> its classes."""
        data, net = config.data, config.networks
        self.config, self.attributes = config, tuple(classes)
        self.encoders = nn.ModuleList(encoder(data.channels, net.width) for _ in range(len(classes) + 1))
        self.decoder = decoder(data.channels, len(classes) + 1, net.width, net.residual_blocks)
        self.critic = critic(data.size, data.channels, net.critic_width)
        self.classifiers = nn.ModuleList(
            Classifier(len(names), data.size, data.channels, net.width) for names in classes.values()
        )
        generator = nn.ModuleList([self.encoders, self.decoder])
        self.modules = {"generator": generator, "critic": self.critic, "classifiers": self.classifiers}
        betas = (config.optim.beta1, config.optim.beta2)
        self.optimisers = {
            name: torch.optim.Adam(module.parameters(), config.optim.lr, betas, 1e-8)
            for name, module in self.modules.items()
        }

    def batch(self, training: TrainingSet, step: int) -> Batch:
        """The batch of a step."""
        return draw_batch(training, self.config, step)

    def draw(self, batch: Batch) -> Draws:
        """Everything random of a step; there is no noise."""
        size = len(batch.images)
        orders = {name: torch.randperm(size) for name in self.attributes}
        return Draws(permutations=orders, mixing=torch.rand(size, 1, 1, 1), noise=torch.empty(2, *batch.images.shape))

    def step(self, batch: Batch, draws: Draws) -> Parts:
        """Three losses, one after the other, and then a step of all three optimisers; the parts of the losses."""
        parts: Parts = {}
        for name, objective in (
            ("generator", self.generator_objective),
            ("critic", self.critic_objective),
            ("classifiers", self.classifier_objective),
        ):
            found = objective(batch, draws)
            found[name].backward(inputs=list(self.modules[name].parameters()))
            parts |= {part: value.detach() for part, value in found.items()}
        for optimiser in self.optimisers.values():
            optimiser.step()
            optimiser.zero_grad()
        return parts

    def generator_objective(self, batch: Batch, draws: Draws) -> Parts:
        """L_G of Eq. 8 and its parts."""
        weights, orders = self.config.losses, list(draws.permutations.values())
        codes = self.encode(batch.images)
        reconstruction = self.decode(codes)
        synthesis = self.decode(self.shuffle(codes, draws))
        labels = torch.stack([batch.labels[order, k] for k, order in enumerate(orders)], 1)
        read = [torch.stack([self.read(m, code) for code in codes]) for m in range(len(orders))]
        seen = [self.classify(m, synthesis) for m in range(len(orders))]
        parts = {
            "reconstruction": losses.reconstruction_loss(batch.images, reconstruction),
            "disentangle": losses.disentangle_loss(read),
            "code": losses.label_loss([of_m[m] for m, of_m in enumerate(read)], batch.labels),
            "synthesis": losses.label_loss(seen, labels),
            "adversarial": losses.generator_adversary(self.judge(synthesis), "wasserstein"),
        }
        return {**parts, "generator": sum(getattr(weights, name) * part for name, part in parts.items())}  # pyright: ignore[reportReturnType]

    def critic_objective(self, batch: Batch, draws: Draws) -> Parts:
        """L_D of Eq. 8 with Eq. 9."""
        with torch.no_grad():
            synthesis = self.decode(self.shuffle(self.encode(batch.images), draws))
        real, synthetic = self.judge(batch.images), self.judge(synthesis)
        gradient = losses.gradient_of(self.critic)
        penalty = losses.gradient_penalty(gradient, batch.images, synthesis, draws.mixing)
        total = losses.critic_adversary(real, synthetic, "wasserstein")
        parts = {"margin": real.mean() - synthetic.mean(), "gradient_penalty": penalty}
        return {**parts, "critic": total + self.config.losses.gradient_penalty * penalty}

    def classifier_objective(self, batch: Batch, draws: Draws) -> Parts:
        """L_C of Eq. 8."""
        seen = [self.classify(m, batch.images) for m in range(len(draws.permutations))]
        return {"classifiers": losses.label_loss(seen, batch.labels)}

    def encode(self, images: Tensor) -> list[Tensor]:
        """The codes of images, attributes first, the rest last."""
        return [encoder(images) for encoder in self.encoders]

    def decode(self, codes: Sequence[Tensor]) -> Tensor:
        """The images of codes (Eq. 1)."""
        return self.decoder(torch.cat(list(codes), 1))

    def shuffle(self, codes: Sequence[Tensor], draws: Draws) -> list[Tensor]:
        """Eq. 5."""
        orders = draws.permutations.values()
        return [*(code[order] for code, order in zip(codes, orders, strict=False)), codes[-1]]

    def read(self, attribute: int, code: Tensor) -> Tensor:
        """Logits of one attribute's classifier on a code."""
        return self.classifiers[attribute].head(code.flatten(1))  # pyright: ignore[reportCallIssue]

    def classify(self, attribute: int, images: Tensor) -> Tensor:
        """Logits of one attribute's classifier on images."""
        return self.classifiers[attribute](images)

    def judge(self, images: Tensor) -> Tensor:
        """The critic's patch scores."""
        return self.critic(images)
