"""The notebook runs from top to bottom, here with a training of a few steps."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[1] / "examples" / "first_steps.ipynb"
SMALL = {"STEPS": "4", "JUDGE_STEPS": "2", "PAIRS": "16", "WIDTH": "0.0625"}


def test_the_notebook_is_kept_without_what_it_printed() -> None:
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


def test_the_notebook_runs_from_top_to_bottom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    settings = next(cell for cell in notebook.cells if cell.cell_type == "code")
    lines = settings.source.splitlines()
    names = [line.partition(" = ")[0] for line in lines]
    assert set(SMALL) <= set(names)
    settings.source = "\n".join(
        f"{name} = {SMALL[name]}" if name in SMALL else line for name, line in zip(names, lines, strict=True)
    )
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert [output.ename for output in outputs if output.output_type == "error"] == []
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == 4  # losses, two grids of swaps, strengths
    assert any("reconstruction" in output.get("text", "") for output in outputs)
