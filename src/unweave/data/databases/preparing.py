"""A database, cut and resized, as a folder of labelled images: the same bytes every time, on from where it stopped."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import unweave
from unweave.begun import filling
from unweave.config import check_size
from unweave.data.databases.selection import SHOWN, Picture, Selection
from unweave.data.pictures import crop_resize, decode, to_picture
from unweave.data.pool import in_blocks
from unweave.data.store import Store, check_outside
from unweave.data.writing import metadata
from unweave.errors import UnweaveError, one_line
from unweave.files import CannotWriteError, expanded, write_whole


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What was written."""

    counts: Counter[str]
    """Split -> images."""
    people: int
    new: int
    """Images that were not there before."""
    notes: tuple[str, ...]
    """What is missing, cannot be used, or is not as in the paper: a line each."""
    attributes: tuple[str, ...]
    """Columns to model."""


def prepare(
    select: Callable[[Sequence[str], str], Selection], source: str | Path, out: Path, *, size: int = 128
) -> Prepared:
    """Write the pictures that `select` takes of `source` into `out`: train/ and test/ with a metadata.csv each.

    `source` is the owner's folder, or a .zip of it, which is only read; `select` one of `multipie.select`,
    `bu3dfe.select` and `rafd.select`. Images are `size` x `size` pixels, as PNG. Files are written whole or not at all,
    and after a stop the same call goes on. A picture that cannot be used is told and left out. Raises `UnweaveError`
    for a size that no model has, where nothing can be used, which leaves no `out`, and where `out` was begun with
    something else, is being filled by another process, or lies in `source`.
    """
    path, out = expanded(source), Path(out)
    check_size("size", size)
    check_outside(out, path)
    with Store(path) as store:
        selection = select(store.names, str(source))
        with filling(out, _settings(selection, size)):
            told = _write(selection, store, out, size)
            done = [picture for picture in selection.pictures if not isinstance(told.get(picture.source), str)]
            if not done:
                line = f"none of {len(told)} pictures can be used; {next(iter(told.values()))}"
                raise UnweaveError(f"{source}: {line}; looked for {selection.looked_for}")
            for split in ("train", "test"):
                _write_metadata(out / split, [picture for picture in done if picture.split == split])
    unusable = [f"unusable: {line}" for line in told.values() if line]
    if len(unusable) > SHOWN:
        unusable[SHOWN:] = [f"unusable: {len(unusable) - SHOWN} more pictures"]
    return Prepared(
        counts=Counter(picture.split for picture in done),
        people=len({picture.labels["identity"] for picture in done}),
        new=sum(line is None for line in told.values()),
        notes=(*unusable, *selection.notes),
        attributes=selection.attributes,
    )


def _settings(selection: Selection, size: int) -> dict[str, object]:
    """What has to be the same where the work goes on: the pictures as well, for they settle who is in which split."""
    told = "\n".join(picture.file for picture in selection.pictures)
    return {
        "database": selection.database,
        "size": size,
        **selection.settings,
        "images": len(selection.pictures),
        "pictures": hashlib.sha256(told.encode()).hexdigest()[:16],
        "version": unweave.__version__,
    }


def _write(selection: Selection, store: Store, out: Path, size: int) -> dict[str, str | None]:
    """Write what is missing; the source of each picture written -> None, or the line that says why it was not."""

    def write(picture: Picture) -> str | None:
        try:
            image = decode(store.read(picture.source), picture.source)
            pixels = crop_resize(image, size=size, channels=3, crop=selection.crop(*image.size))
        except CannotWriteError:
            raise
        except UnweaveError as error:
            line, name = str(error), one_line(picture.source)
            return line if name in line else f"{name}: {line}"
        content = BytesIO()
        to_picture(pixels).save(content, "PNG")
        write_whole(out / picture.file, content.getvalue())
        return None

    missing = [picture for picture in selection.pictures if not (out / picture.file).exists()]
    lines = [line for block in in_blocks(write, missing, "preparing") for line in block]
    return {picture.source: line for picture, line in zip(missing, lines, strict=True)}


def _write_metadata(folder: Path, pictures: Sequence[Picture]) -> None:
    rows = [{"file_name": Path(picture.file).name, **picture.labels} for picture in pictures]
    if rows:
        write_whole(folder / "metadata.csv", metadata(rows))
