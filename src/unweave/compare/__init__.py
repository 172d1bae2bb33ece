"""Several methods on the same images, the same split and the same budget: one table, and pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL.Image import Image

import unweave
from unweave import machine
from unweave.begun import filling
from unweave.compare import measures, pages, sheets
from unweave.compare.bench import Bench, make_bench, test_split
from unweave.compare.budget import Budget, parse_budget
from unweave.compare.contenders import Contender, contender
from unweave.compare.protocol import (
    METHODS,
    Part,
    Protocol,
    check_methods,
    departures,
    parts_of,
    settings_of,
    shared_images,
    table_of,
    ways,
)
from unweave.compare.runs import cost, is_begun, trained, whole_settings
from unweave.config import Config, read_config
from unweave.data.store import check_outside
from unweave.data.table import AttributeTable, read_table
from unweave.draw import save
from unweave.errors import UnweaveError
from unweave.files import write_whole
from unweave.metrics.frechet import few_images
from unweave.report import plain

RUNS = "runs"


def compare(
    data: str | Path | AttributeTable,
    out: str | Path,
    /,
    *,
    attribute: str,
    budget: str,
    methods: Sequence[str] = METHODS,
    runs: Mapping[str, Sequence[str | Path]] | None = None,
    source: str | None = None,
    targets: Sequence[str] = (),
    size: int = 128,
    width: float | None = None,
    rates: float = 1.0,
    preset: str | None = None,
    flip: bool = True,
    same: Sequence[str] = (),
    seeds: int = 1,
    pairs: int = 128,
    judge_steps: int = 750,
    attributes: Sequence[str] | None = None,
    pattern: str | None = None,
) -> dict[str, Any]:
    """Train `methods` with the same images, split and budget, measure them, and write it all into the folder `out`.

    `budget` of each method: a time such as "20m", or images seen as in "60000i"; pair-wise methods share it among their
    networks. `runs`: method -> its trained runs, which are taken as they are. Images of the class `source` (that called
    neutral, else the first) are translated to `targets` (all others); see `Protocol` for the rest. A comparison that
    was stopped goes on: finished runs are taken, an unfinished one is resumed. Methods that are trained here are
    measured with their last weights, so that no test image has chosen them.

    Writes runs/, compare.json, compare.md, translations.png and interpolations.png; returns what compare.json holds.
    Raises `UnweaveError` for data, settings and runs that do not fit, and where another process fills `out`, before
    anything is trained.
    """
    out, given, limit = Path(out), dict(runs or {}), parse_budget(budget)
    check_methods(methods)
    if unasked := [name for name in given if name not in methods]:
        raise UnweaveError(f"a run of {unasked[0]} is given, which is not among the methods {', '.join(methods)}")
    arrays = isinstance(data, AttributeTable)
    whole = data if arrays else read_table(data, attributes=attributes, pattern=pattern)
    check_outside(out, whole.source)
    name = str(whole.source or "arrays") if arrays else str(data)
    start, ends = ways(whole, attribute, source, targets)
    protocol = Protocol(
        attribute=attribute,
        source=start,
        targets=ends,
        size=size,
        width=width,
        rates=rates,
        preset=preset,
        flip=flip,
        same=tuple(same),
    )
    table = shared_images(whole, protocol)
    test_split(table, protocol)
    ready = {method: [contender(method, list(map(Path, each)), protocol)] for method, each in given.items()}
    parts = [part for method in methods if method not in given for part in parts_of(method, protocol, seeds)]
    settings = missing(parts, protocol, table, limit, out / RUNS)
    shared = {**asdict(protocol), "data": name, "budget": limit.text, "seeds": seeds}
    with filling(out, {**shared, "attributes": table.attributes, "pattern": whole.pattern}):
        for part in parts:
            trained(out / RUNS / part.name, table_of(part.method, table, attribute), settings.get(part.name))
        trials = {method: ready.get(method) or _own(method, protocol, seeds, out / RUNS) for method in methods}
        bench = make_bench(table, protocol, pairs=pairs, judge_steps=judge_steps, seed=0)
        report, pictures = examined(bench, trials)
        report = plain(
            {
                "unweave": unweave.__version__,
                "data": name,
                "attribute": attribute,
                "source": start,
                "targets": ends,
                "size": size,
                "budget": limit.text,
                "seeds": seeds,
                "images": {split: len(table.rows(split)) for split in ("train", "validation", "test")},
                "pairs": len(bench.sources),
                "judge": {"steps": judge_steps, "seed": 0},
                "given": list(given),
                **report,
            }
        )
        for file, picture in pictures.items():
            save(picture, out / file)
        write_whole(out / "compare.json", json.dumps(report, indent=1, allow_nan=False) + "\n")
        write_whole(out / "compare.md", pages.as_page(report, list(pictures)))
    return report


def missing(
    parts: Sequence[Part], protocol: Protocol, table: AttributeTable, budget: Budget, folder: Path
) -> dict[str, Config]:
    """Part -> its settings, of all that no training was begun of; whatever could keep one from it is found here."""
    here = machine.resolve(Config()).run
    found = {}
    for part in parts:
        if not is_begun(folder / part.name):
            labels = table_of(part.method, table, protocol.attribute)
            sharing = len(protocol.targets) if part.target is not None else 1
            found[part.name] = whole_settings(settings_of(part, protocol, table, here), labels, budget, sharing)
    return found


def examined(bench: Bench, trials: Mapping[str, Sequence[Contender]]) -> tuple[dict[str, Any], dict[str, Image]]:
    """Entries of the report, and the pictures; `trials`: method -> its contenders, one for each seed."""
    rows = {name: measures.row([measure(bench)]) for name, measure in measures.BESIDE.items()}
    shown, settings = {}, {}
    for name, contenders in trials.items():
        results = [measures.shown_by(each, bench) for each in contenders]
        rows[name] = measures.row([measures.measured(bench, each) for each in results])
        rows[name]["cost"] = total_cost(contenders[0])
        shown[name] = results[0]
        config = contenders[0].runs[0] / "config.yaml"
        settings[name] = departures(read_config(config)) if config.is_file() else None
    pictures = {"translations.png": sheets.translations(bench, shown)}
    if between := sheets.interpolations(bench, [contenders[0] for contenders in trials.values()]):
        pictures["interpolations.png"] = between
    return {
        "rows": rows,
        "settings": settings,
        "frechet": _about_features(bench),
        "truths": sum(len(answers.sources) for answers in bench.answers.values()),
        "left_out": dict(bench.left_out),
    }, pictures


def total_cost(of: Contender) -> dict[str, Any]:
    """What the trainings of all networks of a method cost; None where a run does not tell."""
    costs = [cost(run) for run in of.runs]
    told = [each for each in costs if each is not None]
    complete = len(told) == len(costs)
    return {
        "networks": of.networks,
        "parameters": of.parameters,
        "images": sum(each.images for each in told) if complete else None,
        "steps": [each.steps for each in told] if complete else None,
        "seconds": sum(each.seconds for each in told) if complete else None,
    }


def _own(method: str, protocol: Protocol, seeds: int, folder: Path) -> list[Contender]:
    """What was trained here, a contender for each seed."""
    found = []
    for seed in range(seeds):
        runs = [folder / part.name for part in parts_of(method, protocol, seeds) if part.seed == seed]
        found.append(contender(method, runs, protocol, [run / "last.safetensors" for run in runs]))
    return found


def _about_features(bench: Bench) -> dict[str, Any] | None:
    if bench.features is None:
        return None
    images, size = bench.features.real.shape
    about = bench.features.extractor
    return {"extractor": about.name, "sha256": about.sha256, "images": images, "warning": few_images(images, size)}
