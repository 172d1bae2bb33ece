"""`unweave evaluate`."""

# No `from __future__ import annotations` here: the command line reads the types at run time.
from pathlib import Path

from unweave.errors import UnweaveError


def evaluate(
    model: str,
    data: str = "faces64",
    /,
    *,
    pairs: int = 1024,
    judge_steps: int = 1500,
    seed: int = 0,
    pattern: str | None = None,
    json: Path | None = None,
) -> None:
    """Measure a model on test images, by classifiers trained apart.

    Parameters
    ----------
    model
        A run folder, a model file, or faces64 for the bundled model.
    data
        A folder or .zip with train and test images, labelled as the model's attributes; faces64 for the bundled ones.
    pairs
        Random pairs of a source and an exemplar among the test images.
    judge_steps
        Training steps of the classifiers, which learn from real training images only.
    seed
        Seed of pairs and classifiers.
    pattern
        File-name pattern of the data, where labels stand in the names.
    json
        A file to write the figures to as well.
    """
    from json import dumps

    from unweave.evaluate import evaluate as measure
    from unweave.evaluate import held_out_of, table_of_figures
    from unweave.files import check_file, write_whole
    from unweave.model import load

    if pairs < 1 or judge_steps < 1:
        raise UnweaveError(f"--pairs is {pairs} and --judge-steps is {judge_steps}, expected at least 1 each")
    if json is not None:
        check_file(json)
    loaded = load(model)
    generator = loaded.generator
    held = held_out_of(loaded.card, data, judge_steps=judge_steps, seed=seed, pattern=pattern)
    figures = measure(generator, held, pairs=pairs, seed=seed)
    print(f"{loaded.card.name or model} on {len(held.images)} test images of {data}, {pairs} pairs, seed {seed}")
    print(table_of_figures(figures))
    if (held.labels < 0).all():
        print(f"nothing can be judged: no label of the test images of {data} is a class of the model")
    if json is not None:
        write_whole(json, dumps(figures, indent=1) + "\n")
