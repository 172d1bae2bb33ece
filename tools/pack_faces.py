"""Pack a rendered database into src/unweave/bundled/NAME.zip, small and the same on every run.

    unweave faces render rendered --people 120 --size 64 --lights 5 --samples 2 --pose 0
    python tools/pack_faces.py rendered src/unweave/bundled/faces64.zip

Images become lossy WebP. The files, the database's card among them, are stored in order of name, with one fixed date,
so that the same images make the same bytes.
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

QUALITY = 91
DATE = (2026, 1, 1, 0, 0, 0)


def pack(source: Path, target: Path) -> None:
    """Write `target`, a .zip of the images and metadata in `source`."""
    with Store(source) as store, replacing(target) as temporary, zipfile.ZipFile(temporary, "w") as packed:
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
