import pytest
import torch
from torch.testing import assert_close

from unweave.errors import UnweaveError
from unweave.metrics.reconstruction import absolute_error, psnr, ssim


def noise(count: int, side: int = 16) -> torch.Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(0)) - 0.5


def test_a_constant_difference_gives_the_values_on_paper() -> None:
    images = noise(2)
    others = images + torch.tensor([0.2, 0.02]).view(2, 1, 1, 1)
    assert_close(absolute_error(others, images), torch.tensor([0.2, 0.02]))
    assert_close(psnr(others, images), torch.tensor([20.0, 40.0]), atol=1e-3, rtol=0)


def test_equal_images_have_no_error_infinite_psnr_and_ssim_1() -> None:
    images = noise(1)
    assert absolute_error(images, images).item() == 0
    assert psnr(images, images).item() == float("inf")
    assert ssim(images, images).item() == 1


def test_ssim_of_flat_images_is_its_luminance_term() -> None:
    a, b, c1 = 0.2, 0.6, 0.02**2
    flat = torch.ones(1, 3, 16, 16)
    assert_close(ssim(a * flat, b * flat).item(), (2 * a * b + c1) / (a**2 + b**2 + c1), atol=1e-6, rtol=0)


def test_ssim_of_one_window_is_the_formula_written_out() -> None:
    a, b = noise(2, side=11).double()
    away = torch.arange(11.0, dtype=torch.float64) - 5
    weights = torch.outer(torch.exp(-(away**2) / 4.5), torch.exp(-(away**2) / 4.5))
    weights /= weights.sum()
    mean_a, mean_b = (weights * a).sum((1, 2), keepdim=True), (weights * b).sum((1, 2), keepdim=True)
    var_a, var_b, both = (
        (weights * x * y).sum((1, 2))
        for x, y in ((a - mean_a, a - mean_a), (b - mean_b, b - mean_b), (a - mean_a, b - mean_b))
    )
    mean_a, mean_b, c1, c2 = mean_a.flatten(), mean_b.flatten(), 0.02**2, 0.06**2
    of_colour = (2 * mean_a * mean_b + c1) * (2 * both + c2) / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))
    assert_close(ssim(a[None].float(), b[None].float()).item(), of_colour.mean().item(), atol=1e-5, rtol=0)


def test_images_smaller_than_the_window_are_refused() -> None:
    with pytest.raises(UnweaveError, match="11 x 11 pixels or more"):
        ssim(noise(1, side=8), noise(1, side=8))
