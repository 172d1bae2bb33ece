"""DCI, MIG and SAP: measures of the literature on disentangled scalars, for comparison with it.

All take `latents`, a number for each latent of each image, and `factors`, the class of each image in each factor, two
of each or more; 0 to 1, higher is better. DCI and SAP need the extra `metrics` (scikit-learn).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from unweave.errors import UnweaveError

Latents = Float[np.ndarray, "images latents"]
Factors = Int[np.ndarray, "images factors"]

BINS = 20
"""Equal steps into which a latent's range is cut."""


def first_component(features: Float[np.ndarray, "images features"]) -> Float[np.ndarray, "images"]:
    """A code as one number for each image, its first principal component, as is usual for codes that are vectors."""
    centred = features - features.mean(0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    return centred @ directions[0]


def dci(latents: Latents, factors: Factors, *, seed: int = 0) -> dict[str, float]:
    """Disentanglement, completeness and informativeness (Eastwood and Williams 2018).

    From the importances of the latents in random forests that read each factor, with all latents to choose from at
    each split: disentanglement is 1 where each latent serves one factor, completeness where one latent serves each
    factor; informativeness is the mean accuracy on the half of the images that the forests have not seen.
    """
    need_scikit_learn("DCI")
    from sklearn.ensemble import RandomForestClassifier

    _check(latents, factors)
    fit, held_out = halves(len(latents), seed)
    importances, accuracies = [], []
    for labels in factors.T:
        forest = RandomForestClassifier(50, max_features=None, random_state=seed)  # pyright: ignore[reportArgumentType]
        forest.fit(latents[fit], labels[fit])
        importances.append(forest.feature_importances_)
        accuracies.append(forest.score(latents[held_out], labels[held_out]))
    shares = np.array(importances).T  # (latents, factors)
    of_latent = shares.sum(1) / shares.sum()
    return {
        "disentanglement": float((of_latent * (1 - _spread(shares))).sum()),
        "completeness": float((1 - _spread(shares.T)).mean()),
        "informativeness": float(np.mean(accuracies)),
    }


def mig(latents: Latents, factors: Factors) -> float:
    """Mutual information gap (Chen et al. 2018): between a factor's two most informative latents.

    Over the factor's entropy, mean over the factors; latents in 20 bins.
    """
    _check(latents, factors)
    gaps = []
    for labels in factors.T:
        _, classes = np.unique(labels, return_inverse=True)
        known = [_mutual_information(_binned(latent), classes) for latent in latents.T]
        least, most = sorted(known)[-2:]
        gaps.append((most - least) / _entropy(np.bincount(classes) / len(classes)))
    return float(np.mean(gaps))


def sap(latents: Latents, factors: Factors, *, seed: int = 0) -> float:
    """Separated attribute predictability (Kumar et al. 2018): gap between a factor's two best latents.

    A latent's score is the accuracy, on the half of the images not fitted on, of thresholds on it alone; mean over the
    factors.
    """
    need_scikit_learn("SAP")
    from sklearn.tree import DecisionTreeClassifier

    _check(latents, factors)
    fit, held_out = halves(len(latents), seed)
    gaps = []
    for labels in factors.T:
        leaves = max(2, len(np.unique(labels)))
        scores = []
        for latent in latents.T[:, :, None]:
            thresholds = DecisionTreeClassifier(max_leaf_nodes=leaves, class_weight="balanced", random_state=seed)
            scores.append(thresholds.fit(latent[fit], labels[fit]).score(latent[held_out], labels[held_out]))
        second, best = sorted(scores)[-2:]
        gaps.append(best - second)
    return float(np.mean(gaps))


def halves(count: int, seed: int) -> tuple[Int[np.ndarray, "fitted"], Int[np.ndarray, "others"]]:
    """Indices of two halves of `count` images, drawn at random."""
    order = np.random.default_rng([seed, 5]).permutation(count)
    return order[: count // 2], order[count // 2 :]


def need_scikit_learn(what: str) -> None:
    """Raise `UnweaveError` that says what to install where scikit-learn is missing."""
    from importlib.util import find_spec

    if find_spec("sklearn") is None:
        raise UnweaveError(f"{what} needs scikit-learn: pip install 'unweave[metrics]'")


def _check(latents: Latents, factors: Factors) -> None:
    if latents.shape[1] < 2 or factors.shape[1] < 2 or len(latents) < 4:
        found = f"{len(latents)} images, {latents.shape[1]} latents and {factors.shape[1]} factors"
        raise UnweaveError(f"DCI, MIG and SAP compare at least 2 latents and 2 factors on some images, got {found}")


def _spread(shares: np.ndarray) -> np.ndarray:
    """Entropy of each row, once it sums to 1, as a share of the largest there can be; 1 for a row of zeros."""
    p = shares / np.maximum(shares.sum(1, keepdims=True), 1e-12)
    return np.where(shares.sum(1) > 0, np.array([_entropy(row) for row in p]) / np.log(shares.shape[1]), 1.0)


def _entropy(p: np.ndarray) -> float:
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())


def _binned(latent: np.ndarray) -> np.ndarray:
    return np.digitize(latent, np.histogram_bin_edges(latent, BINS)[1:-1])


def _mutual_information(a: np.ndarray, b: np.ndarray) -> float:
    joint = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(joint, (a, b), 1 / len(a))
    return _entropy(joint.sum(0)) + _entropy(joint.sum(1)) - _entropy(joint.ravel())
