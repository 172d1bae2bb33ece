"""Whether people stay who they are, as distances in a feature space."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

Features = Float[Tensor, "images features"]


def cosine_distance(a: Features, b: Features) -> Float[Tensor, "images"]:
    """1 - cosine of each pair of rows: 0 (same direction) to 2 (opposite)."""
    return (1 - torch.nn.functional.cosine_similarity(a, b, dim=1)).clamp(min=0)


def between_people(features: Features, people: Int[Tensor, "images"]) -> dict[str, float]:
    """Mean cosine distance of two real images of one person ("same") and of two people ("others").

    The scale for everything else: a space in which both are alike cannot tell who somebody is. Not a number where
    there is no such pair.
    """
    unit = torch.nn.functional.normalize(features.double(), dim=1)
    distance = 1 - unit @ unit.T
    alike = people[:, None] == people
    apart = ~torch.eye(len(people), dtype=torch.bool)
    return {"same": distance[alike & apart].mean().item(), "others": distance[~alike].mean().item()}
