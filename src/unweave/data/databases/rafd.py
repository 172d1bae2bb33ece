"""The Radboud Faces Database (Langner et al. 2010): 67 people, eight expressions, three gazes, the frontal camera."""

from __future__ import annotations

import re
from collections.abc import Sequence

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

ATTRIBUTES = ("identity", "expression", "gaze")
EXPRESSIONS = ("angry", "contemptuous", "disgusted", "fearful", "happy", "neutral", "sad", "surprised")
GAZES = ("frontal", "left", "right")
PEOPLE = 67
TEST = ("01", "02", "03", "04", "05", "07", "08", "64")
"""The authors' test people (their code; the paper says the numerically first eight)."""
SIDE, UP = 640, 128
"""The authors' crop: pixels of the centred square, and how far above the middle it lies."""
MIRRORING = "--data.mirrored-copies --data.flip-labels gaze:left=right"
"""The authors train on mirrored copies as well, both counted in an epoch."""

_LOOKED_FOR = "names such as Rafd090_01_Caucasian_female_angry_frontal.jpg"
_NAME = re.compile(
    rf"Rafd(?P<camera>[0-9]+)_(?P<identity>[0-9]+)_[^_]+_(?:male|female)"
    rf"_(?P<expression>{'|'.join(EXPRESSIONS)})_(?P<gaze>{'|'.join(GAZES)})\.(?:jpe?g|png)",
    re.IGNORECASE,
)


def select(names: Sequence[str], source: str) -> Selection:
    """What is taken of the files called `names`, in whatever folders: of a complete database 1,416 + 192 pictures.

    Raises `UnweaveError` if none is of camera 090; `source` is how it calls the folder.
    """
    matches = [(name, match) for name in names if (match := _NAME.fullmatch(base(name)))]
    cameras = ordered(match["camera"] for _, match in matches)
    frontal = [(name, match) for name, match in matches if match["camera"] == "090"]
    if not frontal:
        others = f", of camera 090 (pictures of the cameras {', '.join(cameras)} are there)" if cameras else ""
        raise nothing_found("RaFD", source, names, _LOOKED_FOR + others)
    chosen = first_of_each(_picture(name, match) for name, match in frontal)
    of: dict[str, set[str]] = {}
    for identity, expression, gaze in chosen:
        of.setdefault(identity, set()).add(f"{expression} {gaze}")
    everything = [f"{expression} {gaze}" for expression in EXPRESSIONS for gaze in GAZES]
    notes = [
        *missing_parts(of, PEOPLE, "people"),
        *missing_parts(of, TEST, "test people"),
        *missing_pictures(of, everything),
    ]
    return Selection(
        database="rafd",
        looked_for=_LOOKED_FOR,
        attributes=ATTRIBUTES,
        pictures=tuple(chosen.values()),
        crop=crop,
        settings={},
        notes=tuple(notes),
    )


def crop(width: int, height: int) -> str:
    """The centred square of 640 pixels, 128 pixels above the middle."""
    return f"{SIDE}x{SIDE}+{max(0, width // 2 - SIDE // 2)}+{max(0, height // 2 - SIDE // 2 - UP)}"


def _picture(name: str, match: re.Match[str]) -> Picture:
    labels = {column: match[column].lower() for column in ATTRIBUTES}
    return Picture(source=name, split="test" if match["identity"] in TEST else "train", labels=labels)
