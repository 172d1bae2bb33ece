"""Random draws that depend on nothing but their keys."""

from __future__ import annotations

import numpy as np

SEED = 20240
"""Another seed would be another world of people."""


def rng(*keys: int) -> np.random.Generator:
    """A generator for one purpose: the first key says which, the others whose. The same keys give the same draws."""
    return np.random.default_rng([SEED, *keys])
