"""What can be read from a code: fresh probes of every attribute, trained on frozen codes, read on other images.

The model's own classifiers cannot tell: codes were trained to fool them. A probe has never met the model.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from unweave.metrics.transfer import accuracy, chance

Features = Float[Tensor, "images features"]
Labels = Int[Tensor, "images"]

HIDDEN = 128
"""Units of the MLP."""
STEPS, BATCH = 200, 256
"""Of the MLP's training."""
DECAY = 1e-3
"""Of the linear probe's weights."""


def pooled(codes: Float[Tensor, "images channels height width"], side: int = 4) -> Features:
    """Codes averaged over `side` x `side` cells, flat: what probes and the other metrics of codes read."""
    return F.adaptive_avg_pool2d(codes.float(), side).flatten(1)


def leakage(
    codes: Features,
    labels: Labels,
    other_codes: Float[Tensor, "others features"],
    other_labels: Int[Tensor, "others"],
    *,
    seed: int = 0,
) -> dict[str, float]:
    """How well probes trained on `codes` read an attribute from `other_codes`: accuracies of "linear" and "mlp".

    Range 0 to 1. For a code's own attribute higher is better, for every other one lower, down to "chance", the share of
    the commonest class. A label of -1 is missing. An accuracy at chance means that these two probes found nothing in
    the code as it was pooled; it is no proof that nothing is there.
    """
    known, other_known = labels >= 0, other_labels >= 0
    x, y, others, truth = codes[known], labels[known], other_codes[other_known], other_labels[other_known]
    mean, deviation = x.mean(0), x.std(0)
    deviation = deviation.masked_fill(deviation < 1e-6, torch.inf)  # what never varied could not be learned from
    x, others = (x - mean) / deviation, (others - mean) / deviation
    classes = int(max(y.max(), truth.max())) + 1
    probes = {"linear": linear_probe(x, y, classes), "mlp": mlp_probe(x, y, classes, seed=seed)}
    with torch.no_grad():
        read = {name: accuracy(probe(others).argmax(1), truth) for name, probe in probes.items()}
    return {**read, "chance": chance(truth)}


def linear_probe(x: Features, y: Labels, classes: int) -> Callable[[Tensor], Tensor]:
    """Multinomial logistic regression with a little weight decay, by L-BFGS from zero: nothing is drawn."""
    weight = torch.zeros(classes, x.shape[1], requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        value = F.cross_entropy(F.linear(x, weight, bias), y) + DECAY / 2 * weight.square().sum()
        value.backward()
        return value

    optimiser.step(loss)  # pyright: ignore[reportArgumentType]
    return lambda others: F.linear(others, weight, bias)


def mlp_probe(x: Features, y: Labels, classes: int, *, seed: int) -> nn.Module:
    """One hidden layer of ReLUs, by AdamW on random batches."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = nn.Sequential(nn.Linear(x.shape[1], HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, classes))
        optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-2)
        for _ in range(STEPS):
            chosen = torch.randint(len(x), (min(BATCH, len(x)),))
            optimiser.zero_grad()
            F.cross_entropy(net(x[chosen]), y[chosen]).backward()
            optimiser.step()
    return net
