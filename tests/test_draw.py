from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from unweave.draw import animation, grid, save, strip
from unweave.errors import UnweaveError

RED, BLUE, GREEN = (200, 30, 30), (30, 30, 200), (30, 200, 30)


def plain(colour: tuple[int, int, int], side: int = 64) -> np.ndarray:
    return np.full((side, side, 3), colour, np.uint8)


def places(sheet: Image.Image, colour: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of all pixels of a colour."""
    rows, columns = np.nonzero((np.asarray(sheet) == colour).all(-1))
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def test_grid_puts_each_picture_in_its_row_and_column_twice_as_large() -> None:
    sheet = grid([[plain(RED), plain(BLUE)], [plain(GREEN), plain(RED)]])
    assert sheet.size == (2 * 8 + 2 * 128 + 2, 2 * 8 + 2 * 128 + 2)
    assert places(sheet, BLUE) == (8 + 130, 8, 8 + 258, 8 + 128)
    assert places(sheet, GREEN) == (8, 8 + 130, 8 + 128, 8 + 258)


def test_pictures_of_a_row_begin_at_one_height_though_one_is_less_high() -> None:
    sheet = grid([[plain(RED), plain(BLUE)[:48]]])
    assert places(sheet, RED)[1] == places(sheet, BLUE)[1] == 8
    assert places(sheet, RED)[3] - places(sheet, BLUE)[3] == 2 * 16


def test_headers_stand_left_of_the_rows_and_above_the_columns() -> None:
    body = plain(RED)
    sheet = grid([[body], [body]], row_headers=[plain(GREEN)] * 2, column_headers=[plain(BLUE)])
    left, top, right, _ = places(sheet, RED)
    assert places(sheet, BLUE) == (left, 8, right, 8 + 128)
    assert places(sheet, GREEN)[0] == 8
    assert places(sheet, GREEN)[1] == top
    assert left > places(sheet, GREEN)[2]


def test_labels_are_written_and_cut_to_their_place() -> None:
    without, short = grid([[plain(RED)]]), grid([[plain(RED)]], column_labels=["smile"])
    long = grid([[plain(RED)]], column_labels=["a very long label " * 20])
    assert short.size == long.size == (without.width, without.height + 20)
    for sheet in (short, long):
        written = np.asarray(sheet)[8:28]
        assert written.min() < 100
        assert (written[:, :8] == 255).all()
        assert (written[:, -8:] == 255).all()


def test_a_label_as_long_as_a_book_is_cut_at_once_and_one_of_several_lines_written_on_one() -> None:
    book = grid([[plain(RED)]], row_labels=["word " * 30_000], column_labels=["word " * 30_000])
    assert book.width < 2 * 160 + 64
    spelled = grid([[plain(RED)]], column_labels=[r"a\nb"])
    assert grid([[plain(RED)]], column_labels=["a\nb"]).tobytes() == spelled.tobytes()


def test_row_labels_make_room_for_themselves() -> None:
    narrow = grid([[plain(RED)]], row_labels=["a"])
    wide = grid([[plain(RED)]], row_labels=["a much longer label"])
    assert narrow.width < wide.width
    assert np.asarray(wide)[:, : places(wide, RED)[0]].min() < 100


def test_a_strip_goes_from_one_exemplar_to_the_other_with_the_source_set_apart() -> None:
    last = (200, 200, 30)
    sheet = strip([plain(RED)] * 3, plain(BLUE), plain(last), source=plain(GREEN))
    assert [places(sheet, colour)[0] for colour in (GREEN, BLUE, RED, last)] == [8, 144, 274, 664]
    labels = ["from", "0.00", "0.50", "1.00", "to"]
    without = grid([[plain(colour) for colour in (BLUE, RED, RED, RED, last)]], column_labels=labels)
    assert strip([plain(RED)] * 3, plain(BLUE), plain(last)).tobytes() == without.tobytes()


def test_small_pictures_are_enlarged_by_a_whole_factor_and_large_ones_kept() -> None:
    assert places(grid([[plain(RED, 48)]]), RED) == (8, 8, 8 + 96, 8 + 96)
    assert places(grid([[plain(RED, 300)]]), RED) == (8, 8, 308, 308)


def test_grey_arrays_and_pillows_pictures_are_drawn_alike() -> None:
    grey = np.full((32, 32, 1), 90, np.uint8)
    sheets = [
        grid([[picture]]) for picture in (grey, grey[..., 0], Image.fromarray(grey[..., 0]), np.repeat(grey, 3, -1))
    ]
    assert len({sheet.tobytes() for sheet in sheets}) == 1


@pytest.mark.parametrize("ending", ["png", "webp", "PNG"])
def test_saved_picture_is_the_picture(tmp_path: Path, ending: str) -> None:
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8))
    save(picture, tmp_path / f"new/picture.{ending}")
    with Image.open(tmp_path / f"new/picture.{ending}") as saved:
        assert saved.convert("RGB").tobytes() == picture.tobytes()


def test_jpeg_is_written_by_its_ending(tmp_path: Path) -> None:
    save(Image.fromarray(plain(RED)), tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as saved:
        assert saved.format == "JPEG"


def test_unknown_ending_and_a_folder_in_the_way_are_refused(tmp_path: Path) -> None:
    picture = Image.fromarray(plain(RED))
    with pytest.raises(UnweaveError, match=r"a\.xyz: its ending .* expected \.png or \.jpg"):
        save(picture, tmp_path / "a.xyz")
    with pytest.raises(UnweaveError, match=r"is a folder, expected the name of a file"):
        save(picture, tmp_path)
    with pytest.raises(UnweaveError, match=r"expected \.gif or \.webp"):
        animation([picture, picture], tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_a_picture_too_wide_for_its_format_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(UnweaveError, match=r"strip\.webp: cannot be written"):
        save(Image.new("RGB", (16_400, 2)), tmp_path / "strip.webp")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", ["gif", "webp"])
def test_animation_runs_forth_and_back_over_all_frames(tmp_path: Path, ending: str) -> None:
    levels = [0, 60, 120, 180]
    animation([plain((level, level, level), 32) for level in levels], tmp_path / f"a.{ending}")
    with Image.open(tmp_path / f"a.{ending}") as moving:
        frames = [np.asarray(frame.convert("L")).mean() for frame in ImageSequence.Iterator(moving)]
        assert moving.size == (128, 128)
        assert moving.info["loop"] == 0
    assert frames == pytest.approx([0, 60, 120, 180, 120, 60], abs=3)
