"""Sets of images with labels of different attributes, joined: each image lacks those of the other set."""

from __future__ import annotations

import shutil
from itertools import product
from pathlib import Path

import pytest
import torch

from unweave.checkpoint import load_model, load_tensors
from unweave.config import build
from unweave.data.batches import draw_batch
from unweave.data.rearrange import join
from unweave.data.table import read_table
from unweave.evaluate import evaluate, held_out_of, labelled
from unweave.method import Unweave
from unweave.training import prepare, train

CONFIG = build(
    {
        "data": {"size": 32, "balance": "shape"},
        "networks": {"width": 1 / 16, "critic_width": 1 / 16, "residual_blocks": 1},
        "run": {"batch": 12, "steps": 2, "judge_steps": 5, "device": "cpu", "precision": "float32", "threads": 1},
    }
)

pytestmark = pytest.mark.usefixtures("few_pairs")


@pytest.fixture
def joined(toys: Path, tmp_path: Path) -> Path:
    """The toys twice, with their shapes alone and with their colours alone."""
    for column, name in ((1, "shapes"), (2, "colours")):
        shutil.copytree(toys, tmp_path / name)
        for table in (tmp_path / name).glob("*/metadata.csv"):
            rows = [line.split(",") for line in table.read_text().splitlines()]
            table.write_text("\n".join(f"{row[0]},{row[column]}" for row in rows))
    join([tmp_path / "shapes", tmp_path / "colours"], tmp_path / "both")
    return tmp_path / "both"


def test_they_are_drawn_from_balanced_and_judged_together(joined: Path) -> None:
    training, held = prepare(read_table(joined), CONFIG)
    assert (training.labels >= 0).mean(0).round(2).tolist() == [0.5, 0.44]
    assert held.judge is not None
    assert list(held.judge.classes) == ["shape", "colour"]
    batch = draw_batch(training, CONFIG, 0)
    assert ((batch.labels >= 0).sum(1) <= 1).all()
    assert (batch.labels >= 0).any(0).all()
    assert (batch.taught >= 0).all()


def test_they_are_trained_on_and_evaluated_together_by_the_labels_that_there_are(joined: Path, tmp_path: Path) -> None:
    run = train(joined, tmp_path / "run", config=CONFIG)
    trained = load_tensors(run / "state.safetensors", "state")[0]
    begun = Unweave(CONFIG, read_table(joined).classes)
    for k, classifier in enumerate(begun.classifiers):
        assert not torch.equal(trained[f"classifiers/{k}.head.weight"], classifier.state_dict()["head.weight"])
    card, generator, _ = load_model(run / "last.safetensors")
    held = held_out_of(card, labelled(card, joined), judge_steps=120, seed=0)
    figures = evaluate(generator, held, pairs=64)
    kinds = ("real", "reconstructed", "swapped", "kept", "chance")
    assert {f"{kind}/{name}" for kind, name in product(kinds, ("shape", "colour"))} <= figures.keys()
    assert figures["chance/shape"] == pytest.approx(1 / 3)
    assert figures["chance/colour"] == pytest.approx(1 / 2)
    assert figures["real/colour"] > 0.9  # of the half that is labelled
