"""The package's own files agree with each other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from unweave import __version__

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LINES = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
PINS = dict(line.split("==") for line in LINES if not line.startswith("#"))


def test_version_is_the_same_in_both_places() -> None:
    assert PROJECT["version"] == __version__


def test_every_requirement_has_its_tested_version() -> None:
    wanted = [
        *PROJECT["dependencies"],
        *(line for extra in PROJECT["optional-dependencies"].values() for line in extra),
    ]
    names = {re.split(r"[\[><=]", line)[0] for line in wanted} - {"unweave"}
    assert names - set(PINS) == set()


def test_tested_versions_suit_gradio_and_hold_no_torchvision() -> None:
    assert int(PINS["pillow"].split(".")[0]) < 13
    assert "gradio" in PINS
    assert "torchvision" not in PINS


def test_changelog_tells_of_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
