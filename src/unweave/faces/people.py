"""Who a number is: every trait of person n, drawn from the seed and n alone; there is no last person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from unweave.faces import traits
from unweave.faces.chance import rng
from unweave.faces.palettes import GREY_HAIR, Colour, linear, mixed
from unweave.faces.sliders import draw_sliders
from unweave.faces.traits import ANCESTRIES, BACKGROUNDS, BEARDS, FRAMES, Brow

__all__ = ["ANCESTRIES", "BACKGROUNDS", "BEARDS", "FRAMES", "Brow", "Person", "adorned", "person", "visible_hair"]


@dataclass(frozen=True, kw_only=True)
class Person:
    """One person as in one sitting: traits that stay, a styling, and belongings. Colours are linear RGB."""

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

    styling: int
    """Number of the hairdo and clothes, which decides style, length, volume, parting, cloth and neckline."""
    style: str
    length: float
    volume: float
    parting: float
    curl: float
    receding: bool
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
    male, ancestry, age = traits.draw_origin(number)
    complexion = traits.draw_complexion(number, ancestry, male)
    european = ancestry[2] > 0.45 and complexion["skin_tone"] < 0.45
    colour_name, hair = traits.draw_hair(number, male, age, ancestry, european)
    return Person(
        number=number,
        male=male,
        age=age,
        ancestry=ancestry,
        local=draw_sliders(rng(traits.SHAPE, number, 1), age),
        phenotype=traits.draw_phenotype(number, male, age, ancestry),
        iris=traits.draw_iris(number, colour_name, european),
        brow=traits.draw_brow(number, male),
        **complexion,
        **hair,
        **traits.draw_styling(number, hair["curl"], hair["receding"]),
        **traits.draw_facial_hair(number, male),
        **traits.draw_marks(number, age, complexion["skin_tone"], male),
        **traits.draw_belongings(number),
        **traits.draw_manner(number),
    )


def adorned(
    who: Person, *, glasses: bool | None = None, facial_hair: bool | None = None, styling: int | None = None
) -> Person:
    """The person with or without glasses and facial hair, with the hairdo and clothes of a number; None = their own.

    Who usually has none gets those that would suit them; facial hair is for men.
    """
    return replace(
        who,
        **(traits.draw_facial_hair(who.number, who.male, facial_hair) if facial_hair is not None else {}),
        **(traits.draw_belongings(who.number, glasses) if glasses is not None else {}),
        **(traits.draw_styling(styling, who.curl, who.receding) if styling is not None else {}),
    )


def visible_hair(who: Person) -> Colour:
    """The hair's colour with its grey."""
    return mixed(who.hair_colour, linear(GREY_HAIR), who.grey)
