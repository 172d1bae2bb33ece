"""What the renderer needs to know of a person beside skin and hair."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from unweave.faces.palettes import Colour, skin_colour
from unweave.faces.people import Person, visible_hair
from unweave.faces.scene import Materials


def materials(who: Person) -> Materials:
    """What the renderer needs of a person beside skin and hair: colours (linear RGB) and lengths (dm, or shares)."""
    skin = np.array(skin_colour(who.skin_tone))
    lip = skin * (0.86, 0.52, 0.53) * (1 - 0.22 * who.skin_tone) + who.lipstick * np.array((0.080, 0.008, 0.014))
    iris, cloth, hair = np.array(who.iris), np.array(who.cloth), np.array(visible_hair(who))
    age = who.age
    return Materials(
        iris=colour(iris * 0.95 + 0.004),
        iris_rim=colour(iris * 0.8),
        sclera=colour((0.70, 0.67 - 0.05 * age, 0.64 - 0.10 * age)),
        lip=colour(lip),
        lip_amount=min(0.95, who.lip_strength + 0.25 * who.lipstick),
        gum=(0.33, 0.085, 0.085),
        tooth=colour(np.array((0.80, 0.76, 0.66)) * (1 - 0.16 * age)),
        cloth=colour(cloth),
        collar=colour(cloth * 0.75),
        lash=colour(np.minimum(who.hair_colour, 0.05) * 0.5),
        lash_length=0.55 if who.male else 0.85 + 0.35 * who.makeup,
        pupil=0.17,
        cloth_height=5.98,
        cloth_neckline=0.05 if who.neckline == "round" else 0.40,
        oil=who.oil,
        hair_tint=colour(0.35 + 0.65 * hair / hair.max()),
    )


def colour(values: Iterable[float]) -> Colour:
    """Three numbers as a tuple of floats."""
    red, green, blue = (float(value) for value in values)
    return red, green, blue
