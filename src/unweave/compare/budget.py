"""What a training may cost, as time or as images seen, and how many steps that is."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from unweave.data.batches import TrainingSet
from unweave.errors import UnweaveError
from unweave.interface import Method
from unweave.machine import memory_advice, memory_kept

SECONDS = {"s": 1, "m": 60, "h": 3600}
MEASURED = 5.0
"""Seconds of training by which the pace is told, at least."""
SHARE = 0.02
"""Of a network's time, by as much of which its pace is told where that is longer."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """One of the two is None."""

    text: str
    """As it was given."""
    seconds: float | None = None
    images: int | None = None
    """An image counts each time that a step takes it in."""


def parse_budget(text: str) -> Budget:
    """A time such as 90s, 20m or 1.5h, or images seen as in 60000i; raises `UnweaveError` for anything else."""
    found = re.fullmatch(r"(?a:(\d{1,9}(?:\.\d{1,3})?)([smhi]))", text.strip())
    number = float(found[1]) if found else 0
    if not found or not number or (found[2] == "i" and number % 1):
        raise UnweaveError(f"the budget is '{text}', expected a time such as 20m, 90s or 1h, or images as in 60000i")
    if found[2] == "i":
        return Budget(text=text.strip(), images=int(number))
    return Budget(text=text.strip(), seconds=number * SECONDS[found[2]])


def steps_within(budget: Budget, method: Method, training: TrainingSet, networks: int) -> int:
    """Steps of one of `networks` that share the budget equally, in whole rounds that train all parts of it.

    A time is counted at the pace of some training now; the method's weights are to be thrown away.
    Raises `UnweaveError` where not even one round fits.
    """
    if budget.images is not None:
        steps = budget.images // networks // (method.config.run.batch * method.batches)
    else:
        assert budget.seconds is not None
        own = budget.seconds / networks
        steps = int(own / pace(method, training, max(MEASURED, SHARE * own)))
    rounds = steps // method.rhythm
    if not rounds:
        sharing = f", which {networks} networks share," if networks > 1 else ""
        raise UnweaveError(f"the budget of {budget.text}{sharing} is less than {method.config.method} needs for a step")
    return rounds * method.rhythm


def pace(method: Method, training: TrainingSet, seconds: float) -> float:
    """Seconds a step, with the drawing of its batch: the mean over whole rounds that take at least `seconds`."""
    with memory_kept(), memory_advice(method.config):
        train_round(method, training, 0)  # the first also warms up
        rounds, start = 0, time.perf_counter()
        while (spent := time.perf_counter() - start) < seconds or not rounds:
            rounds += 1
            train_round(method, training, rounds)
    return spent / (rounds * method.rhythm)


def train_round(method: Method, training: TrainingSet, number: int) -> None:
    """The steps of one round, in which every network is trained, and their end on the device."""
    for step in range(number * method.rhythm, (number + 1) * method.rhythm):
        parts = method.step(method.batch(training, step), step)
        next(iter(parts.values())).item()
