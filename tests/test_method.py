from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from unweave.codes import Codes
from unweave.config import Config, build
from unweave.data.batches import Batch
from unweave.losses import gradient_of, label_loss
from unweave.method import Unweave, learning_rate_share

CLASSES = {"identity": ("a", "b", "c"), "light": ("x", "y")}


def tiny(**sections: dict) -> Config:
    base = {
        "data": {"size": 32},
        "networks": {"width": 1 / 16, "critic_width": 1 / 16, "residual_blocks": 1},
        "run": {"batch": 4, "device": "cpu", "precision": "float32"},
    }
    return build(sections, build(base))


def a_batch(labels: list[list[int]] | None = None) -> Batch:
    draw = torch.Generator().manual_seed(0)
    return Batch(
        images=torch.rand(4, 3, 32, 32, generator=draw) * 2 - 1,
        labels=torch.tensor(labels or [[0, 0], [1, 1], [2, 0], [0, 1]]),
        lenders=torch.arange(4)[:, None].repeat(1, 2),
    )


def with_lessons(batch: Batch) -> Batch:
    """Noise with the label 0 stands in for each image without a label."""
    noise = torch.rand(4, 2, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1
    missing = (batch.labels < 0)[:, :, None, None, None]
    lessons = torch.where(missing, noise, batch.images[:, None])
    return replace(batch, lessons=lessons, lesson_labels=batch.labels.clamp(min=0))


def grown(module: torch.nn.Module) -> bool:
    return any(p.grad is not None and p.grad.abs().sum() > 0 for p in module.parameters())


def gradients_of(network: torch.nn.Module) -> list[torch.Tensor]:
    return [p.grad for p in network.parameters() if p.grad is not None]


@pytest.mark.parametrize("owner", ["generator", "critic", "classifiers"])
def test_no_loss_reaches_another_groups_weights(owner: str) -> None:
    method, batch = Unweave(tiny(losses={"critic_classes": 1.0, "adversarial_reconstruction": 1.0}), CLASSES), a_batch()
    draws = method.draw(batch, 0)
    total, _, synthesis, reconstruction = method.generator_objective(batch, draws)
    if owner == "critic":
        total, _ = method.critic_objective(batch, synthesis.detach(), reconstruction.detach(), draws)
    if owner == "classifiers":
        total, _ = method.classifier_objective(batch, draws)
    total.backward()
    assert {name for name, module in method.modules.items() if grown(module)} == {owner}


@pytest.mark.parametrize("lights", [[-1, 1, 0, 1], [-1, -1, -1, -1]])
def test_classifier_and_encoder_learn_a_label_only_from_images_that_have_one(lights: list[int]) -> None:
    gradients = []
    for factor in (1, -1):
        method = Unweave(tiny(), CLASSES)
        batch = a_batch([[who, light] for who, light in zip((0, 1, 2, 0), lights, strict=True)])
        batch.images[batch.labels[:, 1] < 0] *= factor
        batch = with_lessons(batch)
        draws = method.draw(batch, 0)
        _, parts, _, _ = method.generator_objective(batch, draws)
        total, _ = method.classifier_objective(batch, draws)
        (parts["code"] + total).backward()
        encoders = list(method.generator.encoders)[: len(CLASSES)]
        gradients.append([gradients_of(net) for nets in zip(method.classifiers, encoders, strict=True) for net in nets])
    *of_identity, of_classifier, of_encoder = zip(*gradients, strict=True)
    for before, after in of_identity:
        assert not all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    for before, after in (of_classifier, of_encoder):
        assert any(gradient.any() for gradient in before)  # others stand in
        assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_what_an_encoder_makes_of_an_image_without_a_label_is_not_asked_for_one() -> None:
    method = Unweave(tiny(losses={"critic_classes": 1.0}), CLASSES)
    batch = with_lessons(a_batch([[0, -1], [1, 1], [2, 0], [0, 1]]))
    made: list[torch.Tensor] = []
    method.generator.encoders[1].register_forward_hook(lambda *given: made.append(given[-1]))
    _, parts, _, _ = method.generator_objective(batch, method.draw(batch, 0))
    reached = set()
    for name in ("reconstruction", "disentangle", "code", "synthesis", "critic_classes"):
        (gradient,) = torch.autograd.grad(parts[name], made[0], retain_graph=True, allow_unused=True)
        if gradient is not None and gradient[0].any():
            reached.add(name)
    assert reached == {"reconstruction", "disentangle"}


def test_all_gradients_are_taken_before_any_step() -> None:
    slow, fast = (Unweave(tiny(optim={"lr": 1e-4, "critic_lr": rate}), CLASSES) for rate in (1e-4, 1e-1))
    for method in (slow, fast):
        method.step(a_batch(), 0)
    for mine, theirs in zip(slow.generator.parameters(), fast.generator.parameters(), strict=True):
        assert torch.equal(mine, theirs)  # the critic's step came too late to matter


def test_a_step_is_a_function_of_seed_and_step() -> None:
    parts = []
    for _ in range(2):
        method = Unweave(tiny(losses={"noise": 0.1}), CLASSES)
        parts.append([{name: part.item() for name, part in method.step(a_batch(), step).items()} for step in range(2)])
    assert parts[0] == parts[1]
    other = Unweave(tiny(losses={"noise": 0.1}, run={"seed": 1}), CLASSES).step(a_batch(), 0)
    assert other["generator"].item() != parts[0][0]["generator"]


def test_pairs_reconstruct_with_each_others_code() -> None:
    method, batch = Unweave(tiny(), CLASSES), a_batch()
    batch.lenders[0, 1], batch.lenders[2, 1] = 2, 0
    _, _, _, reconstruction = method.generator_objective(batch, method.draw(batch, 0))
    codes = method.generator.encode(batch.images)
    expected = method.generator.decode(codes.at([0]).swap(codes.at([2]), {"light": 1.0}))
    torch.testing.assert_close(reconstruction[:1], expected, rtol=1e-4, atol=1e-5)


def test_contrasting_pairs_reconstruct_with_all_of_the_others_codes_but_one() -> None:
    method, batch = Unweave(tiny(), CLASSES), a_batch()
    batch.lenders[0, 0] = 2
    batch = replace(batch, rest=torch.tensor([2, 1, 2, 3]))
    _, _, _, reconstruction = method.generator_objective(batch, method.draw(batch, 0))
    codes = method.generator.encode(batch.images)
    expected = method.generator.decode(codes.at([2]).swap(codes.at([0]), {"light": 1.0}))
    torch.testing.assert_close(reconstruction[:1], expected, rtol=1e-4, atol=1e-5)


def test_permutations_are_the_authors() -> None:
    method, batch = Unweave(tiny(), CLASSES), a_batch()
    draws = method.draw(batch, 5)
    assert draws.permutations["identity"].tolist() == np.random.RandomState(5 + 100 * 10).permutation(4).tolist()
    assert draws.permutations["light"].tolist() == np.random.RandomState(5 + 100 * 11).permutation(4).tolist()


def test_where_labels_are_missing_all_that_asks_for_one_takes_the_lessons() -> None:
    method = Unweave(tiny(losses={"critic_classes": 1.0}), CLASSES)
    batch = with_lessons(a_batch([[0, -1], [1, 1], [-1, -1], [0, -1]]))
    draws = method.draw(batch, 3)
    _, parts, synthesis, reconstruction = method.generator_objective(batch, draws)
    codes = method.generator.encode(batch.images)
    told = {name: method.generator.encode(batch.lesson(k))[name] for k, name in enumerate(CLASSES)}
    own = [net.read(code) for net, code in zip(method._classifiers(), told.values(), strict=True)]
    torch.testing.assert_close(parts["code"], label_loss(own, batch.taught))
    lent = {name: code[draws.permutations[name]] for name, code in told.items()}
    expected = method.generator.decode(Codes({**codes, **lent}))
    torch.testing.assert_close(synthesis, expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(reconstruction, method.generator.decode(codes), rtol=1e-4, atol=1e-5)
    labels = torch.stack([batch.taught[draws.permutations[name], k] for k, name in enumerate(CLASSES)], 1)
    torch.testing.assert_close(parts["synthesis"], label_loss(method.classify(synthesis), labels))
    _, parts = method.critic_objective(batch, synthesis.detach(), reconstruction.detach(), draws)
    heads = [method.critic.judge(batch.lesson(k))[1][k] for k in range(2)]
    torch.testing.assert_close(parts["critic_labels"], label_loss(heads, batch.taught))
    total, _ = method.classifier_objective(batch, draws)
    seen = [net(batch.lesson(k)) for k, net in enumerate(method._classifiers())]
    torch.testing.assert_close(total, label_loss(seen, batch.taught))


def test_the_mean_over_shares_of_a_batch_is_the_loss_of_the_batch_where_labels_are_missing() -> None:
    method = Unweave(tiny(losses={"noise": 0.1}), CLASSES)
    batch = with_lessons(a_batch([[0, -1], [1, -1], [-1, -1], [0, 1]]))
    draws = method.draw(batch, 0)
    shares = [slice(0, 2), slice(2, 4)]
    parts = [method.classifier_objective(batch.rows(own), draws.rows(own))[0] for own in shares]
    torch.testing.assert_close(torch.stack(parts).mean(), method.classifier_objective(batch, draws)[0])
    for own in shares:
        assert torch.equal(batch.rows(own).all_taught, batch.taught)


def test_single_swaps_take_one_attribute_from_another_image_and_leave_the_draws_of_all_others() -> None:
    batch = a_batch()
    every, none = (Unweave(tiny(losses={"single": share, "noise": 0.1}), CLASSES) for share in (1.0, 0.0))
    swapped = dict.fromkeys(CLASSES, 0)
    for step in range(50):
        alone, paper = every.draw(batch, step), none.draw(batch, step)
        assert torch.equal(alone.mixing, paper.mixing)
        assert torch.equal(alone.noise, paper.noise)
        taken = {name: alone.permutations[name] != torch.arange(4) for name in CLASSES}
        assert not torch.stack(list(taken.values())).all(0).any()
        for name, rows in taken.items():
            assert torch.equal(alone.permutations[name][rows], paper.permutations[name][rows])
            swapped[name] += int(rows.sum())
    assert all(
        40 < count < 110 for count in swapped.values()
    )  # 200 images, half of them each, a quarter draw themselves
    half = Unweave(tiny(losses={"single": 0.5}), CLASSES)
    both = [
        torch.stack([lenders != torch.arange(4) for lenders in half.draw(batch, step).permutations.values()]).all(0)
        for step in range(50)
    ]
    assert 20 < int(torch.stack(both).sum()) < 95


def test_a_single_swap_keeps_the_codes_of_the_image_and_is_not_asked_for_labels_that_it_lacks() -> None:
    single, paper = (Unweave(tiny(losses={"single": share, "critic_classes": 1.0}), CLASSES) for share in (1.0, 0.0))
    batch = with_lessons(a_batch([[0, -1], [1, 1], [-1, 0], [-1, -1]]))
    kept = 0
    for step in range(5):
        draws, orders = single.draw(batch, step), paper.draw(batch, step).permutations
        codes = single.generator.encode(batch.images)
        used, columns = dict(codes), []
        for k, (name, order) in enumerate(orders.items()):
            taken = draws.permutations[name] == order
            lesson = single.generator.encode(batch.lesson(k))[name]
            used[name] = torch.where(taken[:, None, None, None], lesson[order], codes[name])
            columns.append(torch.where(taken, batch.taught[order, k], batch.labels[:, k]))
        labels = torch.stack(columns, 1)
        kept += int((labels < 0).sum())
        _, parts, synthesis, _ = single.generator_objective(batch, draws)
        torch.testing.assert_close(synthesis, single.generator.decode(Codes(used)), rtol=1e-4, atol=1e-5)
        read = {"synthesis": single.classify(synthesis), "critic_classes": single.critic.read(synthesis)}
        for part, logits in read.items():
            torch.testing.assert_close(parts[part], label_loss(logits, labels, over_all=True))
    assert kept > 5  # the last image alone keeps one a step


def test_a_critic_that_is_told_labels_is_told_what_each_image_should_show() -> None:
    method, batch = Unweave(tiny(networks={"critic_told": True}), CLASSES), a_batch([[0, -1], [1, 1], [2, 0], [0, 1]])
    draws = method.draw(batch, 3)
    lent = torch.stack([batch.labels[draws.permutations[name], k] for k, name in enumerate(CLASSES)], 1)
    assert not torch.equal(lent, batch.labels)
    _, parts, synthesis, reconstruction = method.generator_objective(batch, draws)
    torch.testing.assert_close(parts["adversarial"], -method.critic(synthesis, lent).mean())
    _, parts = method.critic_objective(batch, synthesis.detach(), reconstruction.detach(), draws)
    both = (batch.labels >= 0) & (lent >= 0)
    own, lent = (torch.where(both, labels, -1) for labels in (batch.labels, lent))
    margin = method.critic(batch.images, own).mean() - method.critic(synthesis, lent).mean()
    torch.testing.assert_close(parts["margin"], margin)
    between = batch.images + draws.mixing * (synthesis.detach() - batch.images)
    norms = gradient_of(partial(method.critic, labels=lent))(between).flatten(1).norm(dim=1)
    torch.testing.assert_close(parts["gradient_penalty"], (norms - 1).square().mean())


def test_a_critic_cannot_tell_real_images_from_others_by_how_many_labels_it_is_told() -> None:
    losses = {"adversarial_reconstruction": 0.5}
    method = Unweave(tiny(networks={"critic_told": True}, losses=losses), CLASSES)
    batch = with_lessons(a_batch([[0, -1], [1, 1], [-1, 0], [2, -1]]))
    without_image = torch.zeros_like(batch.images)  # so that nothing but labels tells them apart
    with torch.no_grad():
        for layer in method.critic.trunk.modules():
            if isinstance(layer, torch.nn.Conv2d):
                layer.weight.zero_()
                assert layer.bias is not None
                layer.bias.fill_(1.0)
        for weights in method.critic.of_labels.parameters():
            weights.fill_(0.01)  # every label is worth the same
    for step in range(5):
        _, parts = method.critic_objective(batch, without_image, without_image, method.draw(batch, step))
        assert parts["margin"].item() == pytest.approx(0, abs=1e-4)
        assert (parts["critic"] - 10 * parts["gradient_penalty"]).item() == pytest.approx(0, abs=1e-4)


def test_without_average_the_last_weights_are_used_and_with_it_they_lag() -> None:
    plain = Unweave(tiny(), CLASSES)
    assert plain.average is plain.generator
    averaged = Unweave(tiny(optim={"ema": 0.9}), CLASSES)
    before = [p.clone() for p in averaged.generator.parameters()]
    averaged.step(a_batch(), 0)
    for old, new, mean in zip(before, averaged.generator.parameters(), averaged.average.parameters(), strict=True):
        torch.testing.assert_close(mean, old + 0.9 * (new - old))  # decay 1/10 at the first step


def test_with_one_attribute_and_the_standard_adversary_it_trains_too() -> None:
    method = Unweave(tiny(losses={"objective": "standard"}), {"light": ("x", "y")})
    batch = a_batch()
    parts = method.step(Batch(images=batch.images, labels=batch.labels[:, 1:], lenders=batch.lenders[:, 1:]), 0)
    assert all(torch.isfinite(part) for part in parts.values())
    assert "gradient_penalty" not in parts


@pytest.mark.parametrize(("epoch", "rate"), [(0, 1.0), (50, 1.0), (51, 0.96), (74, 0.04)])
def test_the_papers_schedule_is_flat_for_51_epochs_and_falls_for_24(epoch: int, rate: float) -> None:
    for step in (epoch * 171, epoch * 171 + 170):  # the whole epoch
        assert learning_rate_share(step, 75 * 171, 171, 2 / 3) == pytest.approx(rate)


def test_a_schedule_in_steps_falls_smoothly_to_nothing() -> None:
    shares = [learning_rate_share(step, 100, None, 0.5) for step in (0, 50, 75, 99)]
    assert shares == pytest.approx([1, 1, 0.5, 0.02])


def test_learning_lowers_the_reconstruction_error() -> None:
    method = Unweave(tiny(optim={"lr": 2e-3}), CLASSES)
    errors = [method.step(a_batch(), step)["reconstruction"].item() for step in range(40)]
    assert errors[-1] < 0.7 * errors[0]
