"""Pack a folder or .zip of losslessly stored images into src/unweave/bundled/NAME.zip, small and the same on every run.

    python tools/pack_faces.py rendered.zip src/unweave/bundled/faces64.zip

Images become lossy WebP of quality 98: half the bytes of lossless ones, on average 0.6 % of the range off. The files
are stored in order of name, with one fixed date, so that the same images make the same bytes.
"""

from __future__ import annotations

import sys
import zipfile
from io import BytesIO
from pathlib import Path

from PIL import Image

from unweave.data.pictures import ENDINGS
from unweave.data.store import Store
from unweave.files import replacing

QUALITY = 98
DATE = (2026, 1, 1, 0, 0, 0)
ABOUT = f"""Rendered faces, 64 x 64 pixels: train/ and test/ each with their labels in metadata.csv. No person is real.
Lossy WebP of quality {QUALITY}. Rendered from assets of the MakeHuman project that are in the public domain (CC0 1.0).
"""


def pack(source: Path, target: Path) -> None:
    """Write `target`, a .zip of the images and metadata in `source`."""
    with Store(source) as store, replacing(target) as temporary, zipfile.ZipFile(temporary, "w") as packed:
        add(packed, "README.txt", ABOUT.encode())
        for name in store.names:
            content = store.read(name)
            add(packed, name, as_webp(content) if Path(name).suffix in ENDINGS else content)


def as_webp(content: bytes) -> bytes:
    """The same picture as lossy WebP."""
    packed = BytesIO()
    Image.open(BytesIO(content)).save(packed, "WEBP", quality=QUALITY, method=6)
    return packed.getvalue()


def add(packed: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Store a file without a trace of when and where."""
    info = zipfile.ZipInfo(name, DATE)
    info.external_attr = 0o644 << 16
    packed.writestr(info, content)


if __name__ == "__main__":
    pack(Path(sys.argv[1]), Path(sys.argv[2]))
