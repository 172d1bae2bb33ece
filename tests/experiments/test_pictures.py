"""Transfers, mixtures and paths of a model that takes attributes apart without a fault."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from unweave.experiments import interpolation, mixture, transfer
from unweave.experiments.intensity import shares
from unweave.experiments.roles import roles_of
from unweave.experiments.smoothness import sharpness, unevenness
from unweave.experiments.unseen import unseen
from unweave.report.subject import Subject


def test_transfers_of_a_faultless_model_are_read_right_alone_and_jointly(perfect: Subject, rendered: None) -> None:
    found = transfer.measure(perfect)
    single = found.tables["single transfers, as a judge trained apart reads them"]
    assert single["light swapped"]["light"] == single["real"]["light"] == 1
    joint = next(rows for title, rows in found.tables.items() if title.startswith("expression and light at once"))
    assert joint["joint"]["light"] == 1
    assert joint["joint"]["expression"] == pytest.approx(joint["real exemplars"]["expression"], abs=0.05)
    assert joint["joint"]["both"] == pytest.approx(joint["joint"]["expression"])
    files = {"transfer-identity.png", "transfer-expression.png", "transfer-light.png", "joint-light.png", "fan.png"}
    files.add("intensity.png")
    assert set(found.pictures) == files
    assert found.pictures["joint-light.png"].height > 4 * 130 + 20  # columns have labels as well
    assert found.left_out.keys() == {"classes never seen in training"}
    assert "the model knows every class of expression" in found.left_out["classes never seen in training"]


def test_a_faultless_model_takes_as_much_of_a_change_as_there_is_and_a_copying_one_none(
    perfect: Subject, copying: Subject, rendered: None
) -> None:
    for subject, much in ((perfect, 1), (copying, 0)):
        tables, pictures = shares(subject, roles_of(subject.data, subject.model.classes))
        rows = next(iter(tables.values()))
        for intensity in ("20 %", "40 %", "60 %", "80 %", "100 %"):
            assert rows[intensity]["result"] == pytest.approx(much * rows[intensity]["true answer"], abs=0.01)
        assert rows["100 %"]["true answer"] == pytest.approx(1)
        assert rows["rank correlation"]["true answer"] == pytest.approx(1)
        assert set(pictures) == {"intensity.png"}


def test_exemplars_without_a_label_count_neither_for_nor_against_what_is_taken_at_once(perfect: Subject) -> None:
    labels = perfect.data.labels.copy()
    labels[::3, perfect.data.table.attributes.index("light")] = -1
    subject = replace(perfect, data=replace(perfect.data, labels=labels))
    joint = transfer.both_at_once(subject, ("expression", "light"))[0]["joint"]
    assert joint["both"] == pytest.approx(joint["expression"], abs=0.15)


def test_classes_that_the_model_has_never_met_are_transferred_and_judged(learner: Subject) -> None:
    roles = roles_of(learner.data, learner.model.classes)
    tables, pictures = unseen(learner, roles)
    read = tables["classes of expression never seen in training, as a judge reads them"]
    assert read["real exemplars"]["scream"] > 0.9
    assert read["results"]["scream"] == read["real exemplars"]["scream"]
    assert read["sources"]["scream"] < 0.1
    read_as = tables["classes of expression never seen in training: what the results are read as"]
    assert {label: row["scream"] for label, row in read_as.items()}["scream"] == read["results"]["scream"]
    assert sum(row["scream"] for row in read_as.values()) == pytest.approx(1)
    assert set(pictures) == {"unseen.png"}


def test_paths_end_in_the_exemplars_attribute_and_are_even(perfect: Subject) -> None:
    data = perfect.data
    rows = data.table.rows("test")
    lights = np.array([data.table.columns["light"][row] for row in rows])
    start, end = int(rows[lights == "left"][0]), int(rows[lights == "right"][-1])
    path = interpolation.path_of(perfect.model, data, "light", start, end)
    own, other = perfect.images(np.array([start, end]))
    assert path.shape == (10, 3, 32, 32)
    assert torch.allclose(path[0], own, atol=1e-6)
    assert torch.allclose(path[-1][:, 16:, 16:], other[:, 16:, 16:], atol=1e-6)
    assert torch.allclose(path[-1][:, :, :16], own[:, :, :16], atol=1e-6)
    assert unevenness(path) == pytest.approx(1, abs=1e-3)

    found = interpolation.measure(perfect.model, data, 0)
    table = found.tables["paths of codes beside a blend of their ends' pixels"]
    assert set(table) == {
        "identity",
        "light",
        "expression",
        "expression within one class",
        "expression on a third person",
    }
    assert all(row["largest over mean step"] == pytest.approx(1, abs=1e-3) for row in table.values())
    assert set(found.pictures) == {"attributes.png", "person.png", "intensity.png"}
    assert found.left_out == {}


def test_ends_of_a_class_are_weak_and_strong_and_three_classes_meet(perfect: Subject) -> None:
    data = perfect.data
    roles = roles_of(data, perfect.model.classes)
    for source, start, end in interpolation.one_class(data, roles, 0):
        labels = [data.table.columns["expression"][row] for row in (source, start, end)]
        assert labels[0] != labels[1] == labels[2] == "scream"
        weak, strong = (float(data.table.columns["intensity"][row] or 0) for row in (start, end))
        assert weak < strong
    for three in interpolation.two_classes(data, roles, 0):
        assert {data.table.columns["expression"][row] for row in three} == {"neutral", "smile", "scream"}


def test_a_mixture_is_of_three_people_with_one_expression_and_near_none(
    perfect: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mixture, "MIXTURES", 6)
    data = perfect.data
    for triple in mixture.three_each(data, "identity", alike=["expression"], seed=0):
        assert len({data.table.columns["identity"][row] for row in triple}) == 3
        assert len({data.table.columns["expression"][row] for row in triple}) == 1
    found = mixture.measure(perfect.model, data, 0, extractor=perfect.extractor)
    assert found.about["attribute"] == "identity"
    assert found.about["features"] == {"extractor": "means", "sha256": "0" * 64}
    distance = found.tables["cosine distance of the even mixture, features of means"]
    assert distance["to the nearest of the three"]["distance"] > 0
    assert distance["to the nearest of the three"]["distance"] <= distance["to the others"]["distance"]
    assert found.pictures["mixture.png"].height > 7 * 130 + 20  # columns have labels as well


def test_sharpness_halves_with_contrast_and_a_jump_is_uneven() -> None:
    images = torch.rand(2, 3, 8, 8)
    assert torch.allclose(sharpness(images / 2), sharpness(images) / 2)
    assert sharpness(torch.ones(1, 3, 8, 8)).item() == 0
    jump = torch.zeros(10, 1, 4, 4)
    jump[5:] = 1
    assert unevenness(jump) == pytest.approx(9)
