"""A folder that is filled file by file: what it was begun with, and on from where it stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from unweave.errors import UnweaveError
from unweave.files import check_new_folder, locked, remove, write_whole

SETTINGS = ".settings.json"
"""What the folder was begun with; readers of the folder leave hidden files out."""


@contextmanager
def filling(folder: Path, settings: dict[str, Any]) -> Iterator[None]:
    """`begin` a folder for what fills it inside, and leave nothing half written. A second at once is refused.

    Where nothing was made in it, it is as if it had not been begun.
    """
    new: list[Path] = []
    with suppress(OSError):  # which `begin` tells of
        new = [each for each in (folder, *folder.parents) if not each.exists()]
        folder.mkdir(parents=True, exist_ok=True)
    try:
        with locked(folder, "is being filled"):
            begin(folder, settings)
            try:
                yield
            finally:
                sweep(folder)
                if [path.name for path in folder.glob("*")] == [SETTINGS]:
                    remove(folder / SETTINGS)
    finally:
        for each in new:
            with suppress(OSError):  # of those that hold something
                each.rmdir()


def begin(folder: Path, settings: dict[str, Any]) -> None:
    """Note the settings in a new folder, or compare with those of a folder that was begun.

    Raises `UnweaveError` for a folder that was begun with other settings, and for one that holds something else.
    """
    settings = json.loads(json.dumps(settings, default=lambda number: number.item()))  # as they are read back
    file = folder / SETTINGS
    if file.exists():
        told = _read_settings(file)
        if told.keys() != settings.keys():
            raise UnweaveError(f"{folder}: was begun by another command or version; name a new folder")
        for name in settings:
            if told[name] != settings[name]:
                before, now = _plain(told[name]), _plain(settings[name])
                raise UnweaveError(
                    f"{folder}: was begun with {name} {before}, not {now}; give the same settings or name a new folder"
                )
        sweep(folder)
        return
    if not (folder.is_dir() and all(path.suffix == ".part" for path in folder.iterdir())):  # left by an early kill
        check_new_folder(folder)
    write_whole(file, json.dumps(settings, indent=1) + "\n")


def sweep(folder: Path) -> None:
    """Remove what was half written when a process was killed."""
    for path in [*folder.glob(".*.part"), *folder.glob("*/.*.part")]:
        remove(path)


def _read_settings(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnweaveError(f"{file}: cannot be read ({error}); name a new folder") from error
    return told if isinstance(told, dict) else {}


def _plain(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
