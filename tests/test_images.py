"""What users hold, told apart: paths, pictures of Pillow's and NumPy's, tensors, lists of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from unweave.checkpoint import ModelCard
from unweave.errors import UnweaveError
from unweave.images import given, read

CARD = ModelCard(attributes={"who": ("a",)}, size=32, channels=3, crop="center", width=1 / 16, residual_blocks=1)


def picture(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (36, 40, 3), np.uint8))


@pytest.mark.parametrize("wrong", [None, 3])
def test_what_is_no_image_gets_its_line_alone_and_in_a_list(wrong: object) -> None:
    line = f"an image is a path, a PIL image or a tensor, got {type(wrong).__name__}"
    for images in (wrong, [wrong], ["a.png", wrong], (picture(0), wrong), [torch.zeros(3, 32, 32), wrong]):
        with pytest.raises(UnweaveError) as error:
            given(images)
        assert str(error.value) == line


def test_pictures_of_numpy_are_taken_as_pillows_are() -> None:
    colour, grey = picture(0), picture(1).convert("L")
    pixels, shades = np.asarray(colour), np.asarray(grey)
    for images, pillow in ((pixels, colour), ([pixels], colour), (pixels[None], colour), (shades, grey)):
        assert np.array_equal(read(given(images).items, CARD), read([pillow], CARD))
    assert np.array_equal(read(given(shades[..., None]).items, CARD), read([grey], CARD))
    assert given(pixels).single
    assert not given(pixels[None]).single
    assert not given([pixels]).single


def test_an_array_of_float32_is_taken_as_the_tensor_of_its_values() -> None:
    values = np.random.default_rng(0).uniform(-1, 1, (2, 3, 32, 32)).astype(np.float32)
    assert given(values).tensors
    assert given(values[0]).single
    assert np.array_equal(read(given(values).items, CARD), values)
    assert np.array_equal(read(given([values[0], torch.from_numpy(values[1])]).items, CARD), values)
    with pytest.raises(UnweaveError, match=r"^a tensor is 32 x 32 x 3, the model takes 3 x 32 x 32"):
        read(given(values[0].transpose(1, 2, 0)).items, CARD)


@pytest.mark.parametrize("array", [np.zeros((32, 32, 3)), np.zeros((8, 8, 4), np.uint8), np.zeros((0, 8, 3), np.uint8)])
def test_an_array_that_is_no_picture_gets_its_line(array: np.ndarray) -> None:
    for images in (array, [array], array[None]):
        with pytest.raises(UnweaveError) as error:
            given(images)
        line = f"an array is {array.dtype} of shape {array.shape}, expected uint8 of shape (height, width, 3 or 1)"
        assert str(error.value) == line
