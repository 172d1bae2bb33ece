"""Labels from file names, by a pattern such as {identity}-{expression}-{light}."""

from __future__ import annotations

import re
from dataclasses import dataclass

from unweave.errors import UnweaveError

EXAMPLE = "{identity}-{expression}-{light}"


@dataclass(frozen=True)
class Pattern:
    """What a file name, without its ending, is made of."""

    text: str
    names: tuple[str, ...]
    """Of the pieces in order, without those that are ignored."""
    _matcher: re.Pattern[str]

    def labels(self, stem: str) -> dict[str, str] | None:
        """Piece -> its text in `stem`; None where `stem` is not made that way."""
        match = self._matcher.fullmatch(stem)
        return None if match is None else dict(zip(self.names, match.groups(), strict=True))


def read_pattern(text: str) -> Pattern:
    """The pattern that `text` spells: {name} is a label, {_} any text, all else stands for itself.

    A piece is one or more characters, and never holds a text that stands between two pieces, so that each name has one
    reading at most. Raises `UnweaveError` for pieces without a name, of the same name, or with nothing in between.
    """
    parts = re.split(r"\{([^{}]*)\}", text)
    between, pieces = parts[::2], parts[1::2]
    names = tuple(piece for piece in pieces if piece != "_")
    if any("{" in part or "}" in part for part in between) or not all(piece.strip() for piece in pieces) or not names:
        raise UnweaveError(f"pattern '{text}' cannot be read, expected names in braces such as {EXAMPLE}")
    if len(set(names)) < len(names):
        raise UnweaveError(f"pattern '{text}' has a name twice, expected each once; {{_}} ignores a piece")
    if not all(between[1:-1]):
        raise UnweaveError(f"pattern '{text}' has two pieces with nothing in between, so where one ends is unknown")
    stop = "|".join(map(re.escape, between[1:-1]))
    piece = f"(?:(?!{stop}).)+" if stop else ".+"
    expression = re.escape(between[0])
    for name, after in zip(pieces, between[1:], strict=True):
        expression += (piece if name == "_" else f"({piece})") + re.escape(after)
    return Pattern(text, names, re.compile(expression, re.DOTALL))
