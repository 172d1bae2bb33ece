from __future__ import annotations

import numpy as np
import pytest

from unweave.faces.geometry import EYES_AT, LOOK_TURN, NECK, STILL_BELOW, aligned, moved, normals, posed
from unweave.faces.head import ANCESTRIES, TRAITS, head, neutral_cage

REST = np.zeros(52)
EYES = ("helper-l-eye", "helper-r-eye")


def weights(**actions: float) -> np.ndarray:
    result = REST.copy()
    for name, weight in actions.items():
        result[head().action_names.index(name)] = weight
    return result


def pupils(vertices: np.ndarray) -> np.ndarray:
    """The vertex at the front of either eye at rest, wherever it is now."""
    fronts = head().eye_centres + np.array([0, 0, head().eye_radius])
    return vertices[[np.linalg.norm(head().template - front, axis=1).argmin() for front in fronts]]


@pytest.fixture(scope="module")
def cage() -> np.ndarray:
    phenotype = dict.fromkeys((*TRAITS, *ANCESTRIES), 0.7)
    return aligned(neutral_cage(phenotype, {"chin-height-incr": 0.5, "l-eye-trans-out": 0.4, "r-eye-trans-out": 0.4}))


def test_eyes_of_all_heads_are_at_one_place(cage: np.ndarray) -> None:
    for head_of_one in (cage, aligned(head().cage)):
        left, right = (head_of_one[head().members[part]].mean(axis=0) for part in EYES)
        np.testing.assert_allclose((left + right) / 2, EYES_AT, atol=1e-12)


def test_size_and_place_before_alignment_do_not_matter(cage: np.ndarray) -> None:
    np.testing.assert_allclose(aligned(1.7 * cage + (0.3, -2, 1)), cage, atol=1e-12)


def test_alignment_keeps_proportions() -> None:
    before, after = head().cage, aligned(head().cage)
    scales = np.ptp(after, axis=0) / np.ptp(before, axis=0)
    np.testing.assert_allclose(scales, scales[0])
    assert 0.9 < scales[0] < 1.1


def test_nothing_moves_without_actions(cage: np.ndarray) -> None:
    np.testing.assert_allclose(moved(cage, REST), head().subdivide @ cage)


def test_moving_leaves_the_cage_as_it_was(cage: np.ndarray) -> None:
    before = cage.copy()
    moved(cage, weights(jawOpen=1.0), (20, 0))
    np.testing.assert_array_equal(cage, before)


def test_an_action_adds_up_with_its_weight(cage: np.ndarray) -> None:
    none, half, whole = (moved(cage, weights(jawOpen=weight)) for weight in (0, 0.5, 1))
    np.testing.assert_allclose(half - none, (whole - none) / 2, atol=1e-12)
    teeth = head().members["helper-lower-teeth"]
    assert (whole - none)[teeth, 1].max() < -0.05  # the lower jaw drops


@pytest.mark.parametrize("gaze", [(25.0, 0.0), (-25.0, 0.0)])
def test_eyeballs_turn_rigidly(cage: np.ndarray, gaze: tuple[float, float]) -> None:
    busy = moved(cage, np.ones(52), gaze)
    rest = moved(cage, REST)
    for part in EYES:
        members = head().members[part]
        before, after = (points[members] - points[members].mean(axis=0) for points in (rest, busy))
        np.testing.assert_allclose(after @ after.T, before @ before.T, atol=1e-12)


def test_eyes_look_to_the_right_of_the_picture(cage: np.ndarray) -> None:
    change = pupils(moved(cage, REST, (25, 0))) - pupils(moved(cage, REST))
    assert (change[:, 0] > 0.05).all()
    np.testing.assert_allclose(change[0], change[1], atol=0.01)


def test_eyes_look_down_with_the_action(cage: np.ndarray) -> None:
    rest = pupils(moved(cage, REST))
    both = pupils(moved(cage, weights(eyeLookDownLeft=1, eyeLookDownRight=1))) - rest
    assert (both[:, 1] < -0.05).all()
    up = pupils(moved(cage, weights(eyeLookUpLeft=1))) - rest
    assert up[0, 1] > 0.05
    np.testing.assert_allclose(up[1], 0, atol=1e-12)
    assert both[0, 1] == pytest.approx(-0.15 * np.sin(np.radians(LOOK_TURN)), rel=0.25)


def test_a_pose_leaves_the_shoulders(cage: np.ndarray) -> None:
    vertices = moved(cage, REST)
    turned = posed(vertices, 12, 5, -8)
    still = vertices[:, 1] <= STILL_BELOW
    assert still.sum() > 500
    np.testing.assert_array_equal(turned[still], vertices[still])


def test_a_pose_turns_the_head_as_a_whole(cage: np.ndarray) -> None:
    vertices = moved(cage, REST)
    face = vertices[vertices[:, 1] > 6.4]
    turned = posed(face, 12, 5, -8)
    np.testing.assert_allclose(np.linalg.norm(turned - NECK, axis=1), np.linalg.norm(face - NECK, axis=1))
    assert np.abs(turned - face).max() > 0.2


@pytest.mark.parametrize(
    ("pose", "axis", "sign"),
    [((15, 0, 0), 0, 1), ((0, 15, 0), 1, -1), ((0, 0, 15), 0, -1)],
    ids=["yaw", "pitch", "roll"],
)
def test_positive_poses_go_right_down_and_over_to_the_left(pose: tuple, axis: int, sign: int) -> None:
    nose = np.array([[0.0, 7.0, 1.7]])
    assert sign * (posed(nose, *pose) - nose)[0, axis] > 0.1


def test_no_pose_changes_nothing(cage: np.ndarray) -> None:
    assert posed(cage, 0, 0, 0) is cage


def test_normals_are_unit_and_point_outwards(cage: np.ndarray) -> None:
    vertices = moved(cage, weights(mouthSmileLeft=1, jawOpen=0.5))
    found = normals(vertices)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1)
    skull = np.flatnonzero((vertices[:, 1] > 7.8) & (head().inside_mouth < 0.1))
    outwards = vertices[skull] - (0, 7.3, 0.4)
    assert ((found[skull] * outwards).sum(axis=1) > 0).mean() > 0.99
    for eye, part in enumerate(EYES):
        members = head().members[part]
        centre = vertices[members].mean(axis=0)
        assert ((found[members] * (vertices[members] - centre)).sum(axis=1) > 0).all(), eye
