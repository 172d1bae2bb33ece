"""How close images are to what they should be, image by image. Images are in [-1, 1]."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from unweave.errors import UnweaveError

Images = Float[Tensor, "images colours height width"]
PerImage = Float[Tensor, "images"]

RANGE = 2.0
"""Of the values."""
WINDOW, SIGMA = 11, 1.5
"""Side and standard deviation, in pixels, of the window of SSIM."""


def absolute_error(images: Images, truths: Images) -> PerImage:
    """Mean absolute difference over all values: 0 to 2, lower is better. Eq. 2, image by image."""
    return (images - truths).abs().flatten(1).mean(1)


def psnr(images: Images, truths: Images) -> PerImage:
    """Peak signal-to-noise ratio in decibel: 0 upwards, infinite for equal images, higher is better.

    10 log10(range^2 / mean squared difference) with a range of 2; adding a difference of 0.2 everywhere gives 20.
    """
    squared = (images.double() - truths.double()).square().flatten(1).mean(1)
    return (10 * torch.log10(RANGE**2 / squared)).float()


def ssim(images: Images, truths: Images) -> PerImage:
    """Structural similarity: -1 to 1, 1 for equal images, higher is better.

    Wang, Bovik, Sheikh and Simoncelli 2004: a Gaussian window of 11 pixels with standard deviation 1.5, K1 = 0.01,
    K2 = 0.03; mean over the places where the whole window fits, and over the colours. Raises `UnweaveError` for images
    smaller than the window.
    """
    if min(images.shape[-2:]) < WINDOW:
        raise UnweaveError(f"SSIM needs images of {WINDOW} x {WINDOW} pixels or more, got {tuple(images.shape[-2:])}")
    away = torch.arange(WINDOW, dtype=torch.float64) - WINDOW // 2
    weights = torch.exp(-0.5 * (away / SIGMA) ** 2)
    weights = (weights / weights.sum()).to(images.device)

    def blurred(x: Tensor) -> Tensor:
        rows = F.conv2d(x.flatten(0, 1)[:, None], weights.view(1, 1, -1, 1))
        return F.conv2d(rows, weights.view(1, 1, 1, -1)).view(*x.shape[:2], *(s - WINDOW + 1 for s in x.shape[2:]))

    a, b = images.double(), truths.double()
    mean_a, mean_b = blurred(a), blurred(b)
    variances = blurred(a * a) - mean_a**2 + blurred(b * b) - mean_b**2
    covariance = blurred(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * RANGE) ** 2, (0.03 * RANGE) ** 2
    of_place = (2 * mean_a * mean_b + c1) * (2 * covariance + c2) / ((mean_a**2 + mean_b**2 + c1) * (variances + c2))
    return of_place.flatten(1).mean(1).float()
