"""Pictures of every kind become the same upright RGB."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from unweave.data import pictures
from unweave.data.pictures import crop_resize, decode, decode_told, read_picture, to_picture
from unweave.errors import UnweaveError

RAMP = np.linspace(0, 255, 48, dtype=np.uint8)[None].repeat(40, 0)


def encoded(image: Image.Image, kind: str = "PNG", **settings: object) -> bytes:
    data = BytesIO()
    image.save(data, kind, **settings)
    return data.getvalue()


def decoded(image: Image.Image, kind: str = "PNG", **settings: object) -> np.ndarray:
    picture = decode(encoded(image, kind, **settings), "x")
    assert picture.mode == "RGB"
    return np.asarray(picture)


def refused(data: bytes) -> str:
    with pytest.raises(UnweaveError) as error:
        decode(data, "train/a.png")
    return str(error.value)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P"])
def test_eight_bit_kinds_keep_their_values(mode: str) -> None:
    assert np.array_equal(decoded(Image.fromarray(RAMP).convert(mode)), RAMP[..., None].repeat(3, 2))


def test_one_bit_is_black_and_white() -> None:
    image = Image.fromarray(RAMP > 127)
    assert image.mode == "1"
    assert np.array_equal(decoded(image)[..., 0], np.where(RAMP > 127, 255, 0))


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_sixteen_bits_are_scaled_and_not_clipped(kind: str) -> None:
    assert np.array_equal(decoded(Image.fromarray(RAMP.astype(np.uint16) * 257), kind)[..., 1], RAMP)


def test_cmyk_is_read_as_colours() -> None:
    image = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    red = decoded(image, "JPEG", quality=100)
    assert np.abs(red.astype(int) - (255, 0, 0)).max() <= 3
    assert np.array_equal(decoded(image, "TIFF"), np.full((8, 8, 3), (255, 0, 0)))


def test_transparent_parts_lie_over_white() -> None:
    image = Image.new("RGBA", (8, 8), (0, 0, 0, 255))
    image.putpixel((3, 2), (200, 0, 0, 0))
    image.putpixel((4, 2), (0, 0, 0, 51))
    pixels = decoded(image)
    assert pixels[2, 3].tolist() == [255, 255, 255]
    assert pixels[2, 4].tolist() == [204, 204, 204]
    assert pixels[0, 0].tolist() == [0, 0, 0]


def test_a_transparent_colour_of_a_palette_is_white() -> None:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((0, 0), 0)
    pixels = decoded(image, transparency=0)
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[1, 1].tolist() == [40, 50, 60]


@pytest.mark.parametrize(("mode", "shade", "told"), [("RGBA", 254, True), ("LA", 0, True), ("RGBA", 255, False)])
def test_transparent_parts_are_told_and_opaque_ones_are_not(mode: str, shade: int, told: bool) -> None:
    image = Image.new(mode, (8, 8), "black")
    image.putalpha(shade)
    assert decode_told(encoded(image), "x")[1] is told


@pytest.mark.parametrize("sixteen", [False, True])
def test_a_picture_taken_sideways_stands_upright(sixteen: bool) -> None:
    image = Image.fromarray(RAMP.astype(np.uint16) * 257 if sixteen else RAMP)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter
    assert np.array_equal(decoded(image, exif=exif)[..., 0], np.rot90(RAMP, -1))


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    assert decoded(frames[0], "GIF", save_all=True, append_images=frames[1:])[0, 0].tolist() == [255, 0, 0]


def test_floating_point_is_refused() -> None:
    data = encoded(Image.fromarray(RAMP.astype(np.float32)), "TIFF")
    assert refused(data) == "train/a.png: has floating-point pixels, expected 8 or 16 bits"


def test_thirty_two_bits_are_refused() -> None:
    data = encoded(Image.fromarray(RAMP.astype(np.int32) * 1000), "TIFF")
    assert refused(data) == "train/a.png: has 32-bit pixels, expected 8 or 16 bits"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF"])
def test_an_image_cut_short_is_refused(kind: str) -> None:
    data = encoded(Image.effect_noise((64, 64), 90).convert("RGB"), kind)
    line = refused(data[: len(data) // 2])
    assert line.startswith("train/a.png: is ")
    assert "\n" not in line


def test_what_is_no_image_is_refused() -> None:
    line = "train/a.png: is not an image that can be read, expected PNG, JPEG, WebP, TIFF, BMP, GIF, PPM or AVIF"
    assert refused(b"hello") == refused(b"") == line


def test_formats_that_start_other_programs_are_not_opened() -> None:
    assert "is not an image" in refused(encoded(Image.new("RGB", (8, 8)), "EPS"))


@pytest.mark.parametrize("side", [8_001, 10_000, 14_000])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(side: int) -> None:
    data = encoded(Image.new("1", (side, side)))
    assert len(data) < 50_000
    assert refused(data) == "train/a.png: has more than the limit of 64 million pixels"


@given(st.integers(0, 10_000), st.binary(max_size=8), st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"]))
def test_whatever_is_done_to_a_file_gives_a_picture_or_a_line(place: int, noise: bytes, kind: str) -> None:
    data = bytearray(encoded(Image.fromarray(RAMP).convert("RGB"), kind))
    data[place % len(data) : place % len(data) + len(noise)] = noise
    line = "a: fine"
    try:
        assert decode(bytes(data), "a").mode == "RGB"
    except UnweaveError as error:
        line = str(error)
    assert line.startswith("a: ")
    assert "\n" not in line


def test_the_centred_square_is_cut_out() -> None:
    image = Image.new("RGB", (50, 32), "red")
    image.paste((0, 0, 255), (9, 0, 41, 32))
    assert np.array_equal(crop_resize(image, size=32, channels=3, crop="center"), np.full((32, 32, 3), (0, 0, 255)))


def test_a_given_crop_is_cut_out_and_then_its_centred_square() -> None:
    image = Image.fromarray(np.arange(60 * 60, dtype=np.uint16).reshape(60, 60).astype(np.uint8))
    pixels = crop_resize(image, size=32, channels=1, crop="36x32+5+7")
    assert np.array_equal(pixels[..., 0], np.asarray(image)[7:39, 7:39])


def test_fine_stripes_become_grey_when_made_smaller() -> None:
    stripes = Image.fromarray(np.tile(np.array([0, 255], np.uint8), (128, 64)))
    pixels = crop_resize(stripes, size=32, channels=1, crop="center")
    assert pixels.shape == (32, 32, 1)
    assert pixels.min() > 110
    assert pixels.max() < 145


@pytest.mark.parametrize(
    ("crop", "line"),
    [
        ("middle", "crop is 'middle', expected center or WIDTHxHEIGHT+LEFT+TOP in pixels, such as 178x178+0+20"),
        ("0x10+0+0", "crop is '0x10+0+0', expected center or WIDTHxHEIGHT+LEFT+TOP in pixels, such as 178x178+0+20"),
        ("40x40+10+0", "is 48 x 40 pixels, the crop 40x40+10+0 reaches out of it"),
    ],
)
def test_a_crop_that_cannot_be_made_gives_its_line(crop: str, line: str) -> None:
    with pytest.raises(UnweaveError) as error:
        crop_resize(Image.fromarray(RAMP), size=32, channels=3, crop=crop)
    assert str(error.value) == line


@pytest.mark.parametrize("channels", [1, 3])
def test_an_array_becomes_a_picture_and_the_array_again(channels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, channels), dtype=np.uint8)
    assert np.array_equal(crop_resize(to_picture(pixels), size=32, channels=channels, crop="center"), pixels)


def test_a_picture_is_read_from_its_path_or_taken_as_it_is(tmp_path: Path) -> None:
    image = Image.fromarray(RAMP)
    image.save(tmp_path / "a.png")
    expected = RAMP[..., None].repeat(3, 2)
    for given_as in (image, tmp_path / "a.png", str(tmp_path / "a.png")):
        assert np.array_equal(np.asarray(read_picture(given_as)), expected)
    with pytest.raises(UnweaveError) as error:
        read_picture("no.png")
    assert str(error.value) == "no.png: cannot be read (No such file or directory)"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_a_picture_of_pillows_whose_file_is_cut_short_is_refused_by_name(kind: str, tmp_path: Path) -> None:
    data = encoded(Image.effect_noise((64, 64), 90).convert("RGB"), kind)
    path = tmp_path / "a.bin"
    path.write_bytes(data[: len(data) // 2] if kind != "TIFF" else data[:-600])
    with Image.open(path) as lazy, pytest.raises(UnweaveError) as error:
        read_picture(lazy)
    assert str(error.value).startswith(f"{path}: is damaged or cut short (")
    assert "\n" not in str(error.value)
    with Image.open(BytesIO(path.read_bytes())) as lazy, pytest.raises(UnweaveError, match=r"^image: is damaged"):
        read_picture(lazy)


def test_every_ending_is_one_that_can_be_written_and_read() -> None:
    for ending in pictures.ENDINGS:
        kind = Image.registered_extensions()[ending]
        assert decode(encoded(Image.new("RGB", (32, 32), "red"), kind), "x").size == (32, 32)
