"""Faces rendered from known factors: who, which expression and how strong, light, gaze, pose. No person is real.

    from unweave import faces
    picture = faces.render(faces.Factors(identity=3, expression="smile", intensity=0.7, light="left"), size=128)

Rendering needs the extra `faces` (warp-lang and scipy); factors and databases do not. Names are imported when they are
first used; those that render raise `UnweaveError` where the extra is missing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from unweave.faces.needs import need_extra

if TYPE_CHECKING:
    from unweave.faces.database import Database as Database
    from unweave.faces.factors import Factors as Factors
    from unweave.faces.factors import from_row as from_row
    from unweave.faces.factors import to_row as to_row
    from unweave.faces.factors import truth as truth
    from unweave.faces.studio import render as render
    from unweave.faces.studio import render_lights as render_lights
    from unweave.faces.writing import write as write

_HOMES = {
    "Database": "database",
    "Factors": "factors",
    "from_row": "factors",
    "render": "studio",
    "render_lights": "studio",
    "to_row": "factors",
    "truth": "factors",
    "write": "writing",
}

__all__ = ["Database", "Factors", "from_row", "render", "render_lights", "to_row", "truth", "write"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'unweave.faces' has no attribute '{name}'")
    try:
        value = getattr(import_module(f"unweave.faces.{_HOMES[name]}"), name)
    except ModuleNotFoundError:
        need_extra()
        raise
    globals()[name] = value  # found at once from now on
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
