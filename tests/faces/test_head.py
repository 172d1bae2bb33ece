from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import KDTree

from unweave.errors import UnweaveError
from unweave.faces.head import ANCESTRIES, PARTS, TRAITS, head, neutral_cage

PEOPLE = json.loads(Path(__file__).with_name("heads.json").read_text())
SOMEBODY = dict.fromkeys((*TRAITS, *ANCESTRIES), 0.7)
MIRROR = np.array([-1, 1, 1])


@pytest.fixture(scope="module")
def mirrored() -> np.ndarray:
    """For each point of the cage, the one on the other side."""
    distance, other = KDTree(head().cage).query(head().cage * MIRROR)
    assert distance.max() < 0.002
    return np.asarray(other)


@pytest.mark.parametrize("person", PEOPLE)
def test_heads_are_those_that_anny_makes(person: dict) -> None:
    cage = neutral_cage(person["phenotype"], person["local"])
    np.testing.assert_allclose(cage[person["indices"]], person["vertices"], atol=2e-4)
    assert np.abs(cage - head().cage).max() > 0.1  # and not just the average


def test_each_action_moves_a_part_of_the_face() -> None:
    assert head().actions.shape == (52, len(head().cage), 3)
    assert len(set(head().action_names)) == 52
    moved = np.abs(head().actions).max(axis=2) > 0
    assert (moved.sum(axis=1) > 100).all()
    assert (moved.mean(axis=1) < 0.5).all()
    assert np.abs(head().actions).max() < 1.5
    closing = np.abs(head().actions[head().action_names.index("eyeBlinkLeft")]).max(axis=1)
    np.testing.assert_allclose(np.average(head().cage, axis=0, weights=closing), head().eye_centres[0], atol=0.2)


def test_actions_of_the_left_mirror_those_of_the_right(mirrored: np.ndarray) -> None:
    names = head().action_names
    for number, name in enumerate(names):
        left = head().actions[number]
        if name in ("jawLeft", "mouthLeft"):
            opposite = name.replace("Left", "Right")
        else:
            opposite = name.replace("Left", "Right") if name.endswith("Left") else name
        if name.endswith("Right"):
            continue
        right = head().actions[names.index(opposite)]
        far = np.abs(right[mirrored] * MIRROR - left).max(axis=1) > 0.03
        assert far.mean() < 0.01, name


def test_every_point_belongs_to_one_part() -> None:
    members = np.concatenate([head().members[name] for name in PARTS])
    np.testing.assert_array_equal(np.sort(members), np.arange(len(head().cage)))
    assert set(head().parts.tolist()) == set(range(len(PARTS)))


def test_the_finer_mesh_keeps_the_cages_points_and_is_smoother() -> None:
    weights = np.asarray(head().subdivide.sum(axis=1)).ravel()
    np.testing.assert_allclose(weights, 1, atol=1e-6)
    assert len(head().triangles) == 8 * 5326
    assert head().corner_uv.shape == (len(head().triangles), 3, 2)
    kept = np.linalg.norm(head().template[: len(head().cage)] - head().cage, axis=1)
    assert np.median(kept) < 0.005


def test_masks_lie_on_the_mouth() -> None:
    left, top, width, height = head().lips_box
    u, v = head().corner_uv.reshape(-1, 2).T
    column, row = (u - left) / width * head().lips.shape[1], (1 - v - top) / height * head().lips.shape[0]
    within = (column >= 0) & (column < head().lips.shape[1]) & (row >= 0) & (row < head().lips.shape[0])
    shown = head().lips[row[within].astype(int), column[within].astype(int)] > 0.5
    x, y, z = head().template[head().triangles.ravel()[within][shown]].T
    assert len(x) > 500
    assert np.abs(x).max() < 0.35
    assert 6.3 < y.min() < y.max() < 6.9
    inner = head().template[(head().inside_mouth > 0.9) & (head().template[:, 1] < 7)]
    assert len(inner) > 500
    assert inner[:, 2].mean() < z.mean()


def test_eyes_are_where_their_members_are() -> None:
    left, right = head().eye_centres
    np.testing.assert_allclose(left, right * MIRROR, atol=1e-3)
    assert left[0] > 0.2
    for centre, part in zip(head().eye_centres, ("helper-l-eye", "helper-r-eye"), strict=True):
        distances = np.linalg.norm(head().cage[head().members[part]] - centre, axis=1)
        assert distances.max() == pytest.approx(head().eye_radius, rel=0.02)


def test_the_head_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="read-only"):
        head().cage[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        head().actions[0] = 0


def test_only_the_sum_of_ancestries_is_shared_out() -> None:
    doubled = SOMEBODY | {name: 2 * SOMEBODY[name] for name in ANCESTRIES}
    np.testing.assert_allclose(neutral_cage(SOMEBODY, {}), neutral_cage(doubled, {}))


def test_who_is_younger_counts_as_a_young_adult() -> None:
    np.testing.assert_array_equal(
        neutral_cage(SOMEBODY | {"age": 0.6}, {}), neutral_cage(SOMEBODY | {"age": 2 / 3}, {})
    )


@pytest.mark.parametrize("slider", ["nose-hump-incr", "l-eye-scale-incr", "asym-nose-1", "head-age-incr"])
def test_a_slider_has_two_signs(slider: str) -> None:
    none, more, half, less = (neutral_cage(SOMEBODY, {slider: value}) for value in (0, 1, 0.5, -1))
    np.testing.assert_allclose(half - none, (more - none) / 2, atol=1e-12)
    assert ((more - none) * (less - none)).sum() < 0


def test_a_form_of_the_head_has_one_sign() -> None:
    none, more, less = (neutral_cage(SOMEBODY, {"head-round": value}) for value in (0, 1, -1))
    assert np.abs(more - none).max() > 0.02
    np.testing.assert_array_equal(less, none)


def test_sliders_come_for_both_sides() -> None:
    names = head().local_names
    assert len(set(names)) == len(names) == 174
    assert {"r-" + name[2:] for name in names if name.startswith("l-")} <= set(names)


@pytest.mark.parametrize(
    ("phenotype", "local", "message"),
    [
        (SOMEBODY, {"nose-hump": 0.1}, "no slider of a head is called 'nose-hump' did you mean 'nose-hump-incr'?"),
        (SOMEBODY | {"wait": 0.1}, {}, "no trait of a head is called 'wait' did you mean 'weight'?"),
        ({"gender": 0.5}, {}, "a head needs the trait 'age': give a number from 0 to 1"),
        (SOMEBODY | {"height": 0.9}, {}, "the trait 'height' is 0.9: heads were derived with 0.5 only"),
    ],
)
def test_what_no_head_has_is_named(phenotype: dict, local: dict, message: str) -> None:
    with pytest.raises(UnweaveError) as error:
        neutral_cage(phenotype, local)
    assert str(error.value) == message
