"""Tables: the layouts that are read, the classes, the missing labels."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unweave.data.layouts import EXPECTED
from unweave.data.table import natural, read_table, table_from_arrays
from unweave.errors import UnweaveError
from unweave.faces import Database, from_row
from unweave.faces.factors import COLUMNS


def lay(folder: Path, files: dict[str, str]) -> Path:
    """A folder of files; reading a table opens no image, so they may be empty."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def refused(source: str | Path, **how: object) -> str:
    with pytest.raises(UnweaveError) as error:
        read_table(source, **how)  # pyright: ignore[reportArgumentType]
    return str(error.value)


def test_splits_are_the_folders_that_hold_metadata(toy_folder: Path) -> None:
    table = read_table(toy_folder)
    assert table.source == toy_folder
    assert (len(table.rows("train")), len(table.rows("test")), len(table.rows("validation"))) == (48, 12, 0)
    assert [table.files[k] for k in table.rows("test")[:2]] == ["test/000.png", "test/001.png"]
    assert table.attributes == ("shape", "colour")
    assert table.classes == {"shape": ("circle", "square", "triangle"), "colour": ("blue", "green", "red")}


def test_an_empty_cell_is_a_missing_label(toy_folder: Path) -> None:
    table = read_table(toy_folder, attributes=["colour"])
    k = table.files.index("train/007.png")
    assert table.columns["colour"][k] is None
    assert table.columns["shape"][k] == "square"
    assert table.labels()[[k, k + 1]].tolist() == [[-1], [2]]


def test_a_zip_is_read_as_its_folder(toy_folder: Path, tmp_path: Path) -> None:
    shutil.make_archive(str(tmp_path / "inside"), "zip", toy_folder)
    shutil.make_archive(str(tmp_path / "around"), "zip", toy_folder.parent, toy_folder.name)
    expected = read_table(toy_folder)
    for name in ("inside.zip", "around.zip"):
        table = read_table(tmp_path / name)
        assert sorted(table.files) == sorted(expected.files)
        assert table.classes == expected.classes


def test_a_split_column_says_the_split(tmp_path: Path) -> None:
    rows = "file_name,who,split\na.png,x,train\nb.png,y,val\nc.png,x,test\nd.png,z,\n"
    table = read_table(lay(tmp_path, dict.fromkeys(("a.png", "b.png", "c.png", "d.png"), "") | {"metadata.csv": rows}))
    assert table.splits == ("train", "validation", "test", "train")
    assert table.attributes == ("who",)
    assert table.classes["who"] == ("x", "z")
    assert table.labels()[:, 0].tolist() == [0, -1, 0, 1]  # y is not among the training labels


def test_without_a_split_column_names_say_the_split(tmp_path: Path) -> None:
    rows = '{"file_name": "train/a.png", "n": 1}\n{"file_name": "test/a.png", "n": 1}\n{"file_name": "./b.png", "n": 2}'
    table = read_table(lay(tmp_path, {"train/a.png": "", "test/a.png": "", "b.png": "", "metadata.jsonl": rows}))
    assert table.files == ("train/a.png", "test/a.png", "b.png")
    assert table.splits == ("train", "test", "train")
    assert table.columns == {"n": ("1", "1", "2")}


def test_labels_are_read_from_names_by_a_pattern(tmp_path: Path) -> None:
    names = ["train/001-happy-light10.png", "train/002-sad-light2.JPG", "test/003-sad-light2.webp"]
    table = read_table(lay(tmp_path, dict.fromkeys(names, "") | {"notes.txt": ""}), pattern="{who}-{_}-{light}")
    assert table.files == ("test/003-sad-light2.webp", "train/001-happy-light10.png", "train/002-sad-light2.JPG")
    assert table.splits == ("test", "train", "train")
    assert table.classes == {"who": ("001", "002"), "light": ("light2", "light10")}


@pytest.mark.parametrize("top", ["", "train/"])
def test_folders_are_classes(top: str, tmp_path: Path) -> None:
    files = [f"{top}cat/a.png", f"{top}cat/deep/b.png", f"{top}dog/c.png"]
    table = read_table(lay(tmp_path, dict.fromkeys([*files, "notes.txt"], "")))
    assert table.files == tuple(files)
    assert table.columns == {"class": ("cat", "cat", "dog")}
    assert set(table.splits) == {"train"}


def test_the_bundled_faces_are_a_hundred_people_and_twenty_others() -> None:
    table = read_table("faces64")
    assert (len(table.rows("train")), len(table.rows("test"))) == (6000, 1200)
    assert table.attributes == ("identity", "expression", "light")
    assert [len(table.classes[name]) for name in table.attributes] == [100, 6, 5]
    assert (table.labels()[table.rows("test"), 0] == -1).all()  # people never seen in training
    assert set(table.columns) == set(COLUMNS)


def test_the_bundled_faces_are_those_that_the_database_plans() -> None:
    table = read_table("faces64")
    planned = Database(pose=0, background=0, glasses=False, facial_hair=False, least_intensity=0.6)
    for identity in (0, 19, 20, 119):
        for entry in planned.of_person(identity):
            row = table.files.index(entry.file)
            assert from_row({name: table.columns[name][row] for name in COLUMNS}) == entry.factors


@given(st.lists(st.text(st.sampled_from("ab01² "), max_size=4)), st.randoms())
def test_the_natural_order_is_one_and_the_same_whatever_it_starts_from(labels: list[str], random: Random) -> None:
    shuffled = random.sample(labels, len(labels))
    assert sorted(labels, key=natural) == sorted(shuffled, key=natural)


def test_numbers_within_labels_are_ordered_by_size() -> None:
    assert sorted(["10", "light10", "light2b", "2", "light2", ""], key=natural) == [
        *("", "2", "10", "light2", "light2b", "light10")
    ]


def test_arrays_make_a_table() -> None:
    images = np.zeros((4, 32, 40), np.uint8)
    table = table_from_arrays(
        images, {"who": [3, 10, None, ""], "look": list("abab")}, splits=["train", "train", "val", "test"]
    )
    assert table.pixels is not None
    assert table.pixels.shape == (4, 32, 40, 1)
    assert table.classes == {"who": ("3", "10"), "look": ("a", "b")}
    assert table.labels().tolist() == [[0, 0], [1, 1], [-1, 0], [-1, 1]]
    assert table.rows("validation").tolist() == [2]


@pytest.mark.parametrize("kind", [float, np.float32, np.float64])
def test_nan_in_arrays_is_a_missing_label(kind: type) -> None:
    table = table_from_arrays(np.zeros((3, 8, 8), np.uint8), {"a": ["x", kind("nan"), "y"]})
    assert table.columns["a"] == ("x", None, "y")
    assert table.classes["a"] == ("x", "y")


def test_lists_and_objects_in_other_columns_do_not_refuse_the_set(tmp_path: Path) -> None:
    rows = r'{"file_name": "a.png", "who": "\u00e9", "box": [1, 2], "more": {"by": "\u00e9", "on": null}}'
    table = read_table(lay(tmp_path, {"a.png": "", "metadata.jsonl": rows}), attributes=["who"])
    assert table.columns == {"who": ("é",), "box": ("[1, 2]",), "more": ('{"by": "é", "on": null}',)}
    assert table.attributes == ("who",)


@pytest.mark.parametrize(
    ("images", "columns", "how", "line"),
    [
        (
            np.zeros((2, 8, 8, 3)),
            {"a": ["x", "y"]},
            {},
            "images are float64 of shape (2, 8, 8, 3), expected uint8 of shape (images, height, width, 3 or 1)",
        ),
        (np.zeros((2, 8, 8), np.uint8), {"a": ["x"]}, {}, "'a' has 1 entries for 2 images, expected one each"),
        (
            np.zeros((1, 8, 8), np.uint8),
            {"a": ["x"]},
            {"splits": ["spare"]},
            "a split is 'spare', expected train, validation or test",
        ),
        (
            np.zeros((1, 8, 8), np.uint8),
            {"rest": ["x"]},
            {},
            "'rest' cannot be an attribute's name, rename that column",
        ),
        (np.zeros((1, 8, 8), np.uint8), {"a": [None]}, {}, "no training image has a label for 'a'"),
        (np.zeros((1, 8, 8), np.uint8), {}, {}, "there is no column of labels, expected one per attribute"),
    ],
)
def test_a_mistake_in_arrays_gives_its_line(images: np.ndarray, columns: dict, how: dict, line: str) -> None:
    with pytest.raises(UnweaveError) as error:
        table_from_arrays(images, columns, **how)
    assert str(error.value) == line


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("metadata.csv", "", "metadata.csv row 1: there is no column 'file_name' among none"),
        ("metadata.csv", "file;who\n", "metadata.csv row 1: there is no column 'file_name' among file;who"),
        ("metadata.csv", "who; file_name\n", "metadata.csv row 1: columns are separated by ';', expected commas"),
        ("metadata.csv", "file_name\twho\n", "metadata.csv row 1: columns are separated by tabs, expected commas"),
        (
            "metadata.csv",
            "file_name,eye=colour\na.png,x\n",
            "SOURCE: 'eye=colour' cannot be an attribute's name, rename that column",
        ),
        (
            "metadata.jsonl",
            '{"file_name": "a.png", "": 1}',
            "SOURCE: '' cannot be an attribute's name, rename that column",
        ),
        ("Metadata.csv", "", "SOURCE: holds Metadata.csv, expected it to be called metadata.csv"),
        ("metadata.csv", "file_name,a,a\n", "metadata.csv row 1: column 'a' is there twice"),
        ("metadata.csv", "file_name,,a\n", "metadata.csv row 1: column 2 has no name"),
        ("metadata.csv", "file_name,a\na.png\n", "metadata.csv row 2: has 1 cells, expected 2 as in row 1"),
        ("metadata.csv", "file_name,a\n,x\n", "metadata.csv row 2: has no file_name"),
        (
            "metadata.csv",
            'file_name,a\na.png,x\na.png,"x"y\n',
            "metadata.csv row 3: is not a row of a .csv that can be read (',' expected after '\"')",
        ),
        ("metadata.csv", "file_name,a\nA.jpg,x\n", "metadata.csv row 2: no such file 'A.jpg'; did you mean 'a.png'?"),
        (
            "metadata.csv",
            "file_name,a\n.\\a.png,x\n",
            "metadata.csv row 2: no such file '.\\a.png'; did you mean 'a.png'?",
        ),
        (
            "metadata.csv",
            "file_name,a\na.png,x\n./a.png,y\n",
            "metadata.csv row 3: 'a.png' is already in metadata.csv row 2, expected each image once",
        ),
        (
            "metadata.csv",
            "file_name,a\n../a.png,x\n",
            "metadata.csv row 2: file_name is '../a.png', expected a name inside the data, without '..'",
        ),
        (
            "metadata.csv",
            "file_name,a\n/a.png,x\n",
            "metadata.csv row 2: file_name is '/a.png', expected a name inside the data, without '..'",
        ),
        (
            "metadata.csv",
            "file_name,split\na.png,spare\n",
            "metadata.csv row 2: split is 'spare', expected train, validation or test",
        ),
        ("metadata.csv", "file_name\na.png\n", "SOURCE: there is no column of labels, expected one per attribute"),
        ("metadata.csv", "file_name,a\na.png,\n", "SOURCE: no training image has a label for 'a'"),
        ("metadata.csv", "file_name,a\n", f"SOURCE: holds no images with labels, {EXPECTED}"),
        ("metadata.jsonl", "a\n", "metadata.jsonl row 1: is not JSON, expected one object a line"),
        ("metadata.jsonl", "\n[1]\n", 'metadata.jsonl row 2: is no object, expected {"file_name": ..., ...}'),
        ("metadata.jsonl", '{"a": "x"}', "metadata.jsonl row 1: has no file_name"),
        (
            "deep/metadata.csv",
            "",
            "SOURCE: holds no metadata.csv, but deep inside it does; expected the folder deep",
        ),
        (
            "deep/train/metadata.csv",
            "",
            "SOURCE: holds no metadata.csv, but deep/train inside it does; expected the folder deep",
        ),
        ("notes.txt", "", f"SOURCE: holds no labels for its 1 images, {EXPECTED}"),
        (
            "Val/b.png",
            "",
            "SOURCE: holds the folder Val, expected it to be called val if it is a split, something else if not",
        ),
        ("dog/b.png", "", "a.png: lies outside the folders of the classes"),
    ],
)
def test_a_mistake_in_a_folder_gives_its_line(name: str, text: str, line: str, tmp_path: Path) -> None:
    folder = lay(tmp_path, {"a.png": "", name: text})
    assert refused(folder) == line.replace("SOURCE", str(folder))


def test_a_split_in_capitals_beside_one_with_metadata_is_not_left_out(tmp_path: Path) -> None:
    files = {"train/a.png": "", "train/metadata.csv": "file_name,n\na.png,1\n", "TEST/b.png": ""}
    folder = lay(tmp_path, files)
    line = "holds the folder TEST, expected it to be called test if it is a split, something else if not"
    assert refused(folder) == f"{folder}: {line}"


def test_where_a_column_says_the_split_folders_are_called_as_they_like(tmp_path: Path) -> None:
    rows = "file_name,n,split\nTrain/a.png,1,train\nTest/a.png,1,test\n"
    table = read_table(lay(tmp_path, {"Train/a.png": "", "Test/a.png": "", "metadata.csv": rows}))
    assert table.splits == ("train", "test")


@pytest.mark.parametrize("pattern", [None, "{who}-{look}"])
def test_splits_one_folder_too_deep_are_not_all_for_training(pattern: str | None, tmp_path: Path) -> None:
    names = ["anna/Test/a-b.png", "anna/train/a-c.png", "ben/train/b-c.png"]
    folder = lay(tmp_path, dict.fromkeys(names, ""))
    line = "holds anna/Test, expected the folder anna, or test/anna if anna is a class"
    assert refused(folder, pattern=pattern) == f"{folder}: {line}"
    lay(folder, {"cleo/b-d.png": ""})  # some lie elsewhere: then those are folders like others
    assert len(read_table(folder, pattern=pattern).rows("train")) == 4


@pytest.mark.parametrize("pattern", [None, "{who}-{look}"])
def test_where_there_are_no_images_what_is_there_is_told(pattern: str | None, tmp_path: Path) -> None:
    endings = ".png, .jpg, .jpeg, .jfif, .webp, .bmp, .tif, .tiff, .gif, .ppm, .pgm, .pbm, .avif"
    assert refused(tmp_path, pattern=pattern) == f"{tmp_path}: holds no images, expected {endings}"
    lay(tmp_path, dict.fromkeys(["cat/a-b.heic", "dog/c-d.mov"], ""))
    assert refused(tmp_path, pattern=pattern) == (
        f"{tmp_path}: holds no images (2 files, such as cat/a-b.heic), expected {endings}"
    )


def test_metadata_in_two_forms_is_refused(tmp_path: Path) -> None:
    folder = lay(tmp_path, {"metadata.csv": "", "metadata.jsonl": ""})
    assert refused(folder) == (
        f"{folder}: holds metadata.csv and metadata.jsonl, expected one, or one in each of train and test"
    )


def test_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_bytes("file_name,who\na.png,José\n".encode("latin-1"))
    assert refused(tmp_path) == "metadata.csv: is not UTF-8 text (byte 23), save it as UTF-8"


def test_an_unknown_column_is_answered_with_the_nearest(toy_folder: Path) -> None:
    line = f"{toy_folder}: there is no column 'color' among shape, colour; did you mean 'colour'?"
    assert refused(toy_folder, attributes=["shape", "color"]) == line
    assert refused(toy_folder, attributes=["shape", "shape"]) == f"{toy_folder}: the attribute 'shape' is named twice"


def test_a_name_that_does_not_fit_the_pattern_is_named(tmp_path: Path) -> None:
    folder = lay(tmp_path, dict.fromkeys(["a-b.png", "a-b-c.png"], ""))
    line = "a-b-c.png: does not match the pattern {x}-{y}, which is for the whole name but its ending"
    assert refused(folder, pattern="{x}-{y}") == line


def test_of_several_errors_the_first_is_told_and_how_many_more(tmp_path: Path) -> None:
    folder = lay(tmp_path, {"metadata.csv": "file_name,a\nb,x\nc,x\nd,x\n"})
    line = f"metadata.csv row 2: no such file 'b' (and 2 more: unweave data check {folder})"
    assert refused(folder) == line


def test_of_the_bundled_faces_only_what_they_are_for_is_modelled_unless_named() -> None:
    table = read_table("faces64")
    assert table.attributes == ("identity", "expression", "light")
    assert {"intensity", "styling", "gaze"} < set(table.columns)
    assert read_table("faces64", attributes=["light"]).attributes == ("light",)


def test_a_single_attribute_may_be_named_without_a_list(toy_folder: Path) -> None:
    assert read_table(toy_folder, attributes="colour").attributes == ("colour",)
    table = table_from_arrays(np.zeros((2, 8, 8), np.uint8), {"who": list("ab"), "look": list("ab")}, attributes="who")
    assert table.attributes == ("who",)
