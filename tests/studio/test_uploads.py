"""The studio in Chromium: what comes from outside is taken or gets its line, and no other file is read or served."""

from __future__ import annotations

import json
from base64 import b64encode
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Route, expect

if TYPE_CHECKING:
    from tests.studio.conftest import Studio

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://example.com/a.png"/><script>alert(1)</script></svg>'
COPY = """
async (png) => {
  const picture = await (await fetch(`data:image/png;base64,${png}`)).blob();
  await navigator.clipboard.write([new ClipboardItem({'image/png': picture})]);
}
"""


def test_a_picture_of_ones_own_becomes_the_base(studio: Studio, tmp_path: Path) -> None:
    pixels = np.random.default_rng(77).integers(0, 256, (40, 60, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "me.webp", lossless=True)
    studio.example()
    studio.upload("base image", "me.webp", (tmp_path / "me.webp").read_bytes())
    exemplars = {"shape": studio.file(1), "colour": studio.file(1)}
    studio.shows(studio.model.transfer(tmp_path / "me.webp", exemplars))


def test_what_is_no_picture_gets_one_line_and_changes_nothing(studio: Studio) -> None:
    refused = {
        "cut.png": (studio.file(3).read_bytes()[:900], "cut.png: is damaged or cut short"),
        "drawn.svg": (SVG, "drawn.svg: is not an image that can be read"),
        "<b>loud.png": (b"hello", "<b>loud.png: is not an image that can be read"),
    }
    studio.example()
    for name, (data, line) in refused.items():
        studio.upload("shape from", name, data)
        studio.toast(line)
        studio.shows(studio.model.transfer(studio.file(0), {"colour": studio.file(1)}))


def test_text_that_is_pasted_gets_one_line_and_a_picture_is_taken(studio: Studio) -> None:
    studio.example()
    studio.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    place = studio.page.get_by_role("group", name="colour from", exact=True)
    kept = {"shape": studio.file(1), "colour": studio.file(1)}
    pastes = (place.get_by_role("button", name="Paste from clipboard").click, lambda: by_key(studio, place))
    for number, paste in enumerate(pastes, start=3):
        studio.page.evaluate("navigator.clipboard.writeText('hello')")
        paste()
        studio.toast("The clipboard gives no picture")
        studio.shows(studio.model.transfer(studio.file(0), kept))
        studio.page.evaluate(COPY, b64encode(studio.file(number).read_bytes()).decode())
        paste()
        kept["colour"] = studio.file(number)
        studio.shows(studio.model.transfer(studio.file(0), kept))


def by_key(studio: Studio, place: Locator) -> None:
    place.hover()
    studio.page.keyboard.press("Control+V")


def test_fifty_megapixels_are_taken(studio: Studio) -> None:
    studio.example()
    with BytesIO() as file:
        Image.new("1", (10_000, 5_000)).save(file, "PNG")
        studio.upload("base image", "large.png", file.getvalue())
    studio.shows(studio.model.transfer(Image.new("RGB", (32, 32)), {"shape": studio.file(1), "colour": studio.file(1)}))


def test_of_what_moves_the_first_frame_is_taken(studio: Studio) -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
    with BytesIO() as file:
        frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
        studio.upload("base image", "moves.gif", file.getvalue())
    studio.toast("moves.gif: is animated, its first frame is taken")


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/hostname",
        "/gradio_api/file={folder}/toy.safetensors",
        "/gradio_api/file=toys/metadata.csv",
        "/gradio_api/file=../../../../../../etc/hostname",
        "/gradio_api/file=..%2f..%2f..%2f..%2fetc%2fhostname",
        "/gradio_api/file=//etc/hostname",
        "/static/..%2f..%2f..%2f..%2f..%2fetc%2fhostname",
        "/assets/../../../../../../../etc/hostname",
    ],
)
def test_no_file_but_uploads_is_served(studio: Studio, path: str) -> None:
    connection = HTTPConnection(studio.address.removeprefix("http://").rstrip("/"))
    connection.request("GET", path.format(folder=studio.folder))
    assert connection.getresponse().status in (403, 404)
    connection.close()


def test_an_upload_cannot_name_a_file_of_the_machine(studio: Studio) -> None:
    forged: list[str] = []

    def forge(route: Route) -> None:
        asked = route.request.post_data_json or {"data": []}
        for given in asked["data"]:
            if isinstance(given, dict):
                given["path"] = str(studio.file(5))
                forged.append(given["path"])
        route.continue_(post_data=json.dumps(asked))

    studio.tab("transfer")
    studio.page.route("**/queue/join*", forge)
    studio.upload("base image", "me.png", studio.file(1).read_bytes())
    studio.until(lambda: len(forged) > 0)
    studio.page.unroute("**/queue/join*")
    studio.page.wait_for_timeout(400)  # in which it would be shown
    expect(studio.page.get_by_text("Put a base image down first.").filter(visible=True)).to_be_visible()
