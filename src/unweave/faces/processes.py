"""One function on many arguments by several processes, which never outlive the one that asked."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from unweave.errors import UnweaveError
from unweave.signals import HANGUP

Result = TypeVar("Result")


def each_done(work: Callable[..., Result], tasks: Sequence[Sequence[Any]], workers: int) -> Iterator[Result]:
    """`work(*task)` of every task, in the order in which they end; with one worker in this process.

    Raises what `work` raises, and `UnweaveError` where a process was killed. Leaving early ends the processes.
    """
    workers = min(workers, len(tasks))
    if workers <= 1:
        for task in tasks:
            yield work(*task)
        return
    context = get_context("spawn")
    watched, held = context.Pipe(duplex=False)
    with ProcessPoolExecutor(workers, context, initializer=_start, initargs=(watched,)) as pool:
        try:
            for future in as_completed([pool.submit(work, *task) for task in tasks]):
                yield future.result()
        except BrokenProcessPool:
            raise UnweaveError(
                "a process was killed, perhaps for want of memory; give the same command again, with fewer workers"
            ) from None
        except BaseException:
            held.close()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    held.close()


def _start(watched: Connection) -> None:
    """What a new process does first: take one thread, and watch whether its parent lives.

    What a terminal tells both of them, Ctrl-C and that it was closed, is left to the parent.
    """
    for number in filter(None, (signal.SIGINT, HANGUP)):
        signal.signal(number, signal.SIG_IGN)
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the processes are as many as they should be
    threading.Thread(target=_leave_with, args=(watched,), daemon=True).start()


def _leave_with(watched: Connection) -> None:
    """End this process when the other end of the pipe closes, by intent or by a kill."""
    try:
        watched.recv()
    except (EOFError, OSError):
        os._exit(1)
