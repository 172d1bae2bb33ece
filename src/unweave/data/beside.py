"""The labels that lie beside images."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from pathlib import Path

from unweave.data.findings import Listing
from unweave.data.metadata import NAMES, read_metadata


def labels_beside(files: Sequence[Path]) -> list[dict[str, str]]:
    """For each image its labels by the metadata.csv (or .jsonl) of its folder, column -> label; {} where it has none.

    What is wrong with such a file is passed over: it is the images that were asked for.
    """
    folders = {file.parent: _labels_in(file.parent) for file in files}
    return [folders[file.parent].get(file.name, {}) for file in files]


def _labels_in(folder: Path) -> dict[str, dict[str, str]]:
    labels: dict[str, dict[str, str]] = {}
    for name in NAMES:
        if (folder / name).is_file():
            for _, cells in read_metadata((folder / name).read_bytes(), name, Listing()):
                file = posixpath.normpath(cells["file_name"] or "")
                labels[file] = {column: label for column, label in cells.items() if label is not None}
    return labels
