"""Pictures laid out: grids with labels, animations, and their writing. What draws numbers is in `charts.py`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from unweave.errors import UnweaveError, one_line
from unweave.files import replacing

Picture = np.ndarray | Image.Image
"""A picture: Pillow's, or uint8 (height, width, 3), (height, width, 1) or (height, width)."""

TILE = 128
"""Pixels that small pictures are brought to, by a whole factor."""
STILL = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
"""Ending -> format of the pictures that are written."""
LARGEST_WEBP = 16383
"""Most pixels of a side of a WebP."""
MOVING = {".gif": "GIF", ".webp": "WEBP"}
"""Ending -> format of the animations that are written."""

_GAP, _MARGIN, _LINE = 2, 8, 20
_INK, _PAPER = (30, 30, 30), (255, 255, 255)
_LONGEST_ROW_LABEL = 160


def grid(
    rows: Sequence[Sequence[Picture]],
    *,
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
    row_headers: Sequence[Picture] = (),
    column_headers: Sequence[Picture] = (),
) -> Image.Image:
    """Pictures in rows and columns, in tiles of one size: the largest picture's, small ones enlarged by a whole factor.

    A picture less high than its tile stands at its top, so that charts of a row begin alike, whatever their legends.
    Headers are pictures set apart at the left of each row and above each column; labels stand outside of all, and
    are cut where they are longer than their place. Rows may differ in length.
    """
    cells = [[_enlarged(picture) for picture in row] for row in rows]
    left, top = [_enlarged(picture) for picture in row_headers], [_enlarged(picture) for picture in column_headers]
    everything = [*chain.from_iterable(cells), *left, *top]
    wide, high = max(picture.width for picture in everything), max(picture.height for picture in everything)
    label_width = min(_LONGEST_ROW_LABEL, max(map(_text_width, row_labels), default=-_GAP) + _GAP)
    x0 = _MARGIN + label_width + (wide + _MARGIN if left else 0)
    y0 = _MARGIN + (_LINE if column_labels else 0) + (high + _MARGIN if top else 0)
    columns = max(len(top), *(len(row) for row in cells))
    size = (x0 + columns * (wide + _GAP) + _MARGIN - _GAP, y0 + len(cells) * (high + _GAP) + _MARGIN - _GAP)
    sheet = Image.new("RGB", size, _PAPER)

    def put(picture: Image.Image, x: int, y: int) -> None:
        sheet.paste(picture, (x + (wide - picture.width) // 2, y))

    for c, picture in enumerate(top):
        put(picture, x0 + c * (wide + _GAP), y0 - _MARGIN - high)
    for r, row in enumerate(cells):
        if left:
            put(left[r], x0 - _MARGIN - wide, y0 + r * (high + _GAP))
        for c, picture in enumerate(row):
            put(picture, x0 + c * (wide + _GAP), y0 + r * (high + _GAP))
    pen = ImageDraw.Draw(sheet)
    for c, label in enumerate(column_labels):
        place = (x0 + c * (wide + _GAP) + wide // 2, _MARGIN + _LINE // 2)
        pen.text(place, _cut(label, wide), _INK, _font(), anchor="mm")
    for r, label in enumerate(row_labels):
        place = (_MARGIN, y0 + r * (high + _GAP) + high // 2)
        pen.text(place, _cut(label, label_width), _INK, _font(), anchor="lm")
    return sheet


def strip(frames: Sequence[Picture], start: Picture, end: Picture, *, source: Picture | None = None) -> Image.Image:
    """A passage as one row: `frames`, at least two, between the exemplars `start` and `end`.

    Above each frame stands its share of the way. `source`, which everything else is of, is set apart at the left.
    """
    labels = ["from", *(f"{k / (len(frames) - 1):.2f}" for k in range(len(frames))), "to"]
    return grid([[start, *frames, end]], column_labels=labels, row_headers=[] if source is None else [source])


def stacked(pictures: Sequence[Image.Image]) -> Image.Image:
    """Pictures one below another, on white."""
    width, height = max(picture.width for picture in pictures), sum(picture.height for picture in pictures)
    stack, top = Image.new("RGB", (width, height), "white"), 0
    for picture in pictures:
        stack.paste(picture, (0, top))
        top += picture.height
    return stack


def save(picture: Image.Image, path: Path) -> None:
    """Write a picture whole or not at all, in the format of the ending: PNG, JPEG or WebP (lossless)."""
    kind = check_target(path, STILL)
    with replacing(path) as temporary, too_large(path):
        picture.save(temporary, kind, quality=95, lossless=True)  # each format takes the one it knows


def animation(frames: Sequence[Picture], path: str | Path, *, milliseconds: int = 80) -> None:
    """Write frames as a loop, forth and back with a rest at both ends: a GIF or an animated WebP by the ending."""
    path = Path(path)
    kind = check_target(path, MOVING)
    pictures = [_enlarged(frame) for frame in frames]
    loop = [*pictures, *pictures[-2:0:-1]]
    rests = [milliseconds * (5 if k in (0, len(pictures) - 1) else 1) for k in range(len(loop))]
    if kind == "GIF":  # one palette for all frames, else colours flicker
        palette = grid([pictures]).quantize(256, dither=Image.Dither.NONE)
        loop = [picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG) for picture in loop]
    with replacing(path) as temporary, too_large(path):
        loop[0].save(temporary, kind, save_all=True, append_images=loop[1:], duration=rests, loop=0, quality=90)


@contextmanager
def too_large(path: Path) -> Iterator[None]:
    """Turn what the encoders raise for too many pixels into one line."""
    try:
        yield
    except ValueError as error:
        raise UnweaveError(f"{path}: cannot be written ({error}); fewer pictures, or another ending, may do") from None


def check_target(path: Path, formats: Mapping[str, str]) -> str:
    """The format to write `path` in; raises `UnweaveError` for another ending and where a folder is in the way."""
    if path.is_dir():
        example = path / f"out{next(iter(formats))}"
        raise UnweaveError(f"{path}: is a folder, expected the name of a file to write, such as {example}")
    if path.suffix.lower() not in formats:
        raise UnweaveError(f"{path}: its ending says no format that can be written, expected {' or '.join(formats)}")
    return formats[path.suffix.lower()]


def _enlarged(picture: Picture) -> Image.Image:
    """As RGB, enlarged by the largest whole factor that keeps it within `TILE`; larger pictures stay as they are."""
    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture[..., 0] if picture.ndim == 3 and picture.shape[2] == 1 else picture)
    picture = picture.convert("RGB")
    factor = max(1, TILE // max(picture.size))
    return picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.LANCZOS)


def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(13)


def _text_width(text: str) -> int:
    return round(_font().getlength(text))


def _cut(text: str, width: int) -> str:
    """`text` on one line, its end replaced by three dots where it is wider than `width` pixels."""
    text = one_line(text)
    if _text_width(text) <= width:
        return text
    text = text[:width]  # no letter is narrower than a pixel
    while text and _text_width(text + "...") > width:
        text = text[:-1]
    return text + "..."
