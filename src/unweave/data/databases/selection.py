"""Which of an owner's pictures are taken, with which labels, and what is missing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from unweave.data.table import natural
from unweave.errors import UnweaveError, first_few

SHOWN = 8
"""People, or pictures of a person, that a line about missing ones names."""


class Picture(NamedTuple):
    """A picture to take."""

    source: str
    """Its name inside the owner's folder."""
    split: str
    """train or test."""
    labels: Mapping[str, str]
    """One for each column of the metadata, in order."""

    @property
    def file(self) -> str:
        """The name it gets: split and labels, which tell all pictures apart."""
        return f"{self.split}/{'-'.join(self.labels.values())}.png"


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The pictures of a database that are taken."""

    database: str
    looked_for: str
    """Names that its owner gives its pictures, as lines tell them."""
    attributes: tuple[str, ...]
    """Columns to model; others are information."""
    pictures: tuple[Picture, ...]
    """In natural order of their labels; no two have the same."""
    crop: Callable[[int, int], str]
    """From width and height of a picture to its crop, as `crop_resize` takes it."""
    settings: Mapping[str, object]
    """What the selection was asked for, as far as it can be chosen."""
    notes: tuple[str, ...]
    """What is missing and how the selection differs from the paper's, a line each."""

    def of(self, split: str) -> list[Picture]:
        """The pictures of a split."""
        return [picture for picture in self.pictures if picture.split == split]


def ordered(names: Iterable[str]) -> list[str]:
    """Each name once, in natural order: 2 before 10."""
    return sorted(set(names), key=natural)


def first_of_each(found: Iterable[Picture]) -> dict[tuple[str, ...], Picture]:
    """Labels -> the first picture that has them; of copies in several folders the first in natural order is taken."""
    chosen: dict[tuple[str, ...], Picture] = {}
    for picture in sorted(found, key=lambda picture: (natural("\n".join(picture.labels.values())), picture.source)):
        chosen.setdefault(tuple(picture.labels.values()), picture)
    return chosen


def nothing_found(database: str, source: str, names: Sequence[str], looked_for: str) -> UnweaveError:
    """The error where no picture of a database is there: what was looked for, and what is there instead."""
    there = f"{len(names)} files, such as {names[0]}" if names else "no files"
    return UnweaveError(f"{source}: holds no pictures of {database}; looked for {looked_for}; found {there}")


def missing_parts(found: Collection[str], expected: int | Collection[str], what: str) -> list[str]:
    """A line where fewer people or lights are there than expected, with those that are missing where it is known."""
    if isinstance(expected, int):
        return [f"missing: {expected - len(found)} of {expected} {what}"] if len(found) < expected else []
    missing = [name for name in expected if name not in found]
    return [f"missing: {len(missing)} of {len(expected)} {what}: {first_few(missing, SHOWN)}"] if missing else []


def missing_pictures(found: Mapping[str, Collection[str]], expected: Sequence[str]) -> list[str]:
    """A line for each person without all of the `expected` pictures, for the first few; one for all the others."""
    lines = []
    for person, pictures in found.items():
        missing = [picture for picture in expected if picture not in pictures]
        if missing:
            lines.append(
                f"missing: {len(missing)} of {len(expected)} pictures of {person}: {first_few(missing, SHOWN)}"
            )
    more = len(lines) - SHOWN
    return lines[:SHOWN] + ([f"missing: pictures of {more} more people"] if more > 0 else [])


def base(name: str) -> str:
    """The last part of a name."""
    return name.rpartition("/")[2]
