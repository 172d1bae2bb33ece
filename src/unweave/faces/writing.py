"""A database as a folder of pictures: by several processes, the same bytes every time, on from where it stopped."""

from __future__ import annotations

import csv
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from io import BytesIO, StringIO
from itertools import groupby
from pathlib import Path

from PIL import Image
from tqdm import tqdm

import unweave
from unweave.begun import filling
from unweave.faces.card import card
from unweave.faces.database import Database, Entry
from unweave.faces.factors import COLUMNS, Factors, check_size, check_whole, to_row
from unweave.faces.needs import need_extra
from unweave.faces.processes import each_done
from unweave.files import add_to_zip, replacing, write_whole

Renderer = Callable[[Factors, Sequence[str], int], Sequence[Image.Image]]
"""Factors, lights in place of theirs, side in pixels -> a picture for each light."""

SPLITS = ("train", "test")


def write(database: Database, folder: Path, *, size: int = 64, workers: int = 1, render: Renderer | None = None) -> int:
    """Render what is missing of a database in `folder`; give the number of pictures that were missing.

    Writes train/ and test/ with `size` x `size` pixels as lossless WebP and a metadata.csv each, and README.md. Files
    are written whole or not at all. After a kill the same call goes on; it raises `UnweaveError` for a folder that was
    begun with other settings, that another process fills, or that holds something else. `workers` processes render a
    person each; a script that asks for more than one needs the usual `if __name__ == "__main__"`. `render` stands in
    for the package's own renderer, and for more than one process has to be found by its name.
    """
    folder = Path(folder)
    check_size(size)
    check_whole("workers", workers, 1)
    if render is None:
        need_extra()
    with filling(folder, {**asdict(database), "size": size, "version": unweave.__version__}):
        missing = [entry for entry in database if not (folder / entry.file).exists()]
        people = [list(group) for _, group in groupby(missing, key=lambda entry: entry.factors.identity)]
        tasks = [(entries, folder, size, render) for entries in people]
        bar = tqdm(
            total=len(database),
            initial=len(database) - len(missing),
            desc="rendering",
            unit=" images",
            leave=False,
            disable=not sys.stderr.isatty(),
        )
        with bar:
            for count in each_done(render_person, tasks, workers):
                bar.update(count)
        for split in SPLITS:
            entries = [entry for entry in database if entry.split == split]
            if entries:
                write_whole(folder / split / "metadata.csv", metadata(entries))
        write_whole(folder / "README.md", card(database, size))
    return len(missing)


def render_person(entries: Sequence[Entry], folder: Path, size: int, render: Renderer | None) -> int:
    """Render and write some of a person's pictures, those that differ only in light at once; give their number."""
    if render is None:
        from unweave.faces.studio import render_lights as render
    for _, group in groupby(entries, key=lambda entry: replace(entry.factors, light="room")):
        alike = list(group)
        pictures = render(alike[0].factors, [entry.factors.light for entry in alike], size)
        for entry, picture in zip(alike, pictures, strict=True):
            write_whole(folder / entry.file, as_webp(picture))
    return len(entries)


def as_webp(picture: Image.Image) -> bytes:
    """The picture as lossless WebP."""
    content = BytesIO()
    picture.convert("RGB").save(content, "WEBP", lossless=True, quality=80, method=4)
    return content.getvalue()


def metadata(entries: Sequence[Entry]) -> str:
    """The metadata.csv of one split: file_name, then the factors."""
    text = StringIO()
    table = csv.DictWriter(text, ["file_name", *COLUMNS], lineterminator="\n")
    table.writeheader()
    for entry in entries:
        table.writerow({"file_name": entry.file.removeprefix(f"{entry.split}/"), **to_row(entry.factors)})
    return text.getvalue()


def pack(database: Database, folder: Path, target: Path) -> None:
    """Pack a finished folder into the .zip `target`: the same bytes from the same files."""
    tables = [f"{split}/metadata.csv" for split in SPLITS]
    names = ["README.md", *(name for name in tables if (folder / name).exists()), *(entry.file for entry in database)]
    with replacing(target) as temporary, zipfile.ZipFile(temporary, "w") as packed:
        for name in names:
            add_to_zip(packed, name, (folder / name).read_bytes())
