"""The naive port that benchmarks compare with computes the same model: losses and gradients."""

from __future__ import annotations

import runpy
from pathlib import Path

import torch

from unweave.config import build
from unweave.data.batches import Batch
from unweave.method import Unweave

NAIVE = runpy.run_path(str(Path(__file__).parents[1] / "benchmarks" / "naive.py"))["Naive"]
CLASSES = {"identity": ("a", "b", "c"), "light": ("x", "y")}


def test_the_naive_port_gives_the_same_losses_and_gradients_with_the_same_weights_and_draws() -> None:
    sizes = {"width": 1 / 16, "critic_width": 1 / 16, "residual_blocks": 2, "start": "he"}
    run = {"batch": 4, "device": "cpu", "precision": "float32"}
    config = build({"data": {"size": 36}, "networks": sizes, "run": run})
    method, naive = Unweave(config, CLASSES), NAIVE(config, CLASSES)
    batch = Batch(
        images=torch.rand(4, 3, 36, 36, generator=torch.Generator().manual_seed(0)) * 2 - 1,
        labels=torch.tensor([[0, 0], [1, 1], [2, 0], [0, 1]]),
        lenders=torch.arange(4)[:, None].repeat(1, 2),
    )
    for optimiser in naive.optimisers.values():
        optimiser.zero_grad = lambda: None  # its gradients are looked at
    for name, module in method.modules.items():
        for mine, theirs in zip(module.parameters(), naive.modules[name].parameters(), strict=True):
            theirs.data.copy_(mine)
    expected, found = method.step(batch, 0), naive.step(batch, method.draw(batch, 0))
    assert set(found) == set(expected)
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=1e-4, atol=1e-6, msg=name)
    for name, module in method.modules.items():
        for mine, theirs in zip(module.parameters(), naive.modules[name].parameters(), strict=True):
            assert mine.grad is not None
            torch.testing.assert_close(theirs.grad, mine.grad, rtol=1e-3, atol=1e-5 * float(mine.grad.abs().max() + 1))
