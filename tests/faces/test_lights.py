from __future__ import annotations

import numpy as np
import pytest

from unweave.faces import factors
from unweave.faces.lights import LIGHTS, ROOM, Light, Room, direction


def test_lights_are_the_classes_of_the_factor_in_their_order() -> None:
    assert tuple(LIGHTS) == factors.LIGHTS


def test_left_is_left_in_the_picture_and_top_is_above() -> None:
    sides = {name: light.position[0] for name, light in LIGHTS.items() if light is not None}
    assert sides["far-left"] < sides["left"] < sides["half-left"] < sides["front"] == 0
    assert sides["far-right"] == pytest.approx(-sides["far-left"])
    heights = {name: light.position[1] for name, light in LIGHTS.items() if light is not None}
    assert heights["below"] < heights["front"] < heights["top"]


def test_lamps_stand_at_their_distance_from_the_face() -> None:
    light = Light(azimuth=52, elevation=12, distance=9)
    assert np.linalg.norm(light.position - (0.0, 7.1, 1.0)) == pytest.approx(9)


def test_directions_are_unit_vectors_from_the_camera_to_the_right_and_up() -> None:
    np.testing.assert_allclose(direction(0, 0), (0, 0, 1), atol=1e-12)
    np.testing.assert_allclose(direction(90, 0), (1, 0, 0), atol=1e-12)
    np.testing.assert_allclose(direction(0, 90), (0, 1, 0), atol=1e-12)


def test_light_that_comes_evenly_falls_evenly() -> None:
    grey = (0.3, 0.2, 0.1)
    even = Room(ceiling=grey, floor=grey, front=(0, 0, 0), window=(0, 0, 0))
    light, falling = even.maps(16)
    np.testing.assert_allclose(light, np.broadcast_to(grey, light.shape))
    np.testing.assert_allclose(falling, np.broadcast_to(grey, light.shape))


def test_most_light_falls_on_what_faces_the_window() -> None:
    _, falling = ROOM.maps(32)
    row, column = np.unravel_index(falling.sum(axis=2).argmax(), falling.shape[:2])
    up, around = 90 - (row + 0.5) / 32 * 180, (column + 0.5) / 32 * 180 - 180
    assert direction(around, up) @ ROOM.window_direction > 0.97
