"""What the README and the demo say can be said."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import torch
from PIL import Image

from unweave.checkpoint import ModelCard, save_model
from unweave.cli import app
from unweave.config import preset_names
from unweave.networks import Generator

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DEMO = (ROOT / "examples" / "demo.sh").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands(script: str) -> list[list[str]]:
    lines = script.replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("unweave ")]


@pytest.mark.parametrize("arguments", commands("\n".join(blocks("sh")) + DEMO), ids=" ".join)
def test_every_command_of_readme_and_demo_parses(arguments: list[str]) -> None:
    app.parse_args(arguments, print_error=False, exit_on_error=False)


def test_readme_shows_every_command() -> None:
    shown = {arguments[0] for arguments in commands("\n".join(blocks("sh")))}
    assert shown == {
        *("augment", "data", "encode", "evaluate", "export", "info", "interpolate"),
        *("mix", "studio", "synthesize", "train", "transfer", "translate"),
    }


def test_readme_names_every_preset() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)) == set(preset_names())


def test_python_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, with_faces = blocks("python")
    card = ModelCard(
        attributes={"expression": ("neutral", "smile"), "light": ("left", "right")},
        size=32,
        channels=3,
        crop="center",
        width=1 / 16,
        residual_blocks=1,
        step=1,
        reconstruction={},
        name="toy",
    )
    generator = Generator(tuple(card.attributes), width=card.width, residual_blocks=1)
    monkeypatch.chdir(tmp_path)
    save_model(Path("toy.safetensors"), card, generator, {name: torch.rand(2, 8, 8, 8) for name in card.attributes})
    for name in ("me.png", "a.png", "b.png"):
        Image.new("RGB", (32, 32), (200, 120, 60)).save(name)

    assert '"faces64"' in code
    names: dict[str, object] = {}
    exec(code.replace('"faces64"', '"toy.safetensors"'), names)
    with Image.open("out.png") as picture:
        assert picture.size == (32, 32)
    assert isinstance(names["pictures"], list)
    assert len(names["pictures"]) == 10

    exec(with_faces, {})
    with Image.open("answer.png") as picture:
        assert picture.size == (128, 128)
