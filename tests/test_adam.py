import subprocess
import sys
from collections.abc import Iterator

import pytest
import torch
from torch import nn

from unweave.adam import Adam
from unweave.checkpoint import optimiser_tensors, restore_optimiser

BETAS = (0.5, 0.999)


def weights(dtype: torch.dtype) -> list[nn.Parameter]:
    draw = torch.Generator().manual_seed(0)
    shapes = [(40, 30, 3, 3), (7,), (33, 65), ()]
    tensors = [torch.randn(shape, generator=draw, dtype=dtype) for shape in shapes]
    tensors[0] = tensors[0].contiguous(memory_format=torch.channels_last)
    return [nn.Parameter(tensor) for tensor in tensors]


def gradients(parameters: list[nn.Parameter], step: int) -> Iterator[torch.Tensor | None]:
    """Those of a step; the second parameter has one from the third step on."""
    draw = torch.Generator().manual_seed(step)
    for k, parameter in enumerate(parameters):
        gradient = torch.randn(parameter.shape, generator=draw, dtype=parameter.dtype)
        yield None if k == 1 and step < 2 else torch.empty_like(parameter).copy_(gradient)


def of_torch(parameters: list[nn.Parameter]) -> torch.optim.Adam:
    return torch.optim.Adam(parameters, lr=0.01, betas=BETAS, fused=True)


def step(parameters: list[nn.Parameter], optimiser: Adam | torch.optim.Adam, number: int) -> None:
    optimiser.zero_grad()
    assert all(parameter.grad is None for parameter in parameters)
    for parameter, gradient in zip(parameters, gradients(parameters, number), strict=True):
        parameter.grad = gradient
    if isinstance(optimiser, Adam):
        optimiser.rate = optimiser.initial_rate / (1 + number)
    else:
        optimiser.param_groups[0]["lr"] = 0.01 / (1 + number)
    optimiser.step()


def assert_equal(mine: list[nn.Parameter], theirs: list[nn.Parameter]) -> None:
    assert all(torch.equal(a, b) for a, b in zip(mine, theirs, strict=True))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_weights_move_as_torchs_own_adam_moves_them_bit_for_bit(dtype: torch.dtype) -> None:
    mine, theirs, before = weights(dtype), weights(dtype), weights(dtype)
    optimiser, reference = Adam(mine, rate=0.01, betas=BETAS), of_torch(theirs)
    for number in range(6):
        step(mine, optimiser, number)
        step(theirs, reference, number)
        assert_equal(mine, theirs)
        assert torch.equal(mine[1], before[1]) == (number < 2)
    assert all(torch.equal(optimiser.state[k][name], value) for k, each in reference.state_dict()["state"].items()
               for name, value in each.items())  # fmt: skip


def test_what_torchs_own_adam_left_is_gone_on_with_bit_for_bit() -> None:
    mine, theirs = weights(torch.float32), weights(torch.float32)
    reference = of_torch(theirs)
    for number in range(2):
        step(theirs, reference, number)
    saved = {f"{k}.{n}": v.clone() for k, each in reference.state_dict()["state"].items() for n, v in each.items()}
    for parameter, other in zip(mine, theirs, strict=True):
        parameter.data.copy_(other)
    optimiser = Adam(mine, rate=0.01, betas=BETAS)
    restore_optimiser(optimiser, saved)
    assert optimiser_tensors(optimiser).keys() == saved.keys()
    for number in range(2, 5):
        step(mine, optimiser, number)
        step(theirs, reference, number)
    assert_equal(mine, theirs)


def test_gradients_are_cut_where_they_are_far_longer_than_usual_and_nowhere_else() -> None:
    mine, theirs = (weights(torch.float64)[:3] for _ in range(2))  # a single number may well be 3 times its usual size
    optimiser, plain = Adam(mine, rate=0.01, betas=BETAS, cut=3.0), Adam(theirs, rate=0.01, betas=BETAS)
    for number in range(20):
        step(mine, optimiser, number)
        step(theirs, plain, number)
    assert_equal(mine, theirs)
    long, nothing, usual_one = (scale * torch.randn_like(p) for p, scale in zip(mine, (1e4, 0, 1), strict=True))
    mine[0].grad, mine[1].grad, mine[2].grad = long, nothing, usual_one
    kept, direction = usual_one.clone(), long / long.norm()
    optimiser.step()
    usual = mine[0].numel() ** 0.5  # of standard normal values
    torch.testing.assert_close(long, direction * 3 * usual, rtol=0.02, atol=0)
    assert torch.equal(usual_one, kept)
    assert torch.equal(nothing, torch.zeros(7).double())


def test_a_training_step_does_without_torchs_compiler() -> None:
    code = """
import sys, torch
from unweave.config import build
from unweave.data.batches import Batch
from unweave.method import Unweave
small = {"width": 1 / 16, "critic_width": 1 / 16, "residual_blocks": 1}
config = build({"data": {"size": 32}, "networks": small, "run": {"batch": 2, "device": "cpu", "precision": "float32"}})
method = Unweave(config, {"who": ("a", "b")})
labels = torch.tensor([[0], [1]])
method.step(Batch(images=torch.zeros(2, 3, 32, 32), labels=labels, lenders=labels), 0)
assert "torch._dynamo" not in sys.modules, "it takes longer to import than all else"
"""
    subprocess.run([sys.executable, "-c", code], check=True)
