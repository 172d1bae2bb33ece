"""What is promised of glasses: thin frames that sit before the eyes of any face, moved with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from unweave.faces import people
from unweave.faces.expressions import action_weights
from unweave.faces.geometry import aligned, moved
from unweave.faces.glasses import FRAMES, glasses, wire
from unweave.faces.head import PARTS, head, neutral_cage


def face(who, expression="neutral"):
    cage = aligned(neutral_cage(who.phenotype, who.local))
    return moved(cage, action_weights(who, expression), (0.0, 0.0))


def test_who_wears_none_gets_none():
    who = replace(people.person(3), glasses=None)
    assert glasses(who, face(who)) == []


def test_every_frame_a_person_may_wear_exists():
    assert set(FRAMES) == set(people.FRAMES)


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("number", [0, 3, 17, 29])
def test_rims_surround_the_eyes_and_clear_the_face(number, frame):
    who = replace(people.person(number), glasses=frame)
    vertices = face(who)
    (prop,) = glasses(who, vertices)
    eyes = [vertices[np.unique(head().triangles[head().parts == PARTS.index(f"helper-{s}-eye")])] for s in "lr"]
    for eye in eyes:
        centre = eye.mean(axis=0)
        rim = prop.points[np.hypot(*(prop.points[:, :2] - centre[:2]).T) < 0.4]
        assert rim[:, 0].min() < centre[0] - 0.15
        assert rim[:, 0].max() > centre[0] + 0.15
        assert rim[:, 1].min() < centre[1] - 0.10
        assert rim[:, 1].max() > centre[1] + 0.10
        assert np.median(rim[:, 2]) > eye[:, 2].max()
    skin = vertices[np.unique(head().triangles[head().parts == PARTS.index("body")])]
    assert prop.points[:, 2].max() < skin[:, 2].max() + 0.1
    assert np.abs(prop.points[:, 0]).max() < np.abs(skin[skin[:, 1] > 6.8, 0]).max()


def test_glasses_are_a_closed_set_of_triangles():
    who = replace(people.person(3), glasses="round")
    (prop,) = glasses(who, face(who, "scream"))
    assert prop.points.dtype == np.float32
    assert prop.triangles.dtype == np.int32
    assert prop.triangles.min() == 0
    assert prop.triangles.max() == len(prop.points) - 1
    assert len(prop.triangles) < 4000
    assert np.isfinite(prop.points).all()


def test_a_wire_is_as_thick_as_asked():
    path = np.stack([np.linspace(0, 1, 20), np.zeros(20), np.zeros(20)], axis=1)
    points, triangles = wire(path, 0.02, closed=False)
    assert np.allclose(np.hypot(points[:, 1], points[:, 2]), 0.02)
    assert len(triangles) == 19 * 6 * 2
