"""Factors in, pictures out: who sits there, what the face does, and the light on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from PIL import Image

from unweave.faces.camera import backdrop, finish
from unweave.faces.expressions import GAZES, action_weights
from unweave.faces.factors import LIGHTS, Factors, check_class, check_size, resolved
from unweave.faces.geometry import aligned, moved, normals, posed
from unweave.faces.glasses import glasses
from unweave.faces.hair import Strands, grow, ribbons, scalp_cover
from unweave.faces.head import head, neutral_cage
from unweave.faces.materials import materials
from unweave.faces.needs import need_extra
from unweave.faces.people import Person, adorned, person
from unweave.faces.scene import Materials, Prop, Skin
from unweave.faces.skin import paint
from unweave.faces.wrinkles import folded

SAMPLES = 16
"""Rays per pixel."""


@dataclass(frozen=True)
class Sitter:
    """What is the same in all pictures of a sitting, made once (about half a second)."""

    who: Person
    cage: np.ndarray
    skin: Skin
    hair: list[Strands]
    glasses: list[Prop]
    materials: Materials


def render(factors: Factors, size: int = 128) -> Image.Image:
    """The picture of `factors`, RGB, `size` pixels square.

    The same factors give the same picture, whatever was rendered before. Raises `UnweaveError` where the extra `faces`
    is not installed, and for a size outside 16-1024.
    """
    return render_lights(factors, [factors.light], size)[0]


def render_lights(factors: Factors, lights: Sequence[str], size: int = 128) -> list[Image.Image]:
    """The picture of `factors` under each of `lights` instead of its own; each further light costs little."""
    need_extra()
    check_size(size)
    for light in lights:
        check_class("light", light, LIGHTS)
    from unweave.faces.renderer import render_scene

    full = resolved(factors)
    sitter = sit_down(full.identity, full.styling, full.glasses, full.facial_hair)
    weights = action_weights(sitter.who, full.expression, full.intensity, full.variation, full.gaze)
    pose = (full.yaw, full.pitch, full.roll)
    vertices = posed(moved(sitter.cage, weights, GAZES[full.gaze]), *pose)
    images, coverage = render_scene(
        vertices,
        folded(sitter.skin, sitter.who, weights),
        ribbons(sitter.hair, vertices),
        sitter.materials,
        [replace(prop, points=posed(prop.points, *pose)) for prop in sitter.glasses],
        lights,
        size=size,
        samples=SAMPLES,
    )
    backgrounds = [backdrop(full.background or 0, light, size) for light in lights]
    return [
        Image.fromarray(finish(image, coverage, background, full.colour))
        for image, background in zip(images, backgrounds, strict=True)
    ]


@lru_cache(maxsize=4)
def sit_down(number: int, styling: int, with_glasses: bool, with_facial_hair: bool) -> Sitter:
    """Person `number` with a hairdo and clothes; hair is grown on, and glasses are fitted to, the face at rest."""
    who = adorned(person(number), glasses=with_glasses, facial_hair=with_facial_hair, styling=styling)
    cage = aligned(neutral_cage(who.phenotype, who.local))
    rest = moved(cage, np.zeros(len(head().action_names)))
    return Sitter(
        who=who,
        cage=cage,
        skin=paint(who, scalp_cover(who)),
        hair=grow(who, rest, normals(rest)),
        glasses=glasses(who, rest),
        materials=materials(who),
    )
