"""Codes in a file are those that the model gives, with names and labels beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from unweave import code_file
from unweave.checkpoint import ModelCard
from unweave.code_file import write_codes
from unweave.data.table import read_table
from unweave.model import Model
from unweave.networks import Generator
from unweave.torch_engine import TorchEngine


@pytest.fixture
def model() -> Model:
    torch.manual_seed(0)
    card = ModelCard(
        attributes={"shape": ("circle", "square", "triangle")},
        size=32,
        channels=3,
        crop="center",
        width=1 / 16,
        residual_blocks=1,
    )
    return Model(
        card,
        TorchEngine(Generator(("shape",), width=1 / 16, residual_blocks=1), torch.device("cpu")),
        {},
        path=Path("toy"),
    )


def test_codes_are_those_of_encode_with_names_and_labels(
    model: Model, toy_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_file, "BATCH", 7)  # batches of several sizes
    assert write_codes(model, toy_folder, tmp_path / "codes.npz") == 60
    table = read_table(toy_folder)
    with np.load(tmp_path / "codes.npz", allow_pickle=False) as found:
        expected = {"codes/shape", "codes/rest", "labels/shape", "labels/colour", "file_name", "split"}
        assert set(found) == expected
        assert found["file_name"].tolist() == list(table.files)
        assert found["split"].tolist() == list(table.splits)
        assert found["labels/colour"].tolist() == [label or "" for label in table.columns["colour"]]
        codes = model.encode([toy_folder / file for file in table.files])
        for name in ("shape", "rest"):
            assert found[f"codes/{name}"].dtype == np.float32
            assert np.allclose(found[f"codes/{name}"], codes[name].numpy(), atol=1e-5)


def test_half_precision_takes_half_the_place(model: Model, toy_folder: Path, tmp_path: Path) -> None:
    write_codes(model, toy_folder, tmp_path / "half.npz", half=True)
    write_codes(model, toy_folder, tmp_path / "single.npz")
    with np.load(tmp_path / "half.npz") as half, np.load(tmp_path / "single.npz") as single:
        assert half["codes/rest"].dtype == np.float16
        assert np.allclose(half["codes/rest"], single["codes/rest"], atol=1e-2)
        assert half["codes/rest"].nbytes * 2 == single["codes/rest"].nbytes
