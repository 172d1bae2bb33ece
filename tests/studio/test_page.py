"""The studio in Chromium, with a model of random weights: what it shows is what the model gives."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence
from playwright.sync_api import FilePayload, Locator, Page, Route, expect, sync_playwright

from unweave.checkpoint import ModelCard, save_model
from unweave.draw import grid
from unweave.images import pictures
from unweave.model import Model, load
from unweave.networks import Generator

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)
CARD = ModelCard(
    attributes={"shape": ("disc", "square"), "colour": ("blue", "green", "red")},
    size=32,
    channels=3,
    crop="center",
    width=1 / 16,
    residual_blocks=1,
    reconstruction={"median": 1.0, "limit": 2.0},
    name="toy",
)
COUNT = 9
PATIENCE = 20_000
"""Milliseconds that the page is given for anything; a machine may be busy."""
APART = """
(slot) => {
  const parts = ['label', '[aria-label="Remove Image"]', 'img'];
  const [label, remove, image] = parts.map((each) => slot.querySelector(each));
  const top = image.getBoundingClientRect().top;
  return label.scrollWidth <= label.clientWidth
    && label.getBoundingClientRect().right <= remove.getBoundingClientRect().left
    && [label, remove].every((each) => each.getBoundingClientRect().bottom <= top + 1);
}
"""
"""Whether a place's label is whole and, like the button that empties it, outside of its picture."""
COPY = """
async (png) => {
  const picture = await (await fetch(`data:image/png;base64,${png}`)).blob();
  await navigator.clipboard.write([new ClipboardItem({'image/png': picture})]);
}
"""


@dataclass
class Studio:
    """A page that is open, the model behind it, and all that went wrong."""

    page: Page
    address: str
    folder: Path
    model: Model
    wrong: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", lambda message: self.wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda request: self.wrong.append(request.url) if not self.own(request.url) else None)
        page.on("websocket", lambda socket: self.wrong.append(socket.url))

    def own(self, url: str) -> bool:
        return url.startswith((self.address, "data:", f"blob:{self.address}"))

    def file(self, number: int) -> Path:
        return self.folder / "toys" / f"{number}.png"

    def tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()

    def pick(self, number: int, place: str) -> None:
        """Put a picture of the gallery somewhere, by the keyboard."""
        self.page.get_by_role("radio", name=place, exact=True).check()
        self.page.locator("button[data-number]").nth(number).press("Enter")
        slot = self.page.get_by_role("group", name=place, exact=True)
        if slot.count():
            image, expected = slot.get_by_role("img", name=place), Image.open(self.file(number))
            self.until(lambda: image.count() == 1 and same(self.served(image), expected))

    def served(self, image: Locator) -> bytes:
        """A picture that Gradio shows."""
        return self.page.request.get(image.evaluate("image => image.src")).body()

    def upload(self, place: str, name: str, data: bytes) -> None:
        slot = self.page.get_by_role("group", name=place, exact=True)
        if (there := slot.get_by_role("button", name="Remove Image")).is_visible():
            there.click()
            self.page.wait_for_timeout(250)  # in which the server hears of it, faster than anybody chooses a file
        file = FilePayload(name=name, mimeType="image/png", buffer=data)
        slot.locator("input[type=file]").set_input_files([file])

    def toast(self, text: str) -> None:
        """A line that the page says, which is then taken away."""
        said = self.page.get_by_test_id("toast-body").filter(has_text=text)
        expect(said).to_be_visible()
        said.get_by_test_id("toast-close").click()
        expect(said).to_have_count(0)

    def example(self) -> None:
        """Base 0, all attributes of picture 1."""
        self.page.get_by_role("button", name="all of these").click()
        self.shows(self.model.transfer(self.file(0), {"shape": self.file(1), "colour": self.file(1)}))

    def shows(self, expected: Image.Image, where: str = ".result img:visible") -> None:
        image = self.page.locator(where)
        self.until(lambda: image.count() == 1 and same(picture_of(image), expected))

    def until(self, holds: Callable[[], bool]) -> None:
        for _ in range(PATIENCE // 20):
            if holds():
                return
            self.page.wait_for_timeout(20)
        pytest.fail("the page does not come to show what was expected")


def picture_of(image: Locator) -> bytes:
    return b64decode((image.get_attribute("src") or ",").split(",")[1])


def same(found: bytes, expected: Image.Image) -> bool:
    with Image.open(BytesIO(found)) as picture:
        return picture.size == expected.size and picture.convert("RGB").tobytes() == expected.convert("RGB").tobytes()


def png(seed: int, size: tuple[int, int] = (32, 32), kind: str = "PNG", **options: object) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    with BytesIO() as file:
        Image.fromarray(pixels).save(file, kind, **options)
        return file.getvalue()


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The command at work, and a page of it in a browser; one for all tests of this file."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("the studio is tested in Chromium, which is missing: apt-get install -y chromium")
    folder = tmp_path_factory.mktemp("studio")
    (folder / "toys").mkdir()
    rows = ["file_name,shape,colour"]
    for k in range(COUNT):
        (folder / "toys" / f"{k}.png").write_bytes(png(k))
        rows.append(f"{k}.png,{CARD.attributes['shape'][k % 2]},{CARD.attributes['colour'][k % 3]}")
    (folder / "toys" / "metadata.csv").write_text("\n".join(rows))
    torch.manual_seed(0)
    generator = Generator(tuple(CARD.attributes), width=CARD.width, residual_blocks=1)
    means = {name: torch.rand(len(classes), 8, 8, 8) for name, classes in CARD.attributes.items()}
    save_model(folder / "toy.safetensors", CARD, generator, means)

    command = [sys.executable, "-m", "unweave", "studio", "toy.safetensors", "--data", "toys", "--no-browser"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, env=os.environ) as server:
        try:
            with sync_playwright() as driver:
                browser = driver.chromium.launch(executable_path=chromium, args=FLAGS.split())
                page = browser.new_page(viewport={"width": 1280, "height": 900}, accept_downloads=True)
                page.set_default_timeout(PATIENCE)
                expect.set_options(timeout=PATIENCE)
                assert server.stdout is not None
                told = re.search(r"http://127\.0\.0\.1:\d+/", server.stdout.readline())
                assert told is not None
                opened = Studio(page, told[0], folder, load(folder / "toy.safetensors"))
                opened.watch(page)
                page.goto(told[0])
                yield opened
                browser.close()
        finally:
            server.send_signal(signal.SIGINT)
    assert server.returncode == 0


@pytest.fixture(autouse=True)
def nothing_went_wrong(studio: Studio) -> Iterator[None]:
    """No request leaves this machine, and the browser has nothing to complain of."""
    yield
    wrong, studio.wrong[:] = list(studio.wrong), []
    assert wrong == []


def test_it_opens_with_a_reconstruction_and_every_control_has_a_name(studio: Studio) -> None:
    studio.shows(studio.model.transfer(studio.file(0), {}))
    for tab in ("matrix", "interpolate", "mix", "transfer"):
        studio.tab(tab)
        studio.page.get_by_role("tabpanel").filter(visible=True).wait_for()
        told = studio.page.locator("body").aria_snapshot()
        assert re.findall(r"- (?:button|slider|radio|combobox|spinbutton|textbox)(?!.* \").*", told) == []


def test_nothing_on_the_page_comes_from_elsewhere(studio: Studio) -> None:
    told = "each => each.map(one => one.href || one.src)"
    addresses = studio.page.locator("link[href], script[src], img, iframe").evaluate_all(told)
    assert len(addresses) > 20
    assert [address for address in addresses if not studio.own(address)] == []  # a preconnect is no request


def test_an_exemplar_is_picked_and_the_result_follows_the_slider_by_keyboard(studio: Studio) -> None:
    studio.pick(0, "base image")
    studio.pick(4, "colour from")
    studio.shows(studio.model.transfer(studio.file(0), {"colour": studio.file(4)}))
    slider = studio.page.get_by_label("range slider for colour strength")
    for _ in range(8):
        slider.press("ArrowLeft")
    studio.shows(studio.model.transfer(studio.file(0), {"colour": studio.file(4)}, strength=0.6))
    slider.press("Home")
    studio.shows(studio.model.transfer(studio.file(0), {"colour": studio.file(4)}, strength=-0.5))
    slider.fill("1.5")
    studio.shows(studio.model.transfer(studio.file(0), {"colour": studio.file(4)}, strength=1.5))
    studio.page.get_by_role("button", name="Reset").nth(1).click()
    studio.shows(studio.model.transfer(studio.file(0), {"colour": studio.file(4)}))


def test_a_class_takes_the_place_of_an_exemplar_and_python_is_told(studio: Studio) -> None:
    studio.pick(1, "base image")
    studio.pick(5, "shape from")
    studio.page.get_by_label("or the mean of a class of colour").click()
    studio.page.get_by_role("option", name="green").click()
    model = studio.model
    codes = model.encode(studio.file(1)).swap(model.encode(studio.file(5)), {"shape": 1})
    studio.shows(pictures(model.decode(codes.swap(model.mean_code("colour", "green"), {"colour": 1})))[0])
    studio.page.get_by_role("button", name="The same as a command").filter(visible=True).click()
    python = studio.page.get_by_role("region", name="Python").filter(visible=True)
    expect(python).to_contain_text("codes.swap(model.mean_code('colour', 'green'), {'colour': 1})")
    studio.page.context.grant_permissions(["clipboard-read"])
    python.get_by_role("button", name="Copy Python").click()
    assert studio.page.evaluate("navigator.clipboard.readText()").strip() == python.locator("pre").inner_text().strip()


def test_a_number_that_is_typed_is_held_to_the_slider_and_none_changes_nothing(studio: Studio) -> None:
    studio.example()
    exemplars = {"shape": studio.file(1), "colour": studio.file(1)}
    box = studio.page.get_by_label("number input for colour strength")
    for typed, held in (("99", 1.5), ("-7", -0.5)):
        box.fill(typed)
        expected = studio.model.transfer(studio.file(0), exemplars, strength={"colour": held})
        studio.shows(expected)
        box.press("Tab")
        expect(box).to_have_value(f"{held}")
        with studio.page.expect_response(lambda answer: "gradio_api" in answer.url) as answered:
            box.fill("")
        assert answered.value.ok
        studio.shows(expected)
        box.press("Tab")
        expect(box).to_have_value(f"{held}")
        studio.shows(expected)


def test_an_example_needs_one_click_and_the_result_is_saved_as_it_is_shown(studio: Studio, tmp_path: Path) -> None:
    studio.example()
    with studio.page.expect_download() as saved:
        studio.page.get_by_role("button", name="Download out.png").filter(visible=True).click()
    assert saved.value.suggested_filename == "out.png"
    saved.value.save_as(tmp_path / "out.png")
    assert (tmp_path / "out.png").read_bytes() == picture_of(studio.page.locator(".result img:visible"))


def test_a_picture_of_ones_own_becomes_the_base(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "me.webp").write_bytes(png(77, (60, 40), "WEBP", lossless=True))
    studio.example()
    studio.upload("base image", "me.webp", (tmp_path / "me.webp").read_bytes())
    exemplars = {"shape": studio.file(1), "colour": studio.file(1)}
    studio.shows(studio.model.transfer(tmp_path / "me.webp", exemplars))


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://example.com/a.png"/><script>alert(1)</script></svg>'
REFUSED = {
    "cut.png": (png(3)[:900], "cut.png: is damaged or cut short"),
    "drawn.svg": (SVG, "drawn.svg: is not an image that can be read"),
    "<b>loud.png": (b"hello", "<b>loud.png: is not an image that can be read"),
}


def test_what_is_no_picture_gets_one_line_and_changes_nothing(studio: Studio) -> None:
    studio.example()
    for name, (data, line) in REFUSED.items():
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


def test_matrix_has_a_row_for_each_source_and_a_column_for_each_exemplar(studio: Studio) -> None:
    studio.tab("matrix")
    studio.page.get_by_role("button", name="Clear exemplars").click()
    there = studio.page.get_by_role("region", name="exemplars").get_by_role("img")
    expect(there).to_have_count(0)
    for number in (3, 7):
        studio.pick(number, "exemplars")
    expect(there).to_have_count(2)
    studio.page.get_by_role("button", name="Make the matrix").click()
    image = studio.page.get_by_alt_text("shape of each exemplar")
    expect(image).to_be_visible()
    sources, exemplars = [studio.file(k) for k in (0, 3, 6)], [studio.file(3), studio.file(7)]
    rows = [studio.model.transfer(source, {"shape": exemplars}) for source in sources]
    expected = grid(rows, row_headers=[*map(Image.open, sources)], column_headers=[*map(Image.open, exemplars)])
    found = np.asarray(Image.open(BytesIO(picture_of(image))), int)
    assert np.abs(found - np.asarray(expected, int)).max() <= 2  # batches of another size


def test_interpolation_is_a_strip_and_an_animation(studio: Studio) -> None:
    studio.tab("interpolate")
    studio.pick(2, "base image")
    studio.pick(0, "first exemplar")
    studio.pick(5, "last exemplar")
    steps = studio.page.get_by_label("number input for steps")
    steps.fill("3.5")
    steps.press("Tab")
    expect(steps).to_have_value("4")
    studio.page.get_by_role("button", name="Interpolate").click()
    moving = studio.page.get_by_alt_text("and back")
    expect(moving).to_be_visible()
    with Image.open(BytesIO(picture_of(moving))) as loop:
        assert sum(1 for _ in ImageSequence.Iterator(loop)) == 6  # there and back
    expected = studio.model.strip(studio.file(2), "shape", studio.file(0), studio.file(5), steps=4)
    found = np.asarray(Image.open(BytesIO(picture_of(studio.page.locator("figure .wide img:visible")))), int)
    assert np.abs(found - np.asarray(expected, int)).max() <= 2  # batches of another size


def test_weights_of_a_mixture_are_shares_of_the_whole(studio: Studio) -> None:
    studio.tab("mix")
    studio.pick(0, "base image")
    studio.page.get_by_label("number input for weight 2").fill("0.25")
    studio.page.get_by_label("number input for weight 1").fill("0.75")
    files = [studio.file(1), studio.file(8)]
    studio.shows(studio.model.mix(studio.file(0), "shape", files, [0.75, 0.25]))


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
    studio.upload("base image", "me.png", png(1))
    studio.until(lambda: len(forged) > 0)
    studio.page.unroute("**/queue/join*")
    studio.page.wait_for_timeout(400)  # in which it would be shown
    expect(studio.page.get_by_text("Put a base image down first.").filter(visible=True)).to_be_visible()


def test_a_telephone_shows_all_of_it(studio: Studio) -> None:
    context = studio.page.context.browser
    assert context is not None
    page = context.new_page(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    studio.watch(page)
    page.goto(studio.address)
    page.locator(".result img:visible").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_label("range slider for colour strength").scroll_into_view_if_needed()
    box = page.locator(".result img:visible").bounding_box()
    assert box is not None
    assert box["y"] >= 0  # the result stays in sight
    page.get_by_role("tab", name="interpolate").click()
    page.get_by_role("button", name="Interpolate").click()
    strip, hint = page.locator("div.wide:visible"), page.get_by_text("Scroll sideways")
    expect(hint).to_be_visible()
    expect(strip).to_have_class(re.compile("more"))
    strip.evaluate("each => each.scrollTo(each.scrollWidth, 0)")
    expect(strip).not_to_have_class(re.compile("more"))
    page.get_by_label("Attribute").filter(visible=True).click()
    page.get_by_role("option", name="colour").click()
    page.get_by_role("button", name="Interpolate").click()
    expect(page.get_by_alt_text("colour in 8 steps").first).to_be_visible()
    expect(strip).to_have_class(re.compile("scrolls"))  # another strip of the same size
    for slot in page.locator(".slot:visible").all():
        assert slot.evaluate(APART), slot.get_attribute("aria-label")
    page.close()
