"""How much the parts of a face differ from person to person: the shape sliders and their widths."""

from __future__ import annotations

import numpy as np

LIMIT = 0.85  # a slider at 1 is the end of what was modelled
REACH = 1.10  # all widths are multiplied by this
SIDES = 0.05  # how much the two halves of a face differ
STRIKING = 0.30  # one person has a plain nose, another a striking one: spread of the log of a family's strength

# Slider -> standard deviation. "l-" stands for both sides.
WIDTHS = {
    "l-cheek-volume-incr": 0.38,
    "l-cheek-bones-incr": 0.42,
    "l-cheek-inner-incr": 0.25,
    "l-cheek-trans-up": 0.25,
    "chin-jaw-drop-incr": 0.30,
    "chin-height-incr": 0.36,
    "chin-prominent-incr": 0.32,
    "chin-bones-incr": 0.38,
    "chin-width-incr": 0.45,
    "chin-cleft-incr": 0.25,
    "chin-prognathism-incr": 0.20,
    "l-ear-lobe-incr": 0.40,
    "l-ear-scale-vert-incr": 0.35,
    "l-ear-scale-incr": 0.35,
    "l-ear-wing-incr": 0.40,
    "l-ear-flap-incr": 0.30,
    "l-ear-trans-up": 0.20,
    "eyebrows-angle-up": 0.30,
    "eyebrows-trans-up": 0.35,
    "eyebrows-trans-forward": 0.32,
    "l-eye-corner1-up": 0.32,
    "l-eye-corner2-up": 0.36,
    "l-eye-height1-incr": 0.30,
    "l-eye-height2-incr": 0.34,
    "l-eye-height3-incr": 0.30,
    "l-eye-scale-incr": 0.32,
    "l-eye-trans-up": 0.15,
    "l-eye-trans-out": 0.28,
    "l-eye-eyefold-up": 0.35,
    "l-eye-eyefold-angle-up": 0.32,
    "l-eye-bag-incr": 0.22,
    "l-eye-push1-out": 0.22,
    "forehead-temple-incr": 0.34,
    "forehead-trans-forward": 0.28,
    "forehead-scale-vert-incr": 0.25,
    "forehead-nubian-incr": 0.22,
    "head-scale-vert-incr": 0.20,
    "head-scale-horiz-incr": 0.28,
    "head-fat-incr": 0.42,
    "head-angle-out": 0.10,
    "mouth-scale-horiz-incr": 0.42,
    "mouth-scale-vert-incr": 0.30,
    "mouth-lowerlip-height-incr": 0.36,
    "mouth-upperlip-height-incr": 0.36,
    "mouth-lowerlip-volume-incr": 0.34,
    "mouth-upperlip-volume-incr": 0.34,
    "mouth-cupidsbow-incr": 0.38,
    "mouth-angles-up": 0.16,
    "mouth-trans-up": 0.26,
    "mouth-laugh-lines-out": 0.25,
    "mouth-philtrum-volume-incr": 0.25,
    "mouth-lowerlip-width-incr": 0.22,
    "mouth-upperlip-width-incr": 0.22,
    "neck-scale-horiz-incr": 0.25,
    "neck-double-incr": 0.15,
    "nose-scale-vert-incr": 0.36,
    "nose-scale-horiz-incr": 0.38,
    "nose-scale-depth-incr": 0.36,
    "nose-width1-incr": 0.34,
    "nose-width2-incr": 0.36,
    "nose-width3-incr": 0.36,
    "nose-trans-up": 0.18,
    "nose-hump-incr": 0.38,
    "nose-point-up": 0.38,
    "nose-curve-convex": 0.32,
    "nose-greek-incr": 0.26,
    "nose-nostrils-width-incr": 0.32,
    "nose-flaring-incr": 0.28,
    "nose-point-width-incr": 0.34,
    "nose-volume-incr": 0.32,
    "nose-base-up": 0.26,
    "nose-septumangle-incr": 0.26,
    "nose-nostrils-angle-up": 0.30,
    "nose-trans-forward": 0.22,
    "nose-compression-uncompress": 0.26,
    "l-eye-epicanthus-out": 0.34,
    "l-eye-push2-out": 0.22,
    "l-eye-bag-height-incr": 0.26,
    "mouth-cupidsbow-width-incr": 0.30,
    "mouth-upperlip-ext-up": 0.16,
    "mouth-lowerlip-ext-up": 0.16,
    "mouth-upperlip-middle-up": 0.14,
    "mouth-lowerlip-middle-up": 0.14,
    "mouth-trans-forward": 0.26,
    "mouth-scale-depth-incr": 0.22,
    "mouth-dimples-out": 0.22,
    "neck-scale-vert-incr": 0.20,
    "l-ear-shape-round": 0.30,
}
MEANS = {  # a relaxed face: what the base head lacks
    "mouth-angles-up": 0.08,
    "eyebrows-trans-up": 0.18,
    "eyebrows-angle-up": 0.15,
    "eyebrows-trans-forward": -0.15,
    "l-eye-height2-incr": 0.08,
}

LOWEST = {  # a neutral face does not frown, and its eyes are open
    "eyebrows-angle-up": -0.15,
    "eyebrows-trans-up": -0.25,
    "mouth-angles-up": -0.08,
    "l-eye-height1-incr": -0.40,
    "l-eye-height2-incr": -0.35,
    "l-eye-height3-incr": -0.40,
}


def family(slider: str) -> str:
    """The part of the face a slider belongs to: "nose", "mouth", "eye", ..."""
    return slider.removeprefix("l-").split("-")[0]


def draw_sliders(generator: np.random.Generator, age: float) -> dict[str, float]:
    """One face: slider name -> value in [-LIMIT, LIMIT], both sides named. `age` 0 = 20 years, 1 = 75."""
    families = sorted({family(slider) for slider in WIDTHS})
    strength = {name: REACH * float(np.exp(generator.normal(0, STRIKING))) for name in families}
    values: dict[str, float] = {}
    for slider, width in WIDTHS.items():
        value = MEANS.get(slider, 0.0) + softly_limited(generator.normal(0, width) * strength[family(slider)])
        value = max(value, LOWEST.get(slider, -LIMIT))
        if slider.startswith("l-"):
            lean = generator.normal(0, SIDES)
            values[slider] = float(np.clip(value + lean, -LIMIT, LIMIT))
            values["r-" + slider[2:]] = float(np.clip(value - lean, -LIMIT, LIMIT))
        else:
            values[slider] = float(np.clip(value, -LIMIT, LIMIT))
    values["head-age-incr"] = 0.35 * max(0.0, age - 0.4)
    return values


def softly_limited(value: float) -> float:
    """Nearly `value` when small, never beyond LIMIT."""
    return float(LIMIT * np.tanh(value / LIMIT))
