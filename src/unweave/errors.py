"""The one exception a user is meant to read, and what its line is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class UnweaveError(Exception):
    """Something the user can mend; `str(error)` is one plain line saying what, where and how."""

    def __str__(self) -> str:
        return one_line(super().__str__())


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The question for the name among `known` that is most like `name`; empty if none is."""
    close = get_close_matches(name, list(known), n=1)
    return f"did you mean '{close[0]}'?" if close else ""


def first_few(names: Sequence[str], most: int) -> str:
    """The first names, up to `most` of them, with dots where there are more."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


def one_line(text: str) -> str:
    r"""`text` with all that breaks or colours a line of a terminal spelled out, as \n: names may hold anything."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
