"""Whether how strong an exemplar shows its class comes along."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

Values = Float[np.ndarray, "images"]


def spearman(a: Values, b: Values) -> float:
    """Rank correlation, ties sharing their mean rank: -1 to 1; not a number where one side is constant."""
    ranks = [_ranks(each) - (len(each) + 1) / 2 for each in (a, b)]
    scale = np.sqrt(np.prod([(each**2).sum() for each in ranks]))
    return float((ranks[0] * ranks[1]).sum() / scale) if scale else float("nan")


def within_class(exemplars: Values, read: Values, classes: Sequence[str | None]) -> dict[str, float]:
    """Class -> rank correlation of the exemplars' true intensities and those read from the results, within the class.

    -1 to 1, higher is better; 0: the exemplar's intensity is lost. Differences between classes play no part. Classes
    of fewer than 5 images, or whose exemplars are all alike, are left out. What is read is as good as the reader: its
    correlation on real images is the most that can be expected.
    """
    names = np.array([name or "" for name in classes])
    found = {
        str(name): spearman(exemplars[names == name], read[names == name])
        for name in np.unique(names)
        if name and (names == name).sum() >= 5
    }
    return {name: value for name, value in found.items() if np.isfinite(value)}


def _ranks(values: Values) -> Values:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]
