"""How the traits of a person are drawn: what is common, what goes with what.

Faces differ as much as faces do. Hairdo and clothes are no traits but a styling, by a number of its own: people change
them from one sitting to the next, so that nobody can be told by them. What stays of the hair is its colour and curl.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from unweave.faces.chance import rng
from unweave.faces.palettes import CLOTHES, HAIR_COLOURS, IRIS_COLOURS, Colour, linear, mixed

# Keys of the draws, one for each purpose (9-19 are this module's).
ORIGIN, SHAPE, COMPLEXION, HAIR, EYES, BROWS, FACIAL_HAIR, MARKS, BELONGINGS, MANNER = range(10, 20)
STYLING = 9

ANCESTRIES = ("african", "asian", "caucasian")
MIXTURE = (0.40, 0.40, 0.50)  # Dirichlet: mostly one ancestry, often some of another
TONES = (0.80, 0.36, 0.18)  # the usual skin tone of each ancestry

# Weights of palettes.HAIR_COLOURS, in its order, for European and all other ancestry. Dark hair is the rule.
EUROPEAN_HAIR = (0.30, 0.32, 0.18, 0.07, 0.05, 0.05, 0.03)
OTHER_HAIR = (0.76, 0.24, 0.0, 0.0, 0.0, 0.0, 0.0)
# Weights of palettes.IRIS_COLOURS: under dark hair, under fair or red hair, and for all other ancestry.
DARK_HAIRED_EYES = (0.22, 0.26, 0.14, 0.14, 0.06, 0.13, 0.05)
FAIR_HAIRED_EYES = (0.02, 0.08, 0.06, 0.14, 0.16, 0.38, 0.16)
OTHER_EYES = (0.66, 0.30, 0.04, 0.0, 0.0, 0.0, 0.0)

STYLES_WORN = {
    "short": 0.20,
    "side": 0.15,
    "back": 0.13,
    "fringe": 0.13,
    "medium": 0.15,
    "tied": 0.09,
    "bob": 0.08,
    "long": 0.07,
}
WORN_CURLY = {"medium": "afro", "bob": "afro", "fringe": "short", "back": "buzz", "side": "short"}
"""What becomes of a hairdo in the curliest hair."""
CURLS = (0.08, 0.40, 0.95)  # straight, wavy, curly
BEARDS = {"none": 0.40, "stubble": 0.30, "full": 0.14, "goatee": 0.10, "moustache": 0.06}
FRAMES = {"round": 0.3, "oval": 0.3, "rectangle": 0.4}
GLASSES = 0.16  # how many wear glasses
BACKGROUNDS = 8


@dataclass(frozen=True, kw_only=True)
class Brow:
    """Lengths in decimetres on the average face; density 0-1. `inner`, `outer`: where it begins and ends."""

    thickness: float
    arch: float
    height: float
    density: float
    tilt: float
    inner: float
    outer: float


def draw_origin(number: int) -> tuple[bool, tuple[float, float, float], float]:
    """Whether male, the shares of ANCESTRIES, the age (0 = 20 years, 1 = 75)."""
    draw = rng(ORIGIN, number)
    male = bool(draw.random() < 0.5)
    african, asian, caucasian = (float(share) for share in draw.dirichlet(MIXTURE))
    return male, (african, asian, caucasian), float(draw.beta(0.95, 2.1))


def draw_phenotype(number: int, male: bool, age: float, ancestry: tuple[float, ...]) -> dict[str, float]:
    """The coarse traits of the head's basis, each 0-1."""
    draw = rng(SHAPE, number, 0)
    return {
        "gender": float(draw.uniform(0.0, 0.14) if male else draw.uniform(0.86, 1.0)),  # 0 is male
        "age": 2 / 3 - 0.03 + 0.33 * age**1.15,  # 2/3 = a young adult, 1 = old
        "muscle": float(draw.uniform(0.3, 0.8) if male else draw.uniform(0.25, 0.6)),
        "weight": float(np.clip(draw.normal(0.5, 0.2), 0.1, 0.98)),
        "height": 0.5,
        "proportions": float(draw.uniform(0, 0.4)),  # beyond 0.5 heads turn odd
        "cupsize": 0.4,
        "firmness": 0.5,
        **dict(zip(ANCESTRIES, ancestry, strict=True)),
    }


def draw_complexion(number: int, ancestry: tuple[float, ...], male: bool) -> dict[str, Any]:
    """Tone and tint of the skin."""
    draw = rng(COMPLEXION, number)
    tone = float(np.dot(ancestry, TONES)) + draw.normal(0, 0.08) - (0 if male else 0.03)
    return {
        "skin_tone": float(np.clip(tone, 0.02, 0.97)),
        "redness": float(np.clip(draw.normal(0, 0.55), -1.1, 1.1)),
        "yellowness": float(draw.normal(0, 0.55) + 0.45 * ancestry[1]),
        "oil": float(draw.uniform(0.35, 1.0)),
    }


def draw_hair(
    number: int, male: bool, age: float, ancestry: tuple[float, ...], european: bool
) -> tuple[str, dict[str, Any]]:
    """The name of the colour the hair had before it turned grey, and what of `Person`'s hair is no styling."""
    draw = rng(HAIR, number)
    colour = chosen(draw, dict(zip(HAIR_COLOURS, EUROPEAN_HAIR if european else OTHER_HAIR, strict=True)))
    curly = 0.85 * np.clip(ancestry[0] * 1.4 - 0.3, 0, 1)
    curl = CURLS[int(draw.choice(3, p=[0.7 * (1 - curly), 0.3 * (1 - curly), curly]))]
    greying = age - 0.6 + draw.normal(0, 0.1)
    return colour, {
        "hair_colour": linear(HAIR_COLOURS[colour]),
        "grey": 0.0 if greying < 0 else 0.4 if greying < 0.2 else 0.85,
        "curl": curl,
        "receding": bool(male and draw.random() < 0.03 + 0.2 * age),
        "hairline": float(draw.normal(0, 0.02)) + (0.02 + 0.05 * age if male else 0.0),
    }


def draw_styling(styling: int, curl: float, receding: bool) -> dict[str, Any]:
    """Hairdo and clothes number `styling`, on hair that curls or recedes as it does."""
    draw = rng(STYLING, styling)
    style = chosen(draw, STYLES_WORN)
    return {
        "styling": styling,
        "style": "receding" if receding else WORN_CURLY.get(style, style) if curl == CURLS[-1] else style,
        "length": float(draw.uniform(0.92, 1.08)),
        "volume": float(draw.uniform(0.85, 1.15)),
        "parting": float(draw.choice([-0.22, 0.22])),
        "cloth": linear(CLOTHES[str(draw.choice(list(CLOTHES)))]),
        "neckline": str(draw.choice(["round", "v"])),
    }


def draw_iris(number: int, hair: str, european: bool) -> Colour:
    """Blue, green and grey eyes are for those of European ancestry, most often under fair hair."""
    draw = rng(EYES, number)
    fair = hair in ("dark blond", "blond", "red")
    weights = OTHER_EYES if not european else FAIR_HAIRED_EYES if fair else DARK_HAIRED_EYES
    name = chosen(draw, dict(zip(IRIS_COLOURS, weights, strict=True)))
    return mixed((0.0, 0.0, 0.0), linear(IRIS_COLOURS[name]), float(draw.uniform(0.8, 1.15)))


def draw_brow(number: int, male: bool) -> Brow:
    """Brows of women are finer and more arched."""
    draw = rng(BROWS, number)
    return Brow(
        thickness=float(draw.uniform(0.030, 0.058) if male else draw.uniform(0.018, 0.038)),
        arch=float(draw.normal(0, 0.013)) + (-0.010 if male else 0.006),
        height=float(draw.normal(0.006, 0.014)),
        density=float(draw.uniform(0.55, 1.0)),
        tilt=float(min(0.010, draw.normal(-0.014, 0.016))),
        inner=float(draw.uniform(0.080, 0.150)),
        outer=float(draw.uniform(0.48, 0.59)),
    )


def draw_facial_hair(number: int, male: bool, bearded: bool | None = None) -> dict[str, Any]:
    """`beard_style` and `beard`; `bearded` asks for some or for none, None leaves it to chance."""
    draw = rng(FACIAL_HAIR, number)
    density, style = float(draw.uniform(0.45, 1.0)), chosen(draw, BEARDS)
    suits = chosen(draw, {name: weight for name, weight in BEARDS.items() if name != "none"})
    if bearded is not None:
        style = "none" if not bearded else suits if style == "none" else style
    if not male or style == "none":
        return {"beard_style": "none", "beard": 0.0}
    return {"beard_style": style, "beard": density}


def draw_marks(number: int, age: float, tone: float, male: bool) -> dict[str, Any]:
    """What makes a skin its owner's: freckles, moles, lips, make-up."""
    draw = rng(MARKS, number)
    freckled, made_up, lips = draw.uniform(-1.2, 1.0), draw.uniform(-0.7, 1.0), draw.uniform(0.4, 0.9)
    return {
        "freckles": float(max(0.0, freckled) * (1 - np.clip(tone / 0.38, 0, 1))),
        "moles": int(draw.poisson(1.2 + 0.8 * age)),
        "makeup": 0.0 if male else float(max(0.0, made_up)),
        "lip_strength": float(np.clip(lips + (0 if male else 0.15), 0, 0.95)),
        "lipstick": 0.0 if male else float(max(0.0, draw.uniform(-0.6, 1.0))),
    }


def draw_belongings(number: int, wears_glasses: bool | None = None) -> dict[str, Any]:
    """Glasses and background: all shared."""
    draw = rng(BELONGINGS, number)
    usually, frame = draw.random() < GLASSES, chosen(draw, FRAMES)
    wears_glasses = usually if wears_glasses is None else wears_glasses
    return {
        "background": int(draw.integers(BACKGROUNDS)),
        "glasses": frame if wears_glasses else None,
    }


def draw_manner(number: int) -> dict[str, Any]:
    """How a face rests and moves."""
    draw = rng(MANNER, number)
    return {
        "asymmetry": float(np.clip(draw.normal(0, 0.06), -0.15, 0.15)),
        "resting_smile": float(draw.uniform(0.04, 0.18)),
        "resting_brow": float(draw.uniform(0.04, 0.22)),
    }


def chosen(draw: np.random.Generator, weights: Mapping[str, float]) -> str:
    """One of the names, as often as its weight says."""
    shares = np.array(list(weights.values()))
    return str(draw.choice(list(weights), p=shares / shares.sum()))
