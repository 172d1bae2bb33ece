"""The card of a model: what it says of itself, in its file or beside its graphs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from math import inf
from typing import Any

from unweave.codes import REST
from unweave.data.pictures import check_crop

LARGEST_SIZE = 8000
"""Pixels; a damaged or hostile card could otherwise have a picture enlarged to more than the memory."""


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """What a model file says of itself: enough to be loaded and used without any flags."""

    attributes: dict[str, tuple[str, ...]]
    """Attribute -> its classes, both in order."""
    size: int
    """Side of the images, in pixels."""
    channels: int
    """3 for RGB, 1 for grey."""
    crop: str
    """The crop that pictures get before they are resized (see `data/pictures.py`)."""
    width: float
    residual_blocks: int
    decoder_norm: str = "instance"
    step: int = 0
    """Training steps behind these weights."""
    reconstruction: dict[str, float] = field(default_factory=dict)
    """Mean absolute reconstruction error of held-out images on the [-1, 1] scale: `median`, and `limit`, above which an
    image counts as unlike the training images."""
    method: str = "unweave"
    name: str = ""

    @property
    def code(self) -> tuple[int, int, int]:
        """The shape of a code: channels, height, width."""
        return round(128 * self.width), self.size // 4, self.size // 4

    def fits(self, means: Mapping[str, Any]) -> bool:
        """Whether mean codes are of its attributes and classes, and as large as its codes."""
        shapes = {name: (len(classes), *self.code) for name, classes in self.attributes.items()}
        return all(shapes.get(name) == tuple(mean.shape) for name, mean in means.items())


def read_card(header: Mapping[str, Any]) -> ModelCard:
    """The card in a header; raises `TypeError`, `ValueError` or `UnweaveError` for what is no size, class and so on."""
    attributes = {name: tuple(classes) for name, classes in header["attributes"].items()}
    reconstruction = header.get("reconstruction", {})
    numbers = {"width": header["width"], **reconstruction}
    wholes = {name: header[name] for name in ("size", "channels", "residual_blocks", "step") if name in header}
    texts = {name: header[name] for name in ("crop", "method", "name", "decoder_norm") if name in header}
    for values, kinds, expected in (
        (numbers, (int, float), "a number from 0 up"),
        (wholes, (int,), "a whole number"),
        (texts | {f"class {name}": name for name in chain(*attributes.values())}, (str,), "text"),
    ):
        for name, value in values.items():
            if type(value) not in kinds or (str not in kinds and not 0 <= value < inf):
                raise ValueError(f"{name} is {value!r}, expected {expected}")
    if not 0 < header["size"] <= LARGEST_SIZE or header["size"] % 4:
        raise ValueError(f"size is {header['size']}, expected a multiple of 4 up to {LARGEST_SIZE}")
    if header["channels"] not in (1, 3):
        raise ValueError(f"channels is {header['channels']}, expected 3 or 1")
    if not attributes or not all(attributes.values()) or REST in attributes:
        raise ValueError(f"attributes are {attributes}, expected names but '{REST}', each with its classes")
    check_crop(header["crop"])
    return ModelCard(**{**header, "attributes": attributes})
