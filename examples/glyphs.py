"""Letters of fonts as labelled images: letter, family, weight and slant. Nothing is about faces.

    python examples/glyphs.py glyphs /usr/share/fonts
    unweave data check glyphs --sheet glyphs.png

How a model is trained on them, and what it learns, is in docs/glyphs.md.

Takes every .ttf and .otf of which family, weight and slant are known. Each family is on a few of two dozen sheets, and
letters have the size, place and ink of their sheet. Of a tenth of all pairs of a letter and a font the images are for
testing.
"""

from __future__ import annotations

import argparse
import re
import string
import zlib
from collections.abc import Iterable, Iterator
from functools import partial
from io import BytesIO
from itertools import product
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from unweave.data.writing import Entry, write_set
from unweave.errors import UnweaveError

COLUMNS = ("letter", "family", "weight", "slant", "sheet")
LETTERS = string.ascii_uppercase
SIZE = 64
SHEETS = 24
SHEETS_OF_A_FAMILY = 3
WEIGHTS = {"extralight": "light", "light": "light", "": "regular", "book": "regular", "regular": "regular"}
WEIGHTS |= {"roman": "regular", "medium": "medium", "semibold": "bold", "demibold": "bold", "bold": "bold"}
WEIGHTS |= {"heavy": "black", "extrabold": "black", "black": "black"}
SLANTS = ("italic", "oblique")
PICTURES = ("dingbats", "d050000l", "symbols", "emoji")
"""Parts of the names of families whose letters are none."""


def style_of(style: str) -> tuple[str, str] | None:
    """Weight and slant that a font's style, such as "Bold Oblique", tells; None if it tells something else."""
    words = re.findall("[a-z]+", style.lower())
    slant = "italic" if set(words) & set(SLANTS) else "upright"
    weight = "".join(word for word in words if word not in SLANTS)
    return (WEIGHTS[weight], slant) if weight in WEIGHTS else None


def fonts_in(folders: Iterable[Path]) -> dict[tuple[str, str, str], Path]:
    """(Family, weight, slant) -> the first file of it that has all letters and can be read."""
    found: dict[tuple[str, str, str], Path] = {}
    files = {file for folder in folders for file in folder.rglob("*") if file.suffix.lower() in (".ttf", ".otf")}
    for file in sorted(files):
        try:
            font = ImageFont.truetype(file, SIZE)
            family, style = font.getname()
            told = style_of(style or "")
            pictures = {drawn(letter, font).tobytes() for letter in LETTERS}
        except (OSError, ValueError):
            continue
        if told is None or not family or any(word in family.lower() for word in PICTURES):
            continue
        if len(pictures) == len(LETTERS):  # all alike where letters are missing
            found.setdefault((family, *told), file)
    return found


def drawn(
    letter: str, font: ImageFont.FreeTypeFont, *, right: int = 0, down: int = 0, ink: int = 0, paper: int = 255
) -> Image.Image:
    """A letter in the middle, or that far from it in pixels."""
    picture = Image.new("L", (SIZE, SIZE), paper)
    ImageDraw.Draw(picture).text((SIZE // 2 + right, SIZE // 2 + down), letter, ink, font, anchor="mm")
    return picture


def draw(letter: str, file: Path, sheet: int) -> bytes:
    """A letter near the middle, dark on light, as PNG; size, place and ink are those of the sheet."""
    rng = np.random.default_rng(sheet)
    font = ImageFont.truetype(file, int(rng.integers(SIZE * 5 // 8, SIZE * 3 // 4)))
    right, down = (int(n) for n in rng.integers(-3, 4, 2))
    ink, paper = int(rng.integers(0, 70)), int(rng.integers(225, 256))
    content = BytesIO()
    drawn(letter, font, right=right, down=down, ink=ink, paper=paper).save(content, "PNG")
    return content.getvalue()


def sheets_of(family: str) -> list[int]:
    """The sheets that a family is on: others may be on them too, so that ink and place do not tell it."""
    drawn_by = np.random.default_rng(zlib.crc32(family.encode()))
    return [int(sheet) for sheet in drawn_by.permutation(SHEETS)[:SHEETS_OF_A_FAMILY]]


def glyphs(fonts: dict[tuple[str, str, str], Path]) -> Iterator[Entry]:
    """All images, the same every time."""
    for (family, weight, slant), file in fonts.items():
        for letter, sheet in product(LETTERS, sheets_of(family)):
            name = f"{letter}-{re.sub('[^A-Za-z0-9]+', '', family)}-{weight}-{slant}"
            split = "test" if zlib.crc32(name.encode()) % 10 == 0 else "train"
            told = (letter, family, weight, slant, f"sheet {sheet}")
            labels: dict[str, str | None] = dict(zip(COLUMNS, told, strict=True))
            yield Entry(
                split=split, name=f"{name}-{sheet}.png", labels=labels, content=partial(draw, letter, file, sheet)
            )


def main() -> None:
    """Write the images of all fonts of some folders."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path, help="the folder to write")
    parser.add_argument("fonts", type=Path, nargs="+", help="folders of fonts, searched with all that is in them")
    given = parser.parse_args()
    fonts = fonts_in(given.fonts)
    try:
        counts = write_set(given.out, glyphs(fonts), COLUMNS)
    except UnweaveError as error:
        parser.exit(2, f"{error} (fonts found: {len(fonts)})\n")
    print(f"{given.out}: {counts['train']} train and {counts['test']} test images of {len(fonts)} fonts")


if __name__ == "__main__":
    main()
