"""The studio served to a browser: on this machine alone, and without a word to any other."""

from __future__ import annotations

import os
import socket
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from unweave.errors import UnweaveError
from unweave.model import load
from unweave.studio.desk import Desk
from unweave.studio.picked import gallery

LARGEST_UPLOAD = 64 * 2**20
"""Bytes."""


def serve(name: str, data: str | None, *, host: str, port: int | None, browser: bool) -> None:
    """Open the studio of a model and serve it until Ctrl-C; says where it is.

    `port`: the first free one from 7860 on if None. Raises `UnweaveError` where the model or the data cannot be read,
    the port is taken, or Gradio is not installed.
    """
    if find_spec("gradio") is None:
        raise UnweaveError("the studio needs Gradio: pip install 'unweave[app]'")
    _check_address(host, port)
    model = load(name)
    desk, pictures = Desk(model), gallery(data, model.card)
    with _settled(host):
        from gradio.themes import Default  # only now, Gradio reads its settings from the environment

        from unweave.studio import markup, page, scripts

        blocks = page.build(desk, name, pictures)
        fonts, monospaced = ["system-ui", "sans-serif"], ["ui-monospace", "monospace"]  # the machine's own
        try:
            _, address, _ = blocks.launch(
                server_name=host,
                server_port=port,
                prevent_thread_lock=True,
                quiet=True,
                share=False,
                show_error=False,
                allowed_paths=[],
                max_file_size=LARGEST_UPLOAD,
                footer_links=[],
                run_history=False,
                enable_monitoring=False,
                ssr_mode=False,
                pwa=False,
                mcp_server=False,
                theme=Default(primary_hue="indigo", font=fonts, font_mono=monospaced),
                css=markup.CSS,
                js=scripts.LOADED,
            )
        except OSError as error:
            raise UnweaveError(f"no port of {host} can be used; name one with --port") from error
        print(f"the studio of {name} is at {address}  (Ctrl-C ends it)", flush=True)
        if browser and _has_screen():
            webbrowser.open(address)
        try:
            with suppress(KeyboardInterrupt):
                Event().wait()
        finally:
            blocks.close(verbose=False)


def _check_address(host: str, port: int | None) -> None:
    """Raise `UnweaveError` where nothing can be served there: Gradio would try for minutes."""
    if port is not None and not 0 < port < 65536:
        raise UnweaveError(f"--port is {port}, expected a number from 1 to 65535")
    try:
        with socket.create_server((host, port or 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            pass
    except OSError as error:
        place = host if port is None else f"{host}, port {port}"
        reason = str(error.strerror).partition(" (")[0]
        raise UnweaveError(f"{place}: cannot be used ({reason}); name another --host or --port") from error


@contextmanager
def _settled(host: str) -> Iterator[None]:
    """What Gradio reads from the environment: nothing but that it is to be silent, and where uploads go."""
    for name in [name for name in os.environ if name.startswith("GRADIO_")]:
        del os.environ[name]
    here = f"{host},127.0.0.1,localhost"  # asked for without a proxy
    for name in ("no_proxy", "NO_PROXY"):
        os.environ[name] = f"{os.environ[name]},{here}" if os.environ.get(name) else here
    with TemporaryDirectory(prefix="unweave-studio-") as uploads:
        os.environ |= {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_TEMP_DIR": str(Path(uploads).resolve())}
        yield


def _has_screen() -> bool:
    """Whether a browser can be shown: over a terminal one would take its place."""
    return not sys.platform.startswith("linux") or bool({"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ))
