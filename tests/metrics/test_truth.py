from typing import Any

import torch
from torch.testing import assert_close

from unweave.metrics.truth import should_change, true_answer


def scene() -> tuple[torch.Tensor, torch.Tensor]:
    """Sources and truths: the left quarter has to become brighter by 0.5, elsewhere there is a shade of 0.02."""
    sources = torch.rand(3, 3, 16, 16, generator=torch.Generator().manual_seed(0)) - 0.5
    truths = sources.clone()
    truths[..., :4] += 0.5
    truths[..., 4:] += 0.02
    return sources, truths


def ratios(results: torch.Tensor) -> dict[str, Any]:
    sources, truths = scene()
    return true_answer(results, sources, truths)


def test_copying_the_source_has_ratio_1_and_the_truth_0() -> None:
    sources, truths = scene()
    copied, right = ratios(sources), ratios(truths)
    for pixels in ("changed", "kept", "all"):
        assert copied[pixels]["ratio"] == 1
        assert right[pixels]["ratio"] == 0
    assert right["ssim"] == 1
    assert copied["psnr"] == copied["psnr_copying"]


def test_pixels_are_split_by_what_should_change() -> None:
    sources, truths = scene()
    assert_close(should_change(sources, truths).float().mean().item(), 0.25)
    half_way = sources.clone()
    half_way[..., :4] += 0.25
    found = ratios(half_way)
    assert_close(found["share"], 0.25)
    assert_close(found["changed"]["ratio"], 0.5)
    assert_close(found["changed"]["copying"], 0.5)
    assert_close(found["kept"]["error"], 0.02)
    assert_close(found["all"]["error"], 0.25 / 4 + 0.02 * 3 / 4)


def test_where_nothing_should_change_there_is_no_ratio() -> None:
    sources, _ = scene()
    found: dict[str, Any] = true_answer(sources + 0.1, sources, sources)
    assert found["share"] == 0
    assert found["kept"]["ratio"] != found["kept"]["ratio"]
    assert_close(found["kept"]["error"], 0.1)
