"""What several rivals are made of: labels as maps, residual networks, patch critics, a pool of earlier images."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from unweave.checkpoint import ModelCard
from unweave.losses import label_loss
from unweave.networks import Image

Labels = Float[Tensor, "batch labels"]
"""A value for each class of each attribute, side by side: 1 for the class that it is, 0 for all others."""


class Network(nn.Module):
    """A rival's network in use: images and the labels they shall show in, images in [-1, 1] out."""

    slides: bool = False
    """Whether labels between two classes make images between them, and labels beyond one exaggerate."""
    one_way: bool = False
    """Whether the way from the first class to the second is the only one it knows."""

    def __init__(self, card: ModelCard):
        """Made as the card says."""
        super().__init__()

    def translate(self, images: Image, wanted: Labels) -> Image:
        """The images, showing the classes of `wanted`."""
        raise NotImplementedError


def one_hots(labels: Int[Tensor, "batch attributes"], sizes: Sequence[int]) -> Labels:
    """Class numbers as values of 0 and 1; `sizes`: classes of each attribute. A missing label (-1) is all 0."""
    rows = [
        F.one_hot(column.clamp(min=0), size) * (column >= 0)[:, None]
        for column, size in zip(labels.unbind(1), sizes, strict=True)
    ]
    return torch.cat(rows, 1).float()


def classes_loss(
    logits: Float[Tensor, "batch labels"], labels: Int[Tensor, "batch attributes"], sizes: Sequence[int]
) -> Float[Tensor, ""]:
    """Sum over the attributes of the mean cross-entropy; missing labels (-1) have no part in it."""
    return label_loss(logits.split(list(sizes), 1), labels) * len(sizes)


def with_maps(
    x: Float[Tensor, "batch channels height width"], labels: Labels
) -> Float[Tensor, "batch more height width"]:
    """The labels as constant maps behind the channels of `x`."""
    return torch.cat([x, labels[:, :, None, None].expand(-1, -1, *x.shape[2:]).to(x.dtype)], 1)


def instance_norm(channels: int, *, affine: bool) -> nn.GroupNorm:
    """Instance norm, epsilon 1e-5, by each image's own statistics always: one channel a group, which is faster."""
    return nn.GroupNorm(channels, channels, affine=affine)


class Residual(nn.Module):
    """Two 3x3 convolutions added to their input."""

    def __init__(self, channels: int, padding: Literal["zeros", "reflect"], *, affine: bool):
        """Keeps the number of channels."""
        super().__init__()

        def convolution() -> nn.Conv2d:
            return nn.Conv2d(channels, channels, 3, padding=1, padding_mode=padding, bias=not affine)

        self.body = nn.Sequential(
            *(convolution(), instance_norm(channels, affine=affine), nn.ReLU()),
            *(convolution(), instance_norm(channels, affine=affine)),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


def residual_network(
    channels: int, card: ModelCard, *, kernel: Literal[3, 4], padding: Literal["zeros", "reflect"], affine: bool
) -> nn.Sequential:
    """`channels` maps -> images: 7x7, two halvings, residual blocks, two doublings, 7x7; 64 channels at full size.

    `kernel`: of halvings and doublings. Biases stand where the norms have none (`affine` false).
    """
    a, b, c = (round(64 * 2**k * card.width) for k in range(3))
    bias = not affine

    def normed(layer: nn.Module, wide: int) -> tuple[nn.Module, ...]:
        return layer, instance_norm(wide, affine=affine), nn.ReLU()

    def double(wide: int, narrow: int) -> nn.ConvTranspose2d:
        return nn.ConvTranspose2d(wide, narrow, kernel, 2, 1, output_padding=kernel % 2, bias=bias)

    return nn.Sequential(
        *normed(nn.Conv2d(channels, a, 7, padding=3, padding_mode=padding, bias=bias), a),
        *normed(nn.Conv2d(a, b, kernel, 2, 1, bias=bias), b),
        *normed(nn.Conv2d(b, c, kernel, 2, 1, bias=bias), c),
        *(Residual(c, padding, affine=affine) for _ in range(card.residual_blocks)),
        *normed(double(c, b), b),
        *normed(double(b, a), a),
        *(nn.Conv2d(a, card.channels, 7, padding=3, padding_mode=padding, bias=bias), nn.Tanh()),
    )


class PatchCritic(nn.Sequential):
    """Scores of patches of 70 x 70 pixels: (batch, channels, height, width) -> (batch, 1, rows, columns)."""

    def __init__(self, channels: int, width: float, *, batch_norm: bool):
        """Batch norm by the batch's own statistics, or instance norm without scale and shift."""
        wide = [round(64 * 2**k * width) for k in range(4)]
        layers: list[nn.Module] = [nn.Conv2d(channels, wide[0], 4, 2, 1), nn.LeakyReLU(0.2)]
        for (a, b), stride in zip(itertools.pairwise(wide), (2, 2, 1), strict=True):
            norm = own_batch_norm(b) if batch_norm else instance_norm(b, affine=False)
            layers += [nn.Conv2d(a, b, 4, stride, 1, bias=not batch_norm), norm, nn.LeakyReLU(0.2)]
        super().__init__(*layers, nn.Conv2d(wide[-1], 1, 4, 1, 1))


def own_batch_norm(channels: int) -> nn.BatchNorm2d:
    """Batch norm that uses the statistics of the batch in hand, in training and in use."""
    return nn.BatchNorm2d(channels, track_running_stats=False)


def start_normal(network: nn.Module) -> None:
    """Draw kernels from N(0, 0.02) and scales of batch norms from N(1, 0.02), set biases to 0."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0 if isinstance(module, nn.BatchNorm2d) else 0.0, 0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


class ImagePool(nn.Module):
    """Earlier translations that a critic is shown again: buffers, so that they belong to the training's state."""

    images: Float[Tensor, "capacity colours height width"]
    held: Int[Tensor, ""]

    def __init__(self, capacity: int, card: ModelCard):
        """Empty at first."""
        super().__init__()
        self.register_buffer("images", torch.zeros(capacity, card.channels, card.size, card.size))
        self.register_buffer("held", torch.tensor(0))

    @torch.no_grad()
    def exchange(self, images: Image, random: np.random.Generator) -> Image:
        """The images themselves until the pool is full; then each, or with chance 1/2 one of the pool in its place.

        The image that is kept back takes the other's place in the pool.
        """
        shown = []
        for image in images:
            if int(self.held) < len(self.images):
                self.images[int(self.held)] = image
                self.held += 1
                shown.append(image)
            elif random.random() < 0.5:
                place = int(random.integers(len(self.images)))
                shown.append(self.images[place].clone())
                self.images[place] = image
            else:
                shown.append(image)
        return torch.stack(shown)
