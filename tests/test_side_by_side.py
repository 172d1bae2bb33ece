"""What benchmarks compare takes turns, and one that dies does not leave the others waiting."""

from __future__ import annotations

import importlib
import runpy
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def test_the_end_of_a_process_ends_the_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    from side_by_side import side_by_side  # pyright: ignore[reportMissingImports]

    with pytest.raises((EOFError, ConnectionError)):
        side_by_side({"whoever fails": int}, ["no number"], rounds=1)


def test_the_first_turn_which_warms_up_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = "def slow_at_first():\n    yield {'a': 5.0}\n    while True:\n        yield {'a': 1.0, 'b': 0.5}\n"
    (tmp_path / "turns_of_a_test.py").write_text(turns)
    monkeypatch.syspath_prepend(BENCHMARKS)
    monkeypatch.syspath_prepend(tmp_path)
    from side_by_side import side_by_side  # pyright: ignore[reportMissingImports]

    slow = importlib.import_module("turns_of_a_test").slow_at_first
    found = side_by_side({"slow": slow}, [], rounds=2)["slow"]
    assert (found["seconds"], found["first_s"], found["parts"]) == (1.5, 5.0, {"a": 1.0, "b": 0.5})


def test_what_compiling_costs_is_set_against_what_it_saves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    summary = runpy.run_path(str(BENCHMARKS / "compiled.py"))["summary"]

    def measured(first: float, seconds: float) -> dict[str, float]:
        return {"first_s": first, "seconds": seconds, "peak_mib": 100.0}

    cold = {"plain": measured(2.5, 2.0), "decoder": measured(32.0, 1.5), "networks": measured(90.0, 2.25)}
    rows = summary(cold, {"decoder": measured(9.5, 1.5), "networks": measured(12.25, 2.25)})
    assert rows["plain"] == {"seconds": 2.0, "start_s": 0.5, "peak_mib": 100.0}
    assert (rows["decoder"]["start_s"], rows["decoder"]["warm_start_s"]) == (30.5, 8.0)
    assert rows["decoder"]["pays_after"] == 60  # 30 s more at the start, half a second less in each turn
    assert rows["networks"]["pays_after"] is None
