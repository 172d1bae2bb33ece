"""Numbers drawn: curves, points in the colours of their labels, bars."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageDraw, ImageFont

from unweave.draw import grid, save

_INK, _PAPER, _FRAME, _BLUE = (30, 30, 30), (255, 255, 255), (200, 200, 200), (30, 90, 200)
_SCALE = 2
"""Charts are drawn larger and reduced, for smooth edges."""
_LINE = 18


def curves(series: Mapping[str, tuple[np.ndarray, np.ndarray]], path: Path, *, columns: int = 3) -> None:
    """Write a picture with a small plot for each series: name -> (steps, values). What is not finite is left out."""
    plots = [_plot(name, np.asarray(x, float), np.asarray(y, float)) for name, (x, y) in series.items()]
    save(grid([plots[k : k + columns] for k in range(0, len(plots), columns)]), path)


def scatter(points: Float[np.ndarray, "points 2"], labels: Sequence[str], *, side: int = 360) -> Image.Image:
    """Points in the colours of their labels, `side` pixels wide and high, with a legend below."""
    names = sorted(set(labels))
    colour = dict(zip(names, colours(len(names)), strict=True))
    width = max(len(name) for name in names) * 8 + 24
    columns = max(1, side // width)
    sheet = Image.new("RGB", (side * _SCALE, (side + _LINE * -(-len(names) // columns)) * _SCALE), _PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((0, 0, side * _SCALE - 1, side * _SCALE - 1), outline=_FRAME, width=_SCALE)
    low, high = points.min(0), points.max(0)
    places = (points - low) / np.maximum(high - low, 1e-12).max()
    places += (1 - places.max(0)) / 2  # in the middle, and as wide as high
    for (x, y), label in zip(places * (side - 24) + 12, labels, strict=True):
        _dot(pen, x, y, 2.5, colour[label])
    for k, name in enumerate(names):
        x, y = k % columns * width + 8, side + (k // columns + 0.5) * _LINE
        _dot(pen, x, y, 4, colour[name])
        pen.text(((x + 8) * _SCALE, y * _SCALE), name, _INK, _font(), anchor="lm")
    return _reduced(sheet)


def bars(values: Mapping[str, tuple[float, float]], *, width: int = 420) -> Image.Image:
    """A bar for each name: its value within the largest it can have, both given and written beside it."""
    wide = max(len(name) for name in values) * 7 + 12
    sheet = Image.new("RGB", (width * _SCALE, (_LINE + 4) * len(values) * _SCALE), _PAPER)
    pen = ImageDraw.Draw(sheet)
    room = width - wide - 90
    for k, (name, (value, most)) in enumerate(values.items()):
        top, middle = k * (_LINE + 4) + 4, k * (_LINE + 4) + 2 + _LINE / 2
        box = (wide, top, wide + room, top + _LINE - 4)
        filled = (wide, top, wide + room * value / max(most, 1e-9), top + _LINE - 4)
        pen.rectangle([each * _SCALE for each in filled], fill=_BLUE)
        pen.rectangle([each * _SCALE for each in box], outline=_FRAME, width=_SCALE)
        pen.text((4 * _SCALE, middle * _SCALE), name, _INK, _font(), anchor="lm")
        told = f"{value:.2f} of {most:.2f}"
        pen.text(((wide + room + 6) * _SCALE, middle * _SCALE), told, _INK, _font(), anchor="lm")
    return _reduced(sheet)


def colours(count: int) -> list[tuple[int, int, int]]:
    """So many colours, told apart as well as they can be: around the circle of hues, every second one darker."""
    tones = [colorsys.hls_to_rgb(k / count, 0.5 - 0.14 * (k % 2), 0.8) for k in range(count)]
    return [(round(255 * r), round(255 * g), round(255 * b)) for r, g, b in tones]


def _plot(name: str, x: np.ndarray, y: np.ndarray) -> Image.Image:
    """A line with its name, its last value, and its least and greatest value and step beside the frame."""
    width, height = 400, 200
    sheet = Image.new("RGB", (width * _SCALE, height * _SCALE), _PAPER)
    pen, font = ImageDraw.Draw(sheet), _font(11)
    left, top, right, bottom = 62 * _SCALE, 24 * _SCALE, (width - 10) * _SCALE, (height - 22) * _SCALE
    pen.rectangle((left, top, right, bottom), outline=_FRAME, width=_SCALE)
    finite = np.isfinite(x) & np.isfinite(y)
    x, y = x[finite], y[finite]
    title = f"{name}  {y[-1]:.4g}" if len(y) else f"{name}  (no finite value)"
    pen.text((left, top // 2), title, _INK, _font(13), anchor="lm")
    if len(y):
        across, up = (x - x.min()) / (np.ptp(x) or 1), (y - y.min()) / (np.ptp(y) or 1)
        points = np.stack([left + across * (right - left), bottom - up * (bottom - top)], axis=1)
        pen.line([*points[:1].flatten(), *points.flatten()], _BLUE, 2 * _SCALE, "curve")
        pen.text((left - 4 * _SCALE, top), f"{y.max():.3g}", _INK, font, anchor="rt")
        pen.text((left - 4 * _SCALE, bottom), f"{y.min():.3g}", _INK, font, anchor="rb")
        pen.text((left, bottom + 4 * _SCALE), f"{x.min():g}", _INK, font, anchor="lt")
        pen.text((right, bottom + 4 * _SCALE), f"{x.max():g}", _INK, font, anchor="rt")
    return _reduced(sheet)


def _dot(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, fill: tuple[int, int, int]) -> None:
    pen.ellipse([each * _SCALE for each in (x - radius, y - radius, x + radius, y + radius)], fill=fill)


def _font(size: int = 12) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size * _SCALE)


def _reduced(sheet: Image.Image) -> Image.Image:
    return sheet.resize((sheet.width // _SCALE, sheet.height // _SCALE), Image.Resampling.LANCZOS)
