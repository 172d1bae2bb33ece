"""BU-3DFE (Yin et al. 2006): 100 people, six expressions in four intensities and neutral, as frontal 2D textures."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

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

ATTRIBUTES = ("identity", "expression")
COLUMNS = (*ATTRIBUTES, "intensity")
EXPRESSIONS = {
    "AN": "angry",
    "DI": "disgust",
    "FE": "fear",
    "HA": "happy",
    "NE": "neutral",
    "SA": "sad",
    "SU": "surprise",
}
"""The owner's code -> the label."""
PEOPLE = tuple([f"F{k:04}" for k in range(1, 57)] + [f"M{k:04}" for k in range(1, 45)])
SHAVE = 2
"""Pixels that the authors cut off all round."""

_LOOKED_FOR = "names such as F0001/F0001_AN01WH_F2D.bmp"
_NAME = re.compile(
    r"(?P<identity>[FM][0-9]{4})_(?P<code>NE(?=00)|(?:AN|DI|FE|HA|SA|SU)(?=0[1-4]))0(?P<intensity>[0-4])[A-Z]{2}"
    r"_F2D\.(?:bmp|png)",
    re.IGNORECASE,
)


def select(names: Sequence[str], source: str, *, neutral: bool = True) -> Selection:
    """What is taken of the files called `names`, in whatever folders: of a complete database 2,250 + 250 pictures.

    Without `neutral` they are the paper's 2,160 + 240. Raises `UnweaveError` if there is none; `source` is how it calls
    the folder.
    """
    matches = [(name, match) for name in names if (match := _NAME.fullmatch(base(name)))]
    people = ordered(match["identity"].upper() for _, match in matches)
    test = people_for_testing(people)
    found = [_picture(name, match, test) for name, match in matches]
    chosen = first_of_each(p for p in found if neutral or p.labels["expression"] != "neutral")
    if not chosen:
        raise nothing_found("BU-3DFE", source, names, _LOOKED_FOR)
    of: dict[str, set[str]] = {}
    for identity, expression, intensity in chosen:
        of.setdefault(identity, set()).add(f"{expression} {intensity}")
    everything = [f"{e} {k}" for e in EXPRESSIONS.values() if e != "neutral" for k in "1234"]
    notes = [
        *missing_parts(of, PEOPLE, "people"),
        *missing_parts(of, ordered(test), "test people"),
        *missing_pictures(of, [*everything, "neutral 0"] if neutral else everything),
    ]
    if neutral:
        notes.append(
            "note: neutral is in, as in the authors' code; --no-neutral leaves it out, as the paper's counts do"
        )
    return Selection(
        database="bu3dfe",
        looked_for=_LOOKED_FOR,
        attributes=ATTRIBUTES,
        pictures=tuple(chosen.values()),
        crop=crop,
        settings={"neutral": neutral},
        notes=tuple(notes),
    )


def people_for_testing(people: Sequence[str]) -> set[str]:
    """The authors' ten test people: the first of a permutation of the 100 in natural order.

    Where not all are there, those of the complete database, so that a person stays in one split however much is there.
    """
    drawn = np.random.RandomState(1234).permutation(len(PEOPLE))[:10]
    complete: Sequence[str] = people if len(people) == len(PEOPLE) else PEOPLE
    return {complete[int(k)] for k in drawn}


def crop(width: int, height: int) -> str:
    """All but 2 pixels all round."""
    return f"{max(1, width - 2 * SHAVE)}x{max(1, height - 2 * SHAVE)}+{SHAVE}+{SHAVE}"


def _picture(name: str, match: re.Match[str], test: set[str]) -> Picture:
    identity = match["identity"].upper()
    labels = (identity, EXPRESSIONS[match["code"].upper()], match["intensity"])
    split = "test" if identity in test else "train"
    return Picture(source=name, split=split, labels=dict(zip(COLUMNS, labels, strict=True)))
