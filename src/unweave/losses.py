"""The paper's losses as pure functions, one per equation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

Images = Float[Tensor, "batch colours height width"]
Labels = Int[Tensor, "batch attributes"]


def reconstruction_loss(images: Images, reconstruction: Images) -> Float[Tensor, ""]:
    """Eq. 2: mean absolute difference over all values (the authors' code; printed as a sum)."""
    return F.l1_loss(reconstruction, images)


def label_loss(
    logits: Sequence[Float[Tensor, "batch _"]], labels: Labels, *, over_all: bool = False
) -> Float[Tensor, ""]:
    """Eq. 3 and 6, and L_C: cross-entropy of each attribute's logits to its labels, mean over the M attributes.

    A label of -1 is missing: that entry has no part in the mean over the images and gets no gradient. With `over_all`
    it has one, as 0: then the mean over equal shares of a batch is the loss of the batch.
    """
    known = (labels >= 0).sum(0).clamp(min=1)
    parts = []
    for attribute, of_attribute in enumerate(logits):
        label = labels[:, attribute]
        summed = F.cross_entropy(of_attribute.float(), label, ignore_index=-1, reduction="sum")
        parts.append(summed / (len(labels) if over_all else known[attribute]))
    return torch.stack(parts).mean()


def disentangle_loss(logits: Sequence[Float[Tensor, "codes batch _"]]) -> Float[Tensor, ""]:
    """Eq. 4: cross-entropy from the uniform distribution to what each *foreign* classifier says of a code.

    `logits[m]` is what classifier m says of all M + 1 codes (attributes in order, the rest last; M where there is no
    rest, as in Eq. 10). Each code's loss is the mean over the classifiers foreign to it; the whole is the mean over the
    codes that have one. No label enters.
    """
    towards_uniform = torch.stack([-of_m.float().log_softmax(-1).mean(dim=(1, 2)) for of_m in logits])  # (M, M + 1)
    foreign = 1 - torch.eye(*towards_uniform.shape, device=towards_uniform.device)
    judges = foreign.sum(dim=0)
    of_code = (towards_uniform * foreign).sum(dim=0) / judges.clamp(min=1)
    return of_code[judges > 0].mean()


def generator_adversary(synthesis_scores: Tensor, objective: str) -> Float[Tensor, ""]:
    """What the generator minimises of Eq. 9 (wasserstein: -E D(x~')) or Eq. 7 (standard: E log(1 - D(x~')))."""
    return -synthesis_scores.mean() if objective == "wasserstein" else F.logsigmoid(-synthesis_scores).mean()


def critic_adversary(real_scores: Tensor, synthesis_scores: Tensor, objective: str) -> Float[Tensor, ""]:
    """What the critic minimises of Eq. 9, penalty apart (wasserstein), or of Eq. 7 (standard)."""
    if objective == "wasserstein":
        return synthesis_scores.mean() - real_scores.mean()
    return -F.logsigmoid(real_scores).mean() - F.logsigmoid(-synthesis_scores).mean()


def gradient_penalty(
    gradient: Callable[[Tensor], Tensor], images: Images, synthesis: Images, mixing: Float[Tensor, "batch 1 1 1"]
) -> Float[Tensor, ""]:
    """Last term of Eq. 9: (||grad D(x^)|| - 1)^2 at x^ = x + a (x~' - x), mean over images.

    `gradient` gives that of the sum of the patch scores (`Critic.gradient`, or `gradient_of` any critic); its norm is
    taken over all values of an image. `mixing` holds a in [0, 1], one an image.
    """
    between = (images + mixing * (synthesis - images)).detach()
    return (gradient(between).flatten(1).norm(dim=1) - 1).square().mean()


def gradient_of(critic: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Images -> the gradient of the sum of their scores, with a graph of its own."""

    def gradient(images: Tensor) -> Tensor:
        images = images.detach().requires_grad_()
        return torch.autograd.grad(critic(images).sum(), images, create_graph=True)[0]

    return gradient
