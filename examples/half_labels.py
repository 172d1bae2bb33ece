"""A data set of which half the labels of the training images are taken away, to see what training without them costs.

    python examples/half_labels.py faces64 half
    unweave train half --attributes identity expression light --preset quick --run.steps 1000 -o runs/half
    unweave evaluate runs/half/last.safetensors faces64

Each cell of each column to model goes with probability 1/2, the same ones every time; images for testing keep theirs.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from unweave.data.store import Store
from unweave.data.table import AttributeTable, read_table
from unweave.data.writing import Entry, write_set
from unweave.errors import UnweaveError


def halved(table: AttributeTable, store: Store) -> Iterator[Entry]:
    """The images of a table, those for training with half of their labels."""
    gone = np.random.default_rng(0).random((len(table.files), len(table.attributes))) < 0.5
    for k, (file, split) in enumerate(zip(table.files, table.splits, strict=True)):
        labels = {name: column[k] for name, column in table.columns.items()}
        if split == "train":
            labels |= {name: None for name, without in zip(table.attributes, gone[k], strict=True) if without}
        yield Entry(split=split, name=file.removeprefix(f"{split}/"), labels=labels, content=partial(store.read, file))


def main() -> None:
    """Write the images of a data set with half of their labels."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", help="a folder or .zip of labelled images, or faces64 for the bundled ones")
    parser.add_argument("out", type=Path, help="the folder to write")
    given = parser.parse_args()
    try:
        table = read_table(given.data)
        assert table.source is not None
        with Store(table.source) as store:
            counts = write_set(given.out, halved(table, store), list(table.columns))
    except UnweaveError as error:
        parser.exit(2, f"{error}\n")
    print(f"{given.out}: {counts['train']} train images with half of their labels, {counts['test']} test images")


if __name__ == "__main__":
    main()
