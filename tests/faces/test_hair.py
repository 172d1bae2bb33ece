from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from unweave.faces.expressions import ACTIONS
from unweave.faces.geometry import aligned, moved, normals, posed
from unweave.faces.hair import grow, grow_hair, ribbons, scalp_cover
from unweave.faces.head import head, neutral_cage
from unweave.faces.people import Person, person
from unweave.faces.roots import Face, anchors, looked_up
from unweave.faces.scalp import depth_in_hair
from unweave.faces.strands import Strands, on_triangles, rigid_motion
from unweave.faces.styles import STYLES

MAN, WOMAN = 21, 30


def cage(who: Person) -> np.ndarray:
    return aligned(neutral_cage(who.phenotype, who.local))


def at_rest(who: Person) -> np.ndarray:
    return moved(cage(who), np.zeros(len(ACTIONS)))


def with_forehead_up(vertices: np.ndarray) -> np.ndarray:
    _, y, z = head().template.T
    return vertices + np.outer((y > 7.5) & (z > 1.0), (0, 0.05, 0))


def grown(who: Person) -> list[Strands]:
    rest = at_rest(who)
    return grow(who, rest, normals(rest))


def styled(style: str, **traits) -> Person:
    return replace(person(MAN), style=style, **traits)


@pytest.fixture(scope="module", params=STYLES)
def bearded(request: pytest.FixtureRequest) -> tuple[Person, list[Strands]]:
    """A man with a full beard and a style of hair; the tests of one style follow each other, so it grows once."""
    who = styled(request.param, beard_style="full", beard=1.0)
    return who, grown(who)


def test_every_style_is_whole_and_within_the_budget_of_triangles(bearded):
    who, strands = bearded
    hair = ribbons(strands, at_rest(who))
    assert 20_000 < len(hair.triangles) <= 80_000
    assert hair.triangles.dtype == np.int32
    assert hair.triangles.min() == 0
    assert hair.triangles.max() == len(hair.points) - 1
    for array in (hair.points, hair.tangents, hair.normals, hair.colours):
        assert array.dtype == np.float32
        assert array.shape == hair.points.shape
        assert np.isfinite(array).all()
    assert hair.colours.min() >= 0
    np.testing.assert_allclose(np.linalg.norm(hair.normals, axis=1), 1, atol=1e-3)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("curl", [0.08, 0.95])
def test_no_hair_of_the_head_hangs_before_the_eyes_nose_or_mouth(style, curl):
    who = styled(style, curl=curl)
    strands = grow_hair(who, Face(at_rest(who), normals(at_rest(who))))
    x, y, z = strands.points.reshape(-1, 3).T
    before = (np.abs(x) < 0.45) & (y < 7.45) & (y > 6.3) & (z > 0.8)
    assert before.mean() < 1e-4


def test_no_strand_is_torn(bearded):
    strands = bearded[1][0]
    steps = np.linalg.norm(np.diff(strands.points, axis=1), axis=2)
    assert steps.max() < 0.5
    assert np.abs(strands.points[..., 0]).max() < 1.6


def test_the_same_person_has_the_same_hair():
    first, second = grown(person(WOMAN)), grown(person(WOMAN))
    for one, other in zip(first, second, strict=True):
        assert one.points.tobytes() == other.points.tobytes()
        assert one.colours.tobytes() == other.colours.tobytes()


def test_roots_follow_a_forehead_that_rises_and_tips_less():
    who = styled("short")
    strands = grown(who)[0]
    before = at_rest(who)
    up = with_forehead_up(before)
    still, raised = ribbons([strands], before).points, ribbons([strands], up).points
    rise = (raised - still).reshape(len(strands.roots), -1, 2, 3).mean(axis=2)
    skin = on_triangles(up - before, strands.roots, strands.weights)
    np.testing.assert_allclose(rise[:, 0], skin, atol=2e-3)
    front = skin[:, 1] > 0.02
    assert front.sum() > 50
    assert np.abs(rise[front, -1]).max() < 0.5 * np.abs(rise[front, 0]).max()


def test_hair_turns_with_the_head():
    who = person(WOMAN)
    strands, rest = grown(who), at_rest(who)
    still, turned = ribbons(strands, rest), ribbons(strands, posed(rest, 12, -5, 7))
    np.testing.assert_allclose(turned.points, posed(still.points, 12, -5, 7), atol=3e-3)


def test_a_face_at_rest_has_its_hair_where_it_was_grown():
    strands = grown(person(MAN))
    hair = ribbons(strands, at_rest(person(MAN)))
    middle = hair.points.reshape(-1, 2, 3).mean(axis=1)
    np.testing.assert_allclose(middle, np.concatenate([part.points.reshape(-1, 3) for part in strands]), atol=1e-4)


def test_expressions_move_no_anchor():
    full = moved(cage(person(MAN)), np.ones(len(ACTIONS)))
    assert len(anchors()) > 20
    np.testing.assert_allclose(full[anchors()], at_rest(person(MAN))[anchors()], atol=2e-3)


def test_rigid_motion_is_found():
    draw = np.random.default_rng(0)
    points = draw.normal(size=(30, 3))
    angle = np.radians(20)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    found, shift = rigid_motion(points, points @ turn.T + [1, 2, 3])
    np.testing.assert_allclose(found, turn, atol=1e-6)
    np.testing.assert_allclose(shift, [1, 2, 3], atol=1e-5)


def test_all_hair_is_rooted_above_the_hairline():
    who = styled("buzz", male=False)
    strands = grown(who)[0]
    places = on_triangles(head().template.astype(float), strands.roots, strands.weights)
    assert depth_in_hair(who, places).min() > -0.05


def test_a_receding_hairline_is_higher_and_thinner_on_top():
    def on_top(style: str) -> int:
        strands = grown(styled(style))[0]
        places = on_triangles(head().template, strands.roots, strands.weights)
        return int(((places[:, 1] > 7.9) & (places[:, 2] > 0.9)).sum())

    assert on_top("receding") < 0.6 * on_top("short")


def test_scalp_is_covered_on_top_and_bare_in_the_face():
    cover = scalp_cover(styled("short", hairline=0.0))
    assert cover.shape == (512, 512)
    assert cover.dtype == np.float32
    assert cover.min() >= 0
    assert cover.max() <= 1
    top, face = (
        np.array([[0.0, 8.35, 1.0], [0.3, 8.3, 1.0]]),
        np.array([[0.0, 7.7, 1.5], [0.3, 7.0, 1.4], [0.0, 6.3, 1.5]]),
    )
    assert looked_up(cover, top).min() > 0.7
    assert looked_up(cover, face).max() == 0


def test_grey_hair_is_brighter():
    dark = grown(styled("short", hair_colour=(0.01, 0.01, 0.01), grey=0.0))[0]
    grey = grown(styled("short", hair_colour=(0.01, 0.01, 0.01), grey=0.85))[0]
    assert grey.colours.mean() > 5 * dark.colours.mean()


def test_everyone_has_a_style_of_the_table():
    assert {person(number).style for number in range(100)} <= set(STYLES)


def test_face_of_the_tests_is_seen_from_outside():
    rest = at_rest(person(MAN))
    face = Face(rest, normals(rest))
    nose = np.argmax(head().template[:, 2])
    assert face.normals[nose, 2] > 0.5
