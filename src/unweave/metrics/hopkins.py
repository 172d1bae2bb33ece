"""The Hopkins statistic: whether a cloud of points has clusters (Table III)."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

Points = Float[Tensor, "points dimensions"]
Cloud = Float[Tensor, "cloud dimensions"]
Null = Literal["box", "permuted", "gaussian"]
NULLS: tuple[Null, ...] = get_args(Null)


def hopkins(
    points: Points,
    *,
    samples: int = 100,
    repeats: int = 20,
    exponent: float | None = 1.0,
    null: Null = "box",
    around: Cloud | None = None,
    seed: int = 0,
) -> tuple[float, float]:
    """Mean and standard deviation, over `repeats`, of H = sum u^k / (sum u^k + sum w^k), 0 to 1.

    w are the distances of `samples` of the points to the nearest other point, u those of as many points drawn from
    the null model to the nearest point; k is the `exponent`, None for the number of dimensions. About 0.5: like the
    null model; towards 1: clustered; below 0.5: more regular. Neither direction is better in itself.

    `null`: "box", uniform in the bounding box, which calls every bell-shaped or flat cloud clustered, and one with a
    stray point more so; "permuted", the points with each coordinate shuffled on its own, under which a Gaussian gives
    0.5 if its coordinates are independent, and a flat or stretched cloud still counts as clustered; "gaussian", a
    Gaussian with the points' mean and covariance, under which any Gaussian gives 0.5, however flat.
    With the box and k = dimensions H follows Beta(samples, samples) under the null, in few dimensions only; in many it
    sticks at 1, where k = 1 still ranks. Some packages return 1 - H. Not a number for a single point, or equal ones.

    `around`: the cloud that the points are a part of, such as all lights of an expression around one light. The null
    model is then the cloud's, so that points that keep to a part of it count as clustered. The points' own if None.

    Hopkins and Skellam 1954; Banerjee and Dave 2004; Wright, R Journal 2022.
    """
    points = points.double()
    cloud = points if around is None else around.double()
    count, dimensions = points.shape
    if count < 2:
        return float("nan"), float("nan")
    power = float(dimensions if exponent is None else exponent)
    draw = torch.Generator().manual_seed(seed)
    samples = min(samples, count)
    values = []
    for _ in range(repeats):
        chosen = torch.randperm(count, generator=draw)[:samples]
        apart = torch.cdist(points[chosen], points)
        apart[torch.arange(samples), chosen] = torch.inf
        drawn = _drawn(cloud, samples, null, draw)
        u = (power * torch.cdist(drawn, points).amin(1).log()).logsumexp(0)
        w = (power * apart.amin(1).log()).logsumexp(0)
        values.append(torch.sigmoid(u - w))  # in logarithms: u^64 would not fit into a float
    spread = torch.stack(values)
    return spread.mean().item(), spread.std(correction=0).item()


def _drawn(cloud: Cloud, samples: int, null: Null, draw: torch.Generator) -> Float[Tensor, "samples dimensions"]:
    """Points of the null model."""
    count, dimensions = cloud.shape
    if null == "box":
        low, high = cloud.amin(0), cloud.amax(0)
        return low + (high - low) * torch.rand(samples, dimensions, generator=draw, dtype=cloud.dtype)
    if null == "gaussian":  # sums of points with random weights have their covariance, of whatever rank it is
        weights = torch.randn(samples, count, generator=draw, dtype=cloud.dtype) / (count - 1) ** 0.5
        mean = cloud.mean(0)
        return mean + weights @ (cloud - mean)
    rows = torch.rand(count, dimensions, generator=draw).argsort(0)[:samples]
    return cloud.gather(0, rows)
