"""What the studio computes of the pictures put down: a movement of a slider is one decode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL.Image import Image

from unweave.codes import Codes
from unweave.draw import animation
from unweave.errors import UnweaveError
from unweave.images import pictures
from unweave.model import Model, exchange
from unweave.studio.picked import Picked, picture, values

REMEMBERED = 64
"""Images whose codes are kept: the last ones that were used."""

Donor = Picked | str
"""Where an attribute comes from: an exemplar, or a class, which stands for its mean code."""


class Desk:
    """A model, and the codes of the pictures before it, which are found once for each content."""

    def __init__(self, model: Model) -> None:
        self.model, self.card = model, model.card
        self._remembered = lru_cache(REMEMBERED)(self._encoded)

    def codes(self, picked: Picked) -> Codes:
        """The codes of an image."""
        return self._remembered(picked.content)

    def picture(self, picked: Picked) -> Image:
        """An image as the model sees it."""
        return picture(picked, self.card)

    def distance(self, picked: Picked) -> float:
        """How far it is from the training images (see `Model.distance_from_training`)."""
        return self.model.distance_from_training(values(picked, self.card))[0]

    def changed(self, base: Picked, donors: Mapping[str, Donor], strengths: Mapping[str, float]) -> Image:
        """The base, with attributes taken from exemplars and classes."""
        lent = {
            name: self.model.mean_code(name, donor) if isinstance(donor, str) else self.codes(donor)
            for name, donor in donors.items()
        }
        return self._shown(exchange(self.codes(base), lent, strengths))[0]

    def mixed(self, base: Picked, attribute: str, parts: Sequence[tuple[Picked, float]]) -> Image:
        """The base, with the weighted mean of several images' codes in one attribute (Eq. 11); see `shares`."""
        mixture = Codes.mix([self.codes(picked) for picked, _ in parts], [share for _, share in parts])
        return self._shown(exchange(self.codes(base), {attribute: mixture}, {attribute: 1.0}))[0]

    def passage(self, base: Picked, attribute: str, start: Picked, end: Picked, steps: int) -> list[Image]:
        """`steps` images from one exemplar of an attribute to another (Eq. 12), both ends included."""
        first, last = self.codes(start), self.codes(end)
        path = Codes.cat([first.lerp(last, k / (steps - 1)) for k in range(steps)])
        return self._shown(exchange(self.codes(base).at([0] * steps), {attribute: path}, {attribute: 1.0}))

    def matrix(
        self, attribute: str, sources: Sequence[Picked], exemplars: Sequence[Picked], strength: float
    ) -> list[list[Image]]:
        """A row a source, a column an exemplar of the attribute."""
        own = Codes.cat([self.codes(source) for source in sources])
        columns = [self._shown(own.swap(self.codes(one), {attribute: strength})) for one in exemplars]
        return [list(row) for row in zip(*columns, strict=True)]

    def _encoded(self, content: bytes) -> Codes:
        return self.model.encode(values(Picked(content=content, path=""), self.card))

    def _shown(self, codes: Codes) -> list[Image]:
        return pictures(self.model.decode(codes))


def shares(parts: Sequence[tuple[Picked | None, float]]) -> list[tuple[Picked, float]]:
    """The pictures that are there and weigh something, with their shares of the whole, which are told to four digits.

    Raises `UnweaveError` where there are none.
    """
    there = [(picked, weight) for picked, weight in parts if picked is not None and weight > 0]
    if not there:
        raise UnweaveError("there is nothing to mix: put down a picture and give it a weight above 0")
    whole = sum(weight for _, weight in there)
    return [(picked, share) for picked, weight in there if (share := round(weight / whole, 4)) > 0]


def loop(frames: Sequence[Image]) -> bytes:
    """A passage forth and back, as an animated WebP."""
    with TemporaryDirectory() as folder:
        animation(frames, Path(folder) / "loop.webp")
        return (Path(folder) / "loop.webp").read_bytes()
