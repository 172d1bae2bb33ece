"""Files written whole or not at all, and where the package keeps its own."""

from __future__ import annotations

import os
import secrets
import sys
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import unweave
from unweave.errors import UnweaveError


class CannotWriteError(UnweaveError):
    """A place that cannot be written, or is full."""


class InUseError(UnweaveError):
    """Another process is at work in a folder."""


@contextmanager
def locked(folder: Path, use: str) -> Iterator[None]:
    """Keep two at once from a use of a folder, such as "is being filled"; raises `InUseError` for the second.

    The lock ends with the process, however that ends. Where a system or a disk has no such locks, nothing is kept.
    """
    with ExitStack() as stack:
        try:
            import fcntl

            place = os.open(folder, os.O_RDONLY)
            stack.callback(os.close, place)
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUseError(f"{folder}: {use} by another process; wait for it, or stop it") from None
        except (ImportError, OSError):
            pass
        yield


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; it takes the place of `path` when the block ends, and goes when it fails.

    Whoever reads `path`, at any moment, finds the old file or the whole new one. A folder works as well, where there
    is none of that name yet or an empty one. Raises `CannotWriteError` where the place cannot be written.
    """
    path = Path(path)
    there = _is_folder(path)  # it is filled, not replaced: it may be the current folder, or where a disk is mounted
    name = f".{path.name}.{secrets.token_hex(4)}.part"
    temporary = path / name if there else path.with_name(name)
    try:
        if there and any(path.iterdir()):
            raise CannotWriteError(f"{path}: cannot be written (it is a folder that is not empty)")
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        if temporary.is_file():
            _to_disk(temporary)
        if there and temporary.is_dir():
            for made in temporary.iterdir():
                made.rename(path / made.name)
        else:
            temporary.replace(path)
    except OSError as error:
        raise CannotWriteError(f"{path}: cannot be written ({error.strerror or error})") from error
    except UnicodeEncodeError as error:  # of the name of a file, or of a label, that is to stand in it
        begins = error.object[: error.end].split("\n")[-1][-40:]
        raise CannotWriteError(f"{path}: cannot be written ('{begins}...' is no UTF-8 text, rename it)") from error
    finally:
        remove(temporary)


def write_whole(path: Path, content: bytes | str) -> None:
    """Write `content` (text as UTF-8) to `path`, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


def add_to_zip(packed: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Store a file without a trace of when and where, so that the same files make the same bytes."""
    info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
    info.create_system = 3  # else another number on Windows
    info.external_attr = 0o644 << 16
    packed.writestr(info, content)


def check_file(path: Path) -> None:
    """Raise `CannotWriteError` where no file `path` can be written, before there is anything to write."""
    if _is_folder(path):
        raise CannotWriteError(f"{path}: is a folder, expected the name of a file to write")
    _check_place(path, path.absolute().parent)


def check_new_folder(path: Path) -> None:
    """Raise `UnweaveError` where no new folder `path` can be filled, before there is anything to write.

    It may be there if it is empty.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UnweaveError(f"{path}: exists already and is not empty; name a new folder")
    _check_place(path, path.absolute())


def cache_folder() -> Path:
    """Where what can be made anew is kept: $UNWEAVE_CACHE, else $XDG_CACHE_HOME/unweave, else ~/.cache/unweave."""
    if own := os.environ.get("UNWEAVE_CACHE"):
        return Path(own).expanduser()
    if users := os.environ.get("XDG_CACHE_HOME"):
        return Path(users) / "unweave"
    return Path.home() / ".cache" / "unweave"


def bundled(name: str) -> Path | None:
    """The file `name`, such as "faces64.zip", that comes with the package; None if there is none."""
    folder = Path(unweave.__file__).parent / "bundled"
    return folder / name if folder / name in folder.glob("*") else None


def expanded(name: str | Path) -> Path:
    """The path that a user names, ~ replaced by the home folder.

    Raises `UnweaveError` for what can be no path: an unknown user, a name that is too long.
    """
    try:
        path = Path(name).expanduser()
        path.exists()
    except RuntimeError:
        raise UnweaveError(f"{name}: there is no such user") from None
    except OSError as error:
        raise UnweaveError(f"{name}: cannot be read ({error.strerror})") from None
    return path


def tell_hidden(path: Path, name: str) -> None:
    """Say on stderr that `path` is used where the bundled file `name` could have been meant."""
    if bundled(name):
        print(f"unweave: {path.absolute()} is used, which hides the bundled {Path(name).stem}", file=sys.stderr)


def is_run(folder: Path) -> bool:
    """Whether a folder is that of a training (see `run_folder.py`)."""
    models = any((folder / name).is_file() for name in ("best.safetensors", "last.safetensors"))
    return (folder / "state.safetensors").is_file() or (models and (folder / "config.yaml").is_file())


def remove(path: Path) -> None:
    """Remove a file, a link or a folder with all that is in it, as far as that is possible."""
    import shutil

    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that is too long, which is told when it is written
        return False


def _check_place(path: Path, folder: Path) -> None:
    """Try the folder, or the nearest one above that is there; nothing is left of it."""
    from tempfile import TemporaryFile

    try:
        with TemporaryFile(dir=next(each for each in (folder, *folder.parents) if each.exists())):
            pass
    except OSError as error:
        raise CannotWriteError(f"{path}: cannot be written ({error.strerror})") from error


def _to_disk(path: Path) -> None:
    # Else a power cut after the rename could leave the new name with nothing in it.
    with path.open("rb+") as file:
        os.fsync(file.fileno())
