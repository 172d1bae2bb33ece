"""Inception-v3 up to its last pooling, in the variant that the Frechet Inception distance is defined with.

Szegedy et al. 2016; the variant's average pools do not count the padding, and the last block's pool takes maxima. Names
of modules are those of the weights file pt_inception-2015-12-05-6726825d.pth, which users bring themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

SIZE = 299
FEATURES = 2048

average = partial(F.avg_pool2d, kernel_size=3, stride=1, padding=1, count_include_pad=False)
halved = partial(F.max_pool2d, kernel_size=3, stride=2)
maxima = partial(F.max_pool2d, kernel_size=3, stride=1, padding=1)

POOLS = {"average": average, "halved": halved, "maxima": maxima}

Chains = Mapping[str, tuple[str, ...]]
"""Branch -> its convolutions one after the other: "channels", "channels height x width", with "/2" for stride 2. Two
joined by "+" read the same and stand side by side."""


def a(pooled: int) -> Chains:
    """Blocks at 35 x 35."""
    return {
        "branch1x1": ("64",),
        "branch5x5": ("48", "64 5x5"),
        "branch3x3dbl": ("64", "96 3x3", "96 3x3"),
        "branch_pool": (f"{pooled}",),
    }


def c(inner: int) -> Chains:
    """Blocks at 17 x 17."""
    return {
        "branch1x1": ("192",),
        "branch7x7": (f"{inner}", f"{inner} 1x7", "192 7x1"),
        "branch7x7dbl": (f"{inner}", f"{inner} 7x1", f"{inner} 1x7", f"{inner} 7x1", "192 1x7"),
        "branch_pool": ("192",),
    }


B: Chains = {"branch3x3": ("384 3x3/2",), "branch3x3dbl": ("64", "96 3x3", "96 3x3/2")}
D: Chains = {"branch3x3": ("192", "320 3x3/2"), "branch7x7x3": ("192", "192 1x7", "192 7x1", "192 3x3/2")}
E: Chains = {
    "branch1x1": ("320",),
    "branch3x3": ("384", "384 1x3+384 3x1"),
    "branch3x3dbl": ("448", "384 3x3", "384 1x3+384 3x1"),
    "branch_pool": ("192",),
}
STEM = (
    # name, channels in, channels out, kernel, stride, padding, whether a pool follows
    ("Conv2d_1a_3x3", 3, 32, 3, 2, 0, False),
    ("Conv2d_2a_3x3", 32, 32, 3, 1, 0, False),
    ("Conv2d_2b_3x3", 32, 64, 3, 1, 1, True),
    ("Conv2d_3b_1x1", 64, 80, 1, 1, 0, False),
    ("Conv2d_4a_3x3", 80, 192, 3, 1, 0, True),
)
MIXED = (
    # name, channels in, branches, pool
    ("Mixed_5b", 192, a(32), "average"),
    ("Mixed_5c", 256, a(64), "average"),
    ("Mixed_5d", 288, a(64), "average"),
    ("Mixed_6a", 288, B, "halved"),
    ("Mixed_6b", 768, c(128), "average"),
    ("Mixed_6c", 768, c(160), "average"),
    ("Mixed_6d", 768, c(160), "average"),
    ("Mixed_6e", 768, c(192), "average"),
    ("Mixed_7a", 768, D, "halved"),
    ("Mixed_7b", 1280, E, "average"),
    ("Mixed_7c", 2048, E, "maxima"),
)


class Unit(nn.Module):
    """Convolution, batch norm, ReLU."""

    def __init__(self, channels_in: int, channels_out: int, kernel: tuple[int, int], stride: int, padding: tuple):
        """`padding` in rows and columns."""
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(channels_out, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)))


class Mixed(nn.Module):
    """Branches side by side, the pooled one last."""

    def __init__(self, channels_in: int, chains: Chains, pool: str):
        """`pool`: a name in `POOLS`."""
        super().__init__()
        self.pool = POOLS[pool]
        self.branches: list[list[list[str]]] = []
        for branch, chain in chains.items():
            channels, steps = channels_in, []
            for k, step in enumerate(chain, 1):
                names, wide = [], 0
                for side, text in zip(("a", "b"), step.split("+"), strict=False):
                    number = "" if len(chain) == 1 else f"_{k}"
                    names.append(f"{branch}{number}{side if '+' in step else ''}")
                    out, unit = unit_of(channels, text)
                    self.add_module(names[-1], unit)
                    wide += out
                steps.append(names)
                channels = wide
            self.branches.append(steps)
        self.pools_alone = "branch_pool" not in chains

    def forward(self, x: Tensor) -> Tensor:
        results = []
        for steps in self.branches:
            y = self.pool(x) if steps[0][0] == "branch_pool" else x
            for names in steps:
                y = torch.cat([self.get_submodule(name)(y) for name in names], 1)
            results.append(y)
        return torch.cat([*results, *([self.pool(x)] if self.pools_alone else [])], 1)


def unit_of(channels_in: int, text: str) -> tuple[int, Unit]:
    """Channels out, and the unit of a text such as "96 3x3/2": padded unless its stride is 2."""
    out, _, kernel = text.partition(" ")
    shape, _, stride = (kernel or "1x1").partition("/")
    rows, columns = map(int, shape.split("x"))
    padding = (0, 0) if stride else (rows // 2, columns // 2)
    return int(out), Unit(channels_in, int(out), (rows, columns), int(stride or 1), padding)


class Inception(nn.Module):
    """Images in [-1, 1] of any size -> 2048 features, 0 upwards; they are brought to 299 x 299 bilinearly."""

    def __init__(self) -> None:
        super().__init__()
        for name, channels_in, out, kernel, stride, padding, _ in STEM:
            self.add_module(name, Unit(channels_in, out, (kernel, kernel), stride, (padding, padding)))
        for name, channels_in, chains, pool in MIXED:
            self.add_module(name, Mixed(channels_in, chains, pool))

    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 2048"]:
        x = F.interpolate(images, (SIZE, SIZE), mode="bilinear", align_corners=False)
        for name, *_, pooled in STEM:
            x = self.get_submodule(name)(x)
            x = halved(x) if pooled else x
        for name, *_ in MIXED:
            x = self.get_submodule(name)(x)
        return x.mean((2, 3))
