"""What a training leaves to be used and looked at: model files with their mean codes, grids of swaps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from unweave.checkpoint import ModelCard, save_model
from unweave.config import Config
from unweave.data.batches import TrainingSet, as_images, as_pixels
from unweave.data.table import AttributeTable
from unweave.draw import grid, save
from unweave.evaluate import HeldOut, decode
from unweave.networks import Generator

UNLIKE = 1.25
"""How many times the reconstruction error of the worst 1 % of held-out images makes an image unlike the training's."""
MEAN_CODE_IMAGES = 1000
"""Most training images of a class, drawn at random, that its mean code is taken over."""


def write_model(
    path: Path,
    generator: Generator,
    training: TrainingSet,
    table: AttributeTable,
    config: Config,
    figures: Mapping[str, float],
    step: int,
) -> None:
    """Write what gets used: the generator, its card, and the mean code of every class."""
    card = ModelCard(
        attributes={name: tuple(names) for name, names in table.classes.items()},
        size=config.data.size,
        channels=config.data.channels,
        crop=config.data.crop,
        width=config.networks.width,
        residual_blocks=config.networks.residual_blocks,
        decoder_norm=config.networks.decoder_norm,
        step=step,
        reconstruction=reconstruction_limits(figures),
        name=path.absolute().parent.name,
    )
    save_model(path, card, generator, mean_codes(generator, training, table))


def reconstruction_limits(figures: Mapping[str, float]) -> dict[str, float]:
    """What a card keeps of the reconstruction error of held-out images, to tell images that are unlike them."""
    return {"median": figures["reconstruction_median"], "limit": UNLIKE * figures["reconstruction_p99"]}


@torch.inference_mode()
def mean_codes(generator: Generator, training: TrainingSet, table: AttributeTable) -> dict[str, Tensor]:
    """Attribute -> (classes, channels, height, width): each class's mean code over its training images."""
    device = next(generator.parameters()).device
    means = {}
    for k, (name, classes) in enumerate(table.classes.items()):
        of_class = []
        for label in range(len(classes)):
            rows = training.rows[training.labels[training.rows, k] == label]
            some = np.random.default_rng(label).permutation(rows)[:MEAN_CODE_IMAGES]
            parts = np.array_split(some, -(-len(some) // 32))
            codes = [generator.encoders[k](as_images(training.pixels[part]).to(device)) for part in parts]
            of_class.append(torch.cat(codes).mean(0))
        means[name] = torch.stack(of_class)
    return means


@torch.inference_mode()
def sample_grid(generator: Generator, held: HeldOut, path: Path) -> None:
    """Swaps between held-out images: a source, its reconstruction, for each attribute the exemplar and the result."""
    count = len(held.images)
    sources = torch.arange(min(6, max(1, count // 2)))
    rows = len(sources)
    codes = generator.encode(held.images[: min(count, 2 * rows)].to(next(generator.parameters()).device))
    own = codes.at(sources)
    columns, labels = [held.images[sources], decode(generator, own)], ["source", "reconstruction"]
    for k, name in enumerate(held.attributes):
        exemplars = (rows + (sources + k) % rows) % codes.batch  # another one for each attribute
        columns += [held.images[exemplars], decode(generator, own.lend({name: exemplars}, codes))]
        labels += [f"{name} from", f"{name} swapped"]
    pixels = [as_pixels(column) for column in columns]
    save(grid([[column[row] for column in pixels] for row in range(rows)], column_labels=labels), path)
