"""Models that an experiment trains for itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from unweave.codes import unknown_name
from unweave.data.table import AttributeTable, classes_of, read_table
from unweave.errors import UnweaveError
from unweave.training import train

WEIGHTS = {"with": 1.0, "without": 0.0}
"""Of the disentanglement loss."""


def train_both(
    data: str | Path, folder: Path, *, preset: str, steps: int | None, seed: int, pattern: str | None
) -> dict[str, Path]:
    """Train one model with the disentanglement loss and one without, else alike, into `folder`; their run folders."""
    return {
        name: train(
            data,
            folder / f"{name}-{seed}",
            preset=preset,
            losses={"disentangle": weight},
            **_changes(steps, seed, pattern),
        )
        for name, weight in WEIGHTS.items()
    }


def train_without_class(
    data: str | Path,
    folder: Path,
    attribute: str,
    label: str,
    *,
    preset: str,
    steps: int | None,
    seed: int,
    pattern: str | None,
) -> Path:
    """Train a model on all images but those that show one class of an attribute; its run folder."""
    table = without_class(read_table(data, pattern=pattern), attribute, label)
    return train(table, folder / f"model-{seed}", preset=preset, **_changes(steps, seed, None))


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


def _changes(steps: int | None, seed: int, pattern: str | None) -> dict[str, Any]:
    run = {"seed": seed, **({} if steps is None else {"steps": steps})}
    return {"run": run, **({} if pattern is None else {"data": {"pattern": pattern}})}
