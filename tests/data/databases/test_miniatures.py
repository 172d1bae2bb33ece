"""`unweave data prepare` on miniatures of what the owners give out: counts, splits and crops as the paper has them.

Pictures are of one colour, blue if they are to be taken and red if not, and as small as their crop allows.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import BytesIO
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unweave.cli import main
from unweave.data.databases.rafd import EXPRESSIONS, GAZES

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
BU_TEST = "F0028 F0036 F0040 F0041 F0043 M0006 M0013 M0026 M0030 M0043".split()
RAFD_TEST = "01 02 03 04 05 07 08 64".split()

Names = Sequence[tuple[str, bool]]
"""Names in the owner's folder, and whether they are of pictures to take; the first one is."""


def multipie() -> Names:
    """The owner's tree: all sessions and recordings, two of the 15 cameras, six of the 19 lights."""
    people = [f"{k:03}" for k in range(2, 26, 2)]
    takes = "01_01 01_02 02_01 02_02 02_03 03_01 03_02 03_03 04_01 04_02 04_03".split()
    lights = ("01", "00", "03", "07", "11", "13")
    return [
        (
            f"session{take[:2]}/multiview/{who}/{take[3:]}/{camera[:2]}_{camera[2]}/{who}_{take}_{camera}_{light}.png",
            camera == "051" and light != "00" and take in ("01_01", "02_02", "02_03", "04_02"),
        )
        for who, take, camera, light in product(people, takes, ("051", "140"), lights)
    ]


def sorted_multipie() -> Names:
    """The tree as the authors had it: five expressions, two cameras, six lights, two sessions."""
    people, looks = [str(k) for k in range(1, 13)], ("Neutral", "Scream", "Squint", "Surprise", "Smile")
    return [
        (
            f"{who}/{camera}/{look}/{light}/{session}_x.jpg",
            (camera, session) == ("051", "01") and look != "Smile" and light < 6,
        )
        for who, camera, look, light, session in product(people, ("051", "140"), looks, range(1, 7), ("01", "02"))
    ]


def bu3dfe() -> Names:
    """All expressions and intensities, as frontal pictures (F2D) and as textures of the surface (F3D)."""
    codes = [f"{code}0{k}" for code, k in product(("AN", "DI", "FE", "HA", "SA", "SU"), range(1, 5))]
    people = ["F0001", *BU_TEST, "M0044"]
    return [
        (f"{who}/{who}_{code}WH_{kind}.bmp", kind == "F2D")
        for who, code, kind in product(people, [*codes, "NE00"], ("F2D", "F3D"))
    ]


def rafd() -> Names:
    """All five cameras."""
    people = [*RAFD_TEST, "09", "10", "57", "73"]
    return [
        (f"Rafd{camera}_{who}_Moroccan_male_{expression}_{gaze}.jpg", camera == "090")
        for who, camera, expression, gaze in product(people, ("090", "000", "045", "135", "180"), EXPRESSIONS, GAZES)
    ]


def put(folder: Path, names: Sequence[str], picture: Image.Image) -> None:
    content = BytesIO()
    picture.save(content, "PNG")  # without loss, whatever the names say
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content.getvalue())


def framed(width: int, height: int, left: int, top: int, side: int) -> Image.Image:
    """A red picture; in its crop the outer eighth is green, and the middle blue."""
    picture, edge = Image.new("RGB", (width, height), RED), side // 8
    picture.paste(GREEN, (left, top, left + side, top + side))
    picture.paste(BLUE, (left + edge, top + edge, left + side - edge, top + side - edge))
    return picture


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


@pytest.mark.parametrize(
    ("database", "names", "least", "frame", "first", "counts", "test"),
    [
        (
            "multipie",
            multipie(),
            (448, 352),
            (640, 480, 192, 96, 256),
            "test/002-neutral-01.png",
            {"train": 2 * 4 * 5, "test": 10 * 4 * 5},
            [f"{k:03}" for k in range(2, 22, 2)],
        ),
        (
            "multipie",
            sorted_multipie(),
            (220, 220),
            (301, 240, 40, 0, 220),
            "test/1-neutral-1.png",
            {"train": 2 * 4 * 5, "test": 10 * 4 * 5},
            [str(k) for k in range(1, 11)],
        ),
        (
            "bu3dfe",
            bu3dfe(),
            (8, 8),
            (132, 132, 2, 2, 128),
            "train/F0001-angry-1.png",
            {"train": 2 * 25, "test": 250},
            BU_TEST,
        ),
        (
            "rafd",
            rafd(),
            (640, 640),
            (681, 1024, 20, 64, 640),
            "test/01-angry-frontal.png",
            {"train": 4 * 24, "test": 192},
            RAFD_TEST,
        ),
    ],
    ids=["multipie", "multipie-sorted", "bu3dfe", "rafd"],
)
def test_of_twelve_people_the_command_takes_the_pictures_splits_and_crops_of_the_paper(
    database: str,
    names: Names,
    least: tuple[int, int],
    frame: tuple[int, int, int, int, int],
    first: str,
    counts: dict[str, int],
    test: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    put(source, [name for name, taken in names if taken], Image.new("RGB", least, BLUE))
    put(source, [name for name, taken in names if not taken], Image.new("RGB", (8, 8), RED))
    put(source, [names[0][0]], framed(*frame))
    main(["data", "prepare", database, str(source), str(out)])
    told = f"{counts['train']} train and {counts['test']} test images of 12 people, 128 x 128 pixels"
    assert capsys.readouterr().out.splitlines()[0] == f"{out}: {told}; {sum(counts.values())} of them new"
    rows = {split: list(csv.DictReader((out / split / "metadata.csv").read_text().splitlines())) for split in counts}
    assert {split: len(of_split) for split, of_split in rows.items()} == counts
    people = {split: {row["identity"] for row in of_split} for split, of_split in rows.items()}
    assert people["test"] == set(test)
    assert len(people["train"] - people["test"]) == 12 - len(test)
    images = {f"{split}/{row['file_name']}" for split, of_split in rows.items() for row in of_split}
    assert images == {path.relative_to(out).as_posix() for path in out.rglob("*.png")}
    others = {(out / name).read_bytes() for name in images - {first}}
    assert len(others) == 1  # all alike
    assert np.array_equal(pixels(out / max(images - {first})), np.full((128, 128, 3), BLUE, np.uint8))
    shown, places = pixels(out / first), [0, 10, 20, 64, 107, 117, 127]  # edges are at 16 and 112
    for line in (shown[64], shown[:, 64]):
        assert np.array_equal(line[places], [GREEN, GREEN, BLUE, BLUE, BLUE, GREEN, GREEN])
