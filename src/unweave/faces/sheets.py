"""Contact sheets: what people, expressions, lights and the other factors look like."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from PIL import Image

from unweave.draw import TILE, grid
from unweave.faces.factors import COLOURS, EXPRESSIONS, GAZES, LIGHTS, Factors, person_name
from unweave.faces.needs import need_extra
from unweave.faces.writing import Renderer


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Pictures in rows and columns."""

    rows: Sequence[Sequence[Factors]]
    row_labels: Sequence[str]
    column_labels: Sequence[str] = ()

    def __len__(self) -> int:
        return sum(len(row) for row in self.rows)


def people(first: int) -> Sheet:
    """Many people, all neutral."""
    numbers = [range(start, start + 8) for start in range(first, first + 48, 8)]
    return Sheet(
        rows=[[Factors(identity=number) for number in row] for row in numbers],
        row_labels=[person_name(row[0]) for row in numbers],
    )


def expressions(first: int) -> Sheet:
    """All expressions at full strength."""
    return _by_person(first, 6, {name: {"expression": name} for name in EXPRESSIONS})


def intensity(first: int) -> Sheet:
    """Expressions from nothing to full strength, of one person each."""
    names, strengths = [name for name in EXPRESSIONS if name != "neutral"], [k / 5 for k in range(6)]
    rows = [
        [Factors(identity=first + k, expression=name, intensity=strength) for strength in strengths]
        for k, name in enumerate(names)
    ]
    return Sheet(rows=rows, row_labels=names, column_labels=[f"{100 * strength:.0f} %" for strength in strengths])


def variations(first: int) -> Sheet:
    """Natural variations of expressions; the same column on two people is the same variation."""
    names = ("neutral", "smile", "sad")
    rows = [
        [Factors(identity=number, expression=name, variation=k) for k in range(8)]
        for number in (first, first + 1)
        for name in names
    ]
    return Sheet(
        rows=rows,
        row_labels=[f"{name} {number}" for number in (first, first + 1) for name in names],
        column_labels=[f"variation {k}" for k in range(8)],
    )


def lights(first: int) -> Sheet:
    """All lights."""
    return _by_person(first, 4, {name: {"light": name} for name in LIGHTS})


def gaze(first: int) -> Sheet:
    """All gazes, as seen in the picture."""
    return _by_person(first, 4, {name: {"gaze": name} for name in GAZES})


def colours(first: int) -> Sheet:
    """All colours of the finished picture."""
    return _by_person(first, 4, {name: {"colour": name} for name in COLOURS})


def pose(first: int) -> Sheet:
    """The head turned, nodded and tilted."""
    turns = [("yaw", angle) for angle in (-15.0, -7.0, 0.0, 7.0, 15.0)]
    turns += [(name, angle) for name in ("pitch", "roll") for angle in (-15.0, 15.0)]
    return _by_person(first, 3, {f"{name} {angle:g}": {name: angle} for name, angle in turns})


def belongings(first: int) -> Sheet:
    """Hairdos with their clothes, backgrounds, glasses and facial hair."""
    from unweave.faces.people import BACKGROUNDS

    columns: dict[str, dict[str, object]] = {f"styling {k}": {"styling": k} for k in range(1, 7)}
    columns |= {f"background {k}": {"background": k} for k in range(BACKGROUNDS)}
    columns |= {"glasses": {"glasses": True}, "no glasses": {"glasses": False}}
    columns |= {"facial hair": {"facial_hair": True}, "shaven": {"facial_hair": False}}
    return _by_person(first, 3, columns)


SHEETS: Mapping[str, Callable[[int], Sheet]] = {
    "people": people,
    "expressions": expressions,
    "intensity": intensity,
    "variations": variations,
    "lights": lights,
    "gaze": gaze,
    "colours": colours,
    "pose": pose,
    "belongings": belongings,
}
"""Name -> the sheet, of people from the given number on."""


def draw_sheet(
    sheet: Sheet, *, size: int = 128, render: Renderer | None = None, done: Callable[[int], object] = lambda _: None
) -> Image.Image:
    """Render a sheet with pictures of `size` pixels; `done` is told after each row how many pictures it had."""
    if render is None:
        need_extra()
        from unweave.faces.studio import render_lights as render
    rows = []
    for row in sheet.rows:
        if len({replace(factors, light="room") for factors in row}) == 1:
            pictures = list(render(row[0], [factors.light for factors in row], size))
        else:
            pictures = [render(factors, [factors.light], size)[0] for factors in row]
        rows.append(pictures)
        done(len(row))
    return grid(rows, row_labels=sheet.row_labels, column_labels=sheet.column_labels)


def stacked_size(sheets: Sequence[Sheet], size: int) -> tuple[int, int]:
    """Width and height of sheets with pictures of `size` pixels, one below another; nothing is rendered."""
    blank = Image.new("RGB", (TILE, TILE))
    drawn = [draw_sheet(sheet, size=TILE, render=lambda _, lights, __: [blank] * len(lights)) for sheet in sheets]
    more = size * max(1, TILE // size) - TILE  # than here, of each picture as `grid` shows it
    widths = [picture.width + more * max(map(len, sheet.rows)) for picture, sheet in zip(drawn, sheets, strict=True)]
    return max(widths), sum(picture.height for picture in drawn) + more * sum(len(sheet.rows) for sheet in sheets)


def _by_person(first: int, count: int, columns: Mapping[str, Mapping[str, object]]) -> Sheet:
    """A row a person, each column with its own change."""
    numbers = range(first, first + count)
    return Sheet(
        rows=[[Factors(**{"identity": number, **change}) for change in columns.values()] for number in numbers],
        row_labels=[person_name(number) for number in numbers],
        column_labels=list(columns),
    )
