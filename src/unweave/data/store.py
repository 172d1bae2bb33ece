"""The files of a folder or of a .zip, by the names they have inside it."""

from __future__ import annotations

import os
import re
import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path

from unweave.errors import UnweaveError
from unweave.files import bundled, check_new_folder, expanded, is_run, replacing, tell_hidden

LARGEST_FILE = 256 * 2**20
"""Bytes of one file, once unpacked."""
LARGEST_ZIP = 64 * 2**30
"""Bytes of all files of a .zip, once unpacked."""
BUNDLED_ATTRIBUTES = {"faces64": ("identity", "expression", "light")}
"""Bundled set -> its columns to model; the others, such as how strong an expression is, are information."""
SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), "test"),
}
"""Names of folders and in a `split` column -> the split they mean: those that Hugging Face's imagefolder knows."""


class Store:
    """Reads a folder, or a .zip in place. Names have forward slashes; hidden files are left out.

    `names`: all files, sorted. Several threads may read at once. Raises `UnweaveError` for what is neither.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._zip: zipfile.ZipFile | None = None
        if path.is_dir():
            self._members = {name: name for name in _walk(path)}
        elif path.is_file():
            self._zip = _open_zip(path)
            self._members = _zip_members(self._zip, path)
        else:
            raise UnweaveError(f"{path}: no such folder or .zip")
        self.names = tuple(sorted(self._members))

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        """The content of a file; raises `UnweaveError` where it is gone, damaged or larger than 256 MB."""
        try:
            content = self._content(name)
            if len(content) <= LARGEST_FILE:
                return content
        except Exception as error:  # a hostile .zip can make the decompressors raise anything
            reason = "no such file" if isinstance(error, KeyError | FileNotFoundError) else error
            raise UnweaveError(f"{name}: cannot be read from {self.path} ({reason})") from error
        raise UnweaveError(f"{name}: is larger than {LARGEST_FILE // 2**20} MB")

    def _content(self, name: str) -> bytes:
        """The content, or one byte more than may be."""
        if self._zip is not None:
            with self._zip.open(self._members[name]) as file:
                return file.read(LARGEST_FILE + 1)  # not what the .zip claims the size to be
        with (self.path / name).open("rb") as file:
            size = os.fstat(file.fileno()).st_size  # as many bytes as are asked for are made room for
            return file.read(min(size, LARGEST_FILE) + 1)

    def stamps(self, names: Sequence[str]) -> list[tuple[int, int]]:
        """Bytes and time of change (ns) of what changes when one of these files does: the files, or the .zip."""
        paths = [self.path] if self._zip else [self.path / name for name in names]
        try:
            return [(status.st_size, status.st_mtime_ns) for status in map(Path.stat, paths)]
        except OSError as error:
            raise UnweaveError(f"{error.filename}: cannot be read ({error.strerror})") from error

    def close(self) -> None:
        """Close the .zip."""
        if self._zip is not None:
            self._zip.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def find_source(source: str | Path) -> Path:
    """The folder or file `source`, or else the bundled set of that name.

    Raises `UnweaveError` if there is neither, and for the folder of a run, whose sample grids are no data.
    """
    path, name = expanded(source), f"{source}.zip"
    if not source or not path.exists():
        if kept := bundled(name):
            return kept
        raise UnweaveError(f"{source or '(no name)'}: no such folder or .zip, nor a bundled data set (faces64)")
    if is_run(path):
        raise UnweaveError(f"{path.absolute()}: is the folder of a run, expected labelled images")
    tell_hidden(path, name)
    return path


def check_outside(out: Path, source: Path | None) -> None:
    """Raise `UnweaveError` where `out` lies in the folder `source`: pictures in it would be among the images there."""
    if source is not None and source.is_dir() and out.resolve().is_relative_to(source.resolve()):
        raise UnweaveError(f"{out}: lies inside of {source}, which is left as it is; name a place elsewhere")


def default_attributes(path: Path) -> tuple[str, ...] | None:
    """The columns to model where none are named: all of them (None), but the chosen ones of a bundled set."""
    return BUNDLED_ATTRIBUTES.get(path.stem) if path == bundled(f"{path.stem}.zip") else None


def unpack(source: str | Path, target: Path) -> int:
    """Unpack a .zip, or the bundled set of that name, into the folder `target`, all of it or nothing; count the files.

    Raises `UnweaveError` where `target` exists and is not empty, for a damaged .zip, and for one with names that lead
    out of it.
    """
    target = Path(target)
    check_new_folder(target)
    path = find_source(source)
    if path.is_dir():
        raise UnweaveError(f"{path}: is a folder, expected a .zip or the name of a bundled set")
    with Store(path) as store, replacing(target) as temporary:
        for name in store.names:
            file = temporary / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(store.read(name))
        return len(store.names)


def unsafe(name: str) -> bool:
    """Whether a name leads, or could lead, out of the folder or .zip it stands in."""
    parts = name.replace("\\", "/").split("/")
    return parts[0] == "" or re.match("[A-Za-z]:", name) is not None or ".." in parts or "\0" in name


def _walk(folder: Path) -> list[str]:
    names, seen = [], set()
    for place, folders, files in os.walk(folder, onerror=_tell, followlinks=True):
        seen.add(os.path.realpath(place))  # links may lead in a circle
        folders[:] = [name for name in folders if name[0] != "." and os.path.realpath(Path(place, name)) not in seen]
        below = Path(place).relative_to(folder).parts
        names += ["/".join((*below, name)) for name in files if name[0] != "."]  # a Path for each would take long
    return names


def _tell(error: OSError) -> None:
    # Else what is in a folder that may not be looked into would be left out without a word.
    raise UnweaveError(f"{error.filename}: cannot be read ({error.strerror})") from error


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnweaveError(f"{path}: is not a .zip that can be read ({error})") from error


def _zip_members(file: zipfile.ZipFile, path: Path) -> dict[str, str]:
    """Name inside the set -> name in the .zip; a single folder around everything is taken off."""
    infos = [info for info in file.infolist() if not info.is_dir()]
    names = [info.filename for info in infos if not _hidden(info.filename)]
    around = _folder_around(names)
    members = {name.removeprefix(around): name for name in names}
    for name in [*(info.filename for info in infos), *members]:  # x//a leads to /a once the folder is taken off
        if unsafe(name) or "\\" in name:
            whole = members.get(name, name)
            raise UnweaveError(f"{path}: holds the name '{whole}', expected names that stay inside the .zip")
    for info in infos:
        if stat.S_ISLNK(info.external_attr >> 16):
            raise UnweaveError(f"{path}: holds the link '{info.filename}', expected plain files")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others unpack without a bound
            raise UnweaveError(f"{path}: '{info.filename}' is packed in an unusual way, expected stored or deflated")
    if sum(info.file_size for info in infos) > LARGEST_ZIP:
        raise UnweaveError(f"{path}: unpacks to more than {LARGEST_ZIP // 2**30} GB")
    return members


def _hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


def _folder_around(names: list[str]) -> str:
    """The folder, with its slash, that holds the whole set; "" where the top folder is a split or a class."""
    folder = names[0].split("/")[0] + "/" if names else ""
    inside = [name.removeprefix(folder) for name in names if name.startswith(folder)]
    if len(inside) < len(names) or folder[:-1].lower() in SPLITS:
        return ""
    return folder if any("/" in name or name.startswith("metadata.") for name in inside) else ""
