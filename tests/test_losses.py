import math

import pytest
import torch

from unweave import losses


def test_reconstruction_is_the_mean_absolute_difference() -> None:
    a, b = torch.zeros(2, 3, 4, 4), torch.full((2, 3, 4, 4), 0.25)
    assert losses.reconstruction_loss(a, b).item() == pytest.approx(0.25)


def test_label_loss_is_the_mean_over_attributes_of_the_mean_over_images() -> None:
    logits = [torch.tensor([[0.0, 0.0], [2.0, 0.0]]), torch.zeros(2, 3)]
    second = math.log(1 + math.exp(2))  # label 1 against logits (2, 0)
    expected = ((math.log(2) + second) / 2 + math.log(3)) / 2
    assert losses.label_loss(logits, torch.tensor([[0, 2], [1, 0]])).item() == pytest.approx(expected, rel=1e-6)


def test_missing_labels_have_no_part_and_get_no_gradient() -> None:
    logits = torch.randn(3, 4, requires_grad=True)
    loss = losses.label_loss([logits], torch.tensor([[2], [-1], [0]]))
    loss.backward()
    assert logits.grad is not None
    assert torch.equal(logits.grad[1], torch.zeros(4))
    assert logits.grad[0].abs().sum() > 0
    kept = losses.label_loss([logits[[0, 2]]], torch.tensor([[2], [0]]))
    assert loss.item() == pytest.approx(kept.item(), rel=1e-6)


def test_with_missing_labels_at_0_the_mean_over_equal_shares_of_a_batch_is_its_loss() -> None:
    logits, labels = [torch.randn(4, 3), torch.randn(4, 2)], torch.tensor([[2, -1], [-1, -1], [0, 1], [1, 0]])
    whole = losses.label_loss(logits, labels, over_all=True)
    shares = [
        losses.label_loss([of_m[own] for of_m in logits], labels[own], over_all=True)
        for own in (slice(0, 2), slice(2, 4))
    ]
    assert torch.stack(shares).mean().item() == pytest.approx(whole.item(), rel=1e-5)
    first = losses.label_loss([logits[0][[0, 2, 3]]], torch.tensor([[2], [0], [1]]))
    second = losses.label_loss([logits[1][[2, 3]]], torch.tensor([[1], [0]]))
    assert whole.item() == pytest.approx((first.item() * 3 / 4 + second.item() * 2 / 4) / 2, rel=1e-5)


def test_a_batch_without_any_label_costs_nothing() -> None:
    logits = torch.randn(2, 4, requires_grad=True)
    loss = losses.label_loss([logits], torch.tensor([[-1], [-1]]))
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert logits.grad.abs().sum() == 0


def test_disentangle_is_least_at_the_uniform_posterior_of_foreign_classifiers() -> None:
    uniform = [torch.zeros(3, 5, 2), torch.zeros(3, 5, 7)]
    # codes 0 and 1 have one foreign classifier each, the rest has both
    expected = (math.log(7) + math.log(2) + (math.log(2) + math.log(7)) / 2) / 3
    assert losses.disentangle_loss(uniform).item() == pytest.approx(expected, rel=1e-6)
    pointed = [torch.zeros(3, 5, 2), torch.zeros(3, 5, 7)]
    pointed[1][0, :, 3] = 4.0
    assert losses.disentangle_loss(pointed).item() > expected


def test_disentangle_leaves_a_codes_own_classifier_alone() -> None:
    logits = [torch.randn(3, 2, 2, requires_grad=True), torch.randn(3, 2, 3, requires_grad=True)]
    losses.disentangle_loss(logits).backward()
    for m, of_m in enumerate(logits):
        assert of_m.grad is not None
        assert of_m.grad[m].abs().sum() == 0
        assert of_m.grad[2].abs().sum() > 0


def test_a_single_attribute_is_kept_from_the_rest_alone() -> None:
    logits = torch.zeros(2, 3, 4)
    logits[0, :, 1] = 9.0  # its own code may tell
    assert losses.disentangle_loss([logits]).item() == pytest.approx(math.log(4), rel=1e-6)


@pytest.mark.parametrize(("objective", "generator", "critic"), [
    ("wasserstein", -2.0, 2.0 - 3.0),
    ("standard", math.log(1 - 1 / (1 + math.exp(-2))), math.log(1 + math.exp(-3)) + math.log(1 + math.exp(2))),
])  # fmt: skip
def test_adversary_equals_its_equation(objective: str, generator: float, critic: float) -> None:
    real, synthesis = torch.full((2, 1, 2, 2), 3.0), torch.full((2, 1, 2, 2), 2.0)
    assert losses.generator_adversary(synthesis, objective).item() == pytest.approx(generator, rel=1e-5)
    assert losses.critic_adversary(real, synthesis, objective).item() == pytest.approx(critic, rel=1e-5)


def test_gradient_penalty_of_a_linear_critic_is_known() -> None:
    direction = torch.full((3, 4, 4), 0.5)  # its norm over an image is 0.5 sqrt(48)
    images, synthesis = torch.randn(5, 3, 4, 4), torch.randn(5, 3, 4, 4)
    gradient = losses.gradient_of(lambda x: (x * direction).sum(dim=(1, 2, 3)))
    penalty = losses.gradient_penalty(gradient, images, synthesis, torch.rand(5, 1, 1, 1))
    assert penalty.item() == pytest.approx((0.5 * math.sqrt(48) - 1) ** 2, rel=1e-5)
