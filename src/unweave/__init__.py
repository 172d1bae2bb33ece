"""Take one attribute from one image and put it on another.

Names are imported when they are first used, so that the command line starts without torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unweave.codes import Codes as Codes
    from unweave.config import Config as Config
    from unweave.config import preset as preset
    from unweave.data.table import AttributeTable as AttributeTable
    from unweave.data.table import read_table as read_table
    from unweave.data.table import table_from_arrays as table_from_arrays
    from unweave.errors import UnweaveError as UnweaveError
    from unweave.model import Model as Model
    from unweave.model import load as load
    from unweave.training import resume as resume
    from unweave.training import train as train

__version__ = "0.1.0"

_HOMES = {
    "AttributeTable": "unweave.data.table",
    "Codes": "unweave.codes",
    "Config": "unweave.config",
    "Model": "unweave.model",
    "UnweaveError": "unweave.errors",
    "load": "unweave.model",
    "preset": "unweave.config",
    "read_table": "unweave.data.table",
    "resume": "unweave.training",
    "table_from_arrays": "unweave.data.table",
    "train": "unweave.training",
}

__all__ = [
    "AttributeTable",
    "Codes",
    "Config",
    "Model",
    "UnweaveError",
    "__version__",
    "load",
    "preset",
    "read_table",
    "resume",
    "table_from_arrays",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'unweave' has no attribute '{name}'")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value  # found at once from now on
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
