"""A report as tables to read, on a screen and as Markdown, and as a folder of files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL.Image import Image

from unweave.draw import save
from unweave.errors import one_line
from unweave.evaluate import table_of_figures
from unweave.files import replacing
from unweave.metrics.hopkins import NULLS

Cell = float | str | tuple[float, ...] | None


@dataclass(frozen=True, kw_only=True)
class Table:
    """Numbers with names of their rows and columns."""

    title: str
    columns: Sequence[str]
    rows: Mapping[str, Sequence[Cell]]
    note: str = ""


def tables(report: Mapping[str, Any]) -> list[Table]:
    """What there is in a report, in tables; those of `figures` apart (`evaluate.table_of_figures`).

    One of several reports has standard deviations beside the means.
    """
    return [table for name in MAKERS if name in report for table in _tables_of(name, report)]


def _tables_of(name: str, report: Mapping[str, Any]) -> Iterator[Table]:
    tables = MAKERS[name](report[name])
    if "sd" not in report:
        yield from tables
        return
    for table, spread in zip(tables, MAKERS[name](report["sd"][name]), strict=True):
        rows = {row: list(map(_with_spread, cells, spread.rows[row])) for row, cells in table.rows.items()}
        yield replace(table, rows=rows)


def _with_spread(cell: Cell, spread: Cell) -> Cell:
    if isinstance(cell, tuple) and isinstance(spread, tuple):
        return " ".join(str(_with_spread(*each)) for each in zip(cell, spread, strict=True))
    return f"{_cell(cell)} ± {_cell(spread)}" if isinstance(cell, float) and isinstance(spread, float) else cell


def as_text(table: Table) -> str:
    """The table for a screen."""
    cells = {name: list(map(_cell, row)) for name, row in table.rows.items()}
    wide = max(map(len, cells))
    widths = [max(9, len(column), *(len(row[k]) for row in cells.values())) for k, column in enumerate(table.columns)]

    def line(name: str, row: Sequence[str]) -> str:
        ends = [f"{text:>{width}}" for text, width in zip(row, widths, strict=True)]
        return "  ".join([f"{name:{wide}}", *ends])

    lines = [table.title, line("", table.columns), *(line(name, row) for name, row in cells.items())]
    return "\n".join([*map(one_line, lines), *([table.note] if table.note else [])])


def as_markdown(report: Mapping[str, Any], pictures: Sequence[str]) -> str:
    """The whole report as a page; `pictures` are names of files beside it."""
    model, images, settings = report["model"], report["images"], report["settings"]
    several = [f"{each['model']['name']} with seed {each['settings']['seed']}" for each in report.get("reports", ())]
    parts = [
        f"# {model['name'] or 'A model'} on {report['data']}",
        f"unweave {report['unweave']}, method {model['method']}, {model['step']:,} steps, {model['size']} px; "
        f"{images['train']} training and {images['test']} test images; {settings['pairs']} pairs, judges of "
        f"{settings['judge_steps']} steps, "
        + (f"mean ± standard deviation over {', '.join(several)}. " if several else f"seed {settings['seed']}. ")
        + "What each number means and what it cannot tell: docs/evaluation.md.",
        f"```\n{table_of_figures(report['figures'], report.get('sd', {}).get('figures'))}\n```",
    ]
    parts += map(as_section, tables(report))
    if report["left_out"]:
        parts.append("## Not measured")
        parts.append("\n".join(f"- {name}: {reason}" for name, reason in report["left_out"].items()))
    parts += [f"![{name}]({name})" for name in pictures]
    return "\n\n".join(parts) + "\n"


def as_section(table: Table) -> str:
    """The table with its title and its note, for a page."""
    header = ["", *table.columns]
    lines = [header, ["---"] * len(header)]
    lines += [[name, *map(_cell, row)] for name, row in table.rows.items()]
    shown = "\n".join([f"## {table.title}", "", *(f"| {' | '.join(cells)} |" for cells in lines)])
    return f"{shown}\n\n{table.note}" if table.note else shown


def write_report(report: Mapping[str, Any], pictures: Mapping[str, Image], out: Path) -> None:
    """Write report.json, report.md and the pictures into the new folder `out`."""
    with replacing(out) as folder:
        folder.mkdir()
        (folder / "report.json").write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        (folder / "report.md").write_text(as_markdown(report, list(pictures)), encoding="utf-8")
        for name, picture in pictures.items():
            save(picture, folder / name)


def _cell(value: Cell) -> str:
    if value is None:
        return "-"
    if isinstance(value, tuple):
        return " ".join(map(_cell, value))
    return value if isinstance(value, str) else f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3f}"


def _reconstruction(found: Mapping[str, Any]) -> Iterator[Table]:
    kinds = {"mean": "", "median": "_median"}
    yield Table(
        title=f"reconstruction of {found['images']} test images",
        columns=("error", "PSNR in dB", "SSIM"),
        rows={kind: [found[f"{name}{ending}"] for name in ("error", "psnr", "ssim")] for kind, ending in kinds.items()},
    )


def _transfer(found: Mapping[str, Any]) -> Iterator[Table]:
    judged = list(found["real"])
    rows = {kind: found[kind] for kind in ("chance", "real", "reconstructed")}
    rows |= {f"{name} swapped": row for name, row in found["swapped"].items()}
    yield Table(
        title="transfer: what the judge reads right",
        columns=judged,
        rows={name: [row[column] for column in judged] for name, row in rows.items()},
    )


def _leakage(found: Mapping[str, Any]) -> Iterator[Table]:
    names = list(dict.fromkeys(name for of_code in found.values() for name in of_code))
    if not names:
        return
    first = {name: next(of_code[name] for of_code in found.values() if name in of_code) for name in names}

    rows: dict[str, Sequence[Cell]] = {"chance": [first[name]["chance"] for name in names]}
    halves = [name for name in names if first[name]["read_on"] == "halves"]
    note = f"{' and '.join(halves)}: by probes of one half of the test images, on the other" if halves else ""
    yield Table(
        title="leakage: what a linear probe and an MLP read from each code",
        columns=names,
        rows=rows
        | {
            f"code of {code}": [(of_code[name]["linear"], of_code[name]["mlp"]) for name in names]
            for code, of_code in found.items()
        },
        note=note,
    )


def _posterior(found: Mapping[str, Any]) -> Iterator[Table]:
    names = list(next(iter(found.values())))
    rows = {f"code of {code}": [of_code[name]["entropy"] for name in names] for code, of_code in found.items()}
    rows["uniform"] = [next(iter(found.values()))[name]["maximum"] for name in names]
    yield Table(title="entropy of the model's own classifiers, in nats", columns=names, rows=rows)


def _truth(found: Mapping[str, Any]) -> Iterator[Table]:
    rows: dict[str, Sequence[Cell]] = {}
    for name, of_name in found.items():
        for label, of in ((f"{name} swapped", of_name), (f"{name}: truth reconstructed", of_name["reconstructed"])):
            errors = [of["changed"]["ratio"], of["all"]["ratio"], of["kept"]["error"]]
            rows[label] = [*errors, of["psnr"], of["ssim"]]
    yield Table(
        title="true answers: error over that of copying the source (0 truth, 1 copying)",
        columns=("to change", "everywhere", "error to keep", "PSNR in dB", "SSIM"),
        rows=rows,
    )


def _intensity(found: Mapping[str, Any]) -> Iterator[Table]:
    classes = list(found["real"])
    rows = {kind: [*(found[kind].get(c) for c in classes), found[f"{kind}_mean"]] for kind in ("real", "swapped")}
    yield Table(
        title="intensity of the expression: rank correlation within class", columns=(*classes, "mean"), rows=rows
    )


def _frechet(found: Mapping[str, Any]) -> Iterator[Table]:
    rows = {
        kind: [found[kind]["frechet"], _thousandfold(found[kind]["kernel"])] for kind in ("reconstructed", "swapped")
    }
    warning = f"\nwarning: {found['warning']}" if found["warning"] else ""
    yield Table(
        title=f"distance to {found['images']} real test images, features of {found['extractor']}",
        columns=("Frechet", "kernel x 1000"),
        rows=rows,
        note=f"extractor's SHA-256 {found['sha256'][:16]}, {found['features']} features{warning}",
    )


def _thousandfold(value: float | None) -> float | None:
    return None if value is None else 1000 * value


def _identity(found: Mapping[str, Any]) -> Iterator[Table]:
    rows = {
        "real images of one person": "same",
        "real images of two people": "others",
        "reconstructed, to the source": "reconstructed",
        "other attribute swapped, to the source": "kept",
        "identity swapped, to the exemplar": "taken",
    }
    yield Table(
        title=f"identity: cosine distance, features of {found['extractor']}",
        columns=("distance",),
        rows={label: [found[name]] for label, name in rows.items()},
    )


def _hopkins(found: Mapping[str, Any]) -> Iterator[Table]:
    yield Table(
        title="Hopkins statistic within each class of a code's own attribute (0.5: like the null model)",
        columns=(*(column for null in NULLS for column in (null, "sd")), "classes"),
        rows={
            f"code of {name}": [
                *(of[null][part] for null in NULLS for part in ("mean", "sd")),
                str(of["clusters"]),
            ]
            for name, of in found.items()
        },
    )


def _disentanglement(found: Mapping[str, Any]) -> Iterator[Table]:
    names = ("disentanglement", "completeness", "informativeness", "mig", "sap")
    yield Table(
        title="DCI, MIG and SAP, each code as one number", columns=names, rows={"codes": [found[n] for n in names]}
    )


MAKERS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Table]]] = {
    "reconstruction": _reconstruction,
    "transfer": _transfer,
    "leakage": _leakage,
    "posterior": _posterior,
    "truth": _truth,
    "intensity": _intensity,
    "frechet": _frechet,
    "identity": _identity,
    "hopkins": _hopkins,
    "disentanglement": _disentanglement,
}
