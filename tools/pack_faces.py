"""Pack a rendered database into src/unweave/bundled/NAME.zip, small and the same on every run.

    unweave faces render rendered --pose 0 --background 0 --no-glasses --no-facial-hair --least-intensity 60
    python tools/pack_faces.py rendered src/unweave/bundled/faces64.zip

Images become lossy WebP, and the database's card says so. The files are stored in order of name, with one fixed date,
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
from unweave.files import add_to_zip, replacing

QUALITY = 91
LOSSLESS = b"lossless WebP"
"""What the card says of the images before they are packed."""


def pack(source: Path, target: Path) -> None:
    """Write `target`, a .zip of the images and metadata in `source`."""
    with Store(source) as store, replacing(target) as temporary, zipfile.ZipFile(temporary, "w") as packed:
        for name in store.names:
            content = store.read(name)
            if Path(name).suffix in ENDINGS:
                content = as_webp(content)
            if name == "README.md":
                content = relabelled(content)
            add_to_zip(packed, name, content)


def as_webp(content: bytes) -> bytes:
    """The same picture as lossy WebP."""
    packed = BytesIO()
    Image.open(BytesIO(content)).save(packed, "WEBP", quality=QUALITY, method=6)
    return packed.getvalue()


def relabelled(card: bytes) -> bytes:
    """The card of images that are no longer lossless."""
    assert card.count(LOSSLESS) == 1
    return card.replace(LOSSLESS, b"lossy WebP (quality %d; the command below writes lossless ones)" % QUALITY)


if __name__ == "__main__":
    pack(Path(sys.argv[1]), Path(sys.argv[2]))
