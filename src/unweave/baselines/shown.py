"""What rivals show on held-out images: how often a judge reads the wanted class, and a grid to look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Int
from torch import Tensor

from unweave.baselines.parts import Network, one_hots
from unweave.checkpoint import ModelCard
from unweave.data.batches import as_pixels
from unweave.draw import grid, save
from unweave.evaluate import BATCH, HeldOut
from unweave.judges import read
from unweave.metrics.transfer import accuracy
from unweave.networks import Image

MOST_ROWS, MOST_COLUMNS = 6, 12


@torch.inference_mode()
def translated(network: Network, images: Image, wanted: Int[Tensor, "batch attributes"], card: ModelCard) -> Image:
    """Images that show the classes numbered by `wanted`, on the CPU, a batch at a time."""
    device = next(network.parameters()).device
    labels = one_hots(wanted, [len(names) for names in card.attributes.values()])
    parts = zip(images.split(BATCH), labels.split(BATCH), strict=True)
    return torch.cat([network.translate(some.to(device), label.to(device)).float().cpu() for some, label in parts])


def starts(network: Network, labels: Int[Tensor, "images attributes"]) -> Int[Tensor, "starts"]:
    """The images that can be translated: all, but only those of the first class where there is one way to go."""
    able = torch.nonzero(labels[:, 0] == 0)[:, 0] if network.one_way else torch.arange(len(labels))
    return able if len(able) else torch.arange(len(labels))


def labels_of(held: HeldOut, card: ModelCard) -> Int[Tensor, "images attributes"]:
    """Class numbers of held-out images in the attributes of the card."""
    return torch.stack([held.label(name) for name in card.attributes], 1)


@torch.inference_mode()
def figures(network: Network, card: ModelCard, held: HeldOut, *, pairs: int, seed: int = 0) -> dict[str, float]:
    """Figures over `pairs` random held-out images, each given the class of another in one attribute after another.

    `reconstruction`: mean absolute error, on the [-1, 1] scale, of images translated to the classes they have; there is
    none for networks that know one way only. For each judged attribute the accuracies, in [0, 1], with which the judge
    reads

    - `real/NAME`: the real images,
    - `swapped/NAME`: translations, against the wanted class,
    - `copied/NAME`: the real images, against the wanted class: what doing nothing is worth,
    - `kept/NAME`: the same attribute where one of the *others* was translated, mean over those, against its own class.
    """
    rng = np.random.default_rng([seed, 3])
    labels, able = labels_of(held, card), starts(network, labels_of(held, card))
    sources = able[torch.from_numpy(rng.integers(len(able), size=pairs))]
    exemplars = torch.from_numpy(rng.integers(len(labels), size=pairs))
    images, own = held.images[sources], labels[sources]
    found = {}
    if not network.one_way:
        found["reconstruction"] = F.l1_loss(translated(network, images, own, card), images).item()
    if held.judge is None:
        return found
    of_real = read(held.judge, images)
    of_translation = {}
    for k, name in enumerate(card.attributes):
        wanted = own.clone()
        wanted[:, k] = 1 if network.one_way else labels[exemplars, k]
        of_translation[name] = wanted[:, k], read(held.judge, translated(network, images, wanted, card))
    for k, name in enumerate(held.judge.classes):
        of_source = held.label(name)[sources]
        found[f"real/{name}"] = accuracy(of_real[:, k], of_source)
        if name in of_translation:
            wanted, seen = of_translation[name]
            found[f"swapped/{name}"] = accuracy(seen[:, k], wanted)
            found[f"copied/{name}"] = accuracy(of_real[:, k], wanted)
        kept = [accuracy(seen[:, k], of_source) for other, (_, seen) in of_translation.items() if other != name]
        if kept:
            found[f"kept/{name}"] = sum(kept) / len(kept)
    return {name: value for name, value in found.items() if not np.isnan(value)}


def sample_grid(network: Network, card: ModelCard, held: HeldOut, path: Path) -> None:
    """Write a row for each of some held-out images: itself, and itself in each class of each attribute."""
    labels = labels_of(held, card)
    some = starts(network, labels)[:MOST_ROWS]
    columns, headers = [held.images[some]], ["source"]
    classes = [(k, c, label) for k, names in enumerate(card.attributes.values()) for c, label in enumerate(names)]
    for k, c, label in classes[network.one_way :][:MOST_COLUMNS]:
        wanted = labels[some]
        wanted[:, k] = c
        columns.append(translated(network, held.images[some], wanted, card))
        headers.append(label)
    pixels = [as_pixels(column) for column in columns]
    save(grid([[column[row] for column in pixels] for row in range(len(some))], column_labels=headers), path)
