"""Hybrids with their labels, as new training images: every attribute from another image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from tqdm import tqdm

from unweave.codes import Codes
from unweave.data.batches import as_images
from unweave.data.cache import cached_images
from unweave.data.store import check_outside
from unweave.data.table import AttributeTable, read_table
from unweave.data.writing import metadata
from unweave.draw import save
from unweave.errors import UnweaveError
from unweave.files import replacing, write_whole
from unweave.images import pictures
from unweave.model import BATCH, Model


def write_hybrids(
    model: Model, data: str | Path, out: Path, *, number: int, seed: int = 0, pattern: str | None = None
) -> None:
    """Write `number` hybrids of the training images of `data` into the new folder `out`.

    Each takes the code of every attribute, and that of the rest, from a training image of its own, drawn at random, and
    with the code its label, or that there is none. Writes train/000000.png and so on with train/metadata.csv, which any
    reader of imagefolders takes, and donors.csv: which image each code came from. The same seed gives the same files on
    the same machine. Raises `UnweaveError` where `data` lacks an attribute of the model or has no training images.
    """
    generator = model.generator  # before all else: an exported model has none
    table = read_table(data, attributes=model.attributes, pattern=pattern)
    check_outside(Path(out), table.source)
    training, card = table.rows("train"), model.card
    if not len(training):
        raise UnweaveError(f"{data}: has no training images")
    pixels = cached_images(table, size=card.size, channels=card.channels, crop=card.crop)
    batches = -(-number // BATCH)  # all of them full: in a smaller one the last bits of a picture differ
    donors = draw_donors(training, len(model.attributes) + 1, number=batches * BATCH, seed=seed)
    names = [f"{k:06d}.png" for k in range(number)]
    with replacing(out) as folder:
        (folder / "train").mkdir(parents=True)
        for batch in tqdm(range(batches), desc="hybrids", disable=None):
            some = slice(batch * BATCH, (batch + 1) * BATCH)
            for name, picture in zip(names[some], pictures(decoded(model, pixels, donors[some])), strict=False):
                save(picture, folder / "train" / name)
        labels = [dict(zip(model.attributes, hybrid_labels(table, row), strict=True)) for row in donors]
        files = [dict(zip(generator.names, (table.files[row] for row in rows), strict=True)) for rows in donors]
        for path, cells in ((folder / "train" / "metadata.csv", labels), (folder / "donors.csv", files)):
            write_whole(path, metadata([{"file_name": name} | row for name, row in zip(names, cells, strict=False)]))


def draw_donors(rows: Int[np.ndarray, "images"], codes: int, *, number: int, seed: int) -> Int[np.ndarray, "number _"]:
    """For each hybrid one of `rows` for each code, with replacement; the first hybrids of a seed stay the same."""
    return np.random.default_rng([seed, 9]).choice(rows, (number, codes))


def hybrid_labels(table: AttributeTable, donors: Int[np.ndarray, "codes"]) -> list[str]:
    """The label that each attribute's donor has in it, empty where it has none; the last donor gave the rest."""
    return [table.columns[name][row] or "" for name, row in zip(table.attributes, donors[:-1], strict=True)]


@torch.no_grad()
def decoded(model: Model, pixels: np.ndarray, donors: Int[np.ndarray, "hybrids codes"]) -> torch.Tensor:
    """Images in [-1, 1] of codes that come from one row of `pixels` each; attributes in order, the rest last."""
    generator = model.generator
    codes = {
        name: encoder(as_images(pixels[rows]).to(model.device))
        for name, encoder, rows in zip(generator.names, generator.encoders, donors.T, strict=True)
    }
    return model.decode(Codes(codes))
