"""`unweave evaluate`, `augment` and `encode`: a trained model measured, and put to work on a whole data set."""

# No `from __future__ import annotations` here: the command line reads the types at run time.
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from unweave.cli.arguments import Seed, check_out
from unweave.errors import UnweaveError, one_line


def evaluate(
    model: str,
    data: str = "faces64",
    /,
    *,
    also: Annotated[tuple[str, ...], Parameter(show_default=False, consume_multiple=True)] = (),
    seeds: int = 1,
    pairs: int = 640,
    judge_steps: int = 750,
    seed: Seed = 0,
    pattern: str | None = None,
    inception: Path | None = None,
    json: Path | None = None,
    out: Annotated[Path | None, Parameter(alias="-o")] = None,
) -> None:
    """Measure a model on test images, by judges trained apart.

    Parameters
    ----------
    model
        A run folder, a model file, or faces64 for the bundled model.
    data
        A folder or .zip with train and test images, labelled as the model's attributes; faces64 for the bundled ones.
    also
        Further models to measure alike, such as the same training with other seeds. The report is then of means, with
        standard deviations over models and seeds.
    seeds
        How many seeds, from --seed on; each draws pairs and trains judges of its own.
    pairs
        Random pairs of a source and an exemplar among the test images.
    judge_steps
        Training steps of the classifiers, which learn from real training images only.
    seed
        Seed of pairs, classifiers and probes.
    pattern
        File-name pattern of the data, where labels stand in the names.
    inception
        Weights of Inception-v3 for the Frechet distance, in place of EfficientNet-Lite0.
    json
        A file to write the first table's figures to as well.
    out
        A new folder to write the whole report to: report.json, report.md and pictures.
    """
    from json import dumps

    from unweave.data.store import check_outside
    from unweave.evaluate import figures_of, table_of_figures
    from unweave.files import check_file, expanded, write_whole
    from unweave.model import load
    from unweave.report import looks, report_on
    from unweave.report.pages import as_text, tables, write_report
    from unweave.report.several import averaged, mean_of

    for name, value in (("pairs", pairs), ("judge-steps", judge_steps), ("seeds", seeds)):
        if value < 1:
            raise UnweaveError(f"--{name} is {value}, expected at least 1")
    if json is not None:
        check_file(json)
        check_outside(json, expanded(data))
    if out is not None:
        check_out(out, folder=True, data=data)
    models = [(load(name), run_of(name)) for name in (model, *also)]
    reports, figures, pictures, judged = [], [], {}, True
    for subject in looks(
        models,
        data,
        seeds=range(seed, seed + seeds),
        pairs=pairs,
        judge_steps=judge_steps,
        pattern=pattern,
        weights=inception,
    ):
        figures.append(figures_of(subject.readings, subject.held))
        name, test = subject.model.card.name or model, len(subject.held.images)
        print(one_line(f"{name} on {test} test images of {data}, {pairs} pairs, seed {subject.seed}"))
        print(table_of_figures(figures[-1]))
        if json is not None:
            write_whole(json, dumps(mean_of(figures), indent=1) + "\n")
        found, drawn = report_on(subject)
        reports.append(found)
        pictures = pictures or drawn
        judged = bool((subject.held.labels >= 0).any())
    report = reports[0]
    if len(reports) > 1:
        report = averaged(reports)
        print(f"\nmean ± standard deviation of these {len(reports)}")
        print(table_of_figures(report["figures"], report["sd"]["figures"]))
    for table in tables(report):
        print(f"\n{as_text(table)}")
    if report["left_out"]:
        print()
    for name, reason in report["left_out"].items():
        print(f"not measured: {name} ({reason})")
    if out is not None:
        write_report(report, pictures, out)
        print(f"{out}: report.json, report.md, {', '.join(pictures)}")
    if not judged:
        print(f"nothing can be judged: no label of the test images of {data} is a class of the model")


def run_of(model: str) -> Path | None:
    """The run folder that a model is named by, or whose file it is."""
    from unweave.files import expanded, is_run

    path = expanded(model)
    folder = path.parent if path.is_file() else path
    return folder if is_run(folder) else None


def augment(model: str, data: str, out: Path, /, *, number: int, seed: Seed = 0, pattern: str | None = None) -> None:
    """Write hybrids of training images, with their labels.

    Parameters
    ----------
    model
        A run folder, a model file, or faces64 for the bundled model.
    data
        A folder or .zip of labelled images, or faces64 for the bundled ones; its training images are used.
    out
        The new folder: train/ with metadata.csv, and donors.csv, which says where each code came from.
    number
        How many hybrids; each takes every attribute from a training image of its own.
    seed
        The same seed gives the same hybrids.
    pattern
        File-name pattern of the data, where labels stand in the names.
    """
    if number < 1:
        raise UnweaveError(f"--number is {number}, expected at least 1")
    check_out(out, folder=True)

    from unweave.hybrids import write_hybrids
    from unweave.model import load

    write_hybrids(load(model), data, out, number=number, seed=seed, pattern=pattern)
    print(f"{out}: {number} hybrids")


def encode(model: str, data: str, out: Path, /, *, half: bool = False, pattern: str | None = None) -> None:
    """Write the codes of all images of a data set to one file.

    Parameters
    ----------
    model
        A run folder, a model file, or faces64 for the bundled model.
    data
        A folder or .zip of labelled images, or faces64 for the bundled ones.
    out
        The .npz to write, for numpy.load: codes/NAME, labels/COLUMN, file_name and split.
    half
        Codes in half precision.
    pattern
        File-name pattern of the data, where labels stand in the names.
    """
    from unweave.files import check_file

    if out.suffix.lower() != ".npz":
        raise UnweaveError(f"{out}: its ending says no format that can be written, expected .npz")
    check_file(out)

    from unweave.code_file import write_codes
    from unweave.model import load

    print(f"{out}: codes of {write_codes(load(model), data, out, half=half, pattern=pattern)} images")
