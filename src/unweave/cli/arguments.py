"""What commands are given, as text, turned into names, numbers and files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from unweave.errors import UnweaveError

Seed = Annotated[int, Parameter(validator=validators.Number(gte=0, lt=2**32))]
"""What random numbers begin with."""


def assignments(values: Sequence[str], flag: str, form: str) -> dict[str, str]:
    """["expression=b.png", ...] as name -> value; `form` is what errors say was expected, such as ATTRIBUTE=IMAGE."""
    found: dict[str, str] = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise UnweaveError(f"{flag} is '{text}', expected {form}")
        if name in found:
            raise UnweaveError(f"{flag} gives {name} twice, expected each attribute once")
        found[name] = value
    return found


def strength(values: Sequence[str]) -> float | dict[str, float]:
    """["0.6"] as one strength for all, ["expression=0.6", ...] as one for each attribute; 1 if there are none."""
    if len(values) == 1 and "=" not in values[0]:
        return number(values[0], "--strength")
    return {
        name: number(value, f"--strength of {name}")
        for name, value in assignments(values, "--strength", "a number, or ATTRIBUTE=NUMBER for each attribute").items()
    }


def number(text: str, what: str) -> float:
    """`text` as a number."""
    try:
        return float(text)
    except ValueError:
        raise UnweaveError(f"{what} is '{text}', expected a number") from None


def weighted(values: Sequence[str]) -> tuple[list[Path], list[float] | None]:
    """["a.png=0.5", ...] as files and weights; the weights are None where no file has one."""
    files: list[Path] = []
    weights: list[float] = []
    for text in values:
        name, equals, weight = text.rpartition("=")
        if equals and re.fullmatch(r"[-+0-9.e]+", weight) and not Path(text).exists():
            files.append(Path(name))
            weights.append(number(weight, f"the weight of {name}"))
        else:
            files.append(Path(text))
    if weights and len(weights) < len(files):
        raise UnweaveError(f"{len(weights)} of {len(files)} images have a weight, expected all (a.png=0.5) or none")
    return files, weights or None


def image_files(path: Path) -> list[Path]:
    """The images in a folder, in natural order ("2.png" before "10.png"); a file is the only one."""
    from unweave.data.pictures import ENDINGS
    from unweave.data.table import natural

    if not path.is_dir():
        return [path]
    files = [file for file in path.iterdir() if file.suffix.lower() in ENDINGS and not file.name.startswith(".")]
    if not files:
        raise UnweaveError(f"{path}: holds no images, expected some such as .png or .jpg")
    return sorted(files, key=lambda file: natural(file.name))


def file_names(files: Sequence[Path]) -> list[str]:
    """A name for each file: without its ending where that tells all of them apart, else with it."""
    stems = [file.stem for file in files]
    return stems if len(set(stems)) == len(stems) else [file.name for file in files]


def check_out(out: Path, folder: bool, *, data: str | Path | None = None) -> None:
    """Raise `UnweaveError` where `out` cannot become a picture, or a new folder of pictures.

    `data`: what is read; where that is a folder, `out` may not lie in it.
    """
    from unweave.data.store import check_outside
    from unweave.draw import STILL, check_target
    from unweave.files import check_new_folder, expanded

    if not folder:
        check_target(out, STILL)
    elif out.suffix.lower() in STILL:
        raise UnweaveError(
            f"{out}: is the name of a picture, but there are many to write; name a folder, such as {out.stem}"
        )
    else:
        check_new_folder(out)
    if data is not None:
        check_outside(out, expanded(data))
