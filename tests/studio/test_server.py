"""Mistakes at the start of the studio get one line, and Gradio's settings come from nowhere else."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from unweave.cli import main
from unweave.studio import server


def mistake(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as left:
        main(["studio", *arguments, "--no-browser"])
    assert left.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err.removeprefix("unweave: ").strip()


def test_mistakes_get_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert mistake(capsys, "gone") == "gone: no such run folder or model file, nor a bundled model (faces64)"
    assert mistake(capsys, "faces64", "--data", "gone").startswith("gone: no such folder or .zip")
    assert mistake(capsys, "faces64", "--port", "70000") == "--port is 70000, expected a number from 1 to 65535"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = mistake(capsys, "faces64", "--port", port)
    assert said == f"127.0.0.1, port {port}: cannot be used (Address already in use); name another --host or --port"
    assert mistake(capsys, "faces64", "--host", "no.such.host.invalid").startswith(
        "no.such.host.invalid: cannot be used"
    )
    monkeypatch.setattr(server, "find_spec", lambda name: None)
    assert mistake(capsys, "faces64") == "the studio needs Gradio: pip install 'unweave[app]'"


def test_uploads_have_a_folder_of_their_own_and_nothing_else_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", os.environ.copy())
    os.environ |= {"GRADIO_SHARE": "true", "GRADIO_ALLOWED_PATHS": "/", "NO_PROXY": "a.org"}
    with server._settled("127.0.0.1"):
        settings = {name: value for name, value in os.environ.items() if name.startswith("GRADIO_")}
        uploads = Path(settings.pop("GRADIO_TEMP_DIR"))
        assert settings == {"GRADIO_ANALYTICS_ENABLED": "False"}
        assert uploads.is_dir()
        assert os.environ["NO_PROXY"] == "a.org,127.0.0.1,127.0.0.1,localhost"
    assert not uploads.exists()
