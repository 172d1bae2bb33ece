"""The picture of samples: the right images, cut as they will be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unweave.cli import main
from unweave.data.check import check
from unweave.data.sheet import sample_sheet
from unweave.data.table import read_table
from unweave.draw import TILE
from unweave.errors import UnweaveError


def coloured(folder: Path) -> Path:
    """Images that are red left and blue right for one class, red left and green right for the other."""
    for label, colour in (("sea", (0, 0, 255)), ("wood", (0, 255, 0))):
        (folder / label).mkdir(parents=True)
        for k in range(3):
            picture = Image.new("RGB", (TILE * 2, TILE), "red")
            picture.paste(colour, (TILE, 0, 2 * TILE, TILE))
            picture.save(folder / label / f"{k}.png")
    return folder


def test_a_row_shows_images_of_one_class_as_they_are_cut(tmp_path: Path) -> None:
    sheet = sample_sheet(read_table(coloured(tmp_path / "x")), size=TILE, crop=f"{TILE}x{TILE}+{TILE}+0")
    pixels = np.asarray(sheet)
    blue, green, red = ((pixels == colour).all(-1) for colour in ((0, 0, 255), (0, 255, 0), (255, 0, 0)))
    assert blue.sum() == green.sum() == 3 * TILE**2
    assert np.flatnonzero(blue.any(1)).max() < np.flatnonzero(green.any(1)).min()
    assert not red.any()


def test_many_classes_are_shown_by_some(tmp_path: Path) -> None:
    for k in range(40):
        (tmp_path / f"c{k}").mkdir()
        Image.new("RGB", (TILE, TILE), (k, 0, 0)).save(tmp_path / f"c{k}" / "a.png")
    pixels = np.asarray(sample_sheet(read_table(tmp_path), size=TILE, crop="center"))
    assert {0, 39} <= set(pixels[pixels[..., 1] == 0][:, 0].tolist())
    assert pixels.shape[0] < 17 * (TILE + 4)


def test_the_command_says_where_classes_are_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, sheet = tmp_path / "x", tmp_path / "sheet.png"
    folder.mkdir()
    rows = ["file_name,who,look,light"]
    for k in range(40):
        Image.new("RGB", (32, 32)).save(folder / f"{k}.png")
        rows.append(f"{k}.png,p{k % 20},{'xy'[k % 2]},l{k % 17}")
    (folder / "metadata.csv").write_text("\n".join(rows))
    command = ["data", "check", str(folder), "--size", "32", "--sheet", str(sheet), "--attributes"]
    main([*command, "who", "look", "light"])
    told = "shows 16 of 20 classes of who, 16 of 17 classes of light"
    assert capsys.readouterr().out.splitlines()[-1] == f"{sheet}: {told}"
    main([*command, "look"])
    assert capsys.readouterr().out.splitlines()[-1] == str(sheet)


def test_a_crop_that_does_not_fit_names_the_image_in_sheet_and_check(tmp_path: Path) -> None:
    folder, crop = coloured(tmp_path / "x"), f"{TILE}x{TILE}+{TILE}+1"
    with pytest.raises(UnweaveError, match=r"^sea/0.png: is 256 x 128 pixels, the crop 128x128\+128\+1 reaches out"):
        sample_sheet(read_table(folder), size=32, crop=crop)
    errors = [finding.line for finding in check(folder, batch=6, crop=crop).findings if finding.level == "error"]
    assert errors == [f"sea/0.png: is 256 x 128 pixels, the crop {crop} reaches out of it, and 5 more such images"]


def test_the_check_measures_what_the_crop_leaves(tmp_path: Path) -> None:
    lines = [finding.line for finding in check(coloured(tmp_path / "x"), batch=6, crop="40x60+0+0").findings]
    assert lines == [
        "sea/0.png: is 40 x 60 pixels and will be enlarged to 64, and 5 more such images",
        "2 of 2 classes of 'class' have fewer than 10 training images: sea (3), wood (3)",
    ]
