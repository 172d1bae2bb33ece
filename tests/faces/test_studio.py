"""What is promised of pictures: the same factors give the same pixels, and every factor shows."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unweave.errors import UnweaveError
from unweave.faces import Factors, render, render_lights, truth

SIZE = 32
RECORDED = Path(__file__).parent / "recorded.png"
"""What `recorded()` gave when it was written, by `recorded().save(RECORDED)`."""


def pixels(factors: Factors, size: int = SIZE) -> np.ndarray:
    return np.asarray(render(factors, size=size), np.int16)


def recorded() -> Image.Image:
    """Six pictures at 64 px that between them show most of what can vary."""
    shown = [
        Factors(identity=3, expression="smile", intensity=0.7, light="left"),
        Factors(identity=9, expression="scream", light="room", gaze="right", background=4),
        Factors(identity=2, expression="angry", light="below", colour="warm", yaw=12, roll=-4),
        Factors(identity=11, styling=8, light="top", glasses=True, colour="grey"),
        Factors(identity=10_000, expression="disgust", variation=5, pitch=6),
        Factors(identity=31, expression="sad", gaze="left", light="far-right", facial_hair=True, colour="cool"),
    ]
    return Image.fromarray(np.concatenate([pixels(factors, 64).astype(np.uint8) for factors in shown], axis=1))


def test_the_same_factors_give_the_recorded_pixels_on_any_processor() -> None:
    off = np.abs(np.asarray(recorded(), np.int16) - np.asarray(Image.open(RECORDED), np.int16))
    assert (off.max(axis=2) <= 1).mean() >= 0.999


def test_what_was_rendered_before_changes_nothing() -> None:
    wanted = Factors(identity=5, expression="surprise", light="right", yaw=3)
    first = pixels(wanted)
    pixels(Factors(identity=6, expression="scream", light="room", yaw=-9))
    assert (pixels(wanted) == first).all()


def test_another_process_with_more_threads_gives_the_same_pixels(tmp_path: Path) -> None:
    factors = Factors(identity=5, expression="surprise", light="right", yaw=3)
    code = f"from unweave.faces import *; render({factors!r}, {SIZE}).save({str(tmp_path / 'it.png')!r})"
    environment = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, **environment})
    assert (np.asarray(Image.open(tmp_path / "it.png"), np.int16) == pixels(factors)).all()


def test_several_lights_at_once_are_the_pictures_of_each() -> None:
    factors = Factors(identity=4, expression="smile")
    together = render_lights(factors, ["room", "left", "top"], SIZE)
    for light, picture in zip(["room", "left", "top"], together, strict=True):
        alone = render_lights(factors, [light], SIZE)[0]
        assert np.abs(np.asarray(picture, np.int16) - np.asarray(alone, np.int16)).max() <= 1


@pytest.fixture(scope="module")
def plain() -> tuple[Factors, np.ndarray]:
    factors = Factors(identity=7, glasses=False, background=0, styling=5)
    return factors, pixels(factors)


@pytest.mark.parametrize(
    "change",
    [
        {"identity": 8},
        {"expression": "smile"},
        {"light": "left"},
        {"gaze": "left"},
        {"colour": "warm"},
        {"yaw": 8.0},
        {"background": 3},
        {"styling": 77},
        {"glasses": True},
    ],
)
def test_every_factor_shows(plain: tuple[Factors, np.ndarray], change: dict[str, object]) -> None:
    factors, picture = plain
    assert np.abs(picture - pixels(replace(factors, **change))).max() > 15


def test_an_expression_grows_with_its_intensity() -> None:
    faces = [pixels(Factors(identity=7, expression="scream", intensity=k / 4)) for k in range(5)]
    away = [np.abs(face - faces[0]).mean() for face in faces]
    assert away == sorted(away)
    assert away[-1] > 1.5 * away[1] > 0


def test_the_true_answer_of_a_swapped_expression_keeps_what_lies_outside_the_face() -> None:
    source, exemplar = Factors(identity=7, yaw=4, styling=3), Factors(identity=12, expression="smile", yaw=-4)
    answer = pixels(truth(source, expression=exemplar))
    off = np.abs(answer - pixels(source)).max(axis=2)
    assert off[SIZE // 2 :, SIZE // 4 : -SIZE // 4].max() > 30
    assert off[:, [0, 1, -2, -1]].max() == 0


def test_a_size_or_a_light_that_cannot_be_gets_one_line() -> None:
    with pytest.raises(UnweaveError, match="size is 8, expected a whole number from 16 to 1024 pixels"):
        render(Factors(), size=8)
    with pytest.raises(UnweaveError, match="light is 'lamp', expected one of room, far-left"):
        render_lights(Factors(), ["lamp"])
