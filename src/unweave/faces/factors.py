"""What a rendered picture is made from, and the true answer of a swap."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from numbers import Integral, Real
from typing import NamedTuple

from unweave.errors import UnweaveError, did_you_mean

EXPRESSIONS = ("neutral", "smile", "surprise", "squint", "disgust", "scream", "angry", "sad", "afraid", "contempt")
LIGHTS = ("room", "far-left", "left", "half-left", "front", "half-right", "right", "far-right", "top", "below")
GAZES = ("left", "front", "right")
COLOURS = ("neutral", "warm", "cool", "grey")
CLASSES: Mapping[str, tuple[str, ...]] = {
    "expression": EXPRESSIONS,
    "light": LIGHTS,
    "gaze": GAZES,
    "colour": COLOURS,
}
"""Factor -> its classes. Left and right are those of the picture."""
LARGEST_ANGLE = 15
"""Degrees that a head may be turned, nodded or tilted."""
SMALLEST, LARGEST = 16, 1024
"""Sides of a picture in pixels."""
COLUMNS = (
    "identity",
    "expression",
    "intensity",
    "variation",
    "light",
    "gaze",
    "colour",
    "yaw",
    "pitch",
    "roll",
    "background",
    "styling",
    "glasses",
    "facial_hair",
)
"""The factors' columns in metadata.csv."""
BROUGHT: Mapping[str, tuple[str, ...]] = {
    "identity": ("identity", "glasses", "facial_hair"),
    "expression": ("expression", "intensity", "variation"),
    "light": ("light",),
    "gaze": ("gaze",),
    "colour": ("colour",),
}
"""What there are true answers for -> the factors that come along with it from its exemplar."""


@dataclass(frozen=True, kw_only=True)
class Factors:
    """All that decides the pixels of a picture. Raises `UnweaveError`, which names the factor, for what cannot be."""

    identity: int = 0
    """The person's number, from 0; there is no last one. Brings the face, and colour and curl of the hair."""
    expression: str = "neutral"
    intensity: float = 1.0
    """Of the expression: 0 (none) to 1 (full)."""
    variation: int = 0
    """Number of the natural variation of the expression, the same for every person; 0 is the plain expression."""
    light: str = "front"
    gaze: str = "front"
    colour: str = "neutral"
    """Of the finished picture."""
    yaw: float = 0.0
    """Turn of the head in degrees, within 15, as pitch and roll are."""
    pitch: float = 0.0
    roll: float = 0.0
    background: int | None = None
    """Number of the background; None: the person's own, as are styling, glasses and facial hair."""
    styling: int | None = None
    """Number of the hairdo and the clothes, which people change."""
    glasses: bool | None = None
    facial_hair: bool | None = None
    """Of men; women have none, whatever is asked for."""

    def __post_init__(self) -> None:
        for name, known in CLASSES.items():
            check_class(name, getattr(self, name), known)
        for name in ("identity", "variation", "background", "styling"):
            if getattr(self, name) is not None or name in ("identity", "variation"):
                check_whole(name, getattr(self, name), 0)
        check_range("intensity", self.intensity, 0, 1)
        for name in ("yaw", "pitch", "roll"):
            check_range(name, getattr(self, name), -LARGEST_ANGLE, LARGEST_ANGLE, "degrees ")
        for name in ("glasses", "facial_hair"):
            check_wearing(name, getattr(self, name))


class Own(NamedTuple):
    """What a person brings along where the factors say None."""

    background: int
    styling: int
    glasses: bool
    facial_hair: bool


def own(identity: int) -> Own:
    """The person's own background and styling, and whether there are glasses and facial hair."""
    from unweave.faces.people import person  # and with it numpy, which the command line's help does without

    who = person(identity)
    return Own(who.background, who.styling, who.glasses is not None, who.beard_style != "none")


def resolved(factors: Factors) -> Factors:
    """The factors of the same picture with no None among them."""
    defaults = own(factors.identity)._asdict()
    return replace(factors, **{name: value for name, value in defaults.items() if getattr(factors, name) is None})


def truth(
    source: Factors,
    *,
    identity: Factors | None = None,
    expression: Factors | None = None,
    light: Factors | None = None,
    gaze: Factors | None = None,
    colour: Factors | None = None,
) -> Factors:
    """The factors of the true answer: the source's, but for each attribute named those of its exemplar.

    An identity brings the face, colour and curl of the hair, glasses and facial hair; an expression its class,
    intensity and variation; light, gaze and colour only themselves. Pose, background, hairdo and clothes stay the
    source's.
    """
    answer = source
    if identity is not None:
        mine = own(source.identity)  # the source's own background and styling must not become the new person's
        answer = replace(
            answer,
            background=mine.background if source.background is None else source.background,
            styling=mine.styling if source.styling is None else source.styling,
        )
    exemplars = {"identity": identity, "expression": expression, "light": light, "gaze": gaze, "colour": colour}
    for name, exemplar in exemplars.items():
        if exemplar is not None:
            answer = replace(answer, **{factor: getattr(exemplar, factor) for factor in BROUGHT[name]})
    return answer


def to_row(factors: Factors) -> dict[str, str]:
    """The factors as cells of metadata.csv, by `COLUMNS`: the intensity in percent, no None."""
    full = resolved(factors)
    cells = {name: f"{getattr(full, name)}" for name in COLUMNS}
    for name in ("yaw", "pitch", "roll"):
        cells[name] = f"{getattr(full, name) + 0.0:g}"  # never "-0"
    for name in ("glasses", "facial_hair"):
        cells[name] = "yes" if getattr(full, name) else "no"
    return {**cells, "identity": person_name(full.identity), "intensity": f"{100 * full.intensity:.6g}"}


def from_row(cells: Mapping[str, object]) -> Factors:
    """The factors in a row of metadata.csv; other columns are ignored, an empty cell is the factor's default.

    Cells are text, or the numbers that readers of tables make of it. Raises `UnweaveError` that names the column for a
    cell that cannot be read.
    """
    values = {}
    for name in (field.name for field in fields(Factors)):
        cell = "" if cells.get(name) is None else str(cells[name]).strip()
        if cell:
            values[name] = _from_cell(name, cell)
    return Factors(**values)


def person_name(identity: int) -> str:
    """The label of a person: person0003."""
    return f"person{identity:04d}"


def check_class(what: str, value: object, known: tuple[str, ...]) -> None:
    """Raise `UnweaveError` where `value` is none of `known`."""
    if value not in known:
        guess = did_you_mean(str(value), known)
        raise UnweaveError(f"{what} is {value!r}, expected one of {', '.join(known)}" + (f"; {guess}" if guess else ""))


def check_whole(what: str, value: object, least: int, most: float = math.inf, unit: str = "") -> None:
    """Raise `UnweaveError` where `value` is no whole number from `least` to `most`."""
    if not (isinstance(value, Integral) and not isinstance(value, bool) and least <= int(value) <= most):
        bounds = f"from {least}" if most == math.inf else f"from {least} to {most}"
        raise UnweaveError(f"{what} is {value!r}, expected a whole number {bounds}{unit}")


def check_wearing(what: str, value: object) -> None:
    """Raise `UnweaveError` where `value` says neither with nor without, nor leaves it to the person."""
    if value not in (None, True, False):
        raise UnweaveError(f"{what} is {value!r}, expected True, False or None")


def check_size(size: object) -> None:
    """Raise `UnweaveError` for a side that no picture is rendered with."""
    check_whole("size", size, SMALLEST, LARGEST, " pixels")


def check_range(what: str, value: object, least: float, most: float, unit: str = "") -> None:
    """Raise `UnweaveError` where `value` is no number from `least` to `most`."""
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    if not least <= number <= most:
        raise UnweaveError(f"{what} is {value!r}, expected {unit}from {least} to {most}")


def _from_cell(name: str, cell: str) -> object:
    try:
        if name in CLASSES:
            return cell
        if name in ("glasses", "facial_hair"):
            return {"yes": True, "no": False}[cell]
        if name in ("identity", "variation", "background", "styling"):
            return int(cell.removeprefix("person"))
        return float(cell) / 100 if name == "intensity" else float(cell)
    except (ValueError, KeyError):
        form = "yes or no" if name in ("glasses", "facial_hair") else "a number"
        raise UnweaveError(f"{name} is '{cell}', expected {form}") from None
