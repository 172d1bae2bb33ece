"""Pictures of every kind a data set may hold, as upright RGB, and cut to the square that the networks see."""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from unweave.arrays import Float, UInt8
from unweave.errors import UnweaveError

ENDINGS = tuple(".png .jpg .jpeg .jfif .webp .bmp .tif .tiff .gif .ppm .pgm .pbm .avif".split())
"""Endings by which files are taken for images where no metadata names them."""
LARGEST = 64_000_000
"""Pixels; what has more is refused, since a few kilobytes can decode to as much as fills the memory."""

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "PPM", "AVIF")  # some others start programs
_MOVING = ("GIF", "WEBP", "PNG", "AVIF")  # others hold pages, or, as telephones' JPEGs do, a second picture
_opening = threading.Lock()  # the filters of warnings belong to all threads
_CROP = re.compile(r"(\d{1,9})x(\d{1,9})\+(\d{1,9})\+(\d{1,9})")


def decode(data: bytes, name: str) -> Image.Image:
    """The picture in `data`, upright by its EXIF entry, as 8-bit RGB; the first frame of an animated one.

    Transparent parts are laid over white, 16-bit grey is scaled to 8 bits. Raises `UnweaveError`, which names `name`,
    for what is no image, damaged, cut short, too large, or of floating-point or 32-bit pixels.
    """
    return decode_told(data, name)[0]


def decode_told(data: bytes, name: str) -> tuple[Image.Image, bool]:
    """The picture as `decode` gives it, and whether parts of it were transparent; errors as of `decode`."""
    with _told_in_one_line(name):
        image = _opened(data)
        if image.width * image.height > LARGEST:
            raise Image.DecompressionBombError
        image.load()
        upright = _upright(image, name)
        return _over_white(upright), upright.mode == "RGBA" and any(upright.getchannel("A").histogram()[:255])


def ending_of(data: bytes, name: str) -> str:
    """The ending, such as ".jpg", that tells the format of the picture in `data`; errors as of `decode`."""
    with _told_in_one_line(name):
        kind = _opened(data).format or ""
    return {"JPEG": ".jpg", "TIFF": ".tif"}.get(kind, f".{kind.lower()}")


def is_animated(data: bytes, name: str) -> bool:
    """Whether the picture in `data` moves, of which `decode` takes the first frame; errors as of `decode`."""
    with _told_in_one_line(name):
        image = _opened(data)
        return image.format in _MOVING and getattr(image, "is_animated", False)


def _opened(data: bytes) -> Image.Image:
    """The picture in `data`, of which only the header was read."""
    with _opening, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # told in one line
        return Image.open(BytesIO(data), formats=_FORMATS)


@contextmanager
def _told_in_one_line(name: str) -> Iterator[None]:
    """Whatever Pillow raises becomes a line about `name`."""
    try:
        yield
    except UnweaveError:
        raise
    except Image.DecompressionBombError:
        raise UnweaveError(f"{name}: has more than the limit of {LARGEST // 10**6} million pixels") from None
    except Image.UnidentifiedImageError:
        raise UnweaveError(
            f"{name}: is not an image that can be read, expected PNG, JPEG, WebP, TIFF, BMP, GIF, PPM or AVIF"
        ) from None
    except Exception as error:  # a hostile file can make a decoder raise anything
        raise UnweaveError(f"{name}: is damaged or cut short ({' '.join(str(error).split())})") from error


def _upright(image: Image.Image, name: str) -> Image.Image:
    """As RGB, or as RGBA where parts may be transparent."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):
        image = _grey_of_16_bits(image, name)
    if image.mode == "F":
        raise UnweaveError(f"{name}: has floating-point pixels, expected 8 or 16 bits")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _over_white(upright: Image.Image) -> Image.Image:
    if upright.mode == "RGB":
        return upright
    return Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright).convert("RGB")


def crop_resize(
    image: Image.Image, *, size: int, channels: int, crop: str
) -> UInt8[np.ndarray, "{size} {size} {channels}"]:
    """Cut `image` and bring it to (size, size, channels) in [0, 255]; channels is 3 for RGB, 1 for grey.

    `crop`: "center", the largest centred square, or WIDTHxHEIGHT+LEFT+TOP in pixels, of which it is the largest centred
    square. Raises `UnweaveError` for a crop that is neither or reaches out of the image.
    """
    left, top, width, height = crop_box(image.width, image.height, crop)
    side = min(width, height)
    left, top = left + (width - side) // 2, top + (height - side) // 2
    square = image.crop((left, top, left + side, top + side)).convert("L" if channels == 1 else "RGB")
    if side != size:
        square = square.resize((size, size), Image.Resampling.LANCZOS if side > size else Image.Resampling.BICUBIC)
    return np.asarray(square, np.uint8).reshape(size, size, channels)


def to_picture(pixels: UInt8[np.ndarray, "height width channels"]) -> Image.Image:
    """An array in [0, 255] with 3 channels, or 1 for grey, as a picture."""
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def to_values(
    pixels: UInt8[np.ndarray, "images height width channels"],
) -> Float[np.ndarray, "images channels height width"]:
    """Pictures as the float32 values in [-1, 1] that networks see."""
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)).astype(np.float32) / 127.5 - 1


def to_pixels(
    values: Float[np.ndarray, "images channels height width"],
) -> UInt8[np.ndarray, "images height width channels"]:
    """The pictures of values in [-1, 1]; what is outside is clipped."""
    with np.errstate(invalid="ignore"):  # what is no number is a pixel of some shade
        return np.rint((values.clip(-1, 1) + 1) * 127.5).astype(np.uint8).transpose(0, 2, 3, 1)


def read_picture(picture: str | Path | Image.Image) -> Image.Image:
    """The picture in a file, or the given one, as upright 8-bit RGB; errors as of `decode`, or no such file."""
    if isinstance(picture, Image.Image):
        name = str(getattr(picture, "filename", "") or "image")
        with _told_in_one_line(name):  # pictures of Pillow's are not read before they are used
            return _over_white(_upright(picture, name))
    try:
        data = Path(picture).read_bytes()
    except OSError as error:
        raise UnweaveError(f"{picture}: cannot be read ({error.strerror})") from error
    return decode(data, str(picture))


def check_crop(crop: str) -> None:
    """Raise `UnweaveError` for a crop that is neither "center" nor WIDTHxHEIGHT+LEFT+TOP."""
    if crop != "center" and not (_CROP.fullmatch(crop) and min(map(int, crop.split("+")[0].split("x")))):
        raise UnweaveError(
            f"crop is '{crop}', expected center or WIDTHxHEIGHT+LEFT+TOP in pixels, such as 178x178+0+20"
        )


def crop_box(wide: int, high: int, crop: str) -> tuple[int, int, int, int]:
    """Left, top, width and height of a crop of an image of `wide` x `high` pixels; errors as of `crop_resize`."""
    check_crop(crop)
    match = _CROP.fullmatch(crop)
    if match is None:
        return 0, 0, wide, high
    width, height, left, top = map(int, match.groups())
    if left + width > wide or top + height > high:
        raise UnweaveError(f"is {wide} x {high} pixels, the crop {crop} reaches out of it")
    return left, top, width, height


def _grey_of_16_bits(image: Image.Image, name: str) -> Image.Image:
    values = np.asarray(image)  # Pillow's own conversion clips at 255
    if values.min() < 0 or values.max() > 65535:
        raise UnweaveError(f"{name}: has 32-bit pixels, expected 8 or 16 bits")
    return Image.fromarray(((values.astype(np.uint32) + 128) // 257).astype(np.uint8))
