"""Wrinkles that come with age and with facial actions: relief and shade on the face's map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter

from unweave.faces.combinations import ACTIONS
from unweave.faces.facemap import ACROSS, SIDEWAYS, UP, blurred_noise, distance_to_line, smooth
from unweave.faces.people import Person
from unweave.faces.scene import Skin

# Lines of the right half of the average face (dm from the middle, height), width of the furrow; the left mirrors it.
# Forehead and nose bridge have lines across instead.
FOREHEAD_HEIGHTS = ((7.58, 0.8), (7.67, 1.0), (7.76, 1.0), (7.85, 0.8))  # height, strength
BUNNY_HEIGHTS = (7.12, 7.18, 7.24)
FURROWS: Mapping[str, Sequence[tuple[Sequence[tuple[float, float]], float, float]]] = {  # line, width, strength
    "frown": [([(0.055, 7.36), (0.075, 7.50)], 0.013, 1.0), ([(0.11, 7.40), (0.12, 7.50)], 0.012, 0.5)],
    "crow": [
        ([(0.53, 7.3135), (0.67, 7.38)], 0.010, 1.0),
        ([(0.53, 7.2925), (0.67, 7.31)], 0.010, 1.0),
        ([(0.53, 7.2715), (0.67, 7.24)], 0.010, 1.0),
        ([(0.53, 7.2535), (0.66, 7.18)], 0.010, 0.8),
    ],
    "smile": [([(0.165, 6.97), (0.215, 6.90), (0.27, 6.78), (0.31, 6.66), (0.315, 6.58)], 0.018, 1.0)],
    "chin": [([(0.27, 6.60), (0.275, 6.48), (0.26, 6.38)], 0.016, 1.0)],
    "bag": [([(0.17, 7.18), (0.25, 7.13), (0.36, 7.115), (0.46, 7.16)], 0.013, 1.0)],
}
# Furrow -> depth of old age, what everyone has of it, and the actions that fold it.
FOLDS: Mapping[str, tuple[float, float, Mapping[str, float]]] = {
    "forehead": (0.50, 0.0, {"browInnerUp": 0.55, "browOuterUp": 0.60}),
    "frown": (0.40, 0.0, {"browDown": 0.85}),
    "crow": (0.55, 0.0, {"cheekSquint": 0.60, "eyeSquint": 0.35}),
    "smile": (0.30, 0.08, {"mouthSmile": 0.55, "noseSneer": 0.60, "mouthUpperUp": 0.25, "mouthStretch": 0.30}),
    "chin": (0.40, 0.0, {"mouthFrown": 0.50}),
    "bunny": (0.10, 0.0, {"noseSneer": 0.90}),
    "bag": (0.40, 0.05, {"eyeSquint": 0.30, "cheekSquint": 0.30}),
}
OF_YOUTH = 0.42  # how deep the folds of a young face are, as a share of an old one's
SHADE = 0.13  # how dark a furrow of depth 1 is: minus the log of the colour


def folded(skin: Skin, person: Person, action_weights: np.ndarray) -> Skin:
    """The person's painted skin with the wrinkles of age and of facial actions (52,)."""
    depths = furrow_depths(person, action_weights)
    shades, reliefs = (
        -sum(np.float32(depth) * maps[name] for name, depth in depths.items()) for maps in (furrows(), soft_furrows())
    )
    return replace(
        skin, albedo=skin.albedo * np.exp(np.float32(SHADE) * shades)[..., None], height=skin.height + reliefs
    )


def furrow_depths(person: Person, action_weights: np.ndarray) -> dict[str, float]:
    """Furrow -> depth: 0 = smooth, 1 = deep."""
    weights = dict(zip(ACTIONS, action_weights, strict=True))
    old = max(0.0, person.age - 0.25) / 0.75
    folded = OF_YOUTH + (1 - OF_YOUTH) * person.age
    depths = {}
    for furrow, (aged, always, actions) in FOLDS.items():
        pull = sum(share * strength_of(weights, action) for action, share in actions.items())
        depths[furrow] = aged * old + always + folded * pull
    return depths


def strength_of(weights: Mapping[str, float], action: str) -> float:
    """The weight of an action, the mean of both sides if it has sides."""
    if action in weights:
        return weights[action]
    return (weights[action + "Left"] + weights[action + "Right"]) / 2


@cache
def furrows() -> dict[str, np.ndarray]:
    """Furrow -> its map (512, 512), 0 to about 1."""
    waves = 0.03 * np.cos(SIDEWAYS * 5)
    maps = {
        "forehead": sum(
            strength * np.exp(-(((UP - height - waves - 0.012 * np.sin(SIDEWAYS * 17 + height * 40)) / 0.014) ** 2))
            for height, strength in FOREHEAD_HEIGHTS
        )
        * smooth(0.62, 0.35, ACROSS),
        "bunny": sum(np.exp(-(((UP - height - 0.25 * ACROSS) / 0.011) ** 2)) for height in BUNNY_HEIGHTS)
        * smooth(0.12, 0.06, ACROSS),
    }
    for name, lines in FURROWS.items():
        maps[name] = sum(strength * furrow(distance_to_line(line), width) for line, width, strength in lines)
    # Furrows are not drawn with a ruler: their depth comes and goes.
    uneven = 1 + 0.25 * blurred_noise(np.random.default_rng(0), 40)
    return {name: gaussian_filter(depth * uneven, 0.9).astype(np.float32) for name, depth in maps.items()}


@cache
def soft_furrows() -> dict[str, np.ndarray]:
    """The furrows as relief, which has no hard edges."""
    return {name: gaussian_filter(depth, 0.7) for name, depth in furrows().items()}


def furrow(distance: np.ndarray, width: float) -> np.ndarray:
    """A crease in a wider dent: skin folds, it is not scratched."""
    return 0.6 * np.exp(-((distance / width) ** 2)) + 0.4 * np.exp(-((distance / (2.6 * width)) ** 2))
