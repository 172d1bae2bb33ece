"""`writing`: files that are whole, the same every time, and gone on with after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unweave.data.check import check
from unweave.data.pictures import decode
from unweave.data.table import read_table
from unweave.errors import UnweaveError
from unweave.faces.card import card
from unweave.faces.database import Database
from unweave.faces.factors import Factors, from_row
from unweave.faces.processes import each_done
from unweave.faces.writing import Renderer, pack, write

HERE = Path(__file__).parent
DATABASE = Database(people=4, test_people=1, expressions=("neutral", "smile"), lights=("left", "right"), samples=2)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """The module of renderers, found by its name in other processes as well."""
    monkeypatch.syspath_prepend(HERE)
    monkeypatch.setenv("STAND_IN_FOLDER", str(tmp_path / "seen"))
    (tmp_path / "seen").mkdir()
    return import_module("stand_in")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def counted(render: Renderer, *, stop_after: int | None = None) -> tuple[Renderer, list[Factors]]:
    """The renderer, and the list of all pictures it was asked for; it is stopped by Ctrl-C after some of them."""
    asked: list[Factors] = []

    def counting(factors: Factors, lights: Sequence[str], size: int) -> Sequence[Image.Image]:
        if stop_after is not None and len(asked) >= stop_after:
            raise KeyboardInterrupt
        asked.extend(replace(factors, light=light) for light in lights)
        return render(factors, lights, size)

    return counting, asked


def test_a_folder_reads_as_data_with_all_factors_and_the_very_pixels(tmp_path: Path, stand_in) -> None:
    assert write(DATABASE, tmp_path / "faces", size=32, render=stand_in.render) == 32
    table = read_table(tmp_path / "faces", attributes=["identity", "expression", "light"])
    assert dict.fromkeys(table.splits, 0) | {"train": 24, "test": 8} == {
        s: len(table.rows(s)) for s in ("test", "train")
    }
    assert table.classes["identity"] == ("person0001", "person0002", "person0003")
    assert table.classes["light"] == ("left", "right")
    by_file = {entry.file: entry.factors for entry in DATABASE}
    for k, file in enumerate(table.files):
        factors = from_row({name: column[k] for name, column in table.columns.items()})
        assert factors == by_file[file]
        pixels = np.asarray(decode((tmp_path / "faces" / file).read_bytes(), file))
        assert pixels.shape == (32, 32, 3)
        assert (pixels == stand_in.pixel(factors)).all()


def test_a_folder_is_found_to_be_without_errors(tmp_path: Path, stand_in) -> None:
    write(DATABASE, tmp_path / "faces", size=32, render=stand_in.render)
    for attributes in (None, ["identity", "expression", "light"]):
        report = check(tmp_path / "faces", attributes=attributes, pattern=None, size=32, batch=16)
        assert [finding.line for finding in report.findings if finding.level == "error"] == []


def test_pictures_that_differ_only_in_light_are_rendered_at_once(tmp_path: Path, stand_in) -> None:
    calls = []

    def render(factors: Factors, lights: Sequence[str], size: int) -> Sequence[Image.Image]:
        calls.append(tuple(lights))
        return stand_in.render(factors, lights, size)

    write(DATABASE, tmp_path / "faces", render=render)
    assert calls == [("left", "right")] * (4 * 2 * 2)


def test_the_same_settings_write_the_same_bytes_with_any_number_of_processes(tmp_path: Path, stand_in) -> None:
    for name, workers in (("one", 1), ("again", 1), ("two", 2)):
        write(DATABASE, tmp_path / name, workers=workers, render=stand_in.render)
        pack(DATABASE, tmp_path / name, tmp_path / f"{name}.zip")
        time.sleep(0.01)
    assert contents(tmp_path / "one") == contents(tmp_path / "again") == contents(tmp_path / "two")
    packed = [(tmp_path / f"{name}.zip").read_bytes() for name in ("one", "again", "two")]
    assert packed[0] == packed[1] == packed[2]


def test_a_packed_folder_reads_like_the_folder(tmp_path: Path, stand_in) -> None:
    write(DATABASE, tmp_path / "faces", render=stand_in.render)
    pack(DATABASE, tmp_path / "faces", tmp_path / "faces.zip")
    loose, packed = read_table(tmp_path / "faces"), read_table(tmp_path / "faces.zip")
    assert (loose.files, loose.splits, loose.columns) == (packed.files, packed.splits, packed.columns)


def test_the_work_goes_on_where_it_was_stopped(tmp_path: Path, stand_in) -> None:
    stopped, before = counted(stand_in.render, stop_after=9)
    with pytest.raises(KeyboardInterrupt):
        write(DATABASE, tmp_path / "faces", render=stopped)
    assert not list((tmp_path / "faces").rglob("metadata.csv"))
    assert not list((tmp_path / "faces").rglob("*.part"))
    going_on, after = counted(stand_in.render)
    assert write(DATABASE, tmp_path / "faces", render=going_on) == len(after) == 32 - len(before)
    assert sorted(map(repr, before + after)) == sorted(repr(entry.factors) for entry in DATABASE)
    write(DATABASE, tmp_path / "whole", render=stand_in.render)
    assert contents(tmp_path / "faces") == contents(tmp_path / "whole")


def test_a_finished_folder_is_left_as_it_is(tmp_path: Path, stand_in) -> None:
    write(DATABASE, tmp_path / "faces", render=stand_in.render)
    before = contents(tmp_path / "faces")
    idle, asked = counted(stand_in.render)
    assert write(DATABASE, tmp_path / "faces", workers=2, render=idle) == 0
    assert asked == []
    assert contents(tmp_path / "faces") == before


KILLED = """
import sys
from pathlib import Path
from stand_in import render_slowly
from unweave.faces.database import Database
from unweave.faces.writing import write
if __name__ == "__main__":
    write(Database(people=24, lights=("left", "right")), Path(sys.argv[1]), workers=2, render=render_slowly)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGINT"])
def test_a_kill_or_ctrl_c_leaves_whole_files_only_and_no_process_behind(tmp_path: Path, stand_in, name: str) -> None:
    script, out = tmp_path / "script.py", tmp_path / "faces"
    script.write_text(KILLED)
    paths = os.pathsep.join([str(HERE), *sys.path])
    running = subprocess.Popen(
        [sys.executable, str(script), str(out)], env={**os.environ, "PYTHONPATH": paths}, stderr=subprocess.PIPE
    )
    until(lambda: len(list(out.rglob("*.webp"))) > 40)
    running.send_signal(getattr(signal, name))
    _, said = running.communicate(timeout=120)
    assert said.count(b"Traceback") == (name == "SIGINT")  # its own, and none of the processes'
    workers = [int(path.name) for path in (tmp_path / "seen").iterdir()]
    assert len(workers) == 2
    until(lambda: not any(map(alive, workers)))
    for path in out.rglob("*.webp"):
        assert decode(path.read_bytes(), path.name).size == (64, 64)
    database = Database(people=24, lights=("left", "right"))
    written = len(list(out.rglob("*.webp")))
    assert write(database, out, render=stand_in.render) == len(database) - written
    assert len(list(out.rglob("*.webp"))) == len(database)
    assert not list(out.rglob("*.part"))


@pytest.mark.usefixtures("hearing")
def test_what_a_terminal_tells_is_left_to_the_process_that_asked(stand_in) -> None:
    for ignored in each_done(stand_in.ignored, [(), ()], 2):
        assert {signal.SIGINT, signal.SIGHUP} <= ignored


def until(condition: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
        status = Path(f"/proc/{process}/stat")
        return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_two_at_once_do_not_write_into_one_folder(tmp_path: Path, stand_in) -> None:
    refused = []

    def render(factors: Factors, lights: Sequence[str], size: int) -> Sequence[Image.Image]:
        half = tmp_path / "faces" / ".half.part"
        half.touch()
        with pytest.raises(UnweaveError) as error:
            write(DATABASE, tmp_path / "faces", render=stand_in.render)
        assert half.exists()  # what the first is writing is not swept away
        refused.append(str(error.value))
        return stand_in.render(factors, lights, size)

    assert write(DATABASE, tmp_path / "faces", render=render) == 32
    assert set(refused) == {f"{tmp_path / 'faces'}: is being filled by another process; wait for it, or stop it"}
    assert write(DATABASE, tmp_path / "faces", render=stand_in.render) == 0
    assert not list((tmp_path / "faces").rglob("*.part"))


def test_a_killed_process_is_told_in_one_line(tmp_path: Path, stand_in) -> None:
    with pytest.raises(UnweaveError, match=r"a process was killed, .* give the same command again, with fewer workers"):
        write(DATABASE, tmp_path / "faces", workers=2, render=stand_in.render_until_killed)
    write(DATABASE, tmp_path / "faces", render=stand_in.render)
    assert len(read_table(tmp_path / "faces").files) == 32


@pytest.mark.parametrize(
    ("change", "size", "said"),
    [
        ({"people": 5}, 64, "people 4, not 5"),
        ({"lights": ("left", "top")}, 64, "lights left right, not left top"),
        ({"unseen": "combinations", "test_people": None}, 64, "unseen people, not combinations"),
        ({}, 32, "size 64, not 32"),
    ],
)
def test_a_folder_begun_with_other_settings_is_refused(
    tmp_path: Path, stand_in, change: dict[str, object], size: int, said: str
) -> None:
    folder = tmp_path / "faces"
    write(DATABASE, folder, render=stand_in.render)
    before = contents(folder)
    with pytest.raises(UnweaveError) as caught:
        write(replace(DATABASE, **change), folder, size=size, render=stand_in.render)
    assert str(caught.value) == f"{folder}: was begun with {said}; give the same settings or name a new folder"
    assert contents(folder) == before


def test_a_folder_begun_by_another_version_is_refused(
    tmp_path: Path, stand_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(DATABASE, tmp_path / "faces", render=stand_in.render)
    monkeypatch.setattr("unweave.__version__", "99.0")
    with pytest.raises(UnweaveError, match=r"was begun with version [0-9.]+, not 99\.0"):
        write(DATABASE, tmp_path / "faces", render=stand_in.render)


def test_a_folder_of_something_else_is_refused_and_left_alone(tmp_path: Path, stand_in) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UnweaveError, match="exists already and is not empty; name a new folder"):
        write(DATABASE, tmp_path, render=stand_in.render)
    assert [path.name for path in tmp_path.iterdir() if path.name != "seen"] == ["mine.txt"]
    with pytest.raises(UnweaveError, match=r"mine\.txt: exists already"):
        write(DATABASE, tmp_path / "mine.txt", render=stand_in.render)


@pytest.mark.parametrize(
    ("size", "workers", "line"), [(8, 1, "size is 8, expected a whole number from 16 to 1024"), (64, 0, "workers is 0")]
)
def test_numbers_that_cannot_be_are_refused(tmp_path: Path, stand_in, size: int, workers: int, line: str) -> None:
    with pytest.raises(UnweaveError, match=line):
        write(DATABASE, tmp_path / "faces", size=size, workers=workers, render=stand_in.render)
    assert not (tmp_path / "faces").exists()


def test_the_card_tells_what_the_folder_holds(tmp_path: Path, stand_in) -> None:
    write(DATABASE, tmp_path / "faces", size=32, render=stand_in.render)
    text = (tmp_path / "faces" / "README.md").read_text()
    assert text == card(DATABASE, 32)
    assert "32 images of 4 people, 32 x 32 pixels" in text
    assert "| train | 24 | 3 |" in text
    assert "| test | 8 | 1 |" in text
    assert "No person is in both splits." in text
    assert "No person is in both splits." not in card(replace(DATABASE, test_people=None, unseen="combinations"), 32)
