"""Pictures put down in the studio: uploads are read as everywhere in the package, galleries are spread over a set."""

from __future__ import annotations

import shlex
import shutil
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unweave.card import ModelCard
from unweave.data.pictures import crop_resize
from unweave.errors import UnweaveError
from unweave.studio import picked as rooms
from unweave.studio.picked import Picked, gallery, picture, spread, unlike, uploaded, values

LARGE = b"P4 10000 7000 "  # 70 megapixels, as a header tells
CARD = ModelCard(
    attributes={"shape": ("circle", "square", "triangle"), "colour": ("blue", "green", "red")},
    size=32,
    channels=3,
    crop="20x20+4+2",
    width=1 / 16,
    residual_blocks=1,
)


def test_an_upload_is_cut_as_the_model_was_trained(tmp_path: Path) -> None:
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8))
    image.save(tmp_path / "x.png")
    found, note = uploaded(tmp_path / "x.png", "C:\\photos\\me.png", CARD)
    expected = crop_resize(image, size=32, channels=3, crop=CARD.crop)
    assert (found.path, found.told, note) == ("me.png", "me.png", "")
    assert np.array_equal(np.asarray(picture(found, CARD)), expected)
    assert np.array_equal(values(found, CARD)[0, :, 1, 2], expected[1, 2].astype(np.float32) / 127.5 - 1)


def test_an_upload_cannot_pass_for_a_flag_or_lead_elsewhere(tmp_path: Path) -> None:
    Image.new("RGB", (30, 30)).save(tmp_path / "x.png")
    assert uploaded(tmp_path / "x.png", "-o.png", CARD)[0].path == "./-o.png"
    assert uploaded(tmp_path / "x.png", "../../a.png", CARD)[0].path == "a.png"


def test_what_moves_is_told_and_a_second_picture_in_a_photograph_is_not(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "moves.gif", save_all=True, append_images=frames[1:])
    found, note = uploaded(tmp_path / "moves.gif", "moves.gif", CARD)
    assert note == "moves.gif: is animated, its first frame is taken"
    assert picture(found, CARD).getpixel((3, 3)) == (255, 0, 0)
    frames[0].save(tmp_path / "two.tif", save_all=True, append_images=frames[1:])
    assert uploaded(tmp_path / "two.tif", "two.tif", CARD)[1] == ""


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"hello", "a.png: is not an image that can be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.png: is not an image that can be read"),
        (LARGE, "a.png: has more than the limit of 64 million pixels"),
        (None, "a.png: cannot be read (No such file or directory)"),
    ],
)
def test_what_is_no_picture_is_told_by_its_name(tmp_path: Path, data: bytes | None, said: str) -> None:
    if data is not None:
        (tmp_path / "x").write_bytes(data)
    with pytest.raises(UnweaveError) as error:
        uploaded(tmp_path / "x", "a.png", CARD)
    assert str(error.value).startswith(said)


def test_a_picture_too_small_for_the_crop_is_told(tmp_path: Path) -> None:
    with BytesIO() as file:
        Image.new("RGB", (10, 10)).save(file, "PNG")
        (tmp_path / "x").write_bytes(file.getvalue())
    with pytest.raises(UnweaveError, match=r"^a\.png: is 10 x 10 pixels, the crop 20x20\+4\+2 reaches out of it$"):
        uploaded(tmp_path / "x", "a.png", CARD)


def test_a_gallery_is_of_test_images_with_their_labels_and_paths(toy_folder: Path) -> None:
    found = gallery(str(toy_folder), CARD)
    assert len(found) == 12
    assert found[4].path == f"{toy_folder}/test/004.png"
    assert found[4].told == "shape square, colour green"
    assert (found[4].told_of("colour"), found[4].told_of("size")) == ("green", "shape square, colour green")
    with Image.open(found[4].path) as image:
        assert found[4].content == crop_resize(image, size=32, channels=3, crop=CARD.crop).tobytes()


def test_a_gallery_of_many_is_spread_over_all(toy_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "MOST", 3)
    assert [Path(each.path).stem for each in gallery(str(toy_folder), CARD)] == ["000", "006", "011"]


def test_images_without_labels_make_a_gallery_too(toy_folder: Path) -> None:
    (toy_folder / "test" / "metadata.csv").unlink()
    (toy_folder / "train" / "metadata.csv").unlink()
    shutil.move(toy_folder / "test", toy_folder.parent / "bare")
    found = gallery(str(toy_folder.parent / "bare"), CARD)
    assert len(found) == 12
    assert found[0].told == "000.png"


def test_a_packed_gallery_tells_how_to_unpack_it(toy_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(toy_folder.parent)
    shutil.make_archive("my toys", "zip", "toys")
    found = gallery("my toys.zip", CARD)[0]
    assert found.path == "my toys-images/test/000.png"
    assert shlex.split(found.unpacked_by) == ["unweave", "data", "unpack", "my toys.zip", "my toys-images"]


def test_a_gallery_cannot_pass_for_a_flag(toy_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(toy_folder.parent)
    shutil.make_archive("-toys", "zip", "toys")
    toy_folder.rename("--toys")
    assert gallery("./--toys", CARD)[0].path == "./--toys/test/000.png"
    found = gallery("./-toys.zip", CARD)[0]
    assert found.path == "./-toys-images/test/000.png"
    assert shlex.split(found.unpacked_by) == ["unweave", "data", "unpack", "./-toys.zip", "./-toys-images"]


def test_the_bundled_faces_are_a_gallery_for_models_of_their_attributes_only() -> None:
    assert gallery(None, CARD) == ()
    faces = ModelCard(
        attributes={"expression": ("smile",), "light": ("left",)},
        size=32,
        channels=1,
        crop="center",
        width=1,
        residual_blocks=1,
    )
    found = gallery(None, faces)
    assert len(found) == rooms.MOST
    assert found[0].unpacked_by == "unweave data unpack faces64 faces64-images"
    assert {name for each in found for name, _ in each.labels} == {"expression", "light"}


def test_images_that_cannot_be_read_are_left_out_with_a_line(
    toy_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (toy_folder / "test" / "003.png").write_bytes(b"hello")
    (toy_folder / "test" / "004.png").write_bytes(LARGE)
    found = gallery(str(toy_folder), CARD)
    assert [Path(each.path).stem for each in found] == [f"{k:03}" for k in range(12) if k not in (3, 4)]
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith("unweave: warning: test/003.png: is not an image that can be read")
    assert said[0].endswith("; images left out of the gallery: 2")
    for file in (toy_folder / "test").glob("*.png"):
        file.write_bytes(b"hello")
    with pytest.raises(UnweaveError, match=r"toys: none of 12 images can be read; test/000\.png: is not an image"):
        gallery(str(toy_folder), CARD)


def test_no_images_are_told(tmp_path: Path) -> None:
    with pytest.raises(UnweaveError, match="holds no images"):
        gallery(str(tmp_path), CARD)
    with pytest.raises(UnweaveError, match="no such folder"):
        gallery("gone", CARD)


def shown(*labels: str) -> Picked:
    return Picked(content=b"", path="x.png", labels=tuple(zip(("shape", "colour"), labels, strict=False)))


def test_an_example_shows_another_class() -> None:
    some = [shown("disc", "red"), shown("disc", "blue"), shown("square", "red")]
    assert unlike(some, some[0], "colour") == some[1]
    assert unlike(some, some[0], "shape") == some[2]
    assert unlike(some, some[0], "size") is None
    assert unlike(some[1:], shown(), "shape") is None
    assert spread(some, 2) == [some[0], some[2]]
    assert spread([], 2) == []
