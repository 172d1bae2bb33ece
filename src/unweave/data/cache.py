"""All images of a table, decoded, cut and resized once, in one file that is read where it lies."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from unweave.data.pictures import check_crop, crop_resize, decode, to_picture
from unweave.data.pool import in_blocks
from unweave.data.store import Store
from unweave.data.table import AttributeTable
from unweave.errors import UnweaveError
from unweave.files import CannotWriteError, cache_folder, replacing

KEPT_DAYS = 30
"""How long decoded images are kept that nobody asks for, such as those of data that have changed."""
_VERSION = 1  # of how pictures become pixels; raise it when that changes
_NAME = re.compile(r".*-\d+-[0-9a-f]{16}\.npy(\.[0-9a-f]{8}\.part)?")


def cached_images(
    table: AttributeTable, *, size: int, channels: int, crop: str, folder: Path | None = None
) -> UInt8[np.ndarray, "images {size} {size} {channels}"]:
    """The images of `table` as uint8 (images, size, size, channels) in [0, 255], read-only; `crop` as in `crop_resize`.

    They are decoded when they are first asked for, into `folder` (the cache folder if None), which may be emptied at
    any time; images that have changed since are decoded anew, and what nobody has asked for in `KEPT_DAYS` goes. A
    table made from arrays needs no file. Raises `UnweaveError` for the first image that cannot be used and where
    `folder` cannot be written.
    """
    check_crop(crop)
    if table.pixels is not None:
        return _from_arrays(table.pixels, size=size, channels=channels, crop=crop)
    assert table.source is not None
    with Store(table.source) as store:
        key = _key(table, store, size=size, channels=channels, crop=crop)
        path = (folder or cache_folder()) / f"{table.source.stem}-{size}-{key}.npy"
        shape = (len(table.files), size, size, channels)
        images = _read(path, shape)
        if images is None:
            _prune(path.parent)
            try:
                _write(path, table, store, shape, crop)
            except CannotWriteError as error:
                raise UnweaveError(f"{error}; set UNWEAVE_CACHE to a folder for decoded images") from error
            images = _read(path, shape)
    if images is None:
        raise UnweaveError(f"{path}: cannot be read back; set UNWEAVE_CACHE to another folder for decoded images")
    with suppress(OSError):  # so that `_prune` sees that they are in use, where the system does not note who reads
        os.utime(path)
    return images


def _from_arrays(pixels: np.ndarray, *, size: int, channels: int, crop: str) -> np.ndarray:
    images = np.stack([crop_resize(to_picture(each), size=size, channels=channels, crop=crop) for each in pixels])
    images.flags.writeable = False
    return images


def _key(table: AttributeTable, store: Store, **settings: object) -> str:
    """Changes with whatever would change the pixels: which images, in which order, their content, the settings."""
    told = [_VERSION, str(store.path.resolve()), table.files, store.stamps(table.files), settings]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _read(path: Path, shape: tuple[int, ...]) -> np.ndarray | None:
    """None where there is no file, or one that is not what was written."""
    try:
        images = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return images if images.shape == shape and images.dtype == np.uint8 else None


def _prune(folder: Path) -> None:
    """Remove decoded images that nobody has asked for in `KEPT_DAYS`, or that a kill left half written before."""
    before = time.time() - KEPT_DAYS * 86400
    for path in folder.glob("*"):
        with suppress(OSError):
            if _NAME.fullmatch(path.name) and max(path.stat().st_mtime, path.stat().st_atime) < before:
                path.unlink()


def _write(path: Path, table: AttributeTable, store: Store, shape: tuple[int, ...], crop: str) -> None:
    def pixels(name: str) -> np.ndarray:
        picture = decode(store.read(name), name)
        try:
            return crop_resize(picture, size=shape[1], channels=shape[3], crop=crop)
        except UnweaveError as error:
            raise UnweaveError(f"{name}: {error}") from error

    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    # Plain writes: a full disk is then an error, where a memory map would kill the process.
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for block in in_blocks(pixels, table.files, f"reading {path.stem.split('-')[0]}"):
            file.write(np.stack(block).tobytes())
