"""What a face does in a picture: an expression, its intensity and natural variation, and where the eyes look.

A picture's action weights are made of four things: what the expression is (`EXPRESSIONS`), how strong it is, how it
happened to come out this time (the variation: drawn from the expression and the variation's number alone, so that it
can travel to another person), and how this person moves a face (gains, asymmetry, how the face rests).
"""

from __future__ import annotations

import numpy as np

from unweave.faces.chance import rng
from unweave.faces.combinations import ACTIONS, EXPRESSIONS, STEMS, both_sides, side, stem
from unweave.faces.people import Person

# Keys of the draws (30-39 are this module's).
VARIATION, GAINS = 30, 31

GAZES = {"left": (-35.0, 0.0), "front": (0.0, 0.0), "right": (35.0, 0.0)}
"""Where the eyes look, as seen in the picture: degrees to the right and up."""

LID_TURN = 38.0  # degrees of gaze at which the actions eyeLook* are fully on
PERSONAL = 0.10  # spread of the log of a person's gain for an action
TIMELY = 0.10  # the same, from picture to picture
LEAN = 0.05  # from picture to picture one side moves more
CHANCES = {  # what happens on a face at any time: spread of the weight
    "browInnerUp": 0.07,
    "eyeBlink": 0.03,
    "eyeSquint": 0.02,
    "mouthPress": 0.07,
    "jawOpen": 0.012,
}
ONSET = 0.65  # weights grow with intensity to this power: half an expression is meant to be seen
OPEN = 0.10  # how far eyes at rest are opened
RESTING_FADES = 0.8  # how much of the resting face an expression at full intensity replaces
LARGEST = 1.9  # beyond this an action deforms


def action_weights(
    person: Person, expression: str, intensity: float = 1.0, variation: int = 0, gaze: str = "front"
) -> np.ndarray:
    """Weights (52,) of `ACTIONS`.

    `intensity` is 0-1; variation 0 is the plain expression, n > 0 its n-th natural variation. Names are taken as
    checked.
    """
    weights = dict.fromkeys(ACTIONS, 0.0)
    gains = personal_gains(person)
    strength = intensity**ONSET
    for action, weight in varied(expression, variation).items():
        weights[action] += weight * strength * gains[action]
    resting = 1.0 if expression == "neutral" else 1 - RESTING_FADES * intensity
    for action, weight in both_sides(resting_face(person)).items():
        weights[action] += weight * resting
    for action, weight in chances(expression, variation).items():
        weights[action] += weight
    for action, weight in lids_following(gaze).items():
        weights[action] += weight
    return np.clip([weights[action] for action in ACTIONS], 0.0, LARGEST)


def resting_face(person: Person) -> dict[str, float]:
    """A face at ease: eyes well open, nothing lowered."""
    return {"mouthSmile": person.resting_smile, "browInnerUp": person.resting_brow, "eyeWide": OPEN}


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
