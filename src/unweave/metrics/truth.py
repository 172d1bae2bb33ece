"""A swap against the true answer, which for rendered images can be rendered as well."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from unweave.metrics.reconstruction import psnr, ssim

Images = Float[Tensor, "images colours height width"]

CHANGED = 0.1
"""Difference between source and truth on the [-1, 1] scale, in any colour, from which a pixel counts as to be changed;
13 of 255 levels, more than a lossy picture file brings about."""


def should_change(sources: Images, truths: Images) -> Bool[Tensor, "images height width"]:
    """The pixels that the swap should change."""
    return (sources - truths).abs().amax(1) > CHANGED


def true_answer(results: Images, sources: Images, truths: Images) -> dict[str, dict[str, float] | float]:
    """Errors of results against the truths, over the pixels that should change, those that should stay, and all.

    For each of "changed", "kept" and "all": `error`, mean absolute difference on the [-1, 1] scale, 0 to 2;
    `copying`, the same of the sources; `ratio`, the one over the other: 0 is the truth, 1 is copying the source, lower
    is better; above 1 the source itself would have been a better answer. Where pixels should stay, copying is all but
    right, so that a ratio there is large for any decoder: read `error`. `share`: of the pixels that should change.
    `psnr` and `ssim`: means over the images, higher is better; `psnr_copying` and `ssim_copying` those of the sources.
    """
    change = should_change(sources, truths)[:, None].expand_as(results)
    off, off_copying = (results - truths).abs(), (sources - truths).abs()
    figures: dict[str, dict[str, float] | float] = {}
    for name, pixels in (("changed", change), ("kept", ~change), ("all", torch.ones_like(change))):
        error, copying = off[pixels].mean().item(), off_copying[pixels].mean().item()
        figures[name] = {"ratio": error / copying if copying else float("nan"), "error": error, "copying": copying}
    figures["share"] = change.float().mean().item()
    for name, measure in (("psnr", psnr), ("ssim", ssim)):
        figures[name] = measure(results, truths).mean().item()
        figures[f"{name}_copying"] = measure(sources, truths).mean().item()
    return figures
