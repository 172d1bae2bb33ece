"""Left and right: labels that a mirror makes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unweave.config import build
from unweave.data.table import table_from_arrays
from unweave.training import train, warn_of_sides


def test_labels_that_are_wrong_in_mirrored_images_are_told_when_a_training_begins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (40, 32, 32, 3), dtype=np.uint8)
    columns = {"gaze": ["left", "right"] * 20, "look": ["a", "b", "b", "a"] * 10}
    table = table_from_arrays(pixels, columns)
    line = (
        "unweave: warning: data.flip mirrors images, but the labels 'left' and 'right' of gaze do not change places in"
        " them; give --data.flip-labels look:a=b gaze:left=right, or --data.no-flip"
    )
    capsys.readouterr()
    data = {"size": 32, "flip": True, "flip_labels": ["look:a=b"]}
    networks = {"width": 1 / 16, "critic_width": 1 / 16, "residual_blocks": 1}
    run = {"batch": 6, "steps": 1, "judge_steps": 0, "device": "cpu", "precision": "float32", "threads": 1}
    train(table, tmp_path / "run", data=data, networks=networks, run=run)
    assert [each for each in capsys.readouterr().err.splitlines() if "mirrors" in each] == [line]

    def said(**changes: Any) -> str:
        warn_of_sides(table, build(changes))
        return capsys.readouterr().err

    assert "mirrored_copies mirrors" in (copies := said(data={"mirrored_copies": True}))
    assert copies.endswith("give --data.flip-labels gaze:left=right, or --data.no-mirrored-copies\n")
    assert said(method="cyclegan", rivals={"pair": "gaze:left=right"}) != ""
    assert said(method="cyclegan", rivals={"pair": "look:a=b"}) == ""  # it does not learn gaze
    assert said(data={"flip": True, "flip_labels": ["gaze:left=right"]}) == said(data={"flip": False}) == ""
