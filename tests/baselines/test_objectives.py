"""The rivals' losses on constant images and networks, against values worked out by hand."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from unweave.baselines import make_rival
from unweave.baselines.cyclegan import CycleGAN
from unweave.baselines.fader import Fader, other_classes
from unweave.baselines.parts import classes_loss
from unweave.baselines.pix2pix import Pix2Pix
from unweave.baselines.rival import Rival
from unweave.baselines.stargan import Discriminator, StarGAN
from unweave.config import build
from unweave.data.batches import Batch
from unweave.data.table import table_from_arrays
from unweave.losses import gradient_of


class Shift(nn.Module):
    """Adds a number to images, whatever labels come with them."""

    def __init__(self, by: float):
        super().__init__()
        self.by = by

    def forward(self, images: Tensor, *_: Tensor) -> Tensor:
        return images + self.by


class Constant(nn.Module):
    """The same score for all images, or a score and logits of 0 for `classes` classes; `slope` makes it grow."""

    def __init__(self, score: float, classes: int = 0, slope: float = 0.0):
        super().__init__()
        self.score, self.classes, self.slope = score, classes, slope

    def forward(self, images: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        scores = self.score + self.slope * images.sum((1, 2, 3), keepdim=True)
        return (scores, images.new_zeros(len(images), self.classes)) if self.classes else scores

    def gradient(self, images: Tensor) -> Tensor:
        return torch.full_like(images, self.slope)


def tiny(method: str, **rivals: float) -> Rival:
    labels = {"kind": ["a", "b", "c"] * 2, "who": ["x", "x", "x", "y", "y", "y"]}
    table = table_from_arrays(np.zeros((6, 32, 32, 3), np.uint8), labels, attributes=("kind", "who"))
    settings = {
        "method": method,
        "networks": {"width": 1 / 16, "critic_width": 1 / 16, "residual_blocks": 1},
        "data": {"size": 32},
        "rivals": {"pair": "kind:a=b", **rivals},
        "run": {"batch": 2, "device": "cpu", "precision": "float32", "steps": 100},
    }
    config = build(settings)
    if method in ("cyclegan", "pix2pix"):
        from unweave.baselines.pairs import narrowed

        table = narrowed(table, config)
    return make_rival(config, table)


def flat(value: float) -> Tensor:
    return torch.full((2, 3, 32, 32), value)


def numbers(parts: dict[str, Tensor]) -> dict[str, float]:
    return {name: part.item() for name, part in parts.items()}


def test_stargans_gradient_is_that_of_autograd() -> None:
    critic, images = tiny("stargan").critic.double(), torch.rand(2, 3, 32, 32, dtype=torch.float64)
    assert isinstance(critic, Discriminator)
    torch.testing.assert_close(critic.gradient(images), gradient_of(lambda x: critic(x)[0])(images))


def test_losses_of_stargan() -> None:
    method = tiny("stargan")
    assert isinstance(method, StarGAN)
    pixels = 3 * 32 * 32
    method.generator = Shift(0.1)  # pyright: ignore[reportAttributeAccessIssue]
    method.critic = Constant(0.5, classes=5, slope=3 / sqrt(pixels))  # its gradient has the norm 3
    batch = Batch(images=flat(0.2), labels=torch.tensor([[0, 1], [2, -1]]), lenders=torch.zeros(2, 2, dtype=torch.long))
    targets, unread = torch.tensor([[2, 1], [0, 0]]), log(3) + log(2)
    total, parts = method.critic_objective(batch, targets, torch.rand(2, 1, 1, 1))
    margin = -0.1 * 3 * sqrt(pixels)
    assert numbers(parts) == pytest.approx(
        {
            "margin": margin,
            "critic_labels": unread,
            "gradient_penalty": 4.0,
            "critic": -margin + unread + 10 * 4,
        },
        rel=1e-4,
    )
    total, parts = method.generator_objective(batch, targets)
    adversarial = -(0.5 + 0.3 * 3 * sqrt(pixels))
    assert numbers(parts) == pytest.approx(
        {"adversarial": adversarial, "classes": unread, "cycle": 0.2, "generator": adversarial + unread + 10 * 0.2},
        rel=1e-4,
    )
    assert total is parts["generator"]


def test_losses_of_cyclegan() -> None:
    method = tiny("cyclegan")
    assert isinstance(method, CycleGAN)
    method.generator.there, method.generator.back = Shift(0.5), Shift(-0.25)  # pyright: ignore[reportAttributeAccessIssue]
    method.critics.first, method.critics.second = Constant(0.3), Constant(0.8)  # pyright: ignore[reportAttributeAccessIssue]
    _, parts, to_first, to_second = method.generator_objective(flat(0.2), flat(-0.4))
    assert (to_first[0, 0, 0, 0].item(), to_second[0, 0, 0, 0].item()) == pytest.approx((-0.65, 0.7))
    adversarial = 0.7**2 + 0.2**2
    assert numbers(parts) == pytest.approx(
        {"adversarial": adversarial, "cycle": 0.5, "identity": 0.75, "generator": adversarial + 5 + 3.75}
    )
    critic = method.critic_objective(flat(0.2), flat(-0.4), to_first, to_second)
    assert critic.item() == pytest.approx(((0.7**2 + 0.3**2) + (0.2**2 + 0.8**2)) / 2)


def test_what_networks_of_cyclegan_take_in_together_they_see_one_by_one() -> None:
    method = tiny("cyclegan")
    assert isinstance(method, CycleGAN)
    there, back = method.generator.there, method.generator.back
    first, second = torch.rand(2, 2, 3, 32, 32) * 2 - 1
    with torch.no_grad():
        _, parts, to_first, to_second = method.generator_objective(first, second)
        critic = method.critic_objective(first, second, to_first, to_second)
        assert torch.allclose(to_second, there(first), atol=1e-4)
        assert torch.allclose(to_first, back(second), atol=1e-4)
        kept = (back(first) - first).abs().mean() + (there(second) - second).abs().mean()
        scores = [method.critics.first(images) for images in (first, to_first)]
        scores += [method.critics.second(images) for images in (second, to_second)]
    assert parts["identity"].item() == pytest.approx(kept.item(), rel=1e-4)
    wanted = sum(((of - real) ** 2).mean().item() for of, real in zip(scores, (1, 0, 1, 0), strict=True)) / 2
    assert critic.item() == pytest.approx(wanted, rel=1e-4)


def test_cyclegan_without_the_identity_loss_translates_alike() -> None:
    with_it, without = tiny("cyclegan"), tiny("cyclegan", identity=0.0)
    assert isinstance(with_it, CycleGAN)
    assert isinstance(without, CycleGAN)
    images = torch.rand(2, 2, 3, 32, 32) * 2 - 1
    both, neither = (method.generator_objective(*images)[1] for method in (with_it, without))
    assert "identity" not in neither
    for name in ("adversarial", "cycle"):
        assert neither[name].item() == pytest.approx(both[name].item(), rel=1e-4)


def test_losses_of_pix2pix() -> None:
    method = tiny("pix2pix")
    assert isinstance(method, Pix2Pix)
    method.critic = Constant(0.5)
    right, wrong = log(1 + exp(-0.5)), log(1 + exp(0.5))
    assert method.critic_objective(flat(0.0), flat(0.1), flat(0.4)).item() == pytest.approx((right + wrong) / 2)
    _, parts = method.generator_objective(flat(0.0), flat(0.1), flat(0.4))
    assert numbers(parts) == pytest.approx({"adversarial": right, "l1": 0.3, "generator": right + 30}, rel=1e-5)


def test_losses_of_fader_networks() -> None:
    logits, labels = torch.tensor([[0.0, log(3), 0.0, 1.0], [0.0, log(3), 0.0, 5.0]]), torch.tensor([[1, 0], [0, -1]])
    expected = (log(4 / 3) + log(4)) / 2 + log(1 + exp(1))  # the mean of the first attribute, plus that of the second
    assert classes_loss(logits, labels, [2, 2]).item() == pytest.approx(expected)
    method = tiny("fader")
    assert isinstance(method, Fader)
    method.critic.eval()
    _, parts = method.generator_objective(flat(0.1), torch.zeros(2, 2).long(), torch.ones(2, 2).long(), 0.01)
    found = numbers(parts)
    assert found["generator"] == pytest.approx(found["reconstruction"] + 0.01 * found["latent"])


def test_the_discriminators_weight_rises_over_its_share_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    method = tiny("fader", latent=1e-4, latent_ramp=0.32)
    assert isinstance(method, Fader)
    weights = []

    def noted(images: Tensor, labels: Tensor, others: Tensor, weight: float) -> tuple[Tensor, dict[str, Tensor]]:
        weights.append(weight)
        return Fader.generator_objective(method, images, labels, others, weight)

    monkeypatch.setattr(method, "generator_objective", noted)
    batch = Batch(images=torch.rand(4, 3, 32, 32), labels=torch.zeros(4, 2).long(), lenders=torch.zeros(4, 2).long())
    for step in (0, 8, 32, 99):
        method.step(batch, step)
    assert weights == pytest.approx([0, 0.25e-4, 1e-4, 1e-4])


def test_flipped_labels_are_all_the_others_and_never_the_same() -> None:
    labels = torch.tensor([[0, 1, -1]]).repeat(200, 1)
    flipped = other_classes(labels, [4, 2, 3])
    assert set(flipped[:, 0].tolist()) == {1, 2, 3}
    assert set(flipped[:, 1].tolist()) == {0}
    assert set(flipped[:, 2].tolist()) == {-1}


@pytest.mark.parametrize("method", ["stargan", "cyclegan", "pix2pix", "fader"])
def test_no_step_of_the_generator_moves_the_critic(method: str) -> None:
    """Losses of one network leave no gradient in the other."""
    rival = tiny(method)
    images, labels = torch.rand(2, 3, 32, 32) * 2 - 1, torch.zeros(2, 2).long()
    if isinstance(rival, StarGAN):
        total = rival.generator_objective(Batch(images=images, labels=labels, lenders=labels), labels + 1)[0]
    elif isinstance(rival, CycleGAN):
        total = rival.generator_objective(images, images)[0]
    elif isinstance(rival, Pix2Pix):
        total = rival.generator_objective(images, images, rival.generator(images))[0]
    else:
        assert isinstance(rival, Fader)
        total = rival.generator_objective(images, labels, labels + 1, 1.0)[0]
    total.backward()
    assert all(p.grad is None for p in rival.critic.parameters())
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in rival.generator.parameters())


@pytest.mark.parametrize(
    ("method", "part"), [("stargan", "cycle"), ("cyclegan", "cycle"), ("pix2pix", "l1"), ("fader", "reconstruction")]
)
def test_learning_lowers_the_error(method: str, part: str) -> None:
    rival = tiny(method, critic_steps=1)
    for optimiser in rival.optimisers.values():
        optimiser.rate = 2e-3
    draw = torch.Generator().manual_seed(0)
    images = torch.rand(4, 3, 2, 2, generator=draw).repeat_interleave(16, 2).repeat_interleave(16, 3) * 2 - 1
    labels = torch.tensor([[0, 0], [1, 1], [0, 0], [1, 1]])
    batch = Batch(images=images, labels=labels, lenders=labels)
    errors = [rival.step(batch, step)[part].item() for step in range(30)]
    assert errors[-1] < 0.8 * errors[0]
