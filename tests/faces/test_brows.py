from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import KDTree

from unweave.faces.brows import grow_beard, grow_brows
from unweave.faces.expressions import ACTIONS
from unweave.faces.geometry import aligned, moved, normals
from unweave.faces.head import head, neutral_cage
from unweave.faces.people import Person, person
from unweave.faces.roots import Face
from unweave.faces.strands import Strands, on_triangles, ribbons

MAN = 21


def shaped(who: Person, **actions: float) -> np.ndarray:
    weights = np.zeros(len(ACTIONS))
    for action, weight in actions.items():
        weights[[name.startswith(action) for name in ACTIONS]] = weight
    return moved(aligned(neutral_cage(who.phenotype, who.local)), weights)


def face(who: Person) -> Face:
    rest = shaped(who)
    return Face(rest, normals(rest))


def farthest_from_skin(points: np.ndarray, vertices: np.ndarray) -> float:
    skin = head().triangles[head().parts == 0]
    middles, outward = vertices[skin].mean(axis=1), normals(vertices)[skin].mean(axis=1)
    nearest = KDTree(middles).query(points)[1]
    return float(np.abs(np.einsum("nk,nk->n", points - middles[nearest], outward[nearest])).max())


@pytest.mark.parametrize("actions", [{}, {"browDown": 1.0}, {"browInnerUp": 1.0, "browOuterUp": 1.0}])
def test_brows_lie_on_the_skin_whatever_it_does(actions):
    who = person(MAN)
    brows = grow_brows(who, face(who))
    now = shaped(who, **actions)
    assert farthest_from_skin(ribbons([brows], now).points, now) < 0.05


def test_brows_rise_with_their_skin():
    who = person(MAN)
    brows = grow_brows(who, face(who))
    rest, up = shaped(who), shaped(who, browInnerUp=1.0, browOuterUp=1.0)
    rise = ribbons([brows], up).points[:, 1].mean() - ribbons([brows], rest).points[:, 1].mean()
    skin = on_triangles(up - rest, brows.roots, brows.weights)[:, 1].mean()
    assert skin > 0.05
    assert rise == pytest.approx(skin, abs=0.02)


def test_both_brows_are_there_and_free_of_the_nose():
    who = person(MAN)
    places = on_triangles(head().template, *(vars(grow_brows(who, face(who)))[name] for name in ("roots", "weights")))
    left, right = places[places[:, 0] < 0], places[places[:, 0] > 0]
    assert min(len(left), len(right)) > 60
    assert np.abs(places[:, 0]).min() > who.brow.inner - 0.05
    assert np.abs(places[:, 0]).max() < who.brow.outer + 0.05


def test_dense_brows_have_more_hairs_and_raised_ones_are_higher():
    who = person(MAN)

    def with_brow(**traits: float) -> Strands:
        return grow_brows(replace(who, brow=replace(who.brow, **traits)), face(who))

    assert len(with_brow(density=1.0).points) > 1.2 * len(with_brow(density=0.5).points)
    height = [with_brow(height=height).points[..., 1].mean() for height in (0.0, 0.03)]
    assert height[1] - height[0] == pytest.approx(0.03, abs=0.012)


@pytest.mark.parametrize("style", ["none", "stubble"])
def test_the_shaven_have_no_strands_of_a_beard(style):
    who = replace(person(MAN), beard_style=style, beard=0.5)
    assert grow_beard(who, face(who)) is None


@pytest.mark.parametrize("style", ["full", "goatee", "moustache"])
def test_beards_keep_off_lips_eyes_and_the_inside_of_the_mouth(style):
    who = replace(person(MAN), beard_style=style, beard=1.0)
    beard = grow_beard(who, face(who))
    assert beard is not None
    x, y, _ = on_triangles(head().template, beard.roots, beard.weights).T
    on_lips = (np.abs(x) < 0.18) & (np.abs(y - 6.61) < 0.04)
    assert on_lips.mean() < 0.01
    assert y.max() < 7.4
    inside = on_triangles(head().inside_mouth[:, None], beard.roots, beard.weights)
    assert inside.max() < 0.6


def test_a_full_beard_goes_down_with_the_jaw():
    who = replace(person(MAN), beard_style="full", beard=1.0)
    beard = grow_beard(who, face(who))
    assert beard is not None
    rest, open_ = shaped(who), shaped(who, jawOpen=1.0)
    chin = on_triangles(head().template, beard.roots, beard.weights)[:, 1] < 6.4
    points = [ribbons([beard], now).points.reshape(len(chin), -1, 3)[chin, :, 1].mean() for now in (rest, open_)]
    assert points[1] < points[0] - 0.05
