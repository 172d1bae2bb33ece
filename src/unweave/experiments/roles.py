"""Which attributes of a data set stand for the paper's expression, light and identity, and which images are paired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from unweave.codes import unknown_name
from unweave.data.table import AttributeTable
from unweave.errors import UnweaveError
from unweave.evaluate import Labelled
from unweave.judges import judged_attributes

Rows = Int[np.ndarray, "_"]


@dataclass(frozen=True, kw_only=True)
class Roles:
    """Attributes by the part they play."""

    main: str
    """The paper's expression: its classes in the test images are known from training."""
    other: str | None
    """The paper's light; None where there is no second attribute."""
    person: str | None
    """The paper's identity: training and test images show other ones; None where there is none like that."""


def roles_of(data: Labelled, classes: Mapping[str, Sequence[str]], *, main: str | None = None) -> Roles:
    """The roles of the attributes in `classes`; `expression`, `light` and `identity` go by their names.

    Where there are no such names the main attribute is the first that a judge can read from test images, the other one
    the next such, and the person the first that no judge can. `main`: what was asked for. Raises `UnweaveError` where
    there is no main attribute.
    """
    test = data.table.rows("test")
    known = judged_attributes(classes, data.labels[test], data.table.labelled()[test])
    if main is not None and main not in classes:
        raise UnweaveError(unknown_name("attribute", main, classes))
    found = main or ("expression" if "expression" in known else next(iter(known), None))
    if found is None:
        raise UnweaveError("no attribute has test images whose classes are known from training, as expressions are")
    others = [name for name in classes if name != found]
    judged = [name for name in others if name in known]
    unknown = [name for name in others if name not in known]
    return Roles(
        main=found,
        other="light" if "light" in judged else next(iter([*judged, *others]), None),
        person="identity" if "identity" in others else next(iter(unknown), None),
    )


def neutral_class(classes: Sequence[str], attribute: str, asked: str | None = None) -> str:
    """The class that images are in before they are changed; raises `UnweaveError` where it has to be named."""
    found = [name for name in classes if name == asked or (asked is None and name.casefold() == "neutral")]
    if not found:
        told = "--neutral is missing" if asked is None else f"--neutral is '{asked}'"
        raise UnweaveError(f"{told}: expected the class of {attribute} to begin with, one of {', '.join(classes)}")
    return found[0]


def draw_pairs(
    table: AttributeTable, rows: Rows, *, number: int, seed: int, differ: Sequence[str] = (), alike: Sequence[str] = ()
) -> tuple[Rows, Rows]:
    """Up to `number` random pairs among `rows` that differ in some columns and agree in others, all of them labelled.

    Sources come once each. Raises `UnweaveError` where there is no such pair.
    """
    rng = np.random.default_rng([seed, 10])
    columns = {name: column(table, name) for name in (*differ, *alike)}
    for labels in columns.values():
        rows = rows[labels[rows] != ""]
    sources, others = [], []
    for source in rng.permutation(rows):
        apart = [columns[name][rows] != columns[name][source] for name in differ]
        same = [columns[name][rows] == columns[name][source] for name in alike]
        fitting = rows[np.all([rows != source, *apart, *same], 0)]
        if len(fitting) and len(sources) < number:
            sources.append(source)
            others.append(rng.choice(fitting))
    if not sources:
        told = [f"differ in {' and '.join(differ)}"] * bool(differ) + [f"agree in {' and '.join(alike)}"] * bool(alike)
        raise UnweaveError(f"no two test images {' and '.join(told) or 'are there'}")
    return np.array(sources), np.array(others)


def column(table: AttributeTable, name: str) -> np.ndarray:
    """The labels of all images as text, "" where one is missing."""
    return np.array([label or "" for label in table.columns[name]])


def texts(table: AttributeTable, name: str, rows: Rows) -> list[str]:
    """The labels of some images."""
    return [table.columns[name][row] or "" for row in rows]
