"""What a classifier says of a code: entropy of its posterior (Fig. 5), class-conditional mass functions (Fig. 6)."""

from __future__ import annotations

from collections.abc import Mapping
from math import log

import torch
from jaxtyping import Float, Int
from torch import Tensor

Logits = Float[Tensor, "images classes"]


def entropy(logits: Logits) -> Float[Tensor, "images"]:
    """Entropy of each image's posterior in nats: 0 (sure) to log classes (uniform).

    Low is good where a classifier reads its own attribute's code, high where it reads a foreign one (Fig. 5). It tells
    what *this* classifier finds; another one may find more (`leakage.py`).
    """
    log_p = logits.double().log_softmax(1)
    return -(log_p.exp() * log_p).sum(1).float()


def entropies(logits: Mapping[str, Mapping[str, Logits]]) -> dict[str, dict[str, dict[str, float]]]:
    """Code -> classifier -> mean entropy in nats, and its maximum, log classes (Fig. 5)."""
    return {
        code: {
            name: {"entropy": entropy(of_code).mean().item(), "maximum": log(of_code.shape[1])}
            for name, of_code in by_classifier.items()
        }
        for code, by_classifier in logits.items()
    }


def mass_functions(logits: Logits, labels: Int[Tensor, "images"]) -> Float[Tensor, "classes classes"]:
    """Row c: the mean posterior over the images of true class c (Fig. 6); not a number where there is none.

    Each row sums to 1. On its own code the diagonal should be near 1; on a foreign code all rows should be alike and
    even, 1 / classes.
    """
    posterior = logits.float().softmax(1)
    return torch.stack([posterior[labels == c].mean(0) for c in range(logits.shape[1])])
