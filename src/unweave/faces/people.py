"""Who a number is: every trait of person n, drawn from the seed and n alone.

Faces differ as much as faces do; hair, clothes and glasses come from small sets that many people share, with little
that is personal about them, so that nobody can be told by them alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from unweave.faces.chance import rng
from unweave.faces.palettes import (
    CLOTHES,
    GREY_HAIR,
    HAIR_COLOURS,
    IRIS_COLOURS,
    Colour,
    linear,
    mixed,
    skin_colour,
)
from unweave.faces.sliders import draw_sliders

# Keys of the draws, one for each purpose (10-19 are this module's).
ORIGIN, SHAPE, COMPLEXION, HAIR, EYES, BROWS, FACIAL_HAIR, MARKS, BELONGINGS, MANNER = range(10, 20)

ANCESTRIES = ("african", "asian", "caucasian")
MIXTURE = (0.40, 0.40, 0.50)  # Dirichlet: mostly one ancestry, often some of another
TONES = (0.80, 0.36, 0.18)  # the usual skin tone of each ancestry

# Weights of palettes.HAIR_COLOURS, in its order, for European and all other ancestry. Dark hair is the rule.
EUROPEAN_HAIR = (0.14, 0.24, 0.24, 0.14, 0.10, 0.08, 0.06)
OTHER_HAIR = (0.72, 0.24, 0.04, 0.0, 0.0, 0.0, 0.0)
# Weights of palettes.IRIS_COLOURS: under dark hair, under fair or red hair, and for all other ancestry.
DARK_HAIRED_EYES = (0.22, 0.26, 0.14, 0.14, 0.06, 0.13, 0.05)
FAIR_HAIRED_EYES = (0.02, 0.08, 0.06, 0.14, 0.16, 0.38, 0.16)
OTHER_EYES = (0.66, 0.30, 0.04, 0.0, 0.0, 0.0, 0.0)

MALE_STYLES = {"short": 0.22, "buzz": 0.18, "side": 0.18, "back": 0.14, "fringe": 0.16, "medium": 0.12}
FEMALE_STYLES = {
    "tied": 0.20,
    "long": 0.20,
    "bob": 0.16,
    "fringebob": 0.14,
    "medium": 0.14,
    "short": 0.08,
    "side": 0.08,
}
CURLS = (0.08, 0.40, 0.95)  # straight, wavy, curly
BEARDS = {"none": 0.40, "stubble": 0.30, "full": 0.14, "goatee": 0.10, "moustache": 0.06}
FRAMES = {"round": 0.3, "oval": 0.3, "rectangle": 0.4}
GLASSES = 0.16  # how many wear glasses
BACKGROUNDS = 8


@dataclass(frozen=True, kw_only=True)
class Brow:
    """Lengths in decimetres on the average face; density 0-1. `inner`, `outer`: distance of its ends from the middle."""

    thickness: float
    arch: float
    height: float
    density: float
    tilt: float
    inner: float
    outer: float


@dataclass(frozen=True, kw_only=True)
class Person:
    """Everything that stays the same in all pictures of one person. Colours are linear RGB."""

    number: int
    male: bool
    age: float
    """0 = 20 years, 1 = 75 years."""
    ancestry: tuple[float, float, float]
    """Shares of ANCESTRIES; they add up to 1."""
    phenotype: Mapping[str, float] = field(hash=False)
    local: Mapping[str, float] = field(hash=False)
    """Shape sliders by name, both sides, -1 to 1."""

    skin_tone: float
    """0 = the lightest, 1 = the darkest."""
    redness: float
    """About -1 (pale) to 1 (ruddy)."""
    yellowness: float
    oil: float
    """How much the skin shines: 0.35-1."""
    freckles: float
    moles: int
    makeup: float

    style: str
    curl: float
    length: float
    volume: float
    parting: float
    hairline: float
    """How much higher (dm) than usual the hair begins above the forehead."""
    hair_colour: Colour
    """Without the grey."""
    grey: float
    """Share of grey hair, 0-1."""
    beard_style: str
    """One of BEARDS."""
    beard: float
    """How dense it is: 0-1; 0 where beard_style is "none"."""
    brow: Brow

    iris: Colour
    lip_strength: float
    """How much the lips differ in colour from the skin: 0-1."""
    lipstick: float

    cloth: Colour
    neckline: str
    """"round" or "v"."""
    glasses: str | None
    """One of FRAMES, or None."""
    background: int

    asymmetry: float
    """How much stronger the left side of the face moves than the right."""
    resting_smile: float
    """Mouth corners of the neutral face, as a weight of mouthSmile."""
    resting_brow: float
    """Inner brows of the neutral face, as a weight of browInnerUp."""


@lru_cache(maxsize=512)
def person(number: int) -> Person:
    """Person `number` (0 or more); there is no last one."""
    origin = rng(ORIGIN, number)
    male = bool(origin.random() < 0.5)
    ancestry = tuple(float(share) for share in origin.dirichlet(MIXTURE))
    age = float(origin.beta(0.95, 2.1))
    complexion = draw_complexion(number, ancestry, male)
    european = ancestry[2] > 0.45 and complexion["skin_tone"] < 0.45
    colour_name, hair = draw_hair(number, male, age, ancestry, european)
    return Person(
        number=number,
        male=male,
        age=age,
        ancestry=ancestry,
        local=draw_sliders(rng(SHAPE, number, 1), age),
        phenotype=draw_phenotype(number, male, age, ancestry),
        iris=draw_iris(number, colour_name, european),
        brow=draw_brow(number, male),
        **complexion,
        **hair,
        **draw_facial_hair(number, male),
        **draw_marks(number, age, complexion["skin_tone"], male),
        **draw_belongings(number),
        **draw_manner(number),
    )


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


def draw_complexion(number: int, ancestry: tuple[float, ...], male: bool) -> dict[str, float]:
    """Tone and tint of the skin."""
    draw = rng(COMPLEXION, number)
    tone = float(np.dot(ancestry, TONES)) + draw.normal(0, 0.08) - (0 if male else 0.03)
    return {
        "skin_tone": float(np.clip(tone, 0.02, 0.97)),
        "redness": float(np.clip(draw.normal(0, 0.55), -1.2, 1.2)),
        "yellowness": float(draw.normal(0, 0.55) + 0.45 * ancestry[1]),
        "oil": float(draw.uniform(0.35, 1.0)),
    }


def draw_hair(number: int, male: bool, age: float, ancestry: tuple[float, ...], european: bool) -> tuple[str, dict]:
    """The name of the colour the hair had before it turned grey, and the fields of `Person`."""
    draw = rng(HAIR, number)
    colour = chosen(draw, dict(zip(HAIR_COLOURS, EUROPEAN_HAIR if european else OTHER_HAIR, strict=True)))
    curly = np.clip(ancestry[0] * 1.4, 0, 1)
    curl = CURLS[int(draw.choice(3, p=[0.6 * (1 - curly), 0.4 * (1 - curly), curly]))]
    style = chosen(draw, MALE_STYLES if male else FEMALE_STYLES)
    if ancestry[0] > 0.6 and draw.random() < 0.55 and style != "tied":
        style = "buzz" if male and draw.random() < 0.6 else "afro"
    if male and draw.random() < 0.05 + 0.3 * age:
        style = "receding"
    greying = age - 0.45 + draw.normal(0, 0.1)
    return colour, {
        "hair_colour": linear(HAIR_COLOURS[colour]),
        "grey": 0.0 if greying < 0 else 0.4 if greying < 0.2 else 0.85,
        "style": style,
        "curl": curl,
        "length": float(draw.uniform(0.92, 1.08)),
        "volume": float(draw.uniform(0.85, 1.15)),
        "parting": float(draw.choice([-0.22, 0.22])),
        "hairline": float(draw.normal(0, 0.02)) + (0.02 + 0.05 * age if male else 0.0),
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
        arch=float(draw.normal(0, 0.018)) + (-0.008 if male else 0.014),
        height=float(draw.normal(0.006, 0.014)),
        density=float(draw.uniform(0.55, 1.0)),
        tilt=float(draw.normal(0.004, 0.022)),
        inner=float(draw.uniform(0.080, 0.150)),
        outer=float(draw.uniform(0.48, 0.59)),
    )


def draw_facial_hair(number: int, male: bool) -> dict:
    """`beard_style` and `beard`."""
    draw = rng(FACIAL_HAIR, number)
    style = chosen(draw, BEARDS)
    density = float(draw.uniform(0.45, 1.0))
    return (
        {"beard_style": style, "beard": density if style != "none" else 0.0}
        if male
        else {"beard_style": "none", "beard": 0.0}
    )


def draw_marks(number: int, age: float, tone: float, male: bool) -> dict:
    """What makes a skin its owner's: freckles, moles, lips, make-up."""
    draw = rng(MARKS, number)
    freckled, made_up, lips = draw.uniform(-1.2, 1.0), draw.uniform(-0.7, 1.0), draw.uniform(0.3, 0.8)
    return {
        "freckles": float(max(0.0, freckled) * (1 - np.clip(tone / 0.38, 0, 1))),
        "moles": int(draw.poisson(1.2 + 0.8 * age)),
        "makeup": 0.0 if male else float(max(0.0, made_up)),
        "lip_strength": float(np.clip(lips + (0 if male else 0.15), 0, 0.9)),
        "lipstick": 0.0 if male else float(max(0.0, draw.uniform(-0.6, 1.0))),
    }


def draw_belongings(number: int) -> dict:
    """Clothes, glasses and background: all shared."""
    draw = rng(BELONGINGS, number)
    wears_glasses, frame = draw.random() < GLASSES, chosen(draw, FRAMES)
    return {
        "cloth": linear(CLOTHES[str(draw.choice(list(CLOTHES)))]),
        "neckline": str(draw.choice(["round", "v"])),
        "background": int(draw.integers(BACKGROUNDS)),
        "glasses": frame if wears_glasses else None,
    }


def draw_manner(number: int) -> dict[str, float]:
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


def visible_hair(who: Person) -> Colour:
    """The hair's colour with its grey."""
    return mixed(who.hair_colour, linear(GREY_HAIR), who.grey)


def materials(who: Person) -> dict[str, Colour | float]:
    """What the renderer needs of a person beside skin and hair: colours (linear RGB) and lengths (dm, or shares)."""
    skin = np.array(skin_colour(who.skin_tone))
    lip = skin * (0.86, 0.52, 0.53) * (1 - 0.22 * who.skin_tone) + who.lipstick * np.array((0.080, 0.008, 0.014))
    iris, cloth, hair = np.array(who.iris), np.array(who.cloth), np.array(visible_hair(who))
    age = who.age
    return {
        "iris": colour(iris * 1.35 + 0.008),
        "iris_rim": colour(iris * 0.8),
        "sclera": colour((0.70, 0.67 - 0.05 * age, 0.64 - 0.10 * age)),
        "lip": colour(lip),
        "lip_amount": min(0.95, who.lip_strength + 0.25 * who.lipstick),
        "gum": (0.33, 0.085, 0.085),
        "tooth": colour(np.array((0.80, 0.76, 0.66)) * (1 - 0.16 * age)),
        "cloth": colour(cloth),
        "collar": colour(cloth * 0.75),
        "lash": colour(np.minimum(who.hair_colour, 0.05) * 0.5),
        "lash_length": 0.55 if who.male else 0.85 + 0.35 * who.makeup,
        "pupil": 0.17,
        "cloth_height": 5.98,
        "cloth_neckline": 0.05 if who.neckline == "round" else 0.40,
        "oil": who.oil,
        "hair_tint": colour(0.35 + 0.65 * hair / hair.max()),
    }


def colour(values) -> Colour:
    """Three numbers as a tuple of floats."""
    red, green, blue = (float(value) for value in values)
    return red, green, blue
