"""`unweave reproduce`: the paper's figures and tables, each on any labelled images."""

# No `from __future__ import annotations` here: the command line reads the types at run time.
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from unweave.cli.arguments import check_out
from unweave.errors import UnweaveError

app = App(name="reproduce", help="Repeat one of the paper's experiments: numbers, tables and pictures.")
Columns = Annotated[tuple[str, ...], Parameter(show_default=False, consume_multiple=True)]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Common:
    """What all experiments are given."""

    out: Annotated[Path, Parameter(alias="-o")]
    """The new folder: result.json and pictures."""
    data: str = "faces64"
    """A folder or .zip with train and test images, or faces64 for the bundled ones."""
    pattern: str | None = None
    """File-name pattern of the data, where labels stand in the names."""
    attribute: str | None = None
    """The attribute that is looked at; otherwise expression, or the first whose test classes are those of training."""
    seeds: int = 1
    """How many seeds; numbers are then means with standard deviations, pictures are of the first."""
    seed: int = 0
    """The first seed."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Trainings:
    """Of models that are trained here."""

    preset: str = "quick"
    """Settings of the trainings here: quick, faces64 or paper."""
    steps: int | None = None
    """Their length, instead of the preset's."""
    attributes: Columns = ()
    """Columns that they model; without it as in `unweave train`."""


@app.command
def embeddings(*, epochs: int = 40, dimensions: int = 16, attributes: Columns = (), common: Common) -> None:
    """Fig. 4, Table III: shallow encoders with and without the disentanglement loss.

    Parameters
    ----------
    epochs
        Passes over the training images.
    dimensions
        Those of a code.
    attributes
        Columns that they learn; without it as in `unweave train`.
    """
    check(common, epochs=epochs, dimensions=dimensions)
    from unweave.experiments.embeddings import measure, small_images

    data = small_images(common.data, attributes=attributes or None, pattern=common.pattern)
    finish(
        common,
        lambda seed, _: measure(data, seed, attribute=common.attribute, epochs=epochs, dimensions=dimensions),
        epochs=epochs,
        dimensions=dimensions,
        attributes=attributes,
    )


@app.command
def entropy(
    *,
    model: Path | None = None,
    without: Path | None = None,
    pairs: int = 640,
    judge_steps: int = 750,
    trainings: Trainings = Trainings(),
    common: Common,
) -> None:
    """Fig. 5, 6: the full model with and without the disentanglement loss.

    Parameters
    ----------
    model
        The run folder of a training with the loss. Without it both models are trained here, into OUT, where the same
        command goes on after it was stopped.
    without
        The run folder of a training without it (--losses.disentangle 0), else alike.
    pairs
        Random pairs of test images that are swapped and judged.
    judge_steps
        Training steps of the judge.
    """
    if (model is None) != (without is None):
        raise UnweaveError("--model and --without go together: the runs with and without the loss (or neither)")
    check(common, trainings, here=model is None, pairs=pairs, judge_steps=judge_steps)
    from unweave.data.table import read_table
    from unweave.experiments.entropy import measure, subjects_of
    from unweave.experiments.training import foretell, trained_in, with_and_without

    def found(runs: dict[str, Path], seed: int) -> Any:
        given = {"pairs": pairs, "judge_steps": judge_steps, "seed": seed, "pattern": common.pattern}
        return measure(subjects_of(runs, common.data, **given), attribute=common.attribute)

    if model is not None and without is not None:
        both = {"with": model, "without": without}
        finish(common, lambda seed, _: found(both, seed), model=str(model), without=str(without))
        return
    table = read_table(common.data, attributes=trainings.attributes or None, pattern=common.pattern)
    plans = {
        seed: with_and_without(trainings.preset, steps=trainings.steps, seed=seed)
        for seed in range(common.seed, common.seed + common.seeds)
    }
    runs = [common.out / f"{name}-{seed}" for seed, plan in plans.items() for name in plan]
    foretell(table, plans[common.seed]["with"], runs)

    def of_seed(seed: int, folder: Path) -> Any:
        each = plans[seed].items()
        return found({name: trained_in(folder / f"{name}-{seed}", table, config) for name, config in each}, seed)

    finish(common, of_seed, here=True, **asdict(trainings))


@app.command
def synthesis(*, model: str = "faces64", neutral: str | None = None, judge_steps: int = 750, common: Common) -> None:
    """Table IV, Fig. 7: neutral test images to every expression.

    Parameters
    ----------
    model
        A run folder, a model file, or faces64 for the bundled model.
    neutral
        The class to begin with, if it is not called neutral.
    judge_steps
        Training steps of the judge.
    """
    check(common, judge_steps=judge_steps)
    from unweave.experiments.synthesis import measure

    options = {"attribute": common.attribute, "neutral": neutral, "judge_steps": judge_steps}
    on_model(model, common, lambda *given: measure(*given, **options))


@app.command
def transfer(
    *,
    model: str | None = None,
    unseen: str | None = None,
    pairs: int = 640,
    judge_steps: int = 750,
    trainings: Trainings = Trainings(),
    common: Common,
) -> None:
    """Fig. 1, 2, 8: single and joint transfers, growing intensity, classes never seen in training.

    Parameters
    ----------
    model
        A run folder, a model file, or faces64 for the bundled model (as without either option).
    unseen
        A class of the attribute: in place of a model one is trained here, into OUT, on images of all other classes; the
        same command goes on after it was stopped. Classes of the data that a model does not know are looked at without
        it.
    pairs
        Random pairs of test images that are swapped and judged.
    judge_steps
        Training steps of the judges.
    """
    if model is not None and unseen is not None:
        raise UnweaveError("--model and --unseen exclude each other: the model without that class is trained here")
    check(common, trainings, here=unseen is not None, pairs=pairs, judge_steps=judge_steps)
    from unweave.data.table import read_table
    from unweave.experiments.training import foretell, settings_of, trained_in, without_class
    from unweave.experiments.transfer import measure
    from unweave.model import load
    from unweave.report import look

    def found(source: str | Path, seed: int) -> Any:
        given = {"pairs": pairs, "judge_steps": judge_steps, "seed": seed, "pattern": common.pattern}
        return measure(look(load(source), common.data, **given), attribute=common.attribute)

    if unseen is None:
        finish(common, lambda seed, _: found(model or "faces64", seed), model=model or "faces64")
        return
    table = read_table(common.data, attributes=trainings.attributes or None, pattern=common.pattern)
    less = without_class(table, common.attribute or "expression", unseen)
    plans = {
        seed: settings_of(trainings.preset, steps=trainings.steps, seed=seed)
        for seed in range(common.seed, common.seed + common.seeds)
    }
    foretell(less, plans[common.seed], [common.out / f"model-{seed}" for seed in plans])

    def of_seed(seed: int, folder: Path) -> Any:
        return found(trained_in(folder / f"model-{seed}", less, plans[seed]), seed)

    finish(common, of_seed, here=True, unseen=unseen, **asdict(trainings))


@app.command
def augmentation(*, model: str = "faces64", few: int = 4, number: int = 1000, steps: int = 400, common: Common) -> None:
    """Recognisers trained on few real images, with and without hybrids.

    Parameters
    ----------
    model
        A run folder, a model file, or faces64 for the bundled model.
    few
        Real images of each class.
    number
        Hybrids, made from those only.
    steps
        Training steps of each recogniser.
    """
    check(common, few=few, number=number, steps=steps)
    from unweave.experiments.augmentation import measure

    on_model(
        model, common, lambda *given: measure(*given, attribute=common.attribute, few=few, number=number, steps=steps)
    )


@app.command
def mixture(*, model: str = "faces64", common: Common) -> None:
    """Fig. 9: three people mixed; --attribute is what is mixed, otherwise the identity.

    Parameters
    ----------
    model
        A run folder, a model file, or faces64 for the bundled model.
    """
    check(common)
    from unweave.experiments.mixture import measure

    on_model(model, common, lambda *given: measure(*given, attribute=common.attribute))


@app.command
def interpolation(*, model: str = "faces64", common: Common) -> None:
    """Fig. 10, 11, 12: from one exemplar of an attribute to another.

    Parameters
    ----------
    model
        A run folder, a model file, or faces64 for the bundled model.
    """
    check(common)
    from unweave.experiments.interpolation import measure

    on_model(model, common, lambda *given: measure(*given, attribute=common.attribute))


def check(common: Common, trainings: Trainings = Trainings(), *, here: bool = False, **counts: int) -> None:
    """Refuse what cannot work before anything is read.

    `here`: there are trainings, and the folder may be there, of the same command.
    """
    for name, value in {"steps": trainings.steps, **counts, "seeds": common.seeds}.items():
        if value is not None and value < 1:
            raise UnweaveError(f"--{name.replace('_', '-')} is {value}, expected at least 1")
    if common.seed < 0:
        raise UnweaveError(f"--seed is {common.seed}, expected at least 0")
    if not here:
        if trainings != Trainings():
            raise UnweaveError("--preset, --steps and --attributes are for models that are trained here, and none is")
        check_out(common.out, folder=True, data=common.data)


def on_model(model: str, common: Common, measure: Callable[..., Any]) -> None:
    """An experiment on a model and labelled images, for every seed."""
    from unweave.evaluate import labelled
    from unweave.model import load

    loaded = load(model)
    assert loaded.generator is not None  # an exported model raises
    data = labelled(loaded.card, common.data, pattern=common.pattern)
    finish(common, lambda seed, _: measure(loaded, data, seed), model=model)


def finish(common: Common, measure: Callable[[int, Path], Any], *, here: bool = False, **told: Any) -> None:
    """Measure every seed, print the tables, write the folder.

    It is written whole or not at all, or where models are trained `here` bit by bit: then the same command goes on.
    `measure`: seed, folder for what it trains -> `Found`. `told`: what else the result has to say.
    """
    from unweave.experiments.found import over_seeds, tables, write
    from unweave.files import replacing
    from unweave.report.pages import as_text

    with gone_on_with(common, told) if here else replacing(common.out) as folder:
        folder.mkdir(exist_ok=here)
        result, pictures = over_seeds(lambda seed: measure(seed, folder), first=common.seed, count=common.seeds)
        write({"data": common.data, **told, **result}, pictures, folder)
    for table in tables(result):
        print(f"{as_text(table)}\n")
    if features := result["about"].get("features"):
        print(f"features of {features['extractor']}, SHA-256 {features['sha256'][:16]}")
        if warning := features.get("warning"):
            print(f"warning: {warning}")
    for what, reason in result["left_out"].items():
        print(f"not measured: {what} ({reason})")
    print(f"{common.out}: result.json, {', '.join(pictures)}")


@contextmanager
def gone_on_with(common: Common, told: dict[str, Any]) -> Iterator[Path]:
    """The folder itself, new or begun by the same command: what was trained in it stays."""
    from unweave.begun import filling

    settings = {"data": common.data, "pattern": common.pattern, "attribute": common.attribute, **told}
    with filling(common.out, settings):
        try:
            yield common.out
        except (KeyboardInterrupt, SystemExit):
            print("unweave: stopped; the same command goes on", file=sys.stderr)
            raise
