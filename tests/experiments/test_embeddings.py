"""Shallow encoders: what the disentanglement loss does to codes, and what is measured of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from unweave.data.table import table_from_arrays
from unweave.errors import UnweaveError
from unweave.evaluate import Labelled
from unweave.experiments import embeddings
from unweave.experiments.embeddings import (
    centred,
    embedded,
    hopkins_of_each,
    measure,
    neighbours_agree,
    small_images,
)
from unweave.experiments.shallow import train_perceptrons


def test_with_the_loss_a_code_keeps_its_label_and_forgets_the_other(
    faces: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embeddings, "embedded", lambda points, seed: points[:, :2])
    found = measure(small_images(faces), 0, epochs=8)
    told = found.tables["what the codes tell of test images"]
    free, even = told["without the loss"], told["even or chance"]
    for row in (told["with the loss"], free):
        assert row["expression: own classifier"] > even["expression: own classifier"] + 0.3
    assert told["with the loss"]["light: own entropy"] > free["light: own entropy"] + 0.1
    assert even["light: own entropy"] == pytest.approx(np.log(2))
    hopkins = [rows for title, rows in found.tables.items() if title.startswith("Hopkins")]
    assert len(hopkins) == 6
    assert all(set(rows) == {"neutral", "smile", "scream", "mean"} for rows in hopkins)
    assert all(0 <= value <= 1 for rows in hopkins for row in rows.values() for value in row.values())
    assert found.about["images"]["test"] == 96
    assert even["identity: nearest in the cluster"] == pytest.approx(1 / 4)  # test people, as many images of each
    rows = next(rows for title, rows in found.tables.items() if title.startswith("what the order within"))
    names = ["without the mean of each light", "without the mean of each identity"]
    assert list(rows) == ["as they are", *names, "without those of light and identity"]
    as_told = next(rows["mean"] for rows in hopkins)
    assert rows["as they are"] == {name: as_told[name] for name in ("with the loss", "without the loss")}
    assert set(found.pictures) == {"tsne.png"}


def test_codes_have_the_dimensions_that_are_asked_for(faces: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(embeddings, "embedded", lambda points, seed: seen.append(points.shape) or points[:, :2])
    found = measure(small_images(faces), 0, epochs=0, dimensions=4)
    assert seen == [(96, 4)] * 2
    assert "codes of 4 dimensions" in found.about["networks"]


def test_both_weights_start_alike_and_the_same_seed_gives_the_same() -> None:
    images, labels = torch.rand(40, 3, 4, 4), torch.randint(2, (40, 2))
    nets = [train_perceptrons(images, labels, disentangle=1, epochs=1, seed=seed) for seed in (3, 3, 4)]
    codes = [net.encode(images) for net in nets]
    assert torch.equal(codes[0], codes[1])
    assert not torch.equal(codes[0], codes[2])
    still = [
        train_perceptrons(images, labels, disentangle=weight, epochs=0, seed=3).encode(images) for weight in (0, 1)
    ]
    assert torch.equal(*still)


def test_neighbours_agree_where_labels_make_clusters_and_only_within_a_cluster() -> None:
    points = np.array([[0.0], [0.1], [5.0], [5.1], [0.05], [5.05]])
    clusters = np.array(["x", "x", "x", "x", "y", "y"])
    assert neighbours_agree(points[:4], clusters[:4], np.array(["a", "a", "b", "b"])) == 1
    assert neighbours_agree(points[:4], clusters[:4], np.array(["a", "b", "a", "b"])) == 0
    assert neighbours_agree(points, clusters, np.array(["a", "a", "b", "b", "a", "b"])) == pytest.approx(4 / 6)


def test_the_nearest_of_somebody_else_may_be_of_another_label_than_the_nearest() -> None:
    points, one = np.array([[0.0], [0.1], [0.3], [0.4]]), np.array(["x"] * 4)
    labels, people = np.array(["a", "a", "b", "a"]), np.array(["p", "p", "q", "r"])
    assert neighbours_agree(points, one, labels) == pytest.approx(2 / 4)
    assert neighbours_agree(points, one, labels, people) == 0


def test_labels_in_patches_of_their_cluster_are_told_from_labels_spread_evenly_in_it() -> None:
    points = np.random.default_rng(0).random((400, 2))
    clusters, spread = np.repeat(["x", "y"], 200), np.tile(["a", "b"], 200)
    patches = np.where(points[:, 0] < 0.5, "a", "b")
    found = {
        kind: hopkins_of_each({"with": points}, clusters, labels, 0)
        for kind, labels in (("spread", spread), ("patches", patches))
    }
    assert set(found["spread"]) == {"x", "y", "mean"}
    assert abs(found["spread"]["mean"]["with the loss"] - 0.5) < 0.08
    assert found["patches"]["mean"]["with the loss"] > 0.7
    assert hopkins_of_each({"with": points[:30]}, clusters[:30], np.repeat(["a", "b", "c", "d", "e"], 6), 0) == {}


def test_what_a_label_brings_to_its_cluster_is_taken_out_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    clusters, labels = np.repeat(["x", "y"], 20), np.tile(["a", "b"], 20)
    noise = rng.normal(size=(40, 3))
    moved = (
        noise + np.where(labels == "a", 9, 0)[:, None] + np.where((clusters == "x") & (labels == "b"), 5, 0)[:, None]
    )
    assert np.allclose(centred(moved, clusters, labels), centred(noise, clusters, labels))
    assert np.allclose(centred(noise, clusters, clusters)[:20], noise[:20] - noise[:20].mean(0))


def test_the_embedding_keeps_clusters_apart_and_is_that_of_its_seed() -> None:
    points = np.concatenate([np.random.default_rng(k).normal(20 * k, 1, (8, 5)) for k in range(2)])
    plane = embedded(points, seed=0)
    clusters = np.array(["all"] * 16)
    assert plane.shape == (16, 2)
    assert neighbours_agree(plane, clusters, np.array(["a"] * 8 + ["b"] * 8)) == 1
    assert (plane == embedded(points, seed=0)).all()


def test_a_single_attribute_is_not_enough() -> None:
    table = table_from_arrays(
        np.zeros((8, 32, 32, 3), np.uint8), {"shape": list("xyxyxyxy")}, splits=["train"] * 4 + ["test"] * 4
    )
    assert table.pixels is not None
    data = Labelled(table=table, pixels=table.pixels, labels=table.labels())
    with pytest.raises(UnweaveError, match="looked at by a second attribute, and the data have none"):
        measure(data, 0)
