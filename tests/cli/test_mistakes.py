"""The mistakes that people make first: each gets one line that says what to do. (The data's own are in `data`.)"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from unweave.cli import main
from unweave.data.check import check
from unweave.data.findings import Finding

EXPECTED = "expected metadata.csv or metadata.jsonl, a folder for each class, or a file-name pattern"
MISTAKES = {
    "no such folder": ("train toyz -o run", "toyz: no such folder or .zip, nor a bundled data set (faces64)"),
    "the folder above": (
        "train . -o run",
        ".: holds no metadata.csv, but toys/test inside it does; expected one of the 2 such, as toys\n",
    ),
    "the folder above the classes": (
        "train above -o run",
        "above: there is nothing to learn: 'class' has the single class 'pets'; name other attributes,",
    ),
    "splits in capitals above the classes": (
        "train capitals -o run",
        "capitals: holds the folder Test, expected it to be called test if it is a split, something else if not\n",
    ),
    "splits in capitals, and a pattern": (
        "train capitals --pattern {who}-{number} -o run",
        "capitals: holds the folder Test, expected it to be called test if it is a split, something else if not\n",
    ),
    "splits in capitals below a metadata.csv": (
        "train zoo -o run",
        "zoo: holds the folder Test, expected it to be called test if it is a split, something else if not\n",
    ),
    "the folder above two sets": (
        "train sets -o run",
        "sets: holds faces/train, expected the folder faces, or train/faces if faces is a class\n",
    ),
    "a folder without labels": ("train bare -o run", f"bare: holds no labels for its 1 images, {EXPECTED}"),
    "a folder without files": ("train empty -o run", "empty: holds no images, expected .png, .jpg, "),
    "a folder without images": (
        "train telephone -o run",
        "telephone: holds no images (2 files, such as IMG_1.heic), expected .png, .jpg, ",
    ),
    "the folder of a run": ("data check run-folder", "{here}/run-folder: is the folder of a run, expected labelled"),
    "a missing column": (
        "train toys --attributes color -o run",
        "toys: there is no column 'color' among shape, colour; did you mean 'colour'?",
    ),
    "columns with a comma between them": (
        "train toys --attributes colour,shape -o run",
        "toys: there is no column 'colour,shape' among shape, colour; give names with spaces between them: --attributes"
        " colour shape\n",
    ),
    "columns with a comma and a space between them": (
        "train toys --attributes shape, colour -o run",
        "toys: there is no column 'shape,' among shape, colour; give names with spaces between them: --attributes"
        " shape colour\n",
    ),
    "a missing column behind a comma": (
        "train toys --attributes shape,color -o run",
        "toys: there is no column 'color' among shape, colour; did you mean 'colour'?",
    ),
    "a size that is none": ("train toys --data.size 50 -o run", "data.size is 50, expected a multiple of 4 from 32 up"),
    "a size that is none, to check": ("data check toys --size 50", "size is 50, expected a multiple of 4 from 32 up\n"),
    "a size that is none, to prepare": (
        "data prepare rafd toys run --size 50",
        "size is 50, expected a multiple of 4 from 32 up\n",
    ),
    "colours that are none": (
        "train toys --data.channels 4 -o run",
        'Invalid value "4" for --data.channels. Choose from: 1, 3.',
    ),
    "a crop that is none": (
        "train toys --data.crop face -o run",
        "crop is 'face', expected center or WIDTHxHEIGHT+LEFT+TOP in pixels, such as 178x178+0+20",
    ),
    "a crop larger than the images": (
        "train toys --preset quick --data.crop 40x40+0+0 --run.precision float32 --device cpu -o run",
        "train/000.png: is 32 x 32 pixels, the crop 40x40+0+0 reaches out of it",
    ),
    "more a batch than images": (
        "train toys --run.batch 64 -o run",
        "48 training images are too few for a batch of 64",
    ),
    "an attribute that is none, to balance": (
        "train toys --data.balance size -o run",
        "data.balance names 'size', but the attributes are shape, colour",
    ),
    "classes to balance for a rival that draws its batches in its own way": (
        "train toys --method fader --data.balance shape --run.precision float32 --device cpu -o run",
        "fader takes no notice of data.balance: leave it out\n",
    ),
    "a critic to tell for a rival whose critic is another": (
        "train toys --method stargan --networks.critic-told --run.precision float32 --device cpu -o run",
        "stargan takes no notice of networks.critic_told: --networks.no-critic-told\n",
    ),
    "a flag that is none": (
        "train toys --data.sise 64 -o run",
        "Unknown option: --data.sise. Did you mean --data.size?",
    ),
    "a flag's value": ("train toys --run.batch many -o run", "Invalid value"),
    "a seed below zero": ("data split toys out --seed -1", 'Invalid value "-1" for --seed. Must be >= 0.'),
    "a run among the images": (
        "train toys --preset quick -o toys/run",
        "toys/run: lies inside of toys, which is left as it is; name a place elsewhere",
    ),
    "a sheet among the images": (
        "data check toys --size 32 --sheet toys/sheet.png",
        "toys/sheet.png: lies inside of toys, which is left as it is; name a place elsewhere",
    ),
    "an experiment among the images": (
        "reproduce embeddings --data toys -o toys/run",
        "toys/run: lies inside of toys, which is left as it is; name a place elsewhere",
    ),
    "no place for the run": ("train toys", "-o is missing: the run folder to make, such as -o runs/first"),
    "no model": ("info gone", "gone: no such run folder or model file, nor a bundled model (faces64)"),
    "a model of another program": ("info other.safetensors", "other.safetensors: not a file that unweave wrote, or"),
    "data for a model": ("info toys", "toys: is no run folder, and holds no model.safetensors or "),
    "a run that is none to resume": ("train --resume toys", "toys: holds no config.yaml, so it is not a run folder"),
    "a value too many": (
        "train toys --data.flip yes -o run",
        "'yes' belongs to nothing before it; what takes a value: unweave train --help\n",
    ),
    "no place for the picture": (
        "transfer faces64 a.png --from light=b.png",
        "--out is missing; what it is: unweave transfer --help\n",
    ),
    "no exemplar": (
        "transfer faces64 a.png -o b.png",
        "--from is missing; what it is: unweave transfer --help\n",
    ),
    "an exemplar that is not there": (
        "transfer faces64 bare/000.png --from expression=gone.png -o b.png",
        "gone.png: cannot be read (No such file or directory)",
    ),
    "an attribute that the model does not have": (
        "transfer faces64 bare/000.png --from smile=bare/000.png -o b.png",
        "unknown attribute 'smile': there are identity, expression, light, rest",
    ),
    "a class that the model does not have": (
        "synthesize faces64 bare/000.png --class expression=smiling -o b.png",
        "unknown class of expression 'smiling': did you mean 'smile'? there are ",
    ),
    "a folder without pictures to change": (
        "transfer faces64 empty --from expression=bare/000.png -o b",
        "empty: holds no images, expected some such as .png or .jpg",
    ),
    "many pictures into one": (
        "transfer faces64 toys --from expression=bare/000.png -o b.png",
        "b.png: is the name of a picture, but there are many to write; name a folder, such as b",
    ),
    "data of other attributes than the model's": (
        "evaluate faces64 toys",
        "toys: there is no column 'identity' among shape, colour",
    ),
}
FILES = (
    *("capitals/Test/smile/ben-1.png", "capitals/Train/smile/ann-1.png", "capitals/Train/sad/ann-2.png"),
    *("sets/faces/train/smile/1.png", "sets/pets/test/cat/1.png", "sets/pets/train/cat/2.png"),
    *("telephone/IMG_1.heic", "telephone/IMG_2.mov"),
    *("zoo/Test/1.png", "zoo/Train/2.png"),
)
"""Refused by their names; what is in them does not matter."""


@pytest.fixture(autouse=True)
def here(toy_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with toys, a folder above classes, an image without labels, and what is neither data nor a model."""
    for name in ("cat", "dog"):
        (tmp_path / "above" / "pets" / name).mkdir(parents=True)
        for k in range(20):
            shutil.copy(toy_folder / "train" / "000.png", tmp_path / "above" / "pets" / name / f"{k}.png")
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "zoo" / "metadata.csv").write_text("file_name,animal\nTrain/2.png,cat\nTest/1.png,dog\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "bare").mkdir()
    shutil.copy(toy_folder / "train" / "000.png", tmp_path / "bare")
    (tmp_path / "run-folder").mkdir()
    (tmp_path / "run-folder" / "state.safetensors").write_bytes(b"")
    (tmp_path / "other.safetensors").write_bytes(b"hello")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gets_one_line_and_leaves_nothing(
    mistake: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command, line = MISTAKES[mistake]
    with pytest.raises(SystemExit) as left:
        main(command.split())
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("unweave: " + line.format(here=here))
    assert said.count("\n") == 1
    assert not (here / "run").exists()
    assert not (here / "toys" / "run").exists()
    assert not (here / "b.png").exists()
    assert not (here / "b").exists()


def test_one_class_alone_is_a_warning_and_an_error_where_no_attribute_has_more(here: Path) -> None:
    for split in ("train", "test"):
        table = here / "toys" / split / "metadata.csv"
        table.write_text(table.read_text().replace("square", "circle").replace("triangle", "circle"))
    single = "'shape' has the single class 'circle'"
    warning = Finding("warning", f"{single}, so there is nothing to learn about it")
    assert check("toys", size=32).findings == [warning]
    error = Finding("error", f"toys: there is nothing to learn: {single}; name other attributes, or another folder")
    assert check("toys", size=32, attributes=["shape"]).findings == [error, warning]
