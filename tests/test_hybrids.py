"""Hybrids: what they show, how they are labelled, that they can be made again."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from unweave.checkpoint import ModelCard
from unweave.codes import Codes
from unweave.data.batches import as_pixels
from unweave.data.table import read_table
from unweave.errors import UnweaveError
from unweave.hybrids import draw_donors, write_hybrids
from unweave.model import Model
from unweave.networks import Generator
from unweave.torch_engine import TorchEngine

ATTRIBUTES = ("shape", "colour")


@pytest.fixture
def model() -> Model:
    torch.manual_seed(0)
    card = ModelCard(
        attributes={"shape": ("circle", "square", "triangle"), "colour": ("blue", "green", "red")},
        size=32,
        channels=3,
        crop="center",
        width=1 / 16,
        residual_blocks=1,
    )
    return Model(
        card,
        TorchEngine(Generator(ATTRIBUTES, width=1 / 16, residual_blocks=1), torch.device("cpu")),
        {},
        path=Path("toy"),
    )


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_labels_are_those_of_the_donors_and_pictures_their_codes(
    model: Model, toy_folder: Path, tmp_path: Path
) -> None:
    write_hybrids(model, toy_folder, tmp_path / "out", number=40)
    table = read_table(toy_folder)
    known = {file: {name: table.columns[name][k] for name in ATTRIBUTES} for k, file in enumerate(table.files)}
    labels, donors = rows(tmp_path / "out" / "train" / "metadata.csv"), rows(tmp_path / "out" / "donors.csv")
    assert len(labels) == len(donors) == 40
    for label, donor in zip(labels, donors, strict=True):
        assert label["file_name"] == donor["file_name"]
        assert all(donor[name].startswith("train/") for name in (*ATTRIBUTES, "rest"))
        assert {name: label[name] or None for name in ATTRIBUTES} == {
            name: known[donor[name]][name] for name in ATTRIBUTES
        }
    assert "" in {label["colour"] for label in labels}  # the donor had no label either

    files = [toy_folder / donors[7][name] for name in (*ATTRIBUTES, "rest")]
    codes = [model.encode(file) for file in files]
    hybrid = model.decode(Codes({name: of[name] for name, of in zip((*ATTRIBUTES, "rest"), codes, strict=True)}))
    with Image.open(tmp_path / "out" / "train" / labels[7]["file_name"]) as picture:
        assert np.abs(np.asarray(picture).astype(int) - as_pixels(hybrid)[0]).max() <= 1


def test_labels_with_line_breaks_are_read_back(model: Model, toy_folder: Path, tmp_path: Path) -> None:
    table = toy_folder / "train" / "metadata.csv"
    table.write_text(table.read_text().replace("red", '"re\rd"'))
    write_hybrids(model, toy_folder, tmp_path / "out", number=40)
    assert set(read_table(tmp_path / "out").classes["colour"]) == {"blue", "green", "re\rd"}


def test_hybrids_read_as_training_images(model: Model, toy_folder: Path, tmp_path: Path) -> None:
    write_hybrids(model, toy_folder, tmp_path / "out", number=12)
    table = read_table(tmp_path / "out")
    assert table.attributes == ATTRIBUTES
    assert table.splits == ("train",) * 12
    assert set(table.classes["shape"]) <= {"circle", "square", "triangle"}


def test_the_same_seed_writes_the_same_and_another_something_else(
    model: Model, toy_folder: Path, tmp_path: Path
) -> None:
    for name, seed, number in (("a", 1, 5), ("b", 1, 5), ("c", 2, 5), ("more", 1, 40)):
        write_hybrids(model, toy_folder, tmp_path / name, number=number, seed=seed)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a") != contents(tmp_path / "c")
    few, more = (contents(tmp_path / name) for name in ("a", "more"))
    assert {name: more[name] for name in few if name.endswith(".png")} == {
        name: content for name, content in few.items() if name.endswith(".png")
    }


def test_more_hybrids_begin_with_the_fewer_and_every_code_has_a_donor_of_its_own() -> None:
    few, many = (draw_donors(np.arange(100), 3, number=number, seed=0) for number in (10, 200))
    assert few.tolist() == many[:10].tolist()
    assert set(many.ravel()) == set(range(100))
    assert (many[:, 0] == many[:, 1]).mean() < 0.05


def test_hybrids_are_not_written_among_the_images_they_are_made_of(model: Model, toy_folder: Path) -> None:
    with pytest.raises(UnweaveError, match="lies inside of"):
        write_hybrids(model, toy_folder, toy_folder / "more", number=1)
    assert not (toy_folder / "more").exists()


def test_a_model_needs_its_attributes_in_the_data(model: Model, toy_folder: Path, tmp_path: Path) -> None:
    for table in toy_folder.glob("*/metadata.csv"):
        table.write_text(table.read_text().replace("colour", "tint"))
    with pytest.raises(UnweaveError, match="no column 'colour'"):
        write_hybrids(model, toy_folder, tmp_path / "out", number=1)
    assert not (tmp_path / "out").exists()
