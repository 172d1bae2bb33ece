"""Codes of a whole data set in one .npz, written as they are made, so that memory does not grow with the images."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from unweave.data.batches import as_images
from unweave.data.cache import cached_images
from unweave.data.store import check_outside
from unweave.data.table import read_table
from unweave.files import replacing
from unweave.model import BATCH, Model


def write_codes(model: Model, data: str | Path, out: Path, *, half: bool = False, pattern: str | None = None) -> int:
    """Write the codes of all images of `data` to the file `out`, an .npz; give the number of images.

    Arrays, in the order of the data: `codes/NAME` (images, channels, height, width) for each attribute and the rest,
    float32, or float16 if `half`; `labels/COLUMN`, text, empty where the label is missing; `file_name`; `split`. They
    are read by `numpy.load(out)`. Images are cut as the model's. Raises `UnweaveError` for data that cannot be read and
    for an `out` among them.
    """
    generator = model.generator  # before all else: an exported model has none
    table, card = read_table(data, pattern=pattern), model.card
    check_outside(Path(out), table.source)
    pixels = cached_images(table, size=card.size, channels=card.channels, crop=card.crop)
    count = len(table.files)
    kind = np.dtype(np.float16 if half else np.float32)
    with replacing(out) as temporary, zipfile.ZipFile(temporary, "w", allowZip64=True) as file:
        bar = tqdm(total=count * len(generator.names), desc="encoding", unit=" codes", disable=None)
        # A pass for each code: a .zip takes one member at a time.
        for name, encoder in zip(generator.names, generator.encoders, strict=True):
            with file.open(f"codes/{name}.npy", "w", force_zip64=True) as member:
                for some in np.array_split(np.arange(count), -(-count // BATCH)):
                    with torch.no_grad():
                        codes = encoder(as_images(pixels[some]).to(model.device)).cpu().numpy()
                    if some[0] == 0:
                        shape = (count, *codes.shape[1:])
                        header = {"descr": kind.str, "fortran_order": False, "shape": shape}
                        np.lib.format.write_array_header_1_0(member, header)
                    member.write(codes.astype(kind).tobytes())
                    bar.update(len(codes))
        bar.close()
        columns = {f"labels/{name}": [label or "" for label in labels] for name, labels in table.columns.items()}
        for name, texts in {**columns, "file_name": table.files, "split": table.splits}.items():
            with file.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, _texts(texts), allow_pickle=False)
    return count


def _texts(values: Sequence[str]) -> np.ndarray:
    return np.array(values, dtype=np.str_)
