from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from unweave.config import Config, build
from unweave.data.batches import (
    TrainingSet,
    as_images,
    as_pixels,
    balanced_order,
    check_settings,
    draw_batch,
    mirror_maps,
    shares,
    sides,
    steps_per_epoch,
    training_set,
)
from unweave.data.table import AttributeTable, table_from_arrays
from unweave.errors import UnweaveError

IMAGES = 40


@pytest.fixture
def table() -> AttributeTable:
    pixels = np.zeros((IMAGES, 32, 32, 3), np.uint8)
    pixels[:, :, :16] = (
        np.arange(1, IMAGES + 1, dtype=np.uint8)[:, None, None, None] * 6
    )  # the left half tells which image it is
    columns = {
        "who": [str(k % 5) for k in range(IMAGES)],
        "gaze": [("left", "front", "right", None)[k % 4] for k in range(IMAGES)],
    }
    return table_from_arrays(pixels, columns)


def data_and_config(table: AttributeTable, **data: object) -> tuple[TrainingSet, Config]:
    config = build({"data": {"size": 32, **data}, "run": {"batch": 12}})
    assert table.pixels is not None
    return training_set(table, table.pixels, config), config


def which(image: torch.Tensor) -> int:
    return int(as_pixels(image[None]).max()) // 6 - 1


def test_a_step_draws_the_same_batch_whenever_it_is_asked_for(table: AttributeTable) -> None:
    data, config = data_and_config(table, pairs=["who"], flip=True)
    first, again = draw_batch(data, config, 17), draw_batch(data, config, 17)
    assert torch.equal(first.images, again.images)
    assert torch.equal(first.lenders, again.lenders)
    assert torch.equal(first.lesson(1), again.lesson(1))
    assert not torch.equal(first.images, draw_batch(data, config, 18).images)


def test_an_epoch_shows_every_image_once_and_drops_the_short_batch(table: AttributeTable) -> None:
    data, config = data_and_config(table)
    assert steps_per_epoch(IMAGES, config) == 3
    shown = [which(image) for step in range(3) for image in draw_batch(data, config, step).images]
    assert len(set(shown)) == len(shown) == 36


def test_labels_belong_to_their_images_and_empty_cells_are_minus_one(table: AttributeTable) -> None:
    data, config = data_and_config(table)
    batch = draw_batch(data, config, 0)
    for image, label in zip(batch.images, batch.labels, strict=True):
        assert label[0] == which(image) % 5
        expected = ("left", "front", "right", None)[which(image) % 4]
        assert label[1] == (-1 if expected is None else table.classes["gaze"].index(expected))


def test_pairs_lend_each_other_only_codes_of_a_shared_label(table: AttributeTable) -> None:
    data, config = data_and_config(table, pairs=["gaze", "who"])
    lent = {"who": 0, "gaze": 0}
    for step in range(5):
        batch = draw_batch(data, config, step)
        for i, lenders in enumerate(batch.lenders.tolist()):
            for attribute, lender in enumerate(lenders):
                if lender != i:
                    lent[table.attributes[attribute]] += 1
                    assert batch.labels[i, attribute] == batch.labels[lender, attribute] >= 0
                    assert batch.lenders[lender, attribute] == i
    assert lent["who"] + lent["gaze"] == 5 * 4 * 2  # all 4 pairs of a batch: who has no gaze shares who it is
    assert 2 <= lent["gaze"] < lent["who"]


def test_an_image_without_a_label_that_pairs_could_share_lends_nothing(table: AttributeTable) -> None:
    data, config = data_and_config(table, pairs=["gaze"])
    for step in range(5):
        batch = draw_batch(data, config, step)
        lends = (batch.lenders != torch.arange(12)[:, None]).any(1)
        assert torch.equal(lends[:4], batch.labels[:4, 1] >= 0)
        assert torch.equal(lends[8:], lends[:4])
        assert not lends[4:8].any()


def test_contrasting_pairs_differ_in_one_attribute_alone_and_lend_each_other_all_else() -> None:
    pixels = np.arange(0, 6 * IMAGES, 6, dtype=np.uint8)[:, None, None, None] * np.ones((1, 32, 32, 3), np.uint8)
    columns = {
        "who": [str(k % 3) for k in range(IMAGES)],
        "face": [("calm", "glad", "sad", None)[k // 3 % 4] for k in range(IMAGES)],
        "clothes": [("red", "blue", None)[k // 12 % 3] for k in range(IMAGES)],
    }
    table = table_from_arrays(pixels, columns, attributes=("who", "face"))
    data, config = data_and_config(table, contrasts=["face"], contrast_columns=["clothes"])
    found = 0
    for step in range(30):
        batch = draw_batch(data, config, step)
        assert batch.rest is not None
        number = [int(as_pixels(image[None])[0, 0, 0, 0]) // 6 for image in batch.images]
        for i, (who, face) in enumerate(batch.lenders.tolist()):
            assert face == i  # its own, whatever else it borrows
            assert batch.rest[i] == who
            if who != i:
                found += 1
                mine, other = number[i], number[who]
                assert all(columns[name][mine] == columns[name][other] is not None for name in ("who", "clothes"))
                assert None not in (columns["face"][mine], columns["face"][other])
                assert columns["face"][mine] != columns["face"][other]
    assert found > 100  # of 240 that are drawn as pairs; 18 of the 40 images lack a label or clothes
    assert draw_batch(*data_and_config(table, pairs=["who"]), 0).rest is None


def test_mirrored_images_carry_mirrored_labels(table: AttributeTable) -> None:
    data, config = data_and_config(table, flip=True, flip_labels=["gaze:left=right"], pairs=["gaze"])
    seen = 0
    for step in range(4):
        batch = draw_batch(data, config, step)
        for image, label in zip(batch.images, batch.labels, strict=True):
            original = ("left", "front", "right", None)[which(image) % 4]
            mirrored = bool(image[0, 0, -1] > image[0, 0, 0])
            seen += mirrored
            expected = {"left": "right", "right": "left"}.get(original or "", original) if mirrored else original
            assert label[1] == (-1 if expected is None else table.classes["gaze"].index(expected))
    assert 8 < seen < 40


def test_in_the_lessons_of_an_attribute_another_image_stands_in_for_one_without_its_label(
    table: AttributeTable,
) -> None:
    data, config = data_and_config(table, flip=True, flip_labels=["gaze:left=right"])
    others = 0
    for step in range(6):
        batch = draw_batch(data, config, step)
        assert torch.equal(batch.lesson(0), batch.images)  # who it is, is known of all
        assert torch.equal(batch.taught[:, 0], batch.labels[:, 0])
        for i, label in enumerate(batch.labels[:, 1].tolist()):
            lesson, taught = batch.lesson(1)[i], int(batch.taught[i, 1])
            if label >= 0:
                assert torch.equal(lesson, batch.images[i])
                assert taught == label
                continue
            others += 1
            original = ("left", "front", "right", None)[which(lesson) % 4]
            mirrored = bool(lesson[0, 0, -1] > lesson[0, 0, 0])
            expected = {"left": "right", "right": "left"}.get(original or "", original) if mirrored else original
            assert expected is not None
            assert taught == table.classes["gaze"].index(expected)
    assert others > 10


def test_without_missing_labels_the_images_are_the_lessons(table: AttributeTable) -> None:
    data, config = data_and_config(table)
    batch = draw_batch(replace(data, labels=np.maximum(data.labels, 0)), config, 0)
    assert batch.lessons is None
    assert torch.equal(batch.lesson(1), batch.images)
    assert torch.equal(batch.taught, batch.labels)


def test_stand_ins_are_of_a_balanced_attributes_classes_alike() -> None:
    pixels = np.full((IMAGES, 32, 32, 3), 100, np.uint8)
    look = ["b" if k < 2 else "a" if k < 20 else None for k in range(IMAGES)]
    data, config = data_and_config(table_from_arrays(pixels, {"look": look}), balance="look")
    taught = []
    for step in range(30):
        batch = draw_batch(data, config, step)
        taught += batch.taught[batch.labels[:, 0] < 0, 0].tolist()
    assert len(taught) > 100
    assert 0.35 < np.mean(taught) < 0.65  # of the labels a tenth is b


def test_without_leave_nothing_is_mirrored(table: AttributeTable) -> None:
    data, config = data_and_config(table)
    assert all((image[0, 0, 0] >= image[0, 0, -1]) for image in draw_batch(data, config, 0).images)


@pytest.mark.parametrize("setting", ["gaze:left", "gaze:left=up", "size:a=b", "left=right"])
def test_a_wrong_mirror_setting_is_named(table: AttributeTable, setting: str) -> None:
    with pytest.raises(UnweaveError, match=setting):
        mirror_maps(table, [setting])


def test_classes_are_known_for_sides_of_a_picture_by_two_names_that_differ_in_nothing_else() -> None:
    columns = {
        "light": ["left", "right", "far-left", "far-right"],
        "lamp": ["bright", "left", "dim", "none"],
        "answer": ["right", "wrong", "right", "wrong"],
        "Eye": ["Left eye", "Right eye", "both", "both"],
    }
    table = table_from_arrays(np.zeros((4, 32, 32, 3), np.uint8), columns)
    eyes, far, near = ("Eye", "Left eye", "Right eye"), ("light", "far-left", "far-right"), ("light", "left", "right")
    assert sorted(sides(table, [])) == [eyes, far, near]
    assert sorted(sides(table, ["light:right=left"])) == [eyes, far]


def test_too_few_images_and_unknown_pairs_are_refused(table: AttributeTable) -> None:
    assert table.pixels is not None
    with pytest.raises(UnweaveError, match="40 training images are too few for a batch of 64"):
        training_set(table, table.pixels, build({"run": {"batch": 64}}))
    with pytest.raises(UnweaveError, match=r"data\.pairs names 'colour'"):
        training_set(table, table.pixels, build({"data": {"pairs": ["colour"]}}))
    with pytest.raises(UnweaveError, match=r"data\.contrasts names 'colour'"):
        training_set(table, table.pixels, build({"data": {"contrasts": ["colour"]}}))
    with pytest.raises(UnweaveError, match=r"data\.contrast_columns names 'clothes', but the columns are who, gaze"):
        training_set(table, table.pixels, build({"data": {"contrast_columns": ["clothes"]}}))


def test_contrasts_that_no_two_images_show_are_refused() -> None:
    columns = {"who": ["a", "a", "b", "b"], "gaze": ["left", "right", "left", None], "sitting": ["1", "2", "3", "3"]}
    table = table_from_arrays(np.zeros((4, 32, 32, 3), np.uint8), columns, attributes=("who", "gaze"))

    def checked(**data: object) -> None:
        check_settings(table, build({"data": data, "run": {"batch": 4}}))

    checked(contrasts=["who", "gaze"])  # images 0 and 2, 0 and 1
    for column in ("sitting", "gaze"):
        with pytest.raises(UnweaveError) as caught:
            checked(contrasts=["gaze"], contrast_columns=[column])
        line = f"data.contrasts names 'gaze', but no two training images differ in it and agree in who, {column}"
        assert str(caught.value) == f"{line}; leave it out, or name fewer data.contrast_columns"
    checked(contrast_columns=["sitting"])


@settings(max_examples=20)
@given(st.integers(0, 255))
def test_pixels_survive_the_way_there_and_back(value: int) -> None:
    pixels = np.full((1, 4, 4, 3), value, np.uint8)
    images = as_images(pixels)
    assert -1 <= images.min() <= images.max() <= 1
    assert np.array_equal(as_pixels(images), pixels)


def epoch_of(data: TrainingSet, config: Config) -> list[tuple[int, bool, list[int]]]:
    """What one epoch shows: which image, whether mirrored, its labels."""
    shown = []
    for step in range(steps_per_epoch(len(data.rows), config)):
        batch = draw_batch(data, config, step)
        for image, labels in zip(batch.images, batch.labels, strict=True):
            shown.append((which(image), bool(image[0, 0, -1] > image[0, 0, 0]), labels.tolist()))
    return shown


def test_mirrored_copies_show_every_image_and_its_mirror_once_an_epoch(table: AttributeTable) -> None:
    data, config = data_and_config(table, mirrored_copies=True, flip_labels=["gaze:left=right"])
    shown = epoch_of(data, config)
    assert steps_per_epoch(IMAGES, config) == 2 * IMAGES // 12
    assert len({(image, mirrored) for image, mirrored, _ in shown}) == len(shown) == 72
    gazes = ("left", "front", "right", None)
    for image, mirrored, labels in shown:
        gaze = gazes[image % 4]
        gaze = {"left": "right", "right": "left"}.get(gaze or "", gaze) if mirrored else gaze
        assert labels == [image % 5, -1 if gaze is None else table.classes["gaze"].index(gaze)]


def test_mirroring_twice_over_is_refused() -> None:
    with pytest.raises(UnweaveError, match=r"data\.flip is True, expected off beside data\.mirrored_copies"):
        build({"data": {"flip": True, "mirrored_copies": True}})


def imbalanced() -> AttributeTable:
    """40 images: 33 of a, 5 of b, 2 without a label."""
    pixels = np.full((IMAGES, 32, 32, 3), 100, np.uint8)
    return table_from_arrays(pixels, {"look": [*("b" if k % 7 == 3 else "a" for k in range(38)), None, None]})


def test_a_balanced_attribute_shows_its_classes_equally_often_in_every_batch() -> None:
    data, config = data_and_config(imbalanced(), balance="look")
    for step in range(12):
        labels = draw_batch(data, config, step).labels[:, 0].tolist()
        assert abs(labels.count(0) - labels.count(1)) <= 3
    data, config = data_and_config(imbalanced())
    assert draw_batch(data, config, 0).labels[:, 0].tolist().count(1) <= 4


def test_partners_of_pairs_are_of_a_balanced_attributes_classes_alike() -> None:
    pixels = np.full((IMAGES, 32, 32, 3), 100, np.uint8)
    columns = {"who": [str(k % 2) for k in range(IMAGES)], "look": ["b" if k < 8 else "a" for k in range(IMAGES)]}
    rare = {}
    for balance in ("look", None):
        data, config = data_and_config(table_from_arrays(pixels, columns), pairs=["who"], balance=balance)
        batches = [draw_batch(data, config, step).labels for step in range(60)]
        assert all(torch.equal(labels[8:, 0], labels[:4, 0]) for labels in batches)
        rare[balance] = torch.cat([labels[8:, 1] for labels in batches]).double().mean().item()
    assert 0.35 < rare["look"] < 0.65
    assert rare[None] < 0.3  # of all images a fifth is b


def test_among_all_images_the_shares_of_a_balanced_attributes_classes_are_alike() -> None:
    data, _ = data_and_config(imbalanced(), balance="look")
    likely = shares(data, data.rows)
    assert likely is not None
    of_each = [likely[data.labels[:, 0] == label].sum() for label in (0, 1, -1)]
    assert of_each == pytest.approx([19 / 40, 19 / 40, 2 / 40])
    assert shares(data_and_config(imbalanced())[0], data.rows) is None


def test_balancing_leaves_nobody_out_for_ever_and_repeats_for_a_seed() -> None:
    labels = np.array([0] * 32 + [1] * 6 + [-1] * 2)
    orders = [balanced_order(labels, np.random.default_rng([0, epoch])) for epoch in range(12)]
    assert set(np.concatenate(orders).tolist()) == set(range(40))
    for order in orders:
        assert np.bincount(labels[order] + 1).tolist() == [2, 19, 19]
        assert set(order[labels[order] != 0].tolist()) == set(range(32, 40))  # the rare ones and the unlabelled
    assert np.array_equal(orders[3], balanced_order(labels, np.random.default_rng([0, 3])))


@given(st.lists(st.integers(-1, 3), min_size=1, max_size=40), st.integers(0, 99))
def test_a_balanced_epoch_is_as_long_as_any_and_even(labels: list[int], seed: int) -> None:
    column = np.array(labels)
    order = balanced_order(column, np.random.default_rng(seed))
    assert order.shape == column.shape
    counts = np.bincount(column[order] + 1, minlength=5)
    assert counts[0] == labels.count(-1)
    there = counts[1:][np.isin(np.arange(4), column)]
    assert not len(there) or there.max() - there.min() <= 1


def test_mirrored_copies_are_balanced_by_the_label_that_they_show(table: AttributeTable) -> None:
    data, config = data_and_config(table, mirrored_copies=True, flip_labels=["gaze:left=right"], balance="gaze")
    gazes = [labels[1] for _, _, labels in epoch_of(data, config)]
    counts = [gazes.count(k) for k in range(3)]
    assert max(counts) - min(counts) <= 4


def test_an_unknown_attribute_to_balance_is_refused(table: AttributeTable) -> None:
    with pytest.raises(UnweaveError, match=r"data\.balance names 'colour', but the attributes are who, gaze"):
        data_and_config(table, balance="colour")


def test_only_the_training_rows_are_drawn(table: AttributeTable) -> None:
    data, config = data_and_config(table)
    data = replace(data, rows=np.arange(20))
    assert max(which(image) for step in range(4) for image in draw_batch(data, config, step).images) < 20
