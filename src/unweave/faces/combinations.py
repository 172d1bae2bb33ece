"""Ten expressions as combinations of the 52 facial actions of the head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# The facial actions in the order of the head's basis. Left and right are the person's own.
ACTIONS: tuple[str, ...] = tuple(
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
    """Weights of actions; "browDown" stands for both of its sides."""

    actions: Mapping[str, float]
    """At full intensity."""
    varies: Mapping[str, float]
    """How it differs from time to time: a variation adds this times one number in [-1, 1]."""


EXPRESSIONS = {
    "neutral": Expression({}, {"browInnerUp": 0.03, "mouthSmile": 0.03}),
    "smile": Expression(
        {
            "mouthSmile": 1.0,
            "cheekSquint": 0.70,
            "mouthUpperUp": 0.70,
            "eyeSquint": 0.25,
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
            "eyeSquint": 1.25,
            "eyeBlink": 0.18,
            "cheekSquint": 1.25,
            "browDown": 1.10,
            "noseSneer": 0.15,
            "mouthUpperUp": 0.15,
            "mouthStretch": 0.40,
            "mouthSmile": 0.12,
        },
        {"eyeBlink": 0.06, "browDown": 0.15},
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
            "browDown": 1.70,
            "eyeWide": 0.45,
            "eyeSquint": 0.40,
            "noseSneer": 0.80,
            "mouthPress": 0.90,
            "mouthRollLower": 0.45,
            "mouthRollUpper": 0.35,
            "mouthFrown": 0.35,
            "mouthStretch": 0.20,
            "mouthShrugLower": 0.15,
            "jawForward": 0.30,
        },
        {"eyeWide": 0.15, "mouthRollLower": 0.20},
    ),
    "sad": Expression(
        {
            "browInnerUp": 1.35,
            "browDown": 0.30,
            "mouthFrown": 1.25,
            "mouthShrugLower": 0.85,
            "eyeBlink": 0.28,
            "eyeLookDown": 0.30,
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
            "mouthSmileLeft": 0.85,
            "mouthDimpleLeft": 0.90,
            "mouthUpperUpLeft": 0.30,
            "cheekSquintLeft": 0.50,
            "mouthLeft": 0.28,
            "mouthPressRight": 0.60,
            "mouthFrownRight": 0.30,
            "browOuterUpLeft": 0.70,
            "browDownRight": 0.35,
            "eyeBlink": 0.20,
        },
        {"browOuterUpLeft": 0.25, "eyeBlink": 0.08},
    ),
}


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


STEMS: tuple[str, ...] = tuple(dict.fromkeys(stem(action) for action in ACTIONS))
