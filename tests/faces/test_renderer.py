from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("warp", reason="rendering needs the extra `faces`")

from unweave.errors import UnweaveError
from unweave.faces import renderer
from unweave.faces.geometry import EYES_AT, aligned, moved
from unweave.faces.head import head
from unweave.faces.lights import LIGHTS
from unweave.faces.renderer import render_scene
from unweave.faces.scene import Materials, Prop, Skin
from unweave.faces.strands import Ribbons

SIZE, SAMPLES = 16, 4
SKIN = Skin(
    albedo=np.full((512, 512, 3), (0.5, 0.35, 0.28), np.float32),
    height=np.zeros((512, 512), np.float32),
    oil=np.full((512, 512), 0.3, np.float32),
)
CURTAIN = np.array([[-2, 7.0, 2.5], [2, 7.0, 2.5], [2, 9, 2.5], [-2, 9, 2.5]], np.float32)  # before the upper face
ABOVE = np.array([[-2, 11, 4.3], [2, 11, 4.3], [2, 15, 4.3], [-2, 15, 4.3]], np.float32)  # between it and the top lamp
TWO = np.array([[0, 1, 2], [0, 2, 3]], np.int32)


def face(**actions: float) -> np.ndarray:
    weights = np.array([actions.get(name, 0.0) for name in head().action_names])
    return moved(aligned(head().cage), weights)


def render(vertices: np.ndarray | None = None, ribbons: Ribbons | None = None, props: list[Prop] | None = None, **more):
    settings = {"lights": ["front"], "size": SIZE, "samples": SAMPLES, "materials": Materials(), "skin": SKIN} | more
    vertices = face() if vertices is None else vertices
    return render_scene(vertices, ribbons=ribbons, props=props or [], **settings)


def test_an_image_for_each_light_and_the_coverage_of_the_head() -> None:
    images, coverage = render(lights=["room", "left"])
    assert [image.shape for image in images] == [(SIZE, SIZE, 3)] * 2
    assert all(image.dtype == np.float32 for image in images)
    assert coverage[SIZE // 2, SIZE // 2] == 1
    assert coverage[0, 0] == 0
    assert not images[0][coverage == 0].any()
    assert images[0][coverage == 1].min() > 0


def test_pixels_do_not_depend_on_what_else_is_rendered_with_them_or_before() -> None:
    [alone], _ = render(lights=["right"])
    render(face(jawOpen=1.0), lights=["top"], props=[Prop(CURTAIN, TWO, (0.1, 0.1, 0.1), 0.5)], size=11, samples=1)
    images, _ = render(lights=list(LIGHTS))
    np.testing.assert_array_equal(images[list(LIGHTS).index("right")], alone)


def test_bands_of_rows_make_the_same_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    [whole], covered = render()
    monkeypatch.setattr(renderer, "BAND", 5 * SIZE * SAMPLES)
    [pieces], covered_too = render()
    np.testing.assert_array_equal(pieces, whole)
    np.testing.assert_array_equal(covered_too, covered)


def test_lamps_light_their_side() -> None:
    [left, right], _ = render(lights=["left", "right"])
    middle = np.s_[4:12]  # without the neck and what is above the brows
    assert left[middle, : SIZE // 2].mean() > 1.5 * left[middle, SIZE // 2 :].mean()
    assert right[middle, SIZE // 2 :].mean() > 1.5 * right[middle, : SIZE // 2].mean()


def test_room_light_has_a_direction() -> None:
    [room], _ = render(lights=["room"])
    assert room[4:12, : SIZE // 2].mean() > 1.1 * room[4:12, SIZE // 2 :].mean()


def test_a_thing_hides_the_face_and_has_its_colour() -> None:
    [image], coverage = render(props=[Prop(CURTAIN, TWO, (0.0, 0.6, 0.0), 0.0)])
    assert coverage[0].min() == 1
    assert image[2, 8, 1] > 10 * image[2, 8, 0]


def test_a_thing_out_of_sight_throws_a_shadow() -> None:
    [plain], _ = render(lights=["top"])
    [shaded], _ = render(lights=["top"], props=[Prop(ABOVE, TWO, (0.1, 0.1, 0.1), 0.0)])
    assert shaded[4:10, 5:11].mean() < 0.5 * plain[4:10, 5:11].mean()


def test_hair_is_seen_where_its_ribbons_are_and_lets_some_light_through() -> None:
    upwards, ahead = np.array([[0, 1, 0]] * 4, np.float32), np.array([[0, 0, 1]] * 4, np.float32)
    colours = np.full((4, 3), (0.0, 0.0, 0.4), np.float32)
    [image], _ = render(ribbons=Ribbons(CURTAIN, TWO, upwards, ahead, colours))
    assert image[2, 8, 2] > 1.2 * image[2, 8, 0]
    [plain], _ = render(lights=["top"])
    [shaded], _ = render(lights=["top"], ribbons=Ribbons(ABOVE, TWO, upwards, ahead, colours))
    ratio = shaded[4:10, 5:11].mean() / plain[4:10, 5:11].mean()
    assert 0.3 < ratio < 0.8


def test_eyes_have_a_catch_light_on_the_side_of_the_lamp() -> None:
    size, halves = 96, {}
    for light in ("left", "right"):
        [image], _ = render(
            lights=[light], size=size, samples=4, materials=replace(Materials(), sclera=(0.0, 0.0, 0.0))
        )
        scale = size / 2 / renderer.FRAME.half_width
        x = int(size / 2 + head().eye_centres[0, 0] * scale)
        y = int(size / 2 - (EYES_AT[1] - renderer.FRAME.centre[1]) * scale)
        eye = image[y - 4 : y + 5, x - 5 : x + 6].min(axis=2)
        assert eye.max() > 0.4
        halves[light] = np.unravel_index(eye.argmax(), eye.shape)[1]
    assert halves["left"] < halves["right"]


def test_an_open_mouth_shows_a_dark_red_inside() -> None:
    [closed], _ = render(size=32)
    [opened], _ = render(face(jawOpen=1.0), size=32)
    mouth = np.s_[20:24, 14:18]
    assert opened[mouth].mean() < 0.6 * closed[mouth].mean()


def test_skin_is_as_bright_as_its_map() -> None:
    [light], _ = render()
    [dark], _ = render(skin=replace(SKIN, albedo=SKIN.albedo * 0.3, oil=SKIN.oil * 0))
    assert dark[6, 5].mean() < 0.5 * light[6, 5].mean()


def test_samples_that_make_no_square_are_refused() -> None:
    with pytest.raises(UnweaveError, match="10 samples per pixel cannot be laid out as a square, take 9"):
        render(samples=10)


def test_the_first_picture_says_nothing() -> None:
    code = "from unweave.faces.renderer import start_warp; start_warp()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
