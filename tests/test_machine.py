"""What the processes of one training agree on of their machines."""

from __future__ import annotations

import pytest

from unweave import machine, processes
from unweave.config import build


def test_a_run_is_resumed_on_the_cpu_by_all_processes_where_one_lacks_its_device(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = build({"run": {"device": "meta", "threads": 1}})
    assert machine.restore(config).run.device == "meta"
    monkeypatch.setattr(processes, "exchange", lambda own: [own, "device 'meta' is not to be had"])
    assert machine.restore(config).run.device == "cpu"
    assert capsys.readouterr().err.startswith("unweave: device 'meta' is not to be had: going on with the cpu")
