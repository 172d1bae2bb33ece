"""Files written whole or not at all, and where the package keeps its own."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import unweave
from unweave.errors import UnweaveError


class CannotWriteError(UnweaveError):
    """A place that cannot be written, or is full."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; it takes the place of `path` when the block ends, and goes when it fails.

    Whoever reads `path`, at any moment, finds the old file or the whole new one. A folder works as well, where there
    is none of that name yet or an empty one. Raises `CannotWriteError` where the place cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        if temporary.is_file():
            _to_disk(temporary)
        temporary.replace(path)
    except OSError as error:
        raise CannotWriteError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        _remove(temporary)


def write_whole(path: Path, content: bytes | str) -> None:
    """Write `content` (text as UTF-8) to `path`, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


def cache_folder() -> Path:
    """Where decoded images are kept: $UNWEAVE_CACHE, else $XDG_CACHE_HOME/unweave, else ~/.cache/unweave."""
    if own := os.environ.get("UNWEAVE_CACHE"):
        return Path(own).expanduser()
    if users := os.environ.get("XDG_CACHE_HOME"):
        return Path(users) / "unweave"
    return Path.home() / ".cache" / "unweave"


def bundled(name: str) -> Path | None:
    """The file `name`, such as "faces64.zip", that comes with the package; None if there is none."""
    path = Path(unweave.__file__).parent / "bundled" / name
    return path if Path(name).name == name and path.is_file() else None


def _to_disk(path: Path) -> None:
    # Else a power cut after the rename could leave the new name with nothing in it.
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _remove(path: Path) -> None:
    if path.is_dir():
        import shutil

        shutil.rmtree(path, ignore_errors=True)
    elif path.exists():
        path.unlink(missing_ok=True)
