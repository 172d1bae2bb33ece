"""Which pictures make a database: people, sittings, expressions, lights, and what is kept for testing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Literal

from unweave.errors import UnweaveError
from unweave.faces.factors import (
    CLASSES,
    EXPRESSIONS,
    LARGEST_ANGLE,
    LIGHTS,
    Factors,
    check_class,
    check_range,
    check_wearing,
    check_whole,
    own,
    person_name,
)

# Keys of the draws, one for each purpose (90-99 are this module's).
INTENSITY, VARIATION, POSE, STYLING, HELD_OUT = range(90, 95)

STANDARD_EXPRESSIONS = ("neutral", "smile", "surprise", "squint", "disgust", "scream")
"""Those of MultiPIE."""
BY_USE = ("front", "left", "right", "room", "top", "below", "far-left", "far-right", "half-left", "half-right")
"""Lights in the order in which a database that has few of them takes them."""
STANDARD_TEST_PEOPLE = 20
STYLINGS = 9999
VARIATIONS = 9999
"""So many natural variations that hardly any two pictures share one."""
GOLDEN = 0.6180339887498949
"""Steps of this size spread evenly over 0-1, however many there are."""

Unseen = Literal["people", "combinations"]


def first_lights(count: int) -> tuple[str, ...]:
    """The `count` most useful lights, in the order of `LIGHTS`."""
    if not 1 <= count <= len(LIGHTS):
        raise UnweaveError(f"lights is {count}, expected 1 to {len(LIGHTS)}, or names among {', '.join(LIGHTS)}")
    return tuple(light for light in LIGHTS if light in BY_USE[:count])


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A picture of a database."""

    file: str
    """Its name in the folder, such as train/person0003_smile_0_left_front_neutral.webp."""
    split: Literal["train", "test"]
    factors: Factors


@dataclass(frozen=True, kw_only=True)
class Database:
    """The plan of a database: a pure function of its settings.

    Each person sits `samples` times, before one background. A sitting has a pose, a hairdo and clothes, the same for
    all its pictures, so that any two of them fit pixel by pixel; it has every expression once, with a strength and a
    natural variation of its own, each with every gaze, in every light and every colour. The first sitting has the
    person's own styling, and expressions at full strength.

    What a person does in a sitting does not depend on the other settings: a database with more people, expressions,
    lights or sittings holds the pictures of the smaller one, though some perhaps in the other split.
    Raises `UnweaveError`, which names the setting, for what cannot be.
    """

    people: int = 120
    first: int = 0
    """Number of the first person; the others follow it."""
    samples: int = 2
    """Sittings of each person."""
    expressions: tuple[str, ...] = STANDARD_EXPRESSIONS
    least_intensity: float = 0.5
    """From it to 1 go the strengths of expressions after the first sitting."""
    lights: tuple[str, ...] = first_lights(5)
    gazes: tuple[str, ...] = ("front",)
    colours: tuple[str, ...] = ("neutral",)
    pose: float = 4.0
    """Most degrees that a head is turned; it nods half as far and tilts a third as far."""
    keep_styling: bool = False
    """Hairdo and clothes are the person's own in all sittings."""
    background: int | None = None
    """The same one for everybody; None: each person's own, as for glasses and facial hair."""
    glasses: bool | None = None
    facial_hair: bool | None = None
    """Of men; women have none."""
    unseen: Unseen = "people"
    """What only the test images have: people, or for each person one of the expressions."""
    test_people: int | None = None
    """How many, the first ones; None: 20, or a sixth of the people where these are fewer. Only with unseen people."""

    def __post_init__(self) -> None:
        for name, least in (("people", 1), ("first", 0), ("samples", 1)):
            check_whole(name, getattr(self, name), least)
        for name, factor in (
            ("expressions", "expression"),
            ("lights", "light"),
            ("gazes", "gaze"),
            ("colours", "colour"),
        ):
            _check_classes(name, getattr(self, name), CLASSES[factor])
        check_range("least_intensity", self.least_intensity, 0, 1)
        check_range("pose", self.pose, 0, LARGEST_ANGLE, "degrees ")
        if self.background is not None:
            check_whole("background", self.background, 0)
        for name in ("glasses", "facial_hair"):
            check_wearing(name, getattr(self, name))
        check_class("unseen", self.unseen, ("people", "combinations"))
        if self.unseen == "combinations" and self.test_people is not None:
            raise UnweaveError("test_people is for unseen people; with unseen combinations every person is tested")
        if self.unseen == "combinations" and len(self.expressions) < 2:
            raise UnweaveError("unseen combinations need two expressions or more, one of which is kept for testing")
        if self.test_people is not None:
            check_whole("test_people", self.test_people, 0, self.people - 1, f", fewer than the {self.people} people")

    @property
    def number_of_test_people(self) -> int:
        """People whom no training image shows."""
        if self.unseen == "combinations":
            return 0
        return min(STANDARD_TEST_PEOPLE, self.people // 6) if self.test_people is None else self.test_people

    @property
    def identities(self) -> range:
        """The numbers of the people."""
        return range(self.first, self.first + self.people)

    @property
    def images_per_person(self) -> int:
        """How many pictures show each person."""
        factors = (self.expressions, self.lights, self.gazes, self.colours)
        return self.samples * len(list(product(*factors)))

    def __len__(self) -> int:
        return self.people * self.images_per_person

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """All pictures, by person, sitting, expression, gaze, colour and light."""
        return tuple(entry for identity in self.identities for entry in self.of_person(identity))

    def of_person(self, identity: int) -> list[Entry]:
        """The pictures of one person; those that differ only in light follow each other."""
        entries = []
        for sample, expression in product(range(self.samples), self.expressions):
            base = self._sitting(identity, sample, expression)
            split = self._split(identity, expression)
            for gaze, colour, light in product(self.gazes, self.colours, self.lights):
                name = "_".join((person_name(identity), expression, str(sample), light, gaze, colour))
                factors = replace(base, gaze=gaze, colour=colour, light=light)
                entries.append(Entry(file=f"{split}/{name}.webp", split=split, factors=factors))
        return entries

    def _sitting(self, identity: int, sample: int, expression: str) -> Factors:
        """The person with an expression in a sitting; everything drawn is rounded as metadata.csv has it."""
        from unweave.faces.chance import rng  # numpy, which the command line's help does without
        from unweave.faces.people import person

        number = EXPRESSIONS.index(expression)
        where = (float(rng(INTENSITY, identity, number).random()) + sample * GOLDEN) % 1
        intensity = 1.0 if sample == 0 else self.least_intensity + (1 - self.least_intensity) * where
        turn = rng(POSE, identity, sample).uniform(-1, 1, 3) * (self.pose, self.pose / 2, self.pose / 3)
        yaw, pitch, roll = (round(float(angle), 1) + 0.0 for angle in turn)  # never -0.0
        mine = own(identity)
        return Factors(
            identity=identity,
            expression=expression,
            intensity=0.0 if expression == "neutral" else round(intensity, 2),
            variation=int(rng(VARIATION, identity, number, sample).integers(1, VARIATIONS + 1)),
            yaw=yaw,
            pitch=pitch,
            roll=roll,
            background=mine.background if self.background is None else self.background,
            styling=mine.styling
            if sample == 0 or self.keep_styling
            else int(rng(STYLING, identity, sample).integers(1, STYLINGS + 1)),
            glasses=mine.glasses if self.glasses is None else self.glasses,
            facial_hair=mine.facial_hair if self.facial_hair is None else self.facial_hair and person(identity).male,
        )

    def _split(self, identity: int, expression: str) -> Literal["train", "test"]:
        if self.unseen == "people":
            held_out = identity < self.first + self.number_of_test_people
        else:
            held_out = expression == held_out_expression(identity, self.expressions)
        return "test" if held_out else "train"


def held_out_expression(identity: int, expressions: Sequence[str]) -> str:
    """The expression that training images do not show of a person: each as often as any other."""
    from unweave.faces.chance import rng

    block, place = divmod(identity, len(expressions))
    return expressions[int(rng(HELD_OUT, block).permutation(len(expressions))[place])]


def _check_classes(setting: str, chosen: tuple[str, ...], known: tuple[str, ...]) -> None:
    if not chosen:
        raise UnweaveError(f"{setting} names none, expected some of {', '.join(known)}")
    for name in chosen:
        check_class(setting, name, known)
        if chosen.count(name) > 1:
            raise UnweaveError(f"{setting} names '{name}' twice")
