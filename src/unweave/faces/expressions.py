"""Ten expressions as combinations of facial actions, their natural variation, and where the eyes look.

A picture's action weights are made of four things: what the expression is (`EXPRESSIONS`), how strong it is, how it
happened to come out this time (the variation: drawn from the expression and the variation's number alone, so that it
can travel to another person), and how this person moves a face (gains, asymmetry, how the face rests).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from unweave.faces.chance import rng
from unweave.faces.people import Person

# Keys of the draws (30-39 are this module's).
VARIATION, GAINS = 30, 31

# The facial actions in the order of the head's basis. Left and right are the person's own.
ACTIONS = tuple(
    """
    browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff cheekSquintLeft cheekSquintRight
    eyeBlinkLeft eyeBlinkRight eyeLookDownLeft eyeLookDownRight eyeLookInLeft eyeLookInRight eyeLookOutLeft
    eyeLookOutRight eyeLookUpLeft eyeLookUpRight eyeSquintLeft eyeSquintRight eyeWideLeft eyeWideRight jawForward
    jawLeft jawOpen jawRight mouthClose mouthDimpleLeft mouthDimpleRight mouthFrownLeft mouthFrownRight mouthFunnel
    mouthLeft mouthLowerDownLeft mouthLowerDownRight mouthPressLeft mouthPressRight mouthPucker mouthRight
    mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper mouthSmileLeft mouthSmileRight mouthStretchLeft
    mouthStretchRight mouthUpperUpLeft mouthUpperUpRight noseSneerLeft noseSneerRight tongueOut
    """.split()
)


@dataclass(frozen=True)
class Expression:
    """Weights of actions at full intensity ("browDown" stands for both sides), and how they vary from time to time:
    a variation adds `varies` times one number in [-1, 1].
    """

    actions: Mapping[str, float]
    varies: Mapping[str, float]


EXPRESSIONS = {
    "neutral": Expression({}, {"browInnerUp": 0.05, "mouthSmile": 0.05}),
    "smile": Expression(
        {
            "mouthSmile": 1.0,
            "cheekSquint": 0.70,
            "mouthUpperUp": 0.60,
            "eyeSquint": 0.30,
            "mouthDimple": 0.20,
            "mouthLowerDown": 0.25,
            "jawOpen": 0.08,
        },
        {"mouthUpperUp": 0.25, "mouthLowerDown": 0.15, "jawOpen": 0.05},
    ),
    "surprise": Expression(
        {"browInnerUp": 1.0, "browOuterUp": 1.05, "eyeWide": 0.90, "jawOpen": 0.62, "mouthFunnel": 0.40},
        {"jawOpen": 0.12, "mouthFunnel": -0.15},
    ),
    "squint": Expression(
        {
            "eyeSquint": 1.1,
            "eyeBlink": 0.45,
            "cheekSquint": 0.90,
            "browDown": 0.65,
            "mouthStretch": 0.20,
            "mouthSmile": 0.12,
            "mouthPress": 0.15,
        },
        {"eyeBlink": 0.12, "browDown": 0.15},
    ),
    "disgust": Expression(
        {
            "noseSneer": 1.2,
            "mouthUpperUp": 1.1,
            "browDown": 0.55,
            "eyeSquint": 0.75,
            "cheekSquint": 0.65,
            "mouthFrown": 0.50,
            "mouthLowerDown": 0.35,
            "mouthShrugLower": 0.30,
            "jawOpen": 0.12,
        },
        {"jawOpen": 0.06, "mouthLowerDown": 0.15},
    ),
    "scream": Expression(
        {
            "jawOpen": 1.15,
            "mouthLowerDown": 0.90,
            "mouthUpperUp": 0.75,
            "mouthStretch": 0.55,
            "eyeSquint": 0.75,
            "eyeBlink": 0.45,
            "cheekSquint": 0.75,
            "browDown": 0.50,
            "noseSneer": 0.45,
        },
        {"mouthStretch": 0.20, "jawOpen": -0.10},
    ),
    "angry": Expression(
        {
            "browDown": 1.25,
            "eyeWide": 0.35,
            "mouthPress": 0.90,
            "mouthRollLower": 0.55,
            "mouthRollUpper": 0.35,
            "mouthFrown": 0.40,
            "noseSneer": 0.35,
            "jawForward": 0.30,
        },
        {"eyeWide": 0.15, "mouthRollLower": 0.20},
    ),
    "sad": Expression(
        {
            "browInnerUp": 1.15,
            "browDown": 0.30,
            "mouthFrown": 1.1,
            "mouthShrugLower": 0.75,
            "eyeBlink": 0.22,
            "eyeLookDown": 0.25,
            "mouthStretch": 0.10,
        },
        {"eyeBlink": 0.08, "mouthShrugLower": 0.20},
    ),
    "afraid": Expression(
        {
            "eyeWide": 1.1,
            "browInnerUp": 1.1,
            "browDown": 0.35,
            "mouthStretch": 1.1,
            "mouthLowerDown": 0.75,
            "jawOpen": 0.22,
            "mouthFrown": 0.20,
        },
        {"mouthStretch": 0.15, "jawOpen": 0.06},
    ),
    "contempt": Expression(
        {
            "mouthSmileLeft": 0.95,
            "mouthDimpleLeft": 1.0,
            "mouthUpperUpLeft": 0.30,
            "cheekSquintLeft": 0.50,
            "mouthLeft": 0.35,
            "mouthPressRight": 0.60,
            "browOuterUpLeft": 0.70,
            "browDownRight": 0.35,
            "eyeBlink": 0.20,
        },
        {"browOuterUpLeft": 0.25, "eyeBlink": 0.08},
    ),
}

GAZES = {"left": (-25.0, 0.0), "front": (0.0, 0.0), "right": (25.0, 0.0)}
"""Where the eyes look, as seen in the picture: degrees to the right and up."""

LID_TURN = 28.0  # degrees of gaze at which the actions eyeLook* are fully on
PERSONAL = 0.10  # spread of the log of a person's gain for an action
TIMELY = 0.10  # the same, from picture to picture
LEAN = 0.05  # from picture to picture one side moves more
CHANCES = {  # what happens on a face at any time: spread of the weight
    "browInnerUp": 0.07,
    "eyeBlink": 0.05,
    "eyeSquint": 0.05,
    "mouthPress": 0.07,
    "jawOpen": 0.012,
}
RESTING_FADES = 0.8  # how much of the resting face an expression at full intensity replaces
LARGEST = 1.35  # beyond this an action deforms


def action_weights(
    person: Person, expression: str, intensity: float = 1.0, variation: int = 0, gaze: str = "front"
) -> np.ndarray:
    """Weights (52,) of `ACTIONS`.

    `intensity` is 0-1; variation 0 is the plain expression, n > 0 its n-th natural variation. Names are taken as
    checked.
    """
    weights = dict.fromkeys(ACTIONS, 0.0)
    gains = personal_gains(person)
    for action, weight in varied(expression, variation).items():
        weights[action] += weight * intensity * gains[action]
    resting = 1 - RESTING_FADES * intensity
    for action, weight in both_sides({"mouthSmile": person.resting_smile, "browInnerUp": person.resting_brow}).items():
        weights[action] += weight * resting
    for action, weight in chances(expression, variation).items():
        weights[action] += weight
    for action, weight in lids_following(gaze).items():
        weights[action] += weight
    return np.clip([weights[action] for action in ACTIONS], 0.0, LARGEST)


def varied(expression: str, variation: int) -> dict[str, float]:
    """The expression's weights at full intensity in its n-th variation."""
    plain = EXPRESSIONS[expression]
    weights = both_sides(plain.actions)
    if variation == 0:
        return weights
    draw = generator(expression, variation, 0)
    amount = draw.uniform(-1, 1)
    for action, change in both_sides(plain.varies).items():
        weights[action] = weights.get(action, 0.0) + amount * change
    factors = dict(zip(STEMS, np.exp(draw.normal(0, TIMELY, len(STEMS))), strict=True))
    lean = draw.normal(0, LEAN)
    return {action: weight * factors[stem(action)] * (1 + lean * side(action)) for action, weight in weights.items()}


def chances(expression: str, variation: int) -> dict[str, float]:
    """What a picture has beside its expression, whatever the intensity."""
    if variation == 0:
        return {}
    draw = generator(expression, variation, 1)
    return both_sides({action: abs(draw.normal(0, spread)) for action, spread in CHANCES.items()})


def generator(expression: str, variation: int, purpose: int) -> np.random.Generator:
    """Draws of one variation, the same for every person."""
    return rng(VARIATION, list(EXPRESSIONS).index(expression), variation, purpose)


def personal_gains(person: Person) -> dict[str, float]:
    """How strongly this person uses each action; about 1."""
    factors = np.exp(rng(GAINS, person.number).normal(0, PERSONAL, len(STEMS)))
    gains = dict(zip(STEMS, factors, strict=True))
    return {action: gains[stem(action)] * (1 + person.asymmetry * side(action)) for action in ACTIONS}


def lids_following(gaze: str) -> dict[str, float]:
    """The lids' part in a gaze; the eyeballs themselves are turned with the geometry."""
    right, up = (degrees / LID_TURN for degrees in GAZES[gaze])
    weights = both_sides({"eyeLookUp" if up > 0 else "eyeLookDown": abs(up)})
    # The person's left eye is on the right of the picture: looking there it looks out, the other in.
    weights["eyeLookOutLeft" if right > 0 else "eyeLookInLeft"] = abs(right)
    weights["eyeLookInRight" if right > 0 else "eyeLookOutRight"] = abs(right)
    return weights


def both_sides(weights: Mapping[str, float]) -> dict[str, float]:
    """The same weights with "browDown" written as "browDownLeft" and "browDownRight"."""
    spread: dict[str, float] = {}
    for name, weight in weights.items():
        for action in (name,) if name in ACTIONS else (name + "Left", name + "Right"):
            spread[action] = spread.get(action, 0.0) + weight
    return spread


def stem(action: str) -> str:
    """The action without its side. mouthLeft and jawLeft are directions, not sides."""
    if action in ("mouthLeft", "mouthRight", "jawLeft", "jawRight"):
        return action
    return action.removesuffix("Left").removesuffix("Right")


def side(action: str) -> int:
    """1 for the left side's actions, -1 for the right side's, 0 for what has no side."""
    return 0 if stem(action) == action else 1 if action.endswith("Left") else -1


STEMS = tuple(dict.fromkeys(stem(action) for action in ACTIONS))
