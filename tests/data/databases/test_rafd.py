"""RaFD: what is taken of the owner's names, who is tested on, where the crop lies, what an epoch shows."""

from __future__ import annotations

import shlex
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unweave.cli import app, main
from unweave.cli.settings import given
from unweave.cli.train import layered
from unweave.data.batches import as_pixels, draw_batch, steps_per_epoch, training_set
from unweave.data.databases.rafd import EXPRESSIONS, GAZES, crop, select
from unweave.data.table import table_from_arrays
from unweave.errors import UnweaveError

PEOPLE = [f"{k:02}" for k in range(1, 74) if k not in (6, 13, 17, 34, 59, 66)]
CAMERAS = ("000", "045", "090", "135", "180")


def name(camera: str, person: str, expression: str, gaze: str) -> str:
    group = "Caucasian_female" if int(person) % 2 else "Moroccan_male"
    return f"Rafd{camera}_{person}_{group}_{expression}_{gaze}.jpg"


def complete() -> list[str]:
    return sorted(name(*each) for each in product(CAMERAS, PEOPLE, EXPRESSIONS, GAZES))


def test_a_complete_database_gives_the_papers_counts() -> None:
    names = complete()
    assert len(names) == 8040
    selection = select(names, "rafd")
    assert (len(selection.of("train")), len(selection.of("test"))) == (1416, 192)
    tested = {picture.labels["identity"] for picture in selection.of("test")}
    assert tested == {"01", "02", "03", "04", "05", "07", "08", "64"}
    assert selection.notes == ()
    assert selection.attributes == ("identity", "expression", "gaze")


def test_labels_are_those_of_the_name_and_every_picture_has_a_name_of_its_own() -> None:
    selection = select([f"RaFD/all/{each}" for each in complete() if "Rafd090" in each], "rafd")
    first = selection.pictures[0]
    assert first.source == "RaFD/all/Rafd090_01_Caucasian_female_angry_frontal.jpg"
    assert first.labels == {"identity": "01", "expression": "angry", "gaze": "frontal"}
    assert first.file == "test/01-angry-frontal.png"
    assert len({picture.file for picture in selection.pictures}) == 1608
    gazes = Counter(picture.labels["gaze"] for picture in selection.pictures)
    assert gazes == {"frontal": 536, "left": 536, "right": 536}


def test_what_is_missing_is_said_person_by_person() -> None:
    names = [each for each in complete() if "_01_" not in each and "_64_" not in each]
    names.remove(name("090", "02", "sad", "left"))
    names.remove(name("090", "02", "angry", "right"))
    assert select(names, "rafd").notes == (
        "missing: 2 of 67 people",
        "missing: 2 of 8 test people: 01, 64",
        "missing: 2 of 24 pictures of 02: angry right, sad left",
    )


def test_of_many_incomplete_people_the_first_are_named() -> None:
    names = [each for each in complete() if "Rafd090" in each and "_happy_" not in each]
    notes = select(names, "rafd").notes
    assert notes[0] == "missing: 3 of 24 pictures of 01: happy frontal, happy left, happy right"
    assert notes[8:] == ("missing: pictures of 59 more people",)


def test_copies_in_several_folders_are_taken_once() -> None:
    file = name("090", "09", "sad", "left")
    assert [picture.source for picture in select([f"b/{file}", f"a/{file}"], "rafd").pictures] == [f"a/{file}"]


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (
            ["b.txt", "a\n.txt"],
            "stuff: holds no pictures of RaFD; looked for names such as Rafd090_01_Caucasian_female_angry_frontal.jpg; "
            "found 2 files, such as b.txt",
        ),
        (
            [name("045", "09", "sad", "left"), name("180", "09", "sad", "left")],
            "stuff: holds no pictures of RaFD; looked for names such as Rafd090_01_Caucasian_female_angry_frontal.jpg, "
            "of camera 090 (pictures of the cameras 045, 180 are there); found 2 files, such as "
            "Rafd045_09_Caucasian_female_sad_left.jpg",
        ),
        (
            [],
            "stuff: holds no pictures of RaFD; looked for names such as Rafd090_01_Caucasian_female_angry_frontal.jpg; "
            "found no files",
        ),
    ],
)
def test_a_folder_without_its_pictures_is_told_what_was_looked_for(names: list[str], line: str) -> None:
    with pytest.raises(UnweaveError) as error:
        select(names, "stuff")
    assert str(error.value) == line


def test_the_crop_is_centred_and_128_pixels_above_the_middle() -> None:
    assert crop(681, 1024) == "640x640+20+64"


def test_with_the_settings_that_are_proposed_an_epoch_shows_every_picture_and_its_mirror_image(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    Image.new("L", (640, 640)).save(tmp_path / "in" / name("090", "09", "sad", "left"), "PNG")
    main(["data", "prepare", "rafd", str(tmp_path / "in"), str(tmp_path / "out")])
    proposal = capsys.readouterr().out.splitlines()[-1].removeprefix("train on it:  unweave ")
    _, bound, _ = app.parse_args(shlex.split(proposal), exit_on_error=False)
    config = layered(bound.arguments["preset"], None, given(bound.arguments["settings"]))
    training = select(complete(), "rafd").of("train")
    pixels = np.zeros((len(training), 1, 2, 3), np.uint8)
    pixels[:, 0, 0, :2] = [divmod(256 + number, 256) for number in range(len(training))]  # the left pixel counts
    columns = {column: [picture.labels[column] for picture in training] for column in training[0].labels}
    table = table_from_arrays(pixels, columns, attributes=config.data.attributes)
    data = training_set(table, pixels, config)
    assert (len(data.rows), config.run.batch, steps_per_epoch(len(data.rows), config)) == (1416, 16, 177)
    shown = []
    for step in range(177):
        batch = draw_batch(data, config, step)
        for image, numbers in zip(as_pixels(batch.images), batch.labels.tolist(), strict=True):
            mirrored = bool(image[0, 1, 0])
            high, low, _ = image[0, int(mirrored)].tolist()
            shown.append((256 * high + low - 256, mirrored))
            labels = dict(training[shown[-1][0]].labels)
            if mirrored:
                labels["gaze"] = {"left": "right", "right": "left"}.get(labels["gaze"], "frontal")
            found = zip(table.attributes, numbers, strict=True)
            assert {column: table.classes[column][number] for column, number in found} == labels
    assert len(shown) == len(set(shown)) == 2832
