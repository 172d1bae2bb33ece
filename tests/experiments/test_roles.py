"""Attributes of any data in the roles of the paper's, and pairs of images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from unweave.data.table import AttributeTable, table_from_arrays
from unweave.errors import UnweaveError
from unweave.evaluate import Labelled
from unweave.experiments.roles import Roles, draw_pairs, neutral_class, roles_of
from unweave.experiments.training import without_class


def table(**columns: list[str | None]) -> AttributeTable:
    count = len(next(iter(columns.values())))
    splits = ["train" if k % 2 == 0 else "test" for k in range(count)]
    return table_from_arrays(np.zeros((count, 32, 32, 3), np.uint8), columns, splits=splits)


def labelled(of: AttributeTable) -> Labelled:
    assert of.pixels is not None
    return Labelled(table=of, pixels=of.pixels, labels=of.labels())


def test_the_papers_names_are_found_in_any_order() -> None:

    data = labelled(table(light=list("aabbaabb"), identity=list("pqpqpqpq"), expression=list("xxyyxxyy")))
    assert roles_of(data, data.table.classes) == Roles(main="expression", other="light", person="identity")


def test_other_names_go_by_what_test_images_show() -> None:
    data = labelled(table(who=list("pqpqrsrs"), shape=list("xxyyxxyy"), colour=list("aabbbbaa")))
    assert roles_of(data, data.table.classes) == Roles(main="shape", other="colour", person="who")
    assert roles_of(data, data.table.classes, main="colour") == Roles(main="colour", other="shape", person="who")
    with pytest.raises(UnweaveError, match="unknown attribute 'color': did you mean 'colour'"):
        roles_of(data, data.table.classes, main="color")


def test_data_of_new_classes_only_have_no_main_attribute() -> None:
    data = labelled(table(who=list("pqpqrsrs")))
    with pytest.raises(UnweaveError, match="no attribute has test images whose classes are known"):
        roles_of(data, data.table.classes)


def test_the_neutral_class_is_found_or_asked_for() -> None:
    assert neutral_class(("angry", "Neutral"), "expression") == "Neutral"
    assert neutral_class(("angry", "calm"), "expression", "calm") == "calm"
    with pytest.raises(
        UnweaveError, match="--neutral is missing: expected the class of shape to begin with, one of a, b"
    ):
        neutral_class(("a", "b"), "shape")
    with pytest.raises(UnweaveError, match="--neutral is 'c': expected"):
        neutral_class(("a", "b"), "shape", "c")


def test_pairs_differ_and_agree_as_asked_and_skip_missing_labels() -> None:
    of = table(who=list("ppqqrrss"), shape=["x", "y", "x", None, "y", "x", "y", "y"])
    rows = np.arange(8)
    sources, others = draw_pairs(of, rows, number=20, seed=0, differ=["who"], alike=["shape"])
    assert sorted(sources) == [0, 1, 2, 4, 5, 6, 7]  # each once, but the one without a label
    for a, b in zip(sources, others, strict=True):
        assert of.columns["who"][a] != of.columns["who"][b]
        assert of.columns["shape"][a] == of.columns["shape"][b]
    assert draw_pairs(of, rows, number=3, seed=0, differ=["who"])[0].shape == (3,)
    with pytest.raises(UnweaveError, match="no two test images differ in who and agree in shape"):
        draw_pairs(of, rows[:2], number=1, seed=0, differ=["who"], alike=["shape"])


def test_data_without_a_class_hold_no_image_of_it(toy_folder: Path) -> None:
    from unweave.data.table import read_table

    whole = read_table(toy_folder)
    less = without_class(whole, "shape", "circle")
    assert set(less.columns["shape"]) == {"square", "triangle"} == set(less.classes["shape"])
    assert len(less.files) == sum(label != "circle" for label in whole.columns["shape"])
    assert all(
        less.columns["colour"][k] == whole.columns["colour"][whole.files.index(name)]
        for k, name in enumerate(less.files)
    )
    with pytest.raises(UnweaveError, match="unknown class of shape 'circel': did you mean 'circle'"):
        without_class(whole, "shape", "circel")
