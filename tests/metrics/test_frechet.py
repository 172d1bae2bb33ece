import pytest
import torch
from torch import nn

from unweave.metrics.frechet import few_images, frechet_distance, kernel_distance


def noise(count: int, features: int, seed: int) -> torch.Tensor:
    return torch.randn(count, features, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def exact(count: int, mean: torch.Tensor, deviations: torch.Tensor, seed: int) -> torch.Tensor:
    """Features whose mean and covariance are exactly the given ones, the latter diagonal."""
    x = noise(count, len(mean), seed)
    x = x - x.mean(0)
    white = x @ torch.linalg.inv(torch.linalg.cholesky(x.T.cov())).T
    return white * deviations + mean


def by_eigenvalues(a: torch.Tensor, b: torch.Tensor) -> float:
    common = torch.linalg.eigvals(a.T.cov() @ b.T.cov()).real.clamp(min=0).sqrt().sum()
    shift = (a.mean(0) - b.mean(0)).square().sum()
    return (shift + a.T.cov().trace() + b.T.cov().trace() - 2 * common).item()


class Given(nn.Identity):
    """Stands for a feature network where features are given in place of images."""

    num_features = 6


def test_it_is_the_closed_form_on_gaussian_features() -> None:
    means = torch.tensor([[0.0, 1, 2, 3], [1, 1, 0, 3]], dtype=torch.float64)
    deviations = torch.tensor([[1.0, 2, 0.5, 3], [2, 2, 1, 1]], dtype=torch.float64)
    a, b = (exact(40 + k, means[k], deviations[k], k) for k in range(2))
    expected = (means[0] - means[1]).square().sum() + (deviations[0] - deviations[1]).square().sum()
    assert frechet_distance(a, b) == pytest.approx(expected.item(), rel=1e-9)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("count", "others"), [(60, 50), (12, 50), (12, 9)])
def test_it_is_the_form_with_eigenvalues_with_many_and_with_few_images(count: int, others: int) -> None:
    a, b = noise(count, 20, 0), 2 * noise(others, 20, 1) + 1
    assert frechet_distance(a, b) == pytest.approx(by_eigenvalues(a, b), rel=1e-5)


def test_the_kernel_distance_is_unbiased_and_grows() -> None:
    a, b = noise(300, 8, 0), noise(200, 8, 1)
    assert abs(kernel_distance(a, b)) < 0.05
    assert kernel_distance(a, b + 1) > 1


@pytest.mark.filterwarnings("ignore:Metric `Kernel")
def test_both_are_those_of_torchmetrics() -> None:
    from torchmetrics.image.fid import FrechetInceptionDistance
    from torchmetrics.image.kid import KernelInceptionDistance

    given = Given()
    a, b = noise(30, 6, 0), noise(30, 6, 1) * 1.5 + 0.3
    theirs = FrechetInceptionDistance(feature=given)
    kernel = KernelInceptionDistance(feature=given, subsets=1, subset_size=30)
    for metric in (theirs, kernel):
        metric.update(a, real=True)
        metric.update(b, real=False)
    assert frechet_distance(a, b) == pytest.approx(theirs.compute().item(), rel=1e-4)
    assert kernel_distance(a, b) == pytest.approx(kernel.compute()[0].item(), rel=1e-4)


def test_fewer_images_than_features_are_warned_of() -> None:
    assert few_images(2000, 1280) == ""
    assert few_images(512, 1280).startswith("512 images for 1280 features")
