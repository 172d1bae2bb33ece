"""How far two sets of images are apart in the space of a feature network."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

Features = Float[Tensor, "images features"]
Others = Float[Tensor, "others features"]


def frechet_distance(a: Features, b: Others) -> float:
    """Frechet distance between Gaussians fitted to two sets of features: 0 upwards, lower is better.

    |m_a - m_b|^2 + tr(S_a + S_b - 2 (S_a S_b)^(1/2)), in float64 (Heusel et al. 2017). The last trace is the sum of the
    singular values of A B^T, where S = A^T A. It is biased upwards, the more the fewer images: compare equal
    numbers only, and none with fewer images than features (`few_images`). Two images or more are needed in each set.
    """
    a, b = a.double(), b.double()
    shift = (a.mean(0) - b.mean(0)).square().sum()
    root_a, root_b = _root(a), _root(b)
    common = torch.linalg.svdvals(root_a @ root_b.T).sum()
    return (shift + root_a.square().sum() + root_b.square().sum() - 2 * common).clamp(min=0).item()


def kernel_distance(a: Features, b: Others) -> float:
    """Kernel distance (KID): squared MMD with the kernel (x y / features + 1)^3, lower is better.

    The unbiased estimate over all pairs (Binkowski et al. 2018), so it may be a little below 0, and it can be compared
    between sets of different size. Others average it over random subsets, which estimates the same.
    """
    a, b = a.double(), b.double()

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        return (x @ y.T / x.shape[1] + 1) ** 3

    def among(x: Tensor) -> Tensor:
        inside = kernel(x, x)
        return (inside.sum() - inside.trace()) / (len(x) * (len(x) - 1))

    return (among(a) + among(b) - 2 * kernel(a, b).mean()).item()


def few_images(images: int, features: int) -> str:
    """A warning where a covariance of `features` is estimated from too few images; empty where it is not."""
    if images > features:
        return ""
    return (
        f"{images} images for {features} features: the Frechet distance is far too high, compare it with those of as"
        " many images only"
    )


def _root(features: Features) -> Float[Tensor, "rank features"]:
    """A with A^T A = the covariance; no more rows than features."""
    centred = (features - features.mean(0)) / (len(features) - 1) ** 0.5
    return torch.linalg.qr(centred, mode="r").R if len(features) > features.shape[1] else centred
