"""Whether a swap changed what it should, and nothing else, as classifiers trained apart read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jaxtyping import Int
from torch import Tensor

Labels = Int[Tensor, "images"]


def accuracy(read_labels: Labels, labels: Labels) -> float:
    """Share of the labelled images that were read right, 0 to 1; not a number where none is labelled.

    A label of -1 is missing.
    """
    known = labels >= 0
    return (read_labels[known] == labels[known]).float().mean().item()


def chance(labels: Labels) -> float:
    """Accuracy of always saying the commonest class, 0 to 1: what an accuracy is to be compared with."""
    known = labels[labels >= 0]
    return (known.bincount().max() / len(known)).item()


def transfer_matrix(
    read_labels: Mapping[str, Int[Tensor, "pairs judged"]],
    of_sources: Int[Tensor, "pairs judged"],
    of_exemplars: Int[Tensor, "pairs judged"],
    judged: Sequence[str],
) -> dict[str, dict[str, float]]:
    """Swapped attribute -> judged attribute -> accuracy, 0 to 1, higher is better everywhere.

    `read_labels`: swapped attribute -> what the classifiers read from the results. The swapped attribute is compared
    with the exemplar's label, every other one, which had to stay, with the source's.
    """
    return {
        swapped: {
            name: accuracy(labels[:, k], (of_exemplars if name == swapped else of_sources)[:, k])
            for k, name in enumerate(judged)
        }
        for swapped, labels in read_labels.items()
    }
