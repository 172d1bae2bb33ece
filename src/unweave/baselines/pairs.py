"""The two classes that a pair-wise rival goes between, and the images of both that show the same in all else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Int

from unweave.config import Config
from unweave.data.batches import mirror_maps
from unweave.data.table import AttributeTable, classes_of
from unweave.errors import UnweaveError
from unweave.faces.factors import BROUGHT, COLUMNS

PAIRWISE = ("cyclegan", "pix2pix")


def pair_of(config: Config, table: AttributeTable) -> tuple[str, tuple[str, str]]:
    """The attribute, and its source and target class, that `rivals.pair` names; raises `UnweaveError` for others."""
    attribute, _, classes = config.rivals.pair.partition(":")
    source, _, target = classes.partition("=")
    known = table.classes.get(attribute, ())
    if source == target or source not in known or target not in known:
        several = [(name, names) for name, names in table.classes.items() if len(names) > 1]
        example = [f"{name}:{names[0]}={names[1]}" for name, names in several[-1:]] or ["expression:neutral=smile"]
        named = f"rivals.pair is '{config.rivals.pair}'" if config.rivals.pair else "--pair is missing"
        raise UnweaveError(f"{config.method}: {named}, expected ATTRIBUTE:SOURCE=TARGET of the data, as {example[0]}")
    return attribute, (source, target)


def narrowed(table: AttributeTable, config: Config) -> AttributeTable:
    """Only the images of the two classes, the source first among the classes of their attribute."""
    return of_classes(table, *pair_of(config, table))


def of_classes(table: AttributeTable, attribute: str, classes: Sequence[str]) -> AttributeTable:
    """Only the images of some classes, in the order given; other attributes keep the classes that are left to train."""
    some = table.at([row for row, label in enumerate(table.columns[attribute]) if label in classes])
    left = {name: classes_of(some.columns[name], some.splits) for name in table.attributes}
    return replace(some, classes=left | {attribute: tuple(classes)})


def check_mirror(table: AttributeTable, config: Config, attribute: str) -> None:
    """Raise `UnweaveError` where a mirrored image of one of the two classes would be of another."""
    column = table.attributes.index(attribute)
    if config.data.flip and mirror_maps(table, config.data.flip_labels)[column].tolist() != [0, 1]:
        raise UnweaveError(f"data.flip turns the classes of {config.rivals.pair} into one another: --data.no-flip")


def alike(table: AttributeTable, attribute: str) -> tuple[str, ...]:
    """The columns that have to agree for two images to differ in an attribute only: all other attributes.

    Of rendered faces, which tell all that moves a pixel, every factor that does not come along with the attribute.
    """
    rendered = COLUMNS if all(name in table.columns for name in COLUMNS) else ()
    free = (attribute, *(BROUGHT.get(attribute, ()) if rendered else ()))
    return tuple(name for name in dict.fromkeys((*table.attributes, *rendered)) if name not in free)


def aligned(table: AttributeTable, attribute: str, same: Sequence[str]) -> Int[np.ndarray, "pairs two"]:
    """Rows of the table: every training image of the source class with every one of the target's that is like it.

    Alike are images that are labelled in all columns of `same`, with the same labels; if it is empty, in those of
    `alike`. Raises `UnweaveError` where there are none.
    """
    names = list(same or alike(table, attribute))
    if unknown := [name for name in names if name not in table.columns or name == attribute]:
        raise UnweaveError(f"rivals.same names '{unknown[0]}', expected columns of the data other than {attribute}")
    if not names:
        known = ", ".join(name for name in table.columns if name != attribute) or "there are none besides"
        raise UnweaveError(f"rivals.same is missing: columns in which the images of a pair agree, among {known}")
    groups: dict[tuple[str | None, ...], tuple[list[int], list[int]]] = {}
    for row in table.rows("train").tolist():
        labels = tuple(table.columns[name][row] for name in names)
        place = table.classes[attribute].index(table.columns[attribute][row] or "")
        if None not in labels:
            groups.setdefault(labels, ([], []))[place].append(row)
    pairs = [(source, target) for sources, targets in groups.values() for source in sources for target in targets]
    if not pairs:
        source, target = table.classes[attribute]
        told = f"no training images of {source} and {target} have the same labels in {', '.join(names)}"
        raise UnweaveError(f"{told}; name fewer columns in rivals.same, or train cyclegan, which needs no pairs")
    return np.array(pairs, np.int64)
