"""What the documentation says can be done, and the page about one's own images works from beginning to end."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from PIL import Image

from unweave.cli import app, main

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
TINY = shlex.split(
    "--run.steps 2 --run.judge-steps 2 --networks.width 0.0625 --networks.critic-width 0.0625"
    " --networks.residual-blocks 1 --run.precision float32 --device cpu"
)


def commands(page: Path) -> list[list[str]]:
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("unweave ")]


@pytest.mark.parametrize("arguments", sorted({tuple(each) for page in PAGES for each in commands(page)}), ids=" ".join)
def test_every_command_parses(arguments: tuple[str, ...]) -> None:
    app.parse_args(list(arguments), print_error=False, exit_on_error=False)


def test_every_setting_that_the_page_about_your_images_proposes_is_one() -> None:
    page = (ROOT / "docs" / "your-images.md").read_text(encoding="utf-8")
    proposals = [cell for _, cell in re.findall(r"^\| (.+) \| (.+) \|$", page, re.MULTILINE)]
    settings = [setting for cell in proposals for setting in re.findall("`(--[^`]+)`", cell)]
    assert len(settings) > 10
    for setting in settings:
        app.parse_args(["train", "people", "-o", "run", *shlex.split(setting)], print_error=False, exit_on_error=False)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


def test_every_line_that_troubleshooting_quotes_is_one_of_the_programs() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    quoted = [
        literal for line in re.findall(r"^\|([^|]+)\|", page, re.MULTILINE) for literal in re.findall("`([^`]+)`", line)
    ]
    pieces = [piece.strip() for literal in quoted for piece in re.split(r"\.\.\.|'[^']*'|[0-9][0-9.%]*|nan", literal)]
    assert len(pieces) > 12
    assert [piece for piece in pieces if len(piece) > 8 and piece not in source] == []


def photos(folder: Path) -> None:
    """Ten people, each with two looks, in 60 small pictures; some labels are missing."""
    folder.mkdir()
    rows = ["file_name,identity,expression"]
    for k in range(60):
        person, smiles = k // 6, k % 2
        picture = Image.new("RGB", (40, 48), (25 * person, 120, 250 - 25 * person))
        picture.paste((255, 255, 255) if smiles else (0, 0, 0), (10, 30, 30, 36))
        picture.save(folder / f"{k + 1:03}.jpg")
        rows.append(f"{k + 1:03}.jpg,person{person},{'' if k % 10 == 4 else ('smile' if smiles else 'neutral')}")
    (folder / "metadata.csv").write_text("\n".join(rows))


def shortened(arguments: list[str]) -> list[str]:
    more = {"train": TINY, "evaluate": ["--pairs", "8", "--judge-steps", "2"]}.get(arguments[0], [])
    if "--resume" in arguments:
        return arguments
    return [*arguments, *(more[2:] if "--run.steps" in arguments else more)]


def test_the_page_about_your_images_works_from_the_folder_to_the_first_swap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    photos(Path("photos"))
    for arguments in commands(ROOT / "docs" / "your-images.md"):
        main(shortened(arguments))
    shown = capsys.readouterr().out
    assert "memory" in shown  # of the rehearsal
    assert shown.count("runs/first: trained") == 2  # at first, and resumed
    assert not Path("runs/good").exists()
    assert "images: 48 train, 12 test; 40 x 48 pixels" in shown
    for picture in ("samples.png", "swap.png"):
        with Image.open(picture) as opened:
            assert opened.width >= 32
    assert "on 12 test images of people" in shown
    assert Path("people.zip").exists()
    assert Path("imagefolder/test/metadata.jsonl").exists()
