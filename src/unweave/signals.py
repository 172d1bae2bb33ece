"""The signals that ask the process to end."""

from __future__ import annotations

import signal

HANGUP: int | None = getattr(signal, "SIGHUP", None)
"""Its terminal was closed, which the shell and the system both tell; Windows has no such signal."""


def asking_to_end() -> list[int]:
    """SIGTERM, and SIGHUP where the process is not to outlive its terminal, as nohup has it."""
    if HANGUP is None or signal.getsignal(HANGUP) is signal.SIG_IGN:
        return [signal.SIGTERM]
    return [signal.SIGTERM, HANGUP]
