"""Import of data sets of Hugging Face's `datasets` package."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

from unweave.data.pictures import ending_of
from unweave.data.store import SPLITS
from unweave.data.table import RESERVED
from unweave.data.writing import Entry, write_set
from unweave.errors import UnweaveError
from unweave.files import expanded

HUB = "hf:"
"""What begins the name of a data set on the Hub."""


def import_set(source: str, out: Path) -> tuple[Counter[str], list[str]]:
    """Write a data set into the new folder `out`: the images of each split, and the lines about what was left out.

    `source`: hf:owner/name for one on the Hub, hf:owner/name/configuration where it has several, or a folder that
    `save_to_disk` wrote. Taken are the first column of images and all columns of classes, text, truth values and
    numbers. Raises `UnweaveError` where it cannot be loaded, has no images, or no split of a name that is known.
    """
    if find_spec("datasets") is None:
        raise UnweaveError("importing needs the datasets package: pip install 'unweave[datasets]'")
    splits = _load(source)
    features = next(iter(splits.values())).features
    image = next((name for name, feature in features.items() if _kind(feature) == "Image"), None)
    if image is None:
        raise UnweaveError(f"{source}: has no column of images among {', '.join(features)}")
    columns = [
        name
        for name, feature in features.items()
        if _kind(feature) in ("ClassLabel", "Value") and name not in RESERVED and feature.dtype != "binary"
    ]
    left_out = [f"left out: column '{name}'" for name in features if name != image and name not in columns]
    left_out += [
        f"left out: split '{name}', expected train, validation or test" for name in splits if name not in SPLITS
    ]
    taken = {name: rows for name, rows in splits.items() if name in SPLITS}
    if not taken:
        raise UnweaveError(f"{source}: has no split train, validation or test among {', '.join(splits)}")
    counts = write_set(out, _entries(taken, image, columns), columns)
    missing = sum(map(len, taken.values())) - counts.total()
    return counts, left_out + ([f"left out: {missing} rows without an image"] if missing else [])


def _load(source: str) -> dict[str, Any]:
    """Split -> the data set's rows."""
    import datasets

    datasets.disable_progress_bars()
    folder = expanded(source)
    is_saved = any((folder / name).is_file() for name in ("dataset_dict.json", "state.json"))
    if not source.startswith(HUB) and not is_saved:
        raise UnweaveError(f"{source}: is no data set to import, expected hf:owner/name or a folder of save_to_disk")
    parts = source.removeprefix(HUB).split("/")
    name, configuration = "/".join(parts[:2]), "/".join(parts[2:]) or None
    try:
        loaded = datasets.load_from_disk(folder) if is_saved else datasets.load_dataset(name, configuration)
    except Exception as error:  # whatever a network, a cache or a damaged file makes it raise
        reason = " ".join(str(error).split())
        how = "; a configuration is named as in hf:owner/name/configuration" if "Config" in reason else ""
        raise UnweaveError(f"{source}: cannot be loaded ({reason}){how}") from error
    splits = loaded if isinstance(loaded, dict) else {loaded.split or "train": loaded}
    return {str(name): rows for name, rows in splits.items()}


def _kind(feature: Any) -> str:
    return type(feature).__name__


def _entries(splits: Mapping[str, Any], image: str, columns: list[str]) -> Iterator[Entry]:
    from datasets import Image

    numbers = defaultdict(count)  # of each split, for two of the set's may mean the same one
    for told, rows in splits.items():
        split = SPLITS[told]
        for number, row in enumerate(rows.cast_column(image, Image(decode=False))):
            name = f"{next(numbers[split]):06}"
            if row[image] is None:
                continue
            content = row[image]["bytes"] or _read(row[image]["path"])
            labels = {column: _label(row[column], rows.features[column]) for column in columns}
            ending = ending_of(content, f"{told} row {number}")
            yield Entry(split=split, name=name + ending, labels=labels, content=partial(bytes, content))


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UnweaveError(f"{path}: cannot be read ({error.strerror})") from error


def _label(value: Any, feature: Any) -> str | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if _kind(feature) == "ClassLabel":
        return feature.names[value] if value >= 0 else None  # -1 is what data sets without labels are given
    return str(value).strip() or None
