"""Several reports, of other models or other seeds, as one: means, and standard deviations beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

from unweave.report import plain

Combine = Callable[[Sequence[float]], float | None]


def averaged(reports: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A report whose numbers are the means over `reports`, one or more, which it holds as well.

    `sd` has the same entries with the standard deviations of the sample, None where a number is in one report only.
    Whatever is no number is the first report's.
    """
    told = {"seed": [each["settings"]["seed"] for each in reports]}
    found = {**mean_of(reports), "model": reports[0]["model"], "settings": {**reports[0]["settings"], **told}}
    return {**found, "sd": plain(_merged(reports, _deviation)), "reports": list(reports)}


def mean_of(reports: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The same entries with the means of their numbers; one report, or one without numbers, is as it was."""
    return plain(_merged(reports, _mean)) if len(reports) > 1 else dict(reports[0])


def _merged(values: Sequence[Any], combine: Combine) -> Any:
    first = values[0]
    if isinstance(first, Mapping):
        names = dict.fromkeys(name for each in values for name in each)
        return {name: _merged([each[name] for each in values if name in each], combine) for name in names}
    if isinstance(first, list):
        return [_merged(each, combine) for each in zip(*values, strict=False)]
    numbers = [value for value in values if isinstance(value, int | float)]
    return combine(numbers) if numbers else first


def _mean(numbers: Sequence[float]) -> float:
    return numbers[0] if len(set(numbers)) == 1 else fmean(numbers)  # whole numbers stay whole


def _deviation(numbers: Sequence[float]) -> float | None:
    return stdev(numbers) if len(numbers) > 1 else None
