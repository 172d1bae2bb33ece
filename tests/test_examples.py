"""The scripts of examples/: letters as labelled images, and a data set that half of the labels are taken from."""

from __future__ import annotations

import runpy
import sys
from collections import Counter
from io import BytesIO
from pathlib import Path
from string import ascii_uppercase

import pytest
from PIL import Image, ImageFont

from unweave.data.check import check
from unweave.data.table import read_table

EXAMPLES = Path(__file__).parents[1] / "examples"
SCRIPT = runpy.run_path(str(EXAMPLES / "glyphs.py"))


@pytest.fixture
def fonts(tmp_path: Path) -> Path:
    """A folder with the font that comes with Pillow, and a broken one."""
    folder = tmp_path / "fonts"
    folder.mkdir()
    font = ImageFont.load_default(20)
    assert isinstance(font, ImageFont.FreeTypeFont)
    assert isinstance(font.path, BytesIO)
    (folder / "a.ttf").write_bytes(font.path.getvalue())
    (folder / "broken.otf").write_bytes(b"hello")
    return folder


def test_letters_of_a_font_become_labelled_images(
    fonts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [key[1:] for key in SCRIPT["fonts_in"]([fonts])] == [("regular", "upright")]
    for out in ("a", "b"):
        monkeypatch.setattr(sys, "argv", ["glyphs.py", str(tmp_path / out), str(fonts)])
        runpy.run_path(str(EXAMPLES / "glyphs.py"), run_name="__main__")
    table = read_table(tmp_path / "a")
    counts = {split: len(table.rows(split)) for split in ("train", "test")}
    assert sum(counts.values()) == 26 * 3
    told = f"{tmp_path / 'b'}: {counts['train']} train and {counts['test']} test images of 1 fonts"
    assert capsys.readouterr().out.splitlines()[-1] == told
    assert table.attributes == ("letter", "family", "weight", "slant", "sheet")
    assert Counter(table.columns["letter"]) == dict.fromkeys(ascii_uppercase, 3)
    drawn = zip(table.columns["sheet"], table.files, strict=True)
    papers = {(sheet, Image.open(tmp_path / "a" / file).getpixel((0, 0))) for sheet, file in drawn}
    assert len(papers) == len(dict(papers)) == 3
    for file in table.files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    assert [f for f in check(tmp_path / "a").findings if f.level == "error"] == []


@pytest.mark.parametrize(
    ("style", "told"),
    [
        ("Book", ("regular", "upright")),
        ("Bold Oblique", ("bold", "italic")),
        ("Semi-Bold", ("bold", "upright")),
        ("Italic", ("regular", "italic")),
        ("Condensed Bold", None),
    ],
)
def test_weight_and_slant_are_told_by_the_style(style: str, told: tuple[str, str] | None) -> None:
    assert SCRIPT["style_of"](style) == told


def test_half_of_the_labels_go_from_the_training_images_and_nothing_else_changes(
    toys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["half_labels.py", str(toys), str(tmp_path / "half")])
    runpy.run_path(str(EXAMPLES / "half_labels.py"), run_name="__main__")
    before, after = read_table(toys), read_table(tmp_path / "half")
    assert (after.files, after.splits, after.classes) == (before.files, before.splits, before.classes)
    for split, least, most in (("train", 0.35, 0.65), ("test", 0, 0)):
        rows, labelled = before.rows(split), before.labelled()
        assert least <= 1 - after.labelled()[rows].sum() / labelled[rows].sum() <= most
    kept = after.labels() >= 0
    assert (after.labels()[kept] == before.labels()[kept]).all()
    assert (tmp_path / "half" / after.files[5]).read_bytes() == (toys / before.files[5]).read_bytes()
