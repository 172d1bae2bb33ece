"""How sharp images are, and how even a path of images is."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

Images = Float[Tensor, "images colours height width"]


def sharpness(images: Images) -> Float[Tensor, "images"]:
    """Mean absolute difference of neighbouring pixels: 0 upwards, lower is blurred; to be compared on like images."""
    down, across = images.diff(dim=2).abs(), images.diff(dim=3).abs()
    return (down.flatten(1).mean(1) + across.flatten(1).mean(1)) / 2


def unevenness(path: Float[Tensor, "steps colours height width"]) -> float:
    """Largest step of a path over its mean step, 1 upwards: 1 is even, the number of steps a jump at one place.

    Steps are mean absolute differences. Not a number where nothing moves.
    """
    steps = path.diff(dim=0).abs().flatten(1).mean(1)
    return (steps.max() / steps.mean()).item()
