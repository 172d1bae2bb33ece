"""Fig. 4, Table III: codes of expression with and without the disentanglement loss; what orders their clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from unweave.charts import scatter
from unweave.data.batches import as_images
from unweave.data.cache import cached_images
from unweave.data.table import read_table
from unweave.draw import grid
from unweave.errors import UnweaveError
from unweave.evaluate import Labelled, check_splits
from unweave.experiments.found import Found
from unweave.experiments.roles import Roles, roles_of, texts
from unweave.experiments.shallow import BATCH, CODE, HIDDEN, RATE, train_perceptrons
from unweave.experiments.training import WEIGHTS
from unweave.metrics.disentanglement import halves, need_scikit_learn
from unweave.metrics.hopkins import Null, hopkins
from unweave.metrics.leakage import leakage
from unweave.metrics.posterior import entropy
from unweave.metrics.transfer import accuracy

SIDE = 32
"""Pixels of the images that the encoders see."""
FEWEST = 10
"""Points of a cluster from which its Hopkins statistic is taken."""
MOST = 1000
"""Test images, at most."""

Points = Float[np.ndarray, "points dimensions"]


def small_images(data: str | Path, *, attributes: Sequence[str] | None = None, pattern: str | None = None) -> Labelled:
    """Labelled images of 32 x 32 pixels; `attributes` as in `read_table`.

    Raises `UnweaveError` where there are no training or no test images.
    """
    table = read_table(data, attributes=attributes, pattern=pattern)
    check_splits(table, data)
    pixels = cached_images(table, size=SIDE, channels=3, crop="center")
    return Labelled(table=table, pixels=pixels, labels=table.labels())


def measure(
    data: Labelled, seed: int, *, attribute: str | None = None, epochs: int = 40, dimensions: int = CODE
) -> Found:
    """Train both, and look at the codes of the test images, which have so many `dimensions`.

    Raises `UnweaveError` where there are not two attributes, and where scikit-learn (the extra `metrics`) is missing.
    """
    need_scikit_learn("t-SNE")
    table, training = data.table, data.table.rows("train")
    roles = roles_of(data, table.classes, main=attribute)
    if roles.other is None:
        raise UnweaveError(f"the codes of {roles.main} are looked at by a second attribute, and the data have none")
    pair = [table.attributes.index(name) for name in (roles.main, roles.other)]
    test = np.random.default_rng([seed, 6]).permutation(table.rows("test"))
    test = test[table.labelled()[test][:, pair].all(1)][:MOST]
    if len(test) < 2 * FEWEST:
        raise UnweaveError(f"{len(test)} test images have both labels, expected at least {2 * FEWEST}")
    images, labels = as_images(data.pixels[training]), torch.from_numpy(data.labels[training][:, pair])
    clusters = np.array(texts(table, roles.main, test))
    order = np.array(texts(table, roles.other, test))
    orders = {roles.other: order}
    if roles.person is not None and roles.person != roles.other:
        orders[roles.person] = np.array(texts(table, roles.person, test))
    codes, spaces, told = {}, {}, {}
    for name, weight in WEIGHTS.items():
        nets = train_perceptrons(images, labels, disentangle=weight, epochs=epochs, seed=seed, code=dimensions)
        with torch.no_grad():
            encoded = nets.encode(as_images(data.pixels[test]))
            own, foreign = (said[0] for said in nets.read(encoded))
        codes[name] = encoded[0].double().numpy()
        spaces[name] = embedded(codes[name], seed=seed)
        main_labels = torch.from_numpy(data.labels[test][:, pair[0]])
        told[f"{name} the loss"] = {
            f"{roles.main}: own classifier": accuracy(own.argmax(1), main_labels),
            f"{roles.other}: own entropy": entropy(foreign).mean().item(),
            **_probed(encoded[0], order, roles, seed),
            **{
                _nearest(what, orders, roles): neighbours_agree(
                    codes[name], clusters, labels, None if what == roles.person else orders.get(roles.person or "")
                )
                for what, labels in orders.items()
            },
        }
    told["even or chance"] = _chance(clusters, orders, roles, len(table.classes[roles.other]))
    titles: Mapping[str, tuple[Mapping[str, Points], Null]] = {
        "codes": (codes, "box"),
        "t-SNE points": (spaces, "box"),
        "codes, against shuffled coordinates": (codes, "permuted"),
        "codes, against a Gaussian of their covariance": (codes, "gaussian"),
    }
    tables = {
        f"Hopkins statistic within each cluster of {roles.main} (0.5: like the null model): {title}": _hopkins_of(
            points, clusters, null, seed
        )
        for title, (points, null) in titles.items()
    }
    for title, points in {"codes": codes, "t-SNE points": spaces}.items():
        if rows := hopkins_of_each(points, clusters, order, seed):
            what = f"Hopkins statistic of each {roles.other} in the box of its cluster of {roles.main}"
            tables[f"{what} (0.5: spread evenly in it): {title}"] = rows
    tables["what the order within the clusters is of: Hopkins statistic of the codes, mean of the clusters"] = {
        what: {f"{name} the loss": row[f"{name} the loss"] for name in codes}
        for what, row in _without(codes, clusters, orders, seed).items()
    }
    panels = [[scatter(points, list(column)) for column in (clusters, order)] for points in spaces.values()]
    drawn = grid(
        panels,
        row_labels=[f"{name} the loss" for name in spaces],
        column_labels=[f"codes of {roles.main}, coloured by {name}" for name in (roles.main, roles.other)],
    )
    about = {
        "images": {"train": len(training), "test": len(test)},
        "attributes": [roles.main, roles.other],
        "networks": f"{SIDE} x {SIDE} pixels, {HIDDEN} hidden units, codes of {dimensions} dimensions",
        "training": f"{epochs} epochs, batch {BATCH}, Adam at {RATE:g}",
        "hopkins": f"exponent 1, a tenth of the points, 20 repeats; sd over the repeats, or over each {roles.other}",
    }
    return Found(
        tables={**tables, "what the codes tell of test images": told}, about=about, pictures={"tsne.png": drawn}
    )


def embedded(points: Points, *, seed: int) -> Float[np.ndarray, "points 2"]:
    """t-SNE of points (van der Maaten and Hinton 2008), from their principal components on."""
    from sklearn.manifold import TSNE

    perplexity = min(30.0, (len(points) - 1) / 3)
    return TSNE(2, perplexity=perplexity, init="pca", random_state=seed).fit_transform(points).astype(np.float64)


def neighbours_agree(
    points: Points, clusters: np.ndarray, labels: np.ndarray, people: np.ndarray | None = None
) -> float:
    """Share of the points whose nearest other one of the same cluster has the same label, 0 to 1.

    With `people` it is the nearest one of somebody else: pictures of one face lie together whatever else they show.
    """
    apart = torch.cdist(torch.from_numpy(points), torch.from_numpy(points)).numpy()
    apart[clusters[:, None] != clusters] = np.inf
    np.fill_diagonal(apart, np.inf)
    if people is not None:
        apart[people[:, None] == people] = np.inf
    return float((labels[apart.argmin(1)] == labels).mean())


def _nearest(what: str, orders: Mapping[str, np.ndarray], roles: Roles) -> str:
    """What the share of an attribute is called."""
    alone = what == roles.person or roles.person not in orders
    return f"{what}: nearest in the cluster" if alone else f"{what}: nearest of another {roles.person} in the cluster"


def _hopkins_of(
    points: Mapping[str, Points], clusters: np.ndarray, null: Null, seed: int
) -> dict[str, dict[str, float]]:
    """Cluster -> with and without the loss: the statistic, and its standard deviation over the repeats."""
    rows: dict[str, dict[str, float]] = {}
    for label in np.unique(clusters):
        for name, of in points.items():
            cluster = torch.from_numpy(of[clusters == label])
            if len(cluster) >= FEWEST:
                mean, deviation = hopkins(cluster, samples=max(5, len(cluster) // 10), null=null, seed=seed)
                rows.setdefault(str(label), {}).update({f"{name} the loss": mean, f"sd {name}": deviation})
    if not rows:
        raise UnweaveError(f"no class has {FEWEST} test images")
    return _with_mean(rows)


def hopkins_of_each(
    points: Mapping[str, Points], clusters: np.ndarray, labels: np.ndarray, seed: int
) -> dict[str, dict[str, float]]:
    """Cluster -> with and without the loss: mean over the labels of the statistic of a label's points in the cluster.

    Its standard deviation is over the labels too. Labels of few points are left out; nothing where all are.
    """
    rows: dict[str, dict[str, float]] = {}
    for cluster in np.unique(clusters):
        for name, of in points.items():
            parts = [of[(clusters == cluster) & (labels == label)] for label in np.unique(labels)]
            around = torch.from_numpy(of[clusters == cluster])
            found = [
                hopkins(torch.from_numpy(part), samples=max(5, len(part) // 10), around=around, seed=seed)[0]
                for part in parts
                if len(part) >= FEWEST
            ]
            if found:
                means = {f"{name} the loss": float(np.mean(found)), f"sd {name}": float(np.std(found))}
                rows.setdefault(str(cluster), {}).update(means)
    return _with_mean(rows) if rows else {}


def _with_mean(rows: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """The rows, and last the mean of each column."""
    columns = rows[next(iter(rows))]
    return {**rows, "mean": {name: float(np.mean([row[name] for row in rows.values()])) for name in columns}}


def _without(
    points: Mapping[str, Points], clusters: np.ndarray, orders: Mapping[str, np.ndarray], seed: int
) -> dict[str, dict[str, float]]:
    """What was taken out of the codes -> their mean row of `_hopkins_of`; `orders`: attribute -> its labels."""
    rows = {"as they are": points}
    for what, labels in orders.items():
        rows[f"without the mean of each {what}"] = {name: centred(of, clusters, labels) for name, of in points.items()}
    if len(orders) > 1:
        taken = dict(points)
        for labels in orders.values():
            taken = {name: centred(of, clusters, labels) for name, of in taken.items()}
        rows[f"without those of {' and '.join(orders)}"] = taken
    return {what: _hopkins_of(of, clusters, "box", seed)["mean"] for what, of in rows.items()}


def centred(points: Points, clusters: np.ndarray, labels: np.ndarray) -> Points:
    """The points less the mean of those of their cluster that have their label."""
    groups = np.unique(np.stack([clusters, labels]), axis=1, return_inverse=True)[1].reshape(-1)
    sums = np.zeros((groups.max() + 1, points.shape[1]))
    np.add.at(sums, groups, points)
    return points - (sums / np.bincount(groups)[:, None])[groups]


def _probed(code: Float[Tensor, "images code"], order: np.ndarray, roles: Roles, seed: int) -> dict[str, float]:
    """What fresh probes of one half of the images read on the other half."""
    fit, others = halves(len(code), seed)
    labels = torch.from_numpy(np.unique(order, return_inverse=True)[1])
    read = leakage(code[fit], labels[fit], code[others], labels[others], seed=seed)
    return {f"{roles.other}: {kind} probe": read[kind] for kind in ("linear", "mlp")}


def _chance(clusters: np.ndarray, orders: Mapping[str, np.ndarray], roles: Roles, classes: int) -> dict[str, float]:
    """What the columns would be of codes that tell nothing; `classes`: those that the own classifier knows."""
    of_main, *of_orders = (
        np.unique(labels, return_counts=True)[1] / len(labels) for labels in (clusters, *orders.values())
    )
    shares = of_orders[0]
    return {
        f"{roles.main}: own classifier": float(of_main.max()),
        f"{roles.other}: own entropy": float(np.log(classes)),
        f"{roles.other}: linear probe": float(shares.max()),
        f"{roles.other}: mlp probe": float(shares.max()),
        **{_nearest(what, orders, roles): float((of**2).sum()) for what, of in zip(orders, of_orders, strict=True)},
    }
