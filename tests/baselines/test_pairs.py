"""The pairs of pix2pix, and the batches of both pair-wise rivals."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from unweave.baselines import make_rival
from unweave.baselines.batches import jittered, take
from unweave.baselines.pairs import aligned, narrowed
from unweave.config import Config, build
from unweave.data.batches import TrainingSet
from unweave.data.table import AttributeTable, table_from_arrays
from unweave.errors import UnweaveError
from unweave.faces.database import Database
from unweave.faces.factors import to_row
from unweave.training import training_images


def faces(rows: Sequence[tuple[str | None, ...]], splits: list[str] | None = None) -> AttributeTable:
    """A table of who, look and light; image k is filled with k."""
    pixels = np.repeat(np.arange(len(rows), dtype=np.uint8), 32 * 32 * 3).reshape(-1, 32, 32, 3)
    columns: dict[str, list] = dict(zip(("who", "look", "light"), map(list, zip(*rows, strict=True)), strict=True))
    return table_from_arrays(pixels, columns, splits=splits)


def settings(method: str = "pix2pix", **changes: dict) -> Config:
    base = {
        "method": method,
        "data": {"size": 32, "flip": False},
        "networks": {"width": 1 / 16, "critic_width": 1 / 16, "residual_blocks": 1},
        "rivals": {"pair": "look:neutral=smile"},
        "run": {"device": "cpu", "precision": "float32"},
    }
    return build(changes, build(base))


EVERYTHING = list(product(("ann", "bob", "cy"), ("neutral", "scream", "smile"), ("left", "right")))


def test_a_pair_has_the_same_labels_but_one() -> None:
    rows = [*EVERYTHING, ("dot", "neutral", "left"), ("eve", "smile", None), ("eve", "neutral", None)]
    table = narrowed(faces(rows), settings())
    pairs = aligned(table, "look", ())
    seen = [[tuple(table.columns[name][row] for name in ("who", "look", "light")) for row in pair] for pair in pairs]
    assert sorted(seen) == [
        [(who, "neutral", light), (who, "smile", light)]
        for who, light in product(("ann", "bob", "cy"), ("left", "right"))
    ]


def test_pairs_are_of_training_images_and_columns_can_be_named() -> None:
    rows = [("ann", "neutral", "left"), ("ann", "smile", "right"), ("bob", "neutral", "left"), ("bob", "smile", "left")]
    table = narrowed(faces(rows, ["train", "train", "train", "train"]), settings())
    assert aligned(table, "look", ()).tolist() == [[2, 3]]
    assert aligned(table, "look", ("who",)).tolist() == [[0, 1], [2, 3]]
    table = narrowed(faces([*rows, *rows], ["train"] * 4 + ["test"] * 4), settings())
    assert aligned(table, "look", ("who",)).tolist() == [[0, 1], [2, 3]]


def test_pairs_of_rendered_faces_are_of_one_sitting_though_it_is_no_attribute() -> None:
    database = Database(people=3, test_people=0, expressions=("neutral", "smile"), lights=("left", "right"))
    rows = [to_row(entry.factors) for entry in database]
    columns: dict[str, list] = {name: [row[name] for row in rows] for name in rows[0]}
    pixels = np.zeros((len(rows), 32, 32, 3), np.uint8)
    told = table_from_arrays(pixels, columns, attributes=("identity", "expression", "light"))
    table = narrowed(told, build({"rivals": {"pair": "expression:neutral=smile"}}, settings()))
    pairs = aligned(table, "expression", ())
    assert len(pairs) == 3 * 2 * 2  # people, sittings, lights
    for name in ("identity", "light", "yaw", "pitch", "roll", "styling"):
        assert all(table.columns[name][source] == table.columns[name][target] for source, target in pairs)
    assert len(aligned(table, "expression", ("identity", "light"))) == 2 * len(pairs)  # of two sittings as well


@given(st.lists(st.tuples(*(st.sampled_from([a, b, None]) for a, b in ("ab", "ns", "lr"))), min_size=1, max_size=12))
def test_pairs_are_found_exactly_where_a_search_finds_them(rows: list[tuple[str | None, ...]]) -> None:
    rows = [("z", "n", "l"), ("z", "s", "l"), *rows]
    config = build({"rivals": {"pair": "look:n=s"}}, settings())
    table = narrowed(faces(rows), config)
    kept = [row for row in rows if row[1]]
    expected = [
        [i, j]
        for (i, a), (j, b) in product(enumerate(kept), repeat=2)
        if (a[1], b[1]) == ("n", "s") and a[::2] == b[::2] and None not in a
    ]
    assert sorted(aligned(table, "look", ()).tolist()) == expected


def test_only_the_two_classes_are_left_the_source_first() -> None:
    config = build({"rivals": {"pair": "look:smile=neutral"}}, settings())
    table = narrowed(faces(EVERYTHING), config)
    assert table.classes["look"] == ("smile", "neutral")
    assert len(table.files) == 12
    assert table.pixels is not None
    assert [table.files[k] for k in (0, 1)] == ["image 0", "image 1"]
    assert table.pixels[:, 0, 0, 0].tolist() == [k for k, row in enumerate(EVERYTHING) if row[1] != "scream"]
    assert set(table.labels()[:, 1]) == {0, 1}
    assert narrowed(table, config).files == table.files


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"pair": ""}, "pix2pix: --pair is missing, expected ATTRIBUTE:SOURCE=TARGET of the data, as light:left=right"),
        (
            {"pair": "look:neutral=grin"},
            "pix2pix: rivals.pair is 'look:neutral=grin', expected ATTRIBUTE:SOURCE=TARGET of the data, as"
            " light:left=right",
        ),
        ({"same": ["sex"]}, "rivals.same names 'sex', expected columns of the data other than look"),
        ({"same": ["look"]}, "rivals.same names 'look', expected columns of the data other than look"),
    ],
)
def test_a_wrong_pair_gets_one_line(changes: dict, line: str) -> None:
    config = build({"rivals": changes}, settings())
    with pytest.raises(UnweaveError) as error:
        make_rival(config, narrowed(faces(EVERYTHING), config))
    assert str(error.value) == line


def test_without_aligned_images_pix2pix_names_what_does_without() -> None:
    table = faces([("ann", "neutral", "left"), ("bob", "smile", "left")])
    with pytest.raises(
        UnweaveError, match="no training images of neutral and smile have the same labels in who, light"
    ):
        aligned(narrowed(table, settings()), "look", ())


def training_of(table: AttributeTable, config: Config) -> TrainingSet:
    return training_images(table, config)[0]


def test_an_epoch_of_pix2pix_shows_every_pair_once_with_both_images_alike() -> None:
    config = settings(data={"flip": True}, run={"batch": 2})
    table = narrowed(faces(EVERYTHING), config)
    method, training = make_rival(config, table), training_of(table, config)
    assert method.steps_per_epoch(training.rows) == 3
    seen = []
    for step in range(3):
        batch = method.batch(training, step)
        seen += list(zip(*(half[:, 0, 0, 0].tolist() for half in batch.images.chunk(2)), strict=True))
        again = method.batch(training, step)
        assert torch.equal(batch.images, again.images)
    level = {k: table.pixels[k, 0, 0, 0] / 127.5 - 1 for k in range(12)} if table.pixels is not None else {}
    expected = [(level[a], level[b]) for a, b in aligned(table, "look", ())]
    assert sorted(seen) == [pytest.approx(pair, abs=1e-4) for pair in sorted(expected)]


def test_pairs_with_an_image_that_is_held_out_are_left_out() -> None:
    config = settings()
    table = narrowed(faces(EVERYTHING), config)
    method = make_rival(config, table)
    assert method.steps_per_epoch(np.arange(12)) == 6
    assert method.steps_per_epoch(np.arange(1, 12)) == 5


def test_cyclegan_draws_both_classes_and_an_epoch_shows_the_larger_one_whole() -> None:
    rows = [("ann", "neutral", "left")] * 6 + [("bob", "smile", "left")] * 4
    config = settings("cyclegan", run={"batch": 2})
    table = narrowed(faces(rows), config)
    method, training = make_rival(config, table), training_of(table, config)
    assert method.steps_per_epoch(training.rows) == 3
    sources = []
    for step in range(3):
        batch = method.batch(training, step)
        assert [label[1] for label in batch.labels.tolist()] == [0, 0, 1, 1]
        sources += batch.images[:2, 0, 0, 0].tolist()
    assert len({round(value, 4) for value in sources}) == 6


def test_crops_are_of_an_enlarged_image_and_mirrored_ones_are_mirrored() -> None:
    ramp = np.tile(np.arange(32, dtype=np.uint8)[None, :, None] * 8, (32, 1, 3))
    training = training_of(table_from_arrays(np.stack([ramp, ramp]), {"look": ["neutral", "smile"]}), settings())
    which, mirror = np.array([0, 1]), np.array([False, True])
    images = take(training, which, mirror).images
    torch.testing.assert_close(images[0].flip(-1), images[1])
    crops = jittered(training, which, mirror, np.array([[0, 4], [4, 0]])).images
    assert crops.shape == images.shape
    step = (crops[0, 0, 16, 20] - crops[0, 0, 16, 10]) / 10 * 127.5
    assert step.item() == pytest.approx(8 * 32 / 36, rel=0.02)
    torch.testing.assert_close(crops[0].flip(-1), crops[1], rtol=0, atol=1e-4)


def test_crops_are_of_the_files_not_of_images_made_small_before() -> None:
    lines = np.zeros((72, 72, 3), np.uint8)
    lines[:, ::4] = lines[:, 1::4] = 255
    training = training_of(table_from_arrays(np.stack([lines, lines]), {"look": ["neutral", "smile"]}), settings())
    assert training.larger is not None
    assert training.larger.shape == (2, 36, 36, 3)
    crops = jittered(training, np.array([0, 1]), np.zeros(2, bool), np.zeros((2, 2), int)).images
    assert crops.shape == (2, 3, 32, 32)
    assert (crops[0, 0, 16, 4:28:2] - crops[0, 0, 16, 5:28:2]).abs().min() > 1


def test_a_mirror_that_turns_one_class_into_the_other_is_refused() -> None:
    config = settings(
        "cyclegan",
        data={"flip": True, "flip_labels": ["light:left=right"]},
        rivals={"pair": "light:left=right"},
    )
    with pytest.raises(UnweaveError, match="turns the classes of light:left=right into one another"):
        make_rival(config, narrowed(faces(EVERYTHING), config))
