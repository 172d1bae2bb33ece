"""The check: everything that is wrong, in one run, one line each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from unweave.data.check import Report, check, predicted_share
from unweave.errors import UnweaveError


def make(folder: Path, splits: dict[str, list[str]], header: str = "file_name,shape,colour") -> Path:
    """Grey images of 64 x 64 pixels for all rows of the splits, whose names are their first cells."""
    for split, rows in splits.items():
        (folder / split).mkdir(parents=True)
        (folder / split / "metadata.csv").write_text("\n".join([header, *rows]) + "\n")
        for row in rows:
            Image.new("L", (64, 64), 90).save(folder / split / row.split(",")[0])
    return folder


def good_rows(count: int = 30) -> list[str]:
    return [f"{k:02}.png,{'ab'[k % 2]},{'rgb'[k // 2 % 3]}" for k in range(count)]


def lines(report: Report, level: str) -> list[str]:
    return [finding.line for finding in report.findings if finding.level == level]


def test_good_data_has_a_summary_and_no_findings(tmp_path: Path) -> None:
    report = check(
        make(tmp_path / "x", {"train": good_rows(), "validation": ["x.png,a,r", "y.png,,"], "test": good_rows(4)})
    )
    assert report.findings == []
    assert report.summary == [
        "images: 30 train, 2 validation, 4 test; 64 x 64 pixels",
        "shape: 2 classes, training images of each 15 / 15 / 15 (least / median / most), 1 labels missing, "
        "validation classes known from training: 1 of 1, test classes known from training: 2 of 2",
        "colour: 3 classes, training images of each 10 / 10 / 10 (least / median / most), 1 labels missing, "
        "validation classes known from training: 1 of 1, test classes known from training: 2 of 2",
    ]


def test_the_summary_tells_whether_test_people_are_known_from_training(tmp_path: Path) -> None:
    rows = [f"{k:02}.png,p{k // 12},{'ab'[k % 2]}" for k in range(48)]
    splits = {"train": rows[:24], "validation": [rows[30], "x.png,p0,b"], "test": rows[36:]}
    summary = check(make(tmp_path / "x", splits, "file_name,who,look")).summary
    assert summary[1].endswith(
        "missing, validation classes known from training: 1 of 2, test classes known from training: 0 of 1"
    )
    assert summary[2].endswith(
        "missing, validation classes known from training: 2 of 2, test classes known from training: 2 of 2"
    )


def test_missing_labels_and_columns_kept_as_information_are_counted(tmp_path: Path) -> None:
    report = check(make(tmp_path / "x", {"train": [*good_rows(), "y.png,,r", "z.png,a,"]}), attributes=["shape"])
    assert report.summary[1:] == [
        "shape: 2 classes, training images of each 15 / 15.5 / 16 (least / median / most), 1 labels missing",
        "not modelled: colour",
    ]


def test_all_errors_are_listed_in_one_run(tmp_path: Path) -> None:
    rows = [*good_rows(), "gone.png,a,r", "00.png,b,g", "../x.png,a,r", "short.png,a", "cut.png,a,r", "no.png,b,g"]
    folder = make(tmp_path / "x", {"train": good_rows()})
    (folder / "train" / "metadata.csv").write_text("\n".join(["file_name,shape,colour", *rows]))
    Image.effect_noise((64, 64), 90).save(folder / "train" / "cut.png")
    whole = (folder / "train" / "cut.png").read_bytes()
    (folder / "train" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "train" / "no.png").write_text("hello")
    errors = lines(check(folder, attributes=["shape", "color"], batch=32), "error")
    place = "train/metadata.csv row"
    assert errors[:4] == [
        f"{place} 32: no such file 'train/gone.png'",
        f"{place} 33: 'train/00.png' is already in train/metadata.csv row 2, expected each image once",
        f"{place} 34: file_name is '../x.png', expected a name inside the data, without '..'",
        f"{place} 35: has 2 cells, expected 3 as in row 1",
    ]
    assert errors[4].startswith(f"{place} 36: train/cut.png: is damaged or cut short (")
    assert errors[5:] == [
        f"{place} 37: train/no.png: is not an image that can be read, "
        "expected PNG, JPEG, WebP, TIFF, BMP, GIF, PPM or AVIF",
        f"{folder}: there is no column 'color' among shape, colour; did you mean 'colour'?",
        f"{folder}: 30 training images are too few for a batch of 32",
    ]


@pytest.mark.parametrize(
    ("splits", "line"),
    [
        (
            {"train": [*good_rows(), "x.png,a,violet"]},
            "1 of 4 classes of 'colour' have fewer than 10 training images: violet (1: train/metadata.csv row 32)",
        ),
        (
            {"train": [f"{k:02}.png,{'ab'[k % 2]},{'rrgbbbcccddddeeeefffffff'[k % 24]}" for k in range(48)]},
            "6 of 7 classes of 'colour' have fewer than 10 training images: g (2), r (4), b (6), c (6), d (8), ...",
        ),
        (
            {"train": good_rows(), "test": ["x.png,a,violet", "y.png,a,r", "z.png,a,"]},
            "'colour' has 1 of 2 test classes that no training image has: violet",
        ),
        (
            {"train": good_rows(), "test": ["x.png,a,violet", "y.png,b,pink"]},
            "'colour' has 2 of 2 test classes that no training image has: pink, violet;"
            " right if they are kept for the test",
        ),
        (
            {"train": good_rows(), "test": ["x.png,a,", "y.png,b,"]},
            "'colour' has no label in any test image, so they cannot judge it",
        ),
        (
            {"train": [f"{k:02}.png,a,{'rgb'[k % 3]}" for k in range(30)]},
            "'shape' has the single class 'a', so there is nothing to learn about it",
        ),
        (
            {"train": [f"{k:02}.png,{'ab'[k % 2]},c{k}" for k in range(24)]},
            "'colour' has 24 classes for 24 training images, so it is no category",
        ),
        (
            {"train": [f"{k:02}.png,{'ab'[k % 2]},{'rgbw'[k % 4]}" for k in range(40)]},
            "'colour' predicts 'shape' in 100.0% of the training images, so their codes may mix",
        ),
        (
            {"train": [*good_rows(), *(f"n{k}.png,{'ab'[k % 2]},NaN" for k in range(10))]},
            "'colour' has the class 'NaN'; if that means a missing label, leave those cells empty",
        ),
        (
            {"train": [f"{k:02}.png,{'abB'[k % 3]},{'rgbw'[k // 3 % 4]}" for k in range(48)]},
            "'shape' has the classes 'B' and 'b', which differ only by case",
        ),
        (
            {"train": [*[f"{k:02}.png,{'ab'[k % 2]},{'rgbw'[k % 4]}" for k in range(39)], "x.png,a,w"]},
            "'colour' predicts 'shape' in 97.5% of the training images, so their codes may mix",
        ),
    ],
)
def test_what_makes_learning_hard_is_a_warning(splits: dict[str, list[str]], line: str, tmp_path: Path) -> None:
    report = check(make(tmp_path / "x", splits))
    assert [(finding.level, finding.line) for finding in report.findings] == [("warning", line)]


def test_a_split_in_capitals_is_told_how_to_be_called(tmp_path: Path) -> None:
    folder = make(tmp_path / "x", {"Train": good_rows()})
    expected = (
        f"{folder}: holds the folder Train, expected it to be called train if it is a split, something else if not"
    )
    assert lines(check(folder), "error") == [expected]


def test_small_and_unlisted_images_are_warnings(tmp_path: Path) -> None:
    folder = make(tmp_path / "x", {"train": good_rows()})
    Image.new("L", (20, 70)).save(folder / "train" / "03.png")
    Image.new("L", (20, 70)).save(folder / "train" / "new.png")
    report = check(folder)
    assert lines(report, "error") == []
    assert lines(report, "warning") == [
        "train/new.png: has no row in the metadata and is not used",
        "train/03.png: is 20 x 70 pixels and will be enlarged to 64",
    ]
    assert report.summary[0] == "images: 30 train; 20-64 x 64-70 pixels"


def test_transparent_parts_are_told_once_with_a_count(tmp_path: Path) -> None:
    folder = make(tmp_path / "x", {"train": good_rows()})
    Image.new("RGBA", (64, 64), (9, 9, 9, 255)).save(folder / "train" / "01.png")  # nothing of it is transparent
    Image.new("RGBA", (64, 64), (9, 9, 9, 254)).save(folder / "train" / "02.png")
    palette = Image.new("P", (64, 64), 0)
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.save(folder / "train" / "04.png", transparency=0)
    report = check(folder)
    assert [(finding.level, finding.line) for finding in report.findings] == [
        ("warning", "train/02.png: has transparent parts, laid over white, and 1 more such images")
    ]
    assert report.summary[0] == "images: 30 train; 64 x 64 pixels"


def test_folders_below_those_of_the_classes_are_said_to_be_no_labels(tmp_path: Path) -> None:
    for k in range(32):
        file = tmp_path / ("anna", "ben")[k % 2] / ("sad", "glad")[k // 2 % 2] / f"{k:02}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (64, 64)).save(file)
    report = check(tmp_path)
    assert report.summary[1].startswith("class: 2 classes, training images of each 16 / 16 / 16")
    assert lines(report, "error") == []
    assert lines(report, "warning") == [
        "anna/glad/02.png: its class is 'anna', the folder 'glad' below it is no label, and 31 more such images"
    ]


def test_rows_of_names_are_told_by_the_image(tmp_path: Path) -> None:
    for k in range(16):
        Image.new("L", (64, 64)).save(tmp_path / f"{'ab'[k % 2]}-{'xy'[k // 2 % 2]}-{k:02}.png")
    (tmp_path / "a-x-00.png").write_text("hello")
    (tmp_path / "a.png").write_text("hello")
    assert lines(check(tmp_path, pattern="{one}-{two}-{_}", batch=15), "error") == [
        "a.png: does not match the pattern {one}-{two}-{_}, which is for the whole name but its ending",
        "a-x-00.png: is not an image that can be read, expected PNG, JPEG, WebP, TIFF, BMP, GIF, PPM or AVIF",
    ]


def test_the_toys_with_labels_missing_pass(toy_folder: Path) -> None:
    report = check(toy_folder, size=32)
    assert report.findings == []
    assert report.summary[2].endswith(", 7 labels missing, test classes known from training: 3 of 3")


def test_the_share_that_one_attribute_tells_of_another() -> None:
    of, by = np.array([0, 0, 0, 1, 1, 0, -1]), np.array([0, 0, 0, 1, 1, 1, 1])
    assert predicted_share(of, by) == (5 / 6, 4 / 6)
    assert predicted_share(np.array([-1, 0]), np.array([0, -1])) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("numbers", "line"),
    [
        ({"size": 50}, "size is 50, expected a multiple of 4 from 32 up"),
        ({"size": 28}, "size is 28, expected a multiple of 4 from 32 up"),
        ({"batch": -4}, "batch is -4, expected at least 2"),
    ],
)
def test_sizes_that_no_training_has_are_refused(numbers: dict[str, Any], line: str, toy_folder: Path) -> None:
    with pytest.raises(UnweaveError) as error:
        check(toy_folder, **numbers)
    assert str(error.value) == line
