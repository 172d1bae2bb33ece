"""Between what users hold (files, pictures, tensors, lists of them) and the images that networks see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from PIL import Image

from unweave.arrays import Float, Tensor, as_numpy, is_tensor
from unweave.card import ModelCard
from unweave.data.pictures import crop_resize, read_picture, to_picture, to_pixels, to_values
from unweave.errors import UnweaveError

One = str | Path | Image.Image | Tensor
Images = One | np.ndarray | Sequence[One | np.ndarray]
"""A path, a picture of Pillow's, one of NumPy's (uint8 of shape (height, width, 3)), a tensor (channels, size, size) in
[-1, 1], or a list of them, or a tensor or an array with a batch axis. Pictures get the crop that the model was trained
with; tensors are taken as they are. A float32 array of NumPy's counts as a tensor."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """Images as a user gave them."""

    items: Sequence[One]
    """One each; tensors without a batch axis."""
    single: bool
    """Whether it was one image, and no list and no batch."""

    @property
    def tensors(self) -> bool:
        """Whether tensors were given, so that tensors are to be given back."""
        return _is_values(self.items[0])


def given(images: Images | object) -> Given:
    """Tell one image from several; raises `UnweaveError` for none, what is no image, tensors and pictures mixed."""
    if isinstance(images, np.ndarray):
        images = list(images) if images.ndim == 4 else _of_numpy(images)
    if isinstance(images, str | Path | Image.Image) or (_is_values(images) and images.ndim == 3):
        return Given(items=[images], single=True)
    items: list[Any] = list(images) if isinstance(images, Sequence) or is_tensor(images) else [images]
    items = [_of_numpy(item) if isinstance(item, np.ndarray) else item for item in items]
    for item in items:
        if not isinstance(item, str | Path | Image.Image) and not _is_values(item):
            raise UnweaveError(f"an image is a path, a PIL image or a tensor, got {type(item).__name__}")
    if not items:
        raise UnweaveError("the list of images is empty, expected at least one")
    if len({_is_values(item) for item in items}) > 1:
        raise UnweaveError("a list holds tensors and pictures, expected one or the other")
    return Given(items=items, single=False)


def read(items: Sequence[One], card: ModelCard) -> Float[np.ndarray, "images channels size size"]:
    """Images as the networks of `card` see them: pictures cropped and resized, tensors checked.

    Raises `UnweaveError` for a picture that cannot be read and for a tensor of another size or range.
    """
    if _is_values(items[0]):
        return np.stack([_checked(item, card) for item in items if _is_values(item)])
    return to_values(np.stack([_pixels(item, card) for item in items if isinstance(item, str | Path | Image.Image)]))


def pictures(images: Float[Tensor, "images channels size size"] | np.ndarray) -> list[Image.Image]:
    """Images in [-1, 1] as pictures of Pillow's, RGB or grey."""
    return [to_picture(pixels) for pixels in to_pixels(as_numpy(images))]


def _is_values(item: object) -> TypeGuard[Tensor]:
    """Whether it is a tensor, or what counts as one."""
    return is_tensor(item) or isinstance(item, np.ndarray)


def _of_numpy(array: np.ndarray) -> Image.Image | np.ndarray:
    if array.dtype == np.float32:
        return array
    shape = array.shape if array.ndim == 3 else (*array.shape, 1)
    if array.dtype != np.uint8 or len(shape) != 3 or shape[2] not in (1, 3) or not array.size:
        found = f"{array.dtype} of shape {array.shape}"
        raise UnweaveError(f"an array is {found}, expected uint8 of shape (height, width, 3 or 1)")
    return to_picture(array.reshape(shape))


def _pixels(item: str | Path | Image.Image, card: ModelCard) -> np.ndarray:
    picture = read_picture(item)
    try:
        return crop_resize(picture, size=card.size, channels=card.channels, crop=card.crop)
    except UnweaveError as error:
        raise UnweaveError(f"{item if isinstance(item, str | Path) else 'image'}: {error}") from None


def _checked(item: Tensor, card: ModelCard) -> np.ndarray:
    expected = (card.channels, card.size, card.size)
    if tuple(item.shape) != expected:
        raise UnweaveError(f"a tensor is {_times(item.shape)}, the model takes {_times(expected)} (or a batch of them)")
    if is_tensor(item) and not item.is_floating_point():
        raise UnweaveError(f"a tensor is of {item.dtype}, expected floating-point values in [-1, 1]")
    values = as_numpy(item)
    low, high = values.min(), values.max()
    if not (low >= -1.01 and high <= 1.01):  # also where either is no number
        raise UnweaveError(f"a tensor has values from {low:.4g} to {high:.4g}, expected [-1, 1]")
    return values


def _times(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))
