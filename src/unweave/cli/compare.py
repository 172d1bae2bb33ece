"""`unweave compare`: several methods on the same images with the same budget."""

# No `from __future__ import annotations` here: the command line reads the types at run time.
import sys
from math import inf
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from unweave.errors import UnweaveError


def compare(
    data: str,
    /,
    *,
    attribute: str,
    budget: str,
    methods: str = "unweave,stargan,cyclegan,pix2pix,fader",
    run: Annotated[tuple[str, ...], Parameter(consume_multiple=False, show_default=False)] = (),
    source: str | None = None,
    targets: Annotated[tuple[str, ...], Parameter(show_default=False, consume_multiple=True)] = (),
    size: int = 128,
    width: float | None = None,
    rates: float = 1.0,
    preset: str | None = None,
    no_flip: bool = False,
    same: Annotated[tuple[str, ...], Parameter(show_default=False, consume_multiple=True)] = (),
    seeds: int = 1,
    pairs: int = 128,
    judge_steps: int = 750,
    attributes: Annotated[tuple[str, ...], Parameter(show_default=False, consume_multiple=True)] = (),
    pattern: str | None = None,
    out: Annotated[Path, Parameter(alias="-o")],
) -> None:
    """Train several methods on the same images and budget, and compare.

    Parameters
    ----------
    data
        A folder or .zip of labelled images with test images, or faces64 for the bundled ones.
    attribute
        What is translated, such as expression.
    budget
        What each method may cost: a time such as 20m, 90s or 1h, or images seen, as in 60000i. Pair-wise methods share
        it among their networks.
    methods
        Which, with commas between them.
    run
        METHOD=RUN, a trained run to take; again for each pair of a pair-wise method.
    source
        The class whose test images are translated: neutral, or else the first.
    targets
        The classes they are translated to; all others if none is named.
    size
        Side of the images in pixels, for all methods; a power of 2 for pix2pix and fader.
    width
        Multiplies the channels of all networks; without it each recipe's.
    rates
        Multiplies the learning rates of all methods, those of cyclegan and pix2pix by its root only: published ones are
        for wider networks.
    preset
        Settings of the paper's method: paper, faces64 or quick; without it the paper's.
    no_flip
        No mirrored images, for labels that change sides in them. Otherwise each recipe says whether there are some.
    same
        Columns in which the two images of a pair agree (pix2pix); without it all other attributes, and of rendered
        faces all other factors.
    seeds
        Trainings of each method, each with the whole budget.
    pairs
        Test images of the source class, at most; each is translated to every target.
    judge_steps
        Training steps of the classifiers that judge, which learn from real training images only.
    attributes
        Columns that the paper's method models; without it as in `unweave train`.
    pattern
        File-name pattern of the data, where labels stand in the names.
    out
        The folder to write to: runs, tables and pictures. The same command goes on where it was stopped.
    """
    for name, value in (("seeds", seeds), ("pairs", pairs), ("judge-steps", judge_steps)):
        if value < 1:
            raise UnweaveError(f"--{name} is {value}, expected at least 1")
    if not 0 < rates < inf:
        raise UnweaveError(f"--rates is {rates}, expected a number above 0")
    runs: dict[str, list[str]] = {}
    for text in run:
        method, equals, folder = text.partition("=")
        if not (method and equals and folder):
            raise UnweaveError(f"--run is '{text}', expected METHOD=RUN, such as stargan=runs/stargan")
        runs.setdefault(method, []).append(folder)

    from unweave.compare import compare as compared
    from unweave.compare.pages import changes_of, tables
    from unweave.report.pages import as_text

    try:
        report = compared(
            data,
            out,
            attribute=attribute,
            budget=budget,
            methods=[name for name in methods.split(",") if name],
            runs=runs,
            source=source,
            targets=targets,
            size=size,
            width=width,
            rates=rates,
            preset=preset,
            flip=not no_flip,
            same=same,
            seeds=seeds,
            pairs=pairs,
            judge_steps=judge_steps,
            attributes=attributes or None,
            pattern=pattern,
        )
    except (KeyboardInterrupt, SystemExit):
        print("unweave: stopped; the same command goes on with the comparison", file=sys.stderr)
        raise
    for table in tables(report):
        print(f"{as_text(table)}\n")
    for method, changes in report["settings"].items():
        print(f"{method}, settings that differ from its recipe: {changes_of(changes)}")
    for name, reason in report["left_out"].items():
        print(f"not measured: {name} ({reason})")
    print(f"{out}: compare.md, compare.json, pictures, runs/")
