"""What rendering needs beyond the package's own requirements."""

from __future__ import annotations

from importlib.util import find_spec

from unweave.errors import UnweaveError

PACKAGES = {"warp": "warp-lang", "scipy": "scipy"}
"""Name when imported -> name when installed."""


def need_extra() -> None:
    """Raise `UnweaveError` that says what to install where something is missing."""
    for module, package in PACKAGES.items():
        if find_spec(module) is None:
            raise UnweaveError(f"unweave faces needs {package}: pip install 'unweave[faces]'")
