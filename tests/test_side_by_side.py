"""What benchmarks compare takes turns, and one that dies does not leave the others waiting."""

from __future__ import annotations

from pathlib import Path

import pytest


def test_the_end_of_a_process_ends_the_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "benchmarks")
    from side_by_side import side_by_side  # pyright: ignore[reportMissingImports]

    with pytest.raises((EOFError, ConnectionError)):
        side_by_side({"whoever fails": int}, ["no number"], rounds=1)
