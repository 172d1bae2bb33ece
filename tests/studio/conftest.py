"""The studio at work and a page of it in Chromium, with a model of random weights and nine pictures."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect, sync_playwright

from unweave.checkpoint import ModelCard, save_model
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

    def inline(self, image: Locator) -> bytes:
        """A picture that stands in the page itself, as all results do."""
        return b64decode((image.get_attribute("src") or ",").split(",")[1])

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
        self.until(lambda: image.count() == 1 and same(self.inline(image), expected))

    def until(self, holds: Callable[[], bool]) -> None:
        for _ in range(PATIENCE // 20):
            if holds():
                return
            self.page.wait_for_timeout(20)
        pytest.fail("the page does not come to show what was expected")


def same(found: bytes, expected: Image.Image) -> bool:
    with Image.open(BytesIO(found)) as picture:
        return picture.size == expected.size and picture.convert("RGB").tobytes() == expected.convert("RGB").tobytes()


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The command at work, and a page of it in a browser; one for all tests of a file, which take turns at it."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("the studio is tested in Chromium, which is missing: apt-get install -y chromium")
    folder = tmp_path_factory.mktemp("studio")
    (folder / "toys").mkdir()
    rows = ["file_name,shape,colour"]
    for k in range(COUNT):
        pixels = np.random.default_rng(k).integers(0, 256, (32, 32, 3), np.uint8)
        Image.fromarray(pixels).save(folder / "toys" / f"{k}.png")
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
                studio = Studio(page, told[0], folder, load(folder / "toy.safetensors"))
                studio.watch(page)
                page.goto(told[0])
                page.locator(".result img:visible").wait_for()  # else it may come after the result of the first click
                yield studio
                browser.close()
        finally:
            server.send_signal(signal.SIGINT)
    assert server.returncode == 0


@pytest.fixture
def studio(opened: Studio) -> Iterator[Studio]:
    """The same; no request leaves this machine meanwhile, and the browser has nothing to complain of."""
    yield opened
    wrong, opened.wrong[:] = list(opened.wrong), []
    assert wrong == []
