"""Models that an experiment trains for itself, in run folders that a stopped one goes on with."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from unweave.codes import unknown_name
from unweave.compare.runs import is_begun, trained
from unweave.config import Config, build, preset
from unweave.data.store import check_outside
from unweave.data.table import AttributeTable, classes_of
from unweave.errors import UnweaveError
from unweave.machine import memory_kept
from unweave.rehearse import expected
from unweave.training import begin, span

WEIGHTS = {"with": 1.0, "without": 0.0}
"""Of the disentanglement loss."""


def with_and_without(base: str, *, steps: int | None, seed: int) -> dict[str, Config]:
    """Settings of a preset with the disentanglement loss, and without it; `steps`: another length."""
    return {
        name: settings_of(base, steps=steps, seed=seed, losses={"disentangle": weight})
        for name, weight in WEIGHTS.items()
    }


def settings_of(base: str, *, steps: int | None, seed: int, **changes: Mapping[str, Any]) -> Config:
    """Settings of a preset with a seed, perhaps another length, and other changes."""
    run = {"seed": seed, **({} if steps is None else {"steps": steps})}
    return build({"run": run, **changes}, preset(base))


def trained_in(run: Path, table: AttributeTable, config: Config) -> Path:
    """The run folder, once all is trained: from the beginning, from where it was stopped, or it is there already."""
    trained(run, table, config)
    return run


def foretell(table: AttributeTable, config: Config, runs: Sequence[Path]) -> None:
    """Say on stderr how long the runs take that are not begun yet; raises for all that could keep them from it."""
    for run in runs:
        check_outside(run, table.source)
    left = sum(not is_begun(run) for run in runs)
    if left:
        with memory_kept():
            table, config, method = begin(table, config, None)
            steps, seconds = expected(table, method)
        time = f"{left} x {steps} steps of {seconds:.2f} s, {span(left * steps * seconds)}"
        print(f"unweave: to be trained: {time}, evaluations apart", file=sys.stderr)


def without_class(table: AttributeTable, attribute: str, label: str) -> AttributeTable:
    """All images but those of a class; raises `UnweaveError` where there is no such class, or no other."""
    if attribute not in table.classes:
        raise UnweaveError(unknown_name("attribute", attribute, table.classes))
    if label not in table.classes[attribute]:
        raise UnweaveError(unknown_name(f"class of {attribute}", label, table.classes[attribute]))
    kept = table.at([row for row, each in enumerate(table.columns[attribute]) if each != label])
    classes = {name: classes_of(kept.columns[name], kept.splits) for name in kept.attributes}
    if empty := [name for name, names in classes.items() if not names]:
        raise UnweaveError(f"without {label} no training image has a label of {empty[0]}")
    return replace(kept, classes=classes)
