"""The studio in Chromium, with a model of random weights: what it shows is what the model gives."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageSequence
from playwright.sync_api import expect

from unweave.draw import grid
from unweave.images import pictures

if TYPE_CHECKING:
    from tests.studio.conftest import Studio

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


def test_a_class_takes_the_place_of_an_exemplar_and_python_is_told(studio: Studio, tmp_path: Path) -> None:
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
    shown = python.locator("pre").inner_text().strip()
    assert studio.page.evaluate("navigator.clipboard.readText()").strip() == shown
    with studio.page.expect_download() as saved:
        python.get_by_role("button", name="Download picture.py").click()
    assert saved.value.suggested_filename == "picture.py"
    saved.value.save_as(tmp_path / "picture.py")
    assert (tmp_path / "picture.py").read_text() == f"{shown}\n"


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
    assert (tmp_path / "out.png").read_bytes() == studio.inline(studio.page.locator(".result img:visible"))


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
    found = np.asarray(Image.open(BytesIO(studio.inline(image))), int)
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
    with Image.open(BytesIO(studio.inline(moving))) as loop:
        assert sum(1 for _ in ImageSequence.Iterator(loop)) == 6  # there and back
    expected = studio.model.strip(studio.file(2), "shape", studio.file(0), studio.file(5), steps=4)
    found = np.asarray(Image.open(BytesIO(studio.inline(studio.page.locator("figure .wide img:visible")))), int)
    assert np.abs(found - np.asarray(expected, int)).max() <= 2  # batches of another size


def test_weights_of_a_mixture_are_shares_of_the_whole(studio: Studio) -> None:
    studio.tab("mix")
    studio.pick(0, "base image")
    studio.page.get_by_label("number input for weight 2").fill("0.25")
    studio.page.get_by_label("number input for weight 1").fill("0.75")
    files = [studio.file(1), studio.file(8)]
    studio.shows(studio.model.mix(studio.file(0), "shape", files, [0.75, 0.25]))


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
