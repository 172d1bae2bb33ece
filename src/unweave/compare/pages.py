"""A comparison as tables to read, on a screen and on a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from unweave.baselines.pairs import PAIRWISE
from unweave.report.pages import Cell, Table, as_section


def tables(report: Mapping[str, Any]) -> list[Table]:
    """What came out (Table IV), and what it cost."""
    rows, others = report["rows"], list(report["rows"]["copying the source"]["kept"])
    targets = report["targets"] if len(report["targets"]) > 1 else []
    shown = {name: _results(of, targets, others) for name, of in rows.items()}
    kept = [f"{name} kept" for name in others]
    costs = {name: _costs(of["cost"]) for name, of in rows.items() if "cost" in of}
    return [
        Table(
            title=f"{report['attribute']}: {report['source']} to {', '.join(report['targets'])}",
            columns=("accuracy", *targets, "Frechet", "to change", "to keep", "intensity", *kept),
            rows=shown,
            note=_note(report),
        ),
        Table(
            title=f"what a training cost; the budget of a method is {report['budget']}",
            columns=("networks", "parameters", "images seen", "steps", "seconds"),
            rows=costs,
            note=_cost_note(report),
        ),
    ]


def as_page(report: Mapping[str, Any], pictures: Sequence[str]) -> str:
    """The whole comparison; `pictures` are names of files beside it."""
    images, judge = report["images"], report["judge"]
    real = ", ".join(f"{name} {value:.3f}" for name, value in report["rows"]["real images"]["accuracies"].items())
    parts = [
        f"# Methods compared on {report['data']}",
        f"unweave {report['unweave']}; {report['size']} px, {report['seeds']} seed(s); {images['train']} training and "
        f"{images['test']} test images of {report['attribute']}; {report['pairs']} sources for each target; a judge of "
        f"{judge['steps']} steps on real training images, which reads real test images right: {real}.",
        *map(as_section, tables(report)),
        "## Settings that differ from the published recipes",
        "\n".join(f"- **{method}**: {changes_of(changes, '`')}" for method, changes in report["settings"].items()),
    ]
    if report["left_out"]:
        parts += ["## Not measured", "\n".join(f"- {name}: {why}" for name, why in report["left_out"].items())]
    parts += [f"![{name}]({name})" for name in pictures]
    return "\n\n".join(parts) + "\n"


def changes_of(changes: Mapping[str, str] | None, quote: str = "") -> str:
    """The settings that differ, in a line."""
    if changes is None:
        return "not known, a model without the folder of its training"
    return ", ".join(f"{quote}{name}{quote} {change}" for name, change in changes.items()) or "none"


def _results(of: Mapping[str, Any], targets: Sequence[str], others: Sequence[str]) -> list[Cell]:
    spread = of["sd"]
    return [
        _beside(of["accuracy"], spread["accuracy"]),
        *(of["accuracies"][target] for target in targets),
        _beside(of["frechet"], spread["frechet"], digits=1),
        *(_beside(of[name], spread[name]) for name in ("to_change", "to_keep", "intensity")),
        *(_beside(of["kept"].get(name), spread["kept"].get(name)) for name in others),
    ]


def _beside(value: float | None, spread: float | None, digits: int = 3) -> Cell:
    if value is None:
        return None
    return f"{value:.{digits}f}" + ("" if spread is None else f" ± {spread:.{digits}f}")


def _costs(cost: Mapping[str, Any]) -> list[Cell]:
    seconds = None if cost["seconds"] is None else f"{cost['seconds']:.0f}"
    seen = None if cost["images"] is None else f"{cost['images']:,}"
    steps = None if cost["steps"] is None else " + ".join(f"{each:,}" for each in cost["steps"])
    return [str(cost["networks"]), f"{cost['parameters']:,}", seen, steps, seconds]


def _note(report: Mapping[str, Any]) -> str:
    told = [
        "accuracy: share that the judge reads as the target, mean over the targets; chance: a class drawn blindly."
        " Noise is read as some class as well: see its row, what is kept, and the pictures."
        + (f" ±: standard deviation over {report['seeds']} trainings." if report["seeds"] > 1 else "")
    ]
    if frechet := report["frechet"]:
        told.append(
            f"Frechet: to real training images of the targets, {frechet['images']} images, features of"
            f" {frechet['extractor']} (SHA-256 {frechet['sha256'][:16]}); lower is better."
        )
        told += [f"warning: {frechet['warning']}."] if frechet["warning"] else []
    if report["truths"]:
        told.append(
            f"to change, to keep: against {report['truths']} rendered true answers, the error over that of copying"
            " where pixels should change (0 truth, 1 copying), and the error where they should stay."
        )
    told.append(
        "intensity: rank correlation with the exemplars' within a target; rivals see no exemplar. That of real images"
        " is the most that can be read."
    )
    return "\n".join(told)


def _cost_note(report: Mapping[str, Any]) -> str:
    pairwise = [name for name in report["settings"] if name in PAIRWISE]
    told = [
        "parameters: of what is used, in cyclegan of both ways; seconds: of training steps, evaluations apart; all of"
        " one seed."
    ]
    if pairwise and len(report["targets"]) > 1:
        told.append(
            f"{' and '.join(pairwise)}: a network for each pair of classes; the total of all counts against the budget."
        )
    if report["given"]:
        told.append(f"{', '.join(report['given'])}: trained before, whatever that cost.")
    return "\n".join(told)
