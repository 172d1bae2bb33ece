"""Pictures put down in the studio, as the model sees them: what is uploaded, and a gallery of a set of images."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from shlex import quote

import numpy as np
from PIL import Image

from unweave.arrays import Float, UInt8
from unweave.card import ModelCard
from unweave.data.findings import Row
from unweave.data.layouts import image_names, list_rows
from unweave.data.pictures import crop_resize, decode, is_animated, to_picture, to_values
from unweave.data.store import Store, find_source
from unweave.errors import UnweaveError
from unweave.files import bundled

MOST = 48
"""Images of a gallery; of more, those spread over all of them."""
BUNDLED = "faces64"
"""The set that serves as a gallery where none is named."""


@dataclass(frozen=True, kw_only=True)
class Picked:
    """An image as the model sees it."""

    content: bytes
    """Its pixels: uint8 of (size, size, channels)."""
    path: str
    """What commands call it."""
    labels: tuple[tuple[str, str], ...] = ()
    """Attribute and class, where they are known."""
    unpacked_by: str = ""
    """The command that puts it there, where it lies in a .zip."""

    @property
    def told(self) -> str:
        """What it shows, in words."""
        return ", ".join(f"{name} {label}" for name, label in self.labels) or PurePosixPath(self.path).name

    def told_of(self, attribute: str) -> str:
        """What it shows in one attribute, in words."""
        return dict(self.labels).get(attribute) or self.told


def pixels(picked: Picked, card: ModelCard) -> UInt8[np.ndarray, "size size channels"]:
    """Its pixels in [0, 255]."""
    return np.frombuffer(picked.content, np.uint8).reshape(card.size, card.size, card.channels)


def picture(picked: Picked, card: ModelCard) -> Image.Image:
    """What the model sees."""
    return to_picture(pixels(picked, card))


def values(picked: Picked, card: ModelCard) -> Float[np.ndarray, "1 channels size size"]:
    """What the networks see, in [-1, 1]."""
    return to_values(pixels(picked, card)[None])


def uploaded(file: str | Path, name: str, card: ModelCard) -> tuple[Picked, str]:
    """The picture in a file that was called `name`, and a line about it where something is left out of it.

    Raises `UnweaveError`, in a line that names `name`, for what cannot be read (see `data/pictures.py`).
    """
    name = PurePosixPath(name.replace("\\", "/")).name or "image"
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise UnweaveError(f"{name}: cannot be read ({error.strerror})") from error
    picked = _pick(data, name, card, path=_no_flag(name))
    return picked, f"{name}: is animated, its first frame is taken" if is_animated(data, name) else ""


def gallery(source: str | None, card: ModelCard) -> tuple[Picked, ...]:
    """Up to `MOST` images of a folder, a .zip or a bundled set: test images if there are any, labelled ones or not.

    Of the bundled faces if `source` is None and the model is of their attributes, else none. Images that cannot be
    read are left out, with a line on stderr. Raises `UnweaveError` where there are no others in `source`.
    """
    place = find_source(BUNDLED if source is None else source)
    with Store(place) as store:
        rows = list_rows(store, None).rows or [
            Row(place=name, file=name, split="train", values={}) for name in image_names(store)
        ]
        if source is None and not (rows and set(card.attributes) <= set(rows[0].values)):
            return ()
        if not rows:
            raise UnweaveError(f"{place}: holds no images")
        rows = [row for row in rows if row.split == "test"] or rows
        shown = [rows[int(k)] for k in np.linspace(0, len(rows) - 1, min(MOST, len(rows))).round()]
        packed = place.is_file()
        folder = _no_flag(f"{place.stem}-images" if packed else str(place))
        name = place.stem if place == bundled(place.name) else _no_flag(str(place))

        def pick(row: Row) -> Picked:
            return _pick(
                store.read(row.file),
                row.file,
                card,
                path=f"{folder}/{row.file}",
                labels=_labels(row.values, card),
                unpacked_by=f"unweave data unpack {quote(name)} {quote(folder)}" if packed else "",
            )

        return _readable(shown, pick, place)


def _readable(rows: Iterable[Row], pick: Callable[[Row], Picked], place: Path) -> tuple[Picked, ...]:
    """The images of those rows that can be read; one at least."""
    found: list[Picked] = []
    wrong: list[UnweaveError] = []
    for row in rows:
        try:
            found.append(pick(row))
        except UnweaveError as error:
            wrong.append(error)
    if not found:
        raise UnweaveError(f"{place}: none of {len(wrong)} images can be read; {wrong[0]}")
    if wrong:
        print(f"unweave: warning: {wrong[0]}; images left out of the gallery: {len(wrong)}", file=sys.stderr)
    return tuple(found)


def unlike(some: Sequence[Picked], base: Picked, attribute: str) -> Picked | None:
    """The first of `some` that shows another class of an attribute than `base` does; None if none is known to."""
    own = dict(base.labels).get(attribute)
    return next((each for each in some if own and dict(each.labels).get(attribute, own) != own), None)


def spread(some: Sequence[Picked], count: int) -> list[Picked]:
    """Up to `count` of them, evenly spread."""
    return [some[int(k)] for k in np.linspace(0, len(some) - 1, min(count, len(some))).round()]


def _no_flag(path: str) -> str:
    """A path that no command takes for a flag."""
    return f"./{path}" if path.startswith("-") else path


def _labels(labels: Mapping[str, str | None], card: ModelCard) -> tuple[tuple[str, str], ...]:
    return tuple((name, label) for name in card.attributes if (label := labels.get(name)))


def _pick(
    data: bytes,
    name: str,
    card: ModelCard,
    *,
    path: str,
    labels: tuple[tuple[str, str], ...] = (),
    unpacked_by: str = "",
) -> Picked:
    image = decode(data, name)
    try:
        cut = crop_resize(image, size=card.size, channels=card.channels, crop=card.crop)
    except UnweaveError as error:
        raise UnweaveError(f"{name}: {error}") from error
    return Picked(content=cut.tobytes(), path=path, labels=labels, unpacked_by=unpacked_by)
