"""Work on many images, by several threads, in constant memory."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")
Result = TypeVar("Result")
BLOCK = 64


def in_blocks(work: Callable[[Item], Result], items: Sequence[Item], what: str) -> Iterator[list[Result]]:
    """`work` on each item: the results in order, in lists of at most `BLOCK`. `what` names the bar on a terminal."""
    with (
        ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool,
        tqdm(total=len(items), desc=what, unit=" images", leave=False, disable=not sys.stderr.isatty()) as bar,
    ):
        for start in range(0, len(items), BLOCK):
            block = list(pool.map(work, items[start : start + BLOCK]))
            bar.update(len(block))
            yield block
