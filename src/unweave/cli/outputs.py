"""What the commands that use a model read and write: one picture, or a folder of them with a grid."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL.Image import Image

from unweave.arrays import Float, Tensor
from unweave.cli.arguments import file_names, image_files
from unweave.codes import Codes
from unweave.draw import grid, save
from unweave.errors import UnweaveError
from unweave.files import replacing
from unweave.images import pictures
from unweave.model import BATCH, Model

Change = Callable[[Codes], Codes]
"""Codes of sources -> codes of results."""
Changes = Callable[[slice], Sequence[Change]]
"""Those of some columns, made when they are needed: there may be more than fit into memory."""

MOST_ROWS, MOST_COLUMNS = 32, 16
"""What a grid shows at most, not above `BATCH`; the single pictures are written for all."""


def read_all(model: Model, files: Sequence[Path]) -> Float[Tensor, "images channels size size"]:
    """The images in files, with one line of warning for each that is unlike the training images."""
    images = model.read(list(files))
    if limit := model.card.reconstruction.get("limit"):
        for file, distance in zip(files, model.distance_from_training(images), strict=True):
            if distance > 1:
                errors = f"reconstruction error {distance * limit:.3f}, expected at most {limit:.3f}"
                print(f"unweave: warning: {file} is unlike the training images: {errors}", file=sys.stderr)
    return images


def write(model: Model, source: Path, change: Change, name: str, out: Path) -> None:
    """Write the changed source, or the changed images of a folder, and say where."""
    if source.is_dir():
        write_many(model, image_files(source), [name], lambda _: [change], [], out)
    else:
        write_one(model, source, change, out)


def write_one(model: Model, source: Path, change: Change, out: Path) -> None:
    """Write the changed source and say where."""
    codes = change(model.encode(read_all(model, [source])))
    save(pictures(model.decode(codes))[0], out)
    print(out)


def write_many(
    model: Model,
    sources: Sequence[Path],
    labels: Sequence[str],
    changes: Changes,
    headers: Sequence[Image],
    out: Path,
) -> None:
    """Write every change of every source into a new folder, and a grid: a row a source, a column a change.

    Files are called SOURCE--LABEL.png, by the labels of the changes, with "-" for what separates folders. `headers`: a
    picture above each column that the grid shows, or none. Of sources and changes only some are in memory at a time.
    """
    rows: list[list[Image]] = []
    row_headers: list[Image] = []
    names = file_names(sources)
    endings = [label.replace("/", "-").replace(os.sep, "-") for label in labels]
    written = Counter(f"{name}--{ending}.png" for name in names for ending in endings)
    if (twice := written.most_common(1)[0])[1] > 1:
        raise UnweaveError(f"{out / twice[0]}: would be written twice, rename one of the sources or exemplars")
    with replacing(out) as folder:
        folder.mkdir()
        for first in range(0, len(labels), BATCH):
            some = changes(slice(first, first + BATCH))
            for k in range(0, len(sources), BATCH):
                files = list(sources[k : k + BATCH])
                images = model.read(files) if first else read_all(model, files)
                own = model.encode(images)
                made: list[list[Image]] = []
                for change, ending in zip(some, endings[first:], strict=False):
                    results = pictures(model.decode(change(own)))
                    for name, picture in zip(names[k:], results, strict=False):
                        save(picture, folder / f"{name}--{ending}.png")
                    if len(made) < MOST_COLUMNS:
                        made.append(results)
                if not first:
                    rows += map(list, list(zip(*made, strict=True))[: MOST_ROWS - len(rows)])
                    row_headers += pictures(images)[: MOST_ROWS - len(row_headers)]
        sheet = grid(
            rows,
            row_headers=row_headers,
            row_labels=names[:MOST_ROWS],
            column_headers=headers,
            column_labels=labels[:MOST_COLUMNS],
        )
        save(sheet, folder / "grid.png")
    shown = f"{len(rows)} of {len(sources)} sources, {len(rows[0])} of {len(labels)} columns"
    print(f"{out / 'grid.png'}: {shown}")
    print(f"{out}: {len(sources) * len(labels)} pictures")
