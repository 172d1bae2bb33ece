"""Seconds of the parts of a step, while it runs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from torch import Tensor

REST = "the rest"


class Clock:
    """A moment belongs to the part that was entered last.

    On the way back through a graph a part is entered when the gradient of what it gave has come together, and left when
    that of another part has: what lies between two parts counts for the former.
    """

    def __init__(self):
        """Runs from now on."""
        self.seconds: dict[str, float] = {}
        self.part, self.since, self.inside = REST, time.perf_counter(), False

    def enter(self, part: str) -> None:
        """From now on it is this part's time."""
        now = time.perf_counter()
        self.seconds[self.part] = self.seconds.get(self.part, 0.0) + now - self.since
        self.part, self.since = part, now

    def lap(self) -> dict[str, float]:
        """The seconds of each part since the last lap."""
        self.enter(REST)
        seconds, self.seconds = self.seconds, {}
        return seconds

    def watch(self, part: str, owner: object, name: str) -> None:
        """Count calls of `owner.name` for a part, and the way back through what they give.

        A call within a watched one belongs to that.
        """
        function = getattr(owner, name)

        def timed(*args: object, **named: object) -> object:
            if self.inside:
                return function(*args, **named)
            self.enter(part)
            self.inside = True
            try:
                result = function(*args, **named)
            finally:
                self.inside = False
                self.enter(REST)
            for tensor in tensors(result):
                if tensor.requires_grad:
                    tensor.register_hook(lambda _: self.enter(part))
            return result

        setattr(owner, name, timed)


def tensors(result: object) -> Iterable[Tensor]:
    """All tensors in what a function gave."""
    if isinstance(result, Tensor):
        yield result
    elif isinstance(result, Mapping):
        yield from (tensor for value in result.values() for tensor in tensors(value))
    elif isinstance(result, list | tuple):
        yield from (tensor for value in result for tensor in tensors(value))
