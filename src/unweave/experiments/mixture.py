"""Fig. 9: the codes of three people mixed (Eq. 11) give a person who is none of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from unweave.codes import Codes, unknown_name
from unweave.data.batches import as_images
from unweave.errors import UnweaveError
from unweave.evaluate import Labelled
from unweave.experiments.found import Found, sheet, where_it_applies
from unweave.experiments.roles import column, draw_pairs, roles_of, texts
from unweave.experiments.smoothness import sharpness
from unweave.metrics.extractor import Extractor, find_extractor
from unweave.metrics.identity import between_people, cosine_distance
from unweave.model import Model

MIXTURES = 48
"""That are measured."""
SHOWN = 5
WEIGHTS = {
    "even": (1 / 3, 1 / 3, 1 / 3),
    "0.6 0.2 0.2": (0.6, 0.2, 0.2),
    "0.2 0.6 0.2": (0.2, 0.6, 0.2),
    "0.2 0.2 0.6": (0.2, 0.2, 0.6),
}
FEATURED = 192
"""Real images whose features give the scale, at most."""


def measure(
    model: Model, data: Labelled, seed: int, *, attribute: str | None = None, extractor: Extractor | None = None
) -> Found:
    """Mix the `attribute` (the identity) of three test images on the first of them; how far from each, and how sharp.

    The three differ in the attribute and agree in the main one (the expression) where that can be. Raises
    `UnweaveError` where there are not three.
    """
    roles = roles_of(data, model.classes)
    name = attribute or roles.person or roles.main
    if name not in model.classes:
        raise UnweaveError(unknown_name("attribute", name, model.classes))
    triples = three_each(data, name, alike=[roles.main] if roles.main != name else [], seed=seed)
    images = [as_images(data.pixels[rows]) for rows in triples.T]
    codes = [model.encode(some) for some in images]
    mixed = {
        kind: model.decode(codes[0].swap(Codes.mix(codes, weights), {name: 1})).cpu()
        for kind, weights in WEIGHTS.items()
    }
    copies = torch.stack([model.decode(of_each).cpu() for of_each in codes])
    drawn = {f"person {k + 1}": some[:SHOWN] for k, some in enumerate(images)}
    rows = {**drawn, **{f"mixed, {kind}": some[:SHOWN] for kind, some in mixed.items()}}
    blend = torch.stack(images).mean(0)
    tables: dict[str, Any] = {
        "sharpness over that of the three, reconstructed": {
            kind: {"ratio": (sharpness(some).mean() / sharpness(copies.flatten(0, 1)).mean()).item()}
            for kind, some in {**mixed, "blend of their pixels": blend}.items()
        }
    }
    left_out: dict[str, str] = {}
    extractor = extractor or where_it_applies("distances between people", find_extractor, left_out)
    if extractor is not None:
        even = extractor(mixed["even"])
        of_each = torch.stack([cosine_distance(even, extractor(some)) for some in copies])
        tables[f"cosine distance of the even mixture, features of {extractor.name}"] = {
            "to the nearest of the three": {"distance": of_each.amin(0).mean().item()},
            "to the first, who gives all else": {"distance": of_each[0].mean().item()},
            "to the others": {"distance": of_each[1:].mean().item()},
            **{
                f"real images: {kind}": {"distance": value}
                for kind, value in _scale(data, name, extractor, seed).items()
            },
        }
    about: dict[str, Any] = {
        "images": {"test": len(data.table.rows("test"))},
        "mixtures": len(triples),
        "attribute": name,
    }
    if extractor is not None:
        about["features"] = {"extractor": extractor.name, "sha256": extractor.sha256}
    picture = sheet(rows, texts(data.table, roles.main, triples[:SHOWN, 0]))
    return Found(tables=tables, about=about, pictures={"mixture.png": picture}, left_out=left_out)


def three_each(data: Labelled, name: str, *, alike: list[str], seed: int) -> np.ndarray:
    """Rows of test images, three in each row, that differ in `name` and agree in `alike`."""
    table = data.table
    first, second = draw_pairs(table, table.rows("test"), number=MIXTURES, seed=seed, differ=[name], alike=alike)
    labels = {each: column(table, each) for each in (name, *alike)}
    rng, test, found = np.random.default_rng([seed, 18]), table.rows("test"), []
    test = test[labels[name][test] != ""]
    for a, b in zip(first, second, strict=True):
        others = [labels[name][test] != labels[name][row] for row in (a, b)]
        same = [labels[each][test] == labels[each][a] for each in alike]
        fitting = test[np.all([*others, *same], 0)]
        if len(fitting):
            found.append((a, b, rng.choice(fitting)))
    if not found:
        raise UnweaveError(f"the test images show fewer than three classes of {name}")
    return np.array(found)


def _scale(data: Labelled, name: str, extractor: Extractor, seed: int) -> dict[str, float]:
    """Distances of real test images of one class and of two."""
    rows = np.random.default_rng([seed, 19]).permutation(data.table.rows("test"))[:FEATURED]
    labels = np.unique(column(data.table, name)[rows], return_inverse=True)[1]
    found = between_people(extractor(as_images(data.pixels[rows])), torch.from_numpy(labels))
    return {f"one {name}": found["same"], f"two of {name}": found["others"]}
