"""`unweave faces`: what it writes, what it prints, and how it leaves; nothing is really rendered."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

from unweave.cli import main
from unweave.data.pictures import read_picture
from unweave.data.table import read_table
from unweave.faces.card import command
from unweave.faces.database import Database
from unweave.faces.factors import EXPRESSIONS, Factors
from unweave.faces.sheets import SHEETS, stacked_size

SMALL = "--people 6 --expressions neutral smile --lights 2 --workers 1".split()


@pytest.fixture(autouse=True)
def renderer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain pictures in place of faces."""

    def render_lights(factors: Factors, lights: Sequence[str], size: int) -> list[Image.Image]:
        return [Image.new("RGB", (size, size), (40 * factors.identity % 256, 90, 10)) for _ in lights]

    module: Any = ModuleType("unweave.faces.studio")
    module.render_lights = render_lights
    monkeypatch.setitem(sys.modules, "unweave.faces.studio", module)
    monkeypatch.setattr("unweave.faces.needs.find_spec", lambda name: object())


def mistake(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as left:
        main(["faces", *arguments])
    assert left.value.code == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    return output.err


def test_render_writes_a_folder_and_a_zip_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "faces"
    main(["faces", "render", str(out), *SMALL, "--zip"])
    shown = capsys.readouterr()
    assert shown.out == f"{out}: 48 images of 6 people, 48 of them new\n{out}.zip: 0.0 MB\n"
    assert shown.err == ""  # no bar where there is no terminal
    assert sorted(path.name for path in out.iterdir()) == [".settings.json", "README.md", "test", "train"]
    for source in (out, Path(f"{out}.zip")):
        table = read_table(source, attributes=["identity", "expression", "light"])
        assert (len(table.rows("train")), len(table.rows("test"))) == (40, 8)
    main(["faces", "render", str(out), *SMALL])
    assert capsys.readouterr().out == f"{out}: 48 images of 6 people\n"


def test_the_data_are_checked_and_trained_on_as_any_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, attributes = tmp_path / "faces", ["--attributes", "identity", "expression", "light"]
    main(["faces", "render", str(out), *SMALL])
    main(["data", "check", str(out)])
    main(["data", "check", str(out), *attributes])
    assert "images: 40 train, 8 test; 64 x 64 pixels" in capsys.readouterr().out
    tiny = "--data.size 32 --networks.width 0.0625 --networks.critic-width 0.0625 --networks.residual-blocks 1".split()
    tiny += "--run.batch 4 --run.precision float32 --device cpu".split()
    main(["train", str(out), *attributes, *tiny, "-o", str(tmp_path / "run"), "--dry-run"])


def test_every_setting_reaches_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}
    monkeypatch.setattr(
        "unweave.faces.writing.write", lambda database, out, **rest: seen.update(rest, database=database)
    )
    line = (
        "--people 30 --first 50 --size 128 --samples 3 --lights far-left below --expressions sad angry --gazes left "
        "right --colours warm grey --least-intensity 30 --pose 10 --background 3 --no-glasses "
        "--facial-hair --test-people 4 --workers 7"
    )
    main(["faces", "render", str(tmp_path / "out"), *line.split()])
    assert seen == {
        "size": 128,
        "workers": 7,
        "database": Database(
            people=30,
            first=50,
            samples=3,
            lights=("far-left", "below"),
            expressions=("sad", "angry"),
            gazes=("left", "right"),
            colours=("warm", "grey"),
            least_intensity=0.3,
            pose=10.0,
            background=3,
            glasses=False,
            facial_hair=True,
            test_people=4,
        ),
    }


@pytest.mark.parametrize(
    "database",
    [
        Database(),
        Database(people=9, unseen="combinations", lights=("top",), colours=("grey",), least_intensity=0.25),
        Database(keep_styling=True, background=0, glasses=False, facial_hair=False),
        Database(background=7, glasses=True, facial_hair=True, pose=2.5),
        Database(first=7, samples=5, pose=0.0, test_people=3, lights=("room", "left"), expressions=EXPRESSIONS),
    ],
)
def test_the_command_in_the_card_makes_the_database_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    seen = {}
    monkeypatch.setattr(
        "unweave.faces.writing.write", lambda database, out, **rest: seen.update(rest, database=database)
    )
    main(shlex.split(command(database, 48).replace("OUT", str(tmp_path / "out")))[1:])
    assert (seen["database"], seen["size"]) == (database, 48)


def test_without_warp_one_line_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unweave.faces.needs.find_spec", lambda name: None if name == "warp" else object())
    for arguments in (["render", str(tmp_path / "out")], ["sheet", str(tmp_path / "out.png")]):
        assert mistake(capsys, *arguments) == ("unweave: unweave faces needs warp-lang: pip install 'unweave[faces]'\n")
    assert list(tmp_path.iterdir()) == []


WITHOUT = """
import sys
sys.modules["warp"] = sys.modules["scipy"] = None
import unweave, unweave.faces
from unweave.faces import database, factors, sheets, writing
"""


RENDERING = """
import sys
from pathlib import Path
sys.modules["warp"] = sys.modules["scipy"] = None
from unweave import UnweaveError, faces
from unweave.faces import sheets
for render in (
    lambda: faces.render(faces.Factors()),
    lambda: faces.write(faces.Database(), Path(sys.argv[1])),
    lambda: sheets.draw_sheet(sheets.gaze(0)),
):
    try:
        render()
    except UnweaveError as error:
        print(error)
"""


def test_rendering_in_python_without_warp_and_scipy_says_what_to_install(tmp_path: Path) -> None:
    code = [sys.executable, "-c", RENDERING, str(tmp_path / "out")]
    said = subprocess.run(code, check=True, capture_output=True, text=True).stdout
    assert said == 3 * "unweave faces needs warp-lang: pip install 'unweave[faces]'\n"
    assert not (tmp_path / "out").exists()


def test_the_current_folder_can_be_rendered_into_and_packed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    main(["faces", "render", ".", *SMALL, "--zip"])
    assert f"{tmp_path.resolve() / 'here.zip'}: 0.0 MB" in capsys.readouterr().out
    assert len(read_table(tmp_path / "here.zip").files) == 48


def test_a_zip_that_cannot_be_written_is_told_before_anything_is_rendered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out.zip").mkdir()
    assert "out.zip: is a folder" in mistake(capsys, "render", str(tmp_path / "out"), *SMALL, "--zip")
    assert not (tmp_path / "out").exists()


def test_all_but_rendering_is_there_without_warp_and_scipy() -> None:
    subprocess.run([sys.executable, "-c", WITHOUT], check=True)


def test_help_spells_out_every_option_without_numpy(capsys: pytest.CaptureFixture[str]) -> None:
    main(["faces", "render", "--help"])
    shown = capsys.readouterr().out
    for option in (
        "people size lights expressions gazes colours samples least-intensity pose background glasses no-glasses "
        "facial-hair no-facial-hair unseen test-people"
    ).split():
        assert re.search(rf"--{option}\b", shown)
    assert "--no-zip" not in shown
    code = "import sys\nimport unweave.cli.faces\nassert not {'numpy', 'torch', 'PIL'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("--people 0", "people is 0, expected a whole number from 1"),
        ("--people many", 'unable to convert "many" into int'),
        ("--size 4", "size is 4, expected a whole number from 16 to 1024 pixels"),
        ("--lights 11", "lights is 11, expected 1 to 10, or names among room, far-left"),
        ("--lights lft", "lights is 'lft', expected one of room, "),
        ("--expressions grin smile", "expressions is 'grin', expected one of neutral, smile"),
        ("--least-intensity 150", "--least-intensity is 150, expected from 0 to 100 percent"),
        ("--background -1", "background is -1, expected a whole number from 0"),
        ("--unseen nothing", 'Invalid value "nothing" for "--unseen"'),
        ("--test-people 120", "test_people is 120, expected a whole number from 0 to 119"),
        ("--workers 0", "workers is 0, expected a whole number from 1"),
        ("--poeple 3", 'Unknown option: "--poeple"'),
    ],
)
def test_arguments_that_cannot_be_get_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: str, line: str
) -> None:
    assert line.replace('"', "") in mistake(capsys, "render", str(tmp_path / "out"), *arguments.split()).replace(
        '"', ""
    )
    assert list(tmp_path.iterdir()) == []


def test_sheets_are_drawn_into_a_folder_or_one_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["faces", "sheet", str(tmp_path / "sheets"), "--size", "16"])
    names = "people expressions intensity variations lights gaze colours pose belongings".split()
    assert capsys.readouterr().out.splitlines() == [f"{tmp_path / 'sheets' / name}.png" for name in names]
    sizes = [read_picture(tmp_path / "sheets" / f"{name}.png").size for name in names]
    main(["faces", "sheet", str(tmp_path / "all.png"), "--size", "16"])
    assert read_picture(tmp_path / "all.png").size == (max(w for w, _ in sizes), sum(h for _, h in sizes))


def test_sheets_are_chosen_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["faces", "sheet", str(tmp_path / "sheets"), "--only", "gaze", "lights", "--size", "16", "--first", "9"])
    assert sorted(path.name for path in (tmp_path / "sheets").iterdir()) == ["gaze.png", "lights.png"]
    said = mistake(capsys_cleared(capsys), "sheet", str(tmp_path / "a.png"), "--only", "gazes")
    assert said.startswith("unweave: --only is 'gazes', expected people, expressions")
    assert said.endswith("did you mean 'gaze'?\n")


def capsys_cleared(capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    capsys.readouterr()
    return capsys


def test_a_sheet_is_not_written_over_a_folder_or_in_an_unknown_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "note").touch()
    assert "exists already and is not empty" in mistake(capsys, "sheet", str(tmp_path / "mine"))
    assert "expected .png or .jpg or .jpeg or .webp" in mistake(capsys, "sheet", str(tmp_path / "a.bmp"))
    assert "--first is -1" in mistake(capsys, "sheet", str(tmp_path / "a.png"), "--first", "-1")


def test_sheets_too_large_for_a_webp_are_refused_before_they_are_rendered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in (16, 100, 130):  # enlarged, as it is, and larger than a tile
        main(["faces", "sheet", str(tmp_path / "a.webp"), "--only", "gaze", "belongings", "--size", str(size)])
        sheets = [SHEETS[name](0) for name in ("gaze", "belongings")]
        assert read_picture(tmp_path / "a.webp").size == stacked_size(sheets, size)
    capsys.readouterr()
    monkeypatch.setattr(sys.modules["unweave.faces.studio"], "render_lights", lambda *_: pytest.fail("rendered"))
    whole = [make(0) for make in SHEETS.values()]
    fits = 128 + (16383 - stacked_size(whole, 128)[1]) // sum(len(sheet.rows) for sheet in whole)
    assert max(stacked_size(whole, fits)) <= 16383
    width, height = stacked_size(whole, fits + 1)
    line = f"would be {width} x {height} pixels, but a .webp has at most 16383 a side; give a smaller --size, or write"
    said = mistake(capsys, "sheet", str(tmp_path / "all.webp"), "--size", str(fits + 1))
    assert said == f"unweave: {tmp_path / 'all.webp'}: {line} a .png\n"


def test_combinations_need_no_test_people(tmp_path: Path) -> None:
    main(["faces", "render", str(tmp_path / "out"), *SMALL, "--unseen", "combinations"])
    table = read_table(tmp_path / "out", attributes=["identity", "expression", "light"])
    assert (len(table.rows("train")), len(table.rows("test"))) == (24, 24)
    assert len({table.columns["identity"][k] for k in table.rows("train")}) == 6
    assert replace(Database(), unseen="combinations").number_of_test_people == 0
