"""CMU MultiPIE (Gross et al. 2010): the frontal camera, four expressions, a choice of lights, one picture of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from unweave.data.databases.selection import (
    Picture,
    Selection,
    base,
    first_of_each,
    missing_parts,
    missing_pictures,
    nothing_found,
    ordered,
)
from unweave.data.pictures import check_crop
from unweave.errors import UnweaveError

ATTRIBUTES = ("identity", "expression", "light")
EXPRESSIONS = ("neutral", "scream", "squint", "surprise")
RECORDINGS = {
    ("01", "01"): "neutral",
    ("02", "01"): "neutral",
    ("02", "02"): "surprise",
    ("02", "03"): "squint",
    ("03", "01"): "neutral",
    ("04", "01"): "neutral",
    ("04", "02"): "scream",
    ("04", "03"): "neutral",
}
"""Session and recording of the owner's tree -> expression; smile and disgust are not among the paper's."""
CAMERAS = ("051", "05_1")
"""How the frontal camera is written."""
LIGHTS = ("01", "03", "07", "11", "13")
"""Flashes of the owner's tree that are taken where none are named: five of the 19 lights give about the paper's count.
Which five the authors took is not said; 01, 03 and 13 are known, the others stand between them. For those that are not
there others are taken."""
TEST_PEOPLE = 10
"""The first ones in natural order."""
SIDE = 220
"""Pixels of the authors' crop, of their sorted pictures: the square at the top, in the middle."""
FRAME_CROP = "256x256+192+96"
"""Crop of the owner's 640 x 480 frames where none is given: around the middle of the face as the camera is set up."""

_LOOKED_FOR = (
    "the owner's names such as session01/multiview/001/01/05_1/001_01_01_051_07.png,"
    " or sorted pictures such as 001/051/Neutral/1/01_a.jpg"
)
_FRAME = re.compile(
    r"(?P<identity>[0-9]{3})_(?P<session>[0-9]{2})_(?P<recording>[0-9]{2})_(?P<camera>[0-9]{3})_(?P<light>[0-9]{2})\.png",
    re.IGNORECASE,
)
_SORTED = re.compile(
    r"(?P<identity>[0-9]+)/(?P<camera>[^/]+)/(?P<expression>[A-Za-z]+)/(?P<light>[0-9]+)/[^/]+\.(?:jpe?g|png)",
    re.IGNORECASE,
)


def select(names: Sequence[str], source: str, *, lights: Sequence[str] = (), crop: str | None = None) -> Selection:
    """What is taken of the files called `names`: the owner's tree, or the tree sorted as the authors had it.

    `lights`: numbers of the owner's flashes, or of the sorted tree's folders; five if none are named. `crop` as in
    `crop_resize`. Of the owner's tree only people who show all the expressions are taken, of the sorted one everybody.
    The first ten people are for testing. Raises `UnweaveError` if there is nothing to take, and for lights that are not
    there; `source` is how it calls the folder.
    """
    if crop is not None:
        check_crop(crop)
    every = [(name, match) for name in names if (match := _SORTED.fullmatch("/".join(name.split("/")[-5:])))]
    is_sorted = bool(every)
    if not is_sorted:
        every = [(name, match) for name in names if (match := _FRAME.fullmatch(base(name)))]
    usable = [
        (name, match, expression)
        for name, match in every
        if match["camera"] in CAMERAS and (expression := _expression(match, is_sorted)) in EXPRESSIONS
    ]
    if not usable:
        cameras = ", ".join(ordered(match["camera"] for _, match in every))
        others = f", of camera 051 and {', '.join(EXPRESSIONS)} (cameras there: {cameras})" if every else ""
        raise nothing_found("MultiPIE", source, names, _LOOKED_FOR + others)
    usual = () if lights or is_sorted else LIGHTS
    taken = _lights(lights, usual, ordered(match["light"] for _, match, _ in usable), source)
    lit = [_picture(*each) for each in usable if each[1]["light"] in taken]
    people, notes = _people(lit, everybody=is_sorted)
    test = people[:TEST_PEOPLE]
    found = [
        picture._replace(split="test" if picture.labels["identity"] in test else "train")
        for picture in lit
        if picture.labels["identity"] in people
    ]
    chosen = first_of_each(found)
    return Selection(
        database="multipie",
        looked_for=_LOOKED_FOR,
        attributes=ATTRIBUTES,
        pictures=tuple(chosen.values()),
        crop=(lambda width, height: crop) if crop else top_square if is_sorted else lambda width, height: FRAME_CROP,
        settings={"lights": taken, "crop": crop},
        notes=(*notes, *_notes(chosen, people, taken, usual, is_sorted and crop is None)),
    )


def top_square(width: int, height: int) -> str:
    """The square of 220 pixels at the top, in the middle."""
    return f"{SIDE}x{SIDE}+{max(0, width // 2 - SIDE // 2)}+0"


def _expression(match: re.Match[str], is_sorted: bool) -> str | None:
    """None for a recording of another expression than the paper's."""
    return match["expression"].lower() if is_sorted else RECORDINGS.get((match["session"], match["recording"]))


def _picture(name: str, match: re.Match[str], expression: str) -> Picture:
    labels = {"identity": match["identity"], "expression": expression, "light": match["light"]}
    return Picture(source=name, split="train", labels=labels)


def _lights(named: Sequence[str], usual: Sequence[str], there: Sequence[str], source: str) -> list[str]:
    """The lights to take, as they are written in the tree: where none are named five, the `usual` ones first."""
    if not named:
        return ordered(sorted(there, key=lambda light: light not in usual)[: len(LIGHTS)])
    by_number = {int(light): light for light in there}
    for light in named:
        if not light.isascii() or not light.isdecimal() or int(light) not in by_number:
            raise UnweaveError(f"{source}: holds no light {light}, expected some of {', '.join(there)}")
    return ordered(by_number[int(light)] for light in named)


def _people(pictures: Sequence[Picture], *, everybody: bool) -> tuple[list[str], list[str]]:
    """The people to take, in natural order, and a line about those who are left out."""
    shown: dict[str, set[str]] = {}
    for picture in pictures:
        shown.setdefault(picture.labels["identity"], set()).add(picture.labels["expression"])
    there = ordered(picture.labels["expression"] for picture in pictures)
    complete = [person for person, expressions in shown.items() if len(expressions) == len(there)]
    people = ordered(shown if everybody or not complete else complete)
    out = len(shown) - len(people)
    return people, [f"left out: {out} people who do not show all of {', '.join(there)}"] if out else []


def _notes(
    chosen: Mapping[tuple[str, ...], Picture],
    people: Sequence[str],
    lights: Sequence[str],
    usual: Sequence[str],
    authors_crop: bool,
) -> Iterator[str]:
    of: dict[str, set[str]] = {person: set() for person in people}
    counts: dict[str, int] = dict.fromkeys(EXPRESSIONS, 0)
    for (identity, expression, light), picture in chosen.items():
        of[identity].add(f"{expression} {light}")
        counts[expression] += picture.split == "train"
    yield f"lights: {', '.join(lights)}"
    yield from missing_parts(lights, usual, "usual lights")
    absent = [expression for expression in EXPRESSIONS if not any(key[1] == expression for key in chosen)]
    if absent:
        yield f"missing: all pictures of {', '.join(absent)}"
    there = [expression for expression in EXPRESSIONS if expression not in absent]
    yield from missing_pictures(of, [f"{expression} {light}" for expression in there for light in lights])
    each = ", ".join(f"{expression} {count}" for expression, count in counts.items())
    training = max(0, len(people) - TEST_PEOPLE)
    yield f"note: training images {each}, of {training} people; the paper has 686 each, of 147 people"
    if not training:
        yield f"note: there are no training images, since the first {TEST_PEOPLE} people are for testing"
    if not authors_crop:
        yield "note: this crop is not the authors', whose pictures were cut before; look at it and set --crop"
