"""Where beards grow, on the map of the average face."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter

from unweave.faces.facemap import ACROSS, UP, pair, smooth
from unweave.faces.people import Person


@cache
def beard_areas() -> dict[str, np.ndarray]:
    """Maps (512, 512), 0-1: "jaw" (all of it, cheek line to throat, without the lips), "moustache", "chin"."""
    lips = np.exp(-((ACROSS / 0.30) ** 4 + ((UP - 6.61) / 0.115) ** 4))
    nose = pair(0, 6.93, 0.16, 0.10)
    below_cheek_line = smooth(6.98, 6.80, UP + 0.55 * np.maximum(0, 0.42 - ACROSS)) * smooth(6.04, 6.2, UP)
    sideburns = smooth(0.60, 0.70, ACROSS) * smooth(7.35, 7.1, UP) * smooth(0.80, 0.72, ACROSS)
    jaw = gaussian_filter(np.clip(below_cheek_line * smooth(0.80, 0.62, ACROSS) + 0.8 * sideburns, 0, 1), 6)
    chin = np.exp(-((ACROSS / 0.22) ** 6 + ((UP - 6.33) / 0.16) ** 4))
    return {
        "jaw": np.clip(jaw * (1 - 0.97 * lips) * (1 - 0.9 * nose), 0, 1),
        "moustache": np.exp(-((ACROSS / 0.26) ** 6 + ((UP - 6.755) / 0.06) ** 4)),
        "chin": np.clip(chin * (1 - lips), 0, 1),
    }


def beard_cover(person: Person) -> np.ndarray:
    """How much of the skin long facial hair covers: a map (512, 512), 0-1; zero for the shaven and for stubble."""
    areas = beard_areas()
    if person.beard_style == "full":
        shape = np.maximum(areas["jaw"], areas["moustache"])
    elif person.beard_style == "goatee":
        shape = np.maximum(areas["moustache"], areas["chin"])
    elif person.beard_style == "moustache":
        shape = areas["moustache"]
    else:
        return np.zeros(UP.shape)
    return shape * (0.55 + 0.45 * person.beard)


def stubble_cover(person: Person) -> np.ndarray:
    """How dense the roots of the shaven beard are: a map (512, 512), 0-1. Women and boys have none."""
    if not person.male:
        return np.zeros(UP.shape)
    density = {"none": 0.10, "stubble": 0.25 + 0.45 * person.beard}.get(person.beard_style, 0.22)
    areas = beard_areas()
    return density * np.maximum(areas["jaw"], 0.9 * areas["moustache"])
