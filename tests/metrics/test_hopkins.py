from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from unweave.metrics.hopkins import hopkins


def uniform(dimensions: int) -> torch.Tensor:
    return torch.rand(2000, dimensions, generator=torch.Generator().manual_seed(dimensions))


def gaussian(dimensions: int) -> torch.Tensor:
    return torch.randn(2000, dimensions, generator=torch.Generator().manual_seed(dimensions))


def clusters(dimensions: int) -> torch.Tensor:
    centres = 10 * torch.randn(10, dimensions, generator=torch.Generator().manual_seed(1))
    return centres[torch.arange(2000) % 10] + gaussian(dimensions)


def plane(dimensions: int) -> torch.Tensor:
    return gaussian(2) @ torch.randn(2, dimensions, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("cloud", "dimensions", "exponent", "expected", "within"),
    [
        (uniform, 2, 1, 0.509, 0.02),
        (uniform, 2, None, 0.516, 0.04),
        (uniform, 16, 1, 0.501, 0.01),
        (uniform, 64, 1, 0.500, 0.01),
        (uniform, 64, None, 0.53, 0.1),
        (gaussian, 2, 1, 0.797, 0.06),  # its box depends on its two farthest points
        (gaussian, 2, None, 0.938, 0.04),
        (gaussian, 16, 1, 0.668, 0.02),
        (gaussian, 16, None, 1.0, 0.001),
        (gaussian, 64, 1, 0.635, 0.02),
        (gaussian, 64, None, 1.0, 0.001),
        (clusters, 2, 1, 0.960, 0.02),
        (clusters, 2, None, 0.998, 0.002),
        (clusters, 16, 1, 0.923, 0.02),
        (clusters, 16, None, 1.0, 0.001),
        (clusters, 64, 1, 0.920, 0.02),
        (clusters, 64, None, 1.0, 0.001),
        # a plane in 2 dimensions is a stretched Gaussian, and its value that of the stretch
        (plane, 16, 1, 0.979, 0.01),
        (plane, 16, None, 1.0, 0.001),
        (plane, 64, 1, 0.980, 0.01),
        (plane, 64, None, 1.0, 0.001),
    ],
)
def test_values_of_known_clouds_against_the_box(
    cloud: Callable[[int], torch.Tensor], dimensions: int, exponent: float | None, expected: float, within: float
) -> None:
    mean, _ = hopkins(cloud(dimensions), exponent=exponent)
    assert abs(mean - expected) < within


def test_in_two_dimensions_it_follows_the_beta_distribution_of_the_null() -> None:
    _, deviation = hopkins(uniform(2), exponent=None, repeats=60)
    assert abs(deviation - 1 / math.sqrt(4 * (2 * 100 + 1))) < 0.01


def test_against_permuted_points_a_gaussian_has_no_clusters_but_clusters_are_seen() -> None:
    assert abs(hopkins(gaussian(16), null="permuted")[0] - 0.5) < 0.02
    centres = 10 * torch.randn(10, 16, generator=torch.Generator().manual_seed(1))
    clusters = centres[torch.arange(2000) % 10] + gaussian(16)
    assert hopkins(clusters, null="permuted")[0] > 0.8
    assert hopkins(clusters)[0] > 0.8


def test_a_stretched_or_flat_gaussian_is_clustered_against_all_but_a_gaussian_of_its_covariance() -> None:
    mixing = torch.randn(16, 16, generator=torch.Generator().manual_seed(1))
    flat = gaussian(2) @ mixing[:2]
    assert hopkins(flat)[0] > 0.9
    assert hopkins(flat, null="permuted")[0] > 0.9
    assert abs(hopkins(flat, null="gaussian")[0] - 0.5) < 0.03
    stretched = gaussian(16) @ mixing @ mixing + 7
    assert hopkins(stretched, null="permuted")[0] > 0.55
    assert abs(hopkins(stretched, null="gaussian")[0] - 0.5) < 0.03


def test_clusters_are_seen_against_a_gaussian_of_their_covariance() -> None:
    centres = 10 * torch.randn(10, 16, generator=torch.Generator().manual_seed(1))
    assert hopkins(centres[torch.arange(2000) % 10] + gaussian(16), null="gaussian")[0] > 0.8


def test_a_part_that_keeps_to_a_corner_of_its_cloud_is_clustered_and_one_that_is_spread_over_it_is_not() -> None:
    cloud = uniform(2)
    corner = cloud[(cloud < 0.3).all(1)]
    assert abs(hopkins(corner)[0] - 0.5) < 0.08
    assert hopkins(corner, around=cloud)[0] > 0.9
    assert abs(hopkins(cloud[:200], around=cloud)[0] - 0.5) < 0.08


def test_the_same_seed_gives_the_same_and_a_single_point_nothing() -> None:
    assert hopkins(uniform(2), repeats=2, seed=3) == hopkins(uniform(2), repeats=2, seed=3)
    assert hopkins(uniform(2), repeats=2, seed=3) != hopkins(uniform(2), repeats=2, seed=4)
    assert math.isnan(hopkins(uniform(2)[:1])[0])
