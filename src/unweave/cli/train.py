"""`unweave train`."""

# No `from __future__ import annotations` here: the command line reads the types at run time.
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from unweave.cli.settings import FIRST, Settings, given
from unweave.config import Config, build, preset_path, read_config, recipe
from unweave.errors import UnweaveError

if TYPE_CHECKING:
    AnySettings = Any
else:
    AnySettings = Settings


def train(
    data: str | None = None,
    /,
    *,
    out: Annotated[Path | None, Parameter(alias="-o", group=FIRST)] = None,
    preset: Annotated[str | None, Parameter(group=FIRST)] = None,
    config: Annotated[Path | None, Parameter(group=FIRST)] = None,
    init_from: Annotated[Path | None, Parameter(group=FIRST)] = None,
    resume: Annotated[Path | None, Parameter(group=FIRST)] = None,
    dry_run: Annotated[bool, Parameter(group=FIRST)] = False,
    settings: Annotated[AnySettings, Parameter(name="*")] = Settings(),  # noqa: B008
) -> None:
    """Train a model on labelled images, or go on with a training.

    Parameters
    ----------
    data
        A folder or .zip of labelled images, or faces64 for the bundled ones.
    out
        The run folder to make: settings, metrics, sample grids, models, checkpoints.
    preset
        Settings to begin with: paper, faces64 or quick; without it the paper's, or those published of the --method. A
        file beats them, a flag beats both.
    config
        A YAML file of settings, such as the config.yaml of a run folder.
    init_from
        A run folder, a model file, or faces64 for the bundled model, whose weights to start from.
    resume
        A run folder to go on with; its data and settings are its own.
    dry_run
        Only show the settings, the sizes, and the time and memory to expect.
    """
    changes = given(settings)
    if resume is not None:
        own = [data, out, preset, config, init_from]
        if changes or dry_run or any(argument is not None for argument in own):
            raise UnweaveError("--resume takes data and settings from the run folder; leave all other arguments away")
        from unweave.training import resume as go_on

        with resumable(resume):
            finish(go_on(resume))
        return
    if data is None:
        raise UnweaveError("DATA is missing: a folder or .zip of labelled images, or faces64 (or --resume RUN)")
    resolved = layered(preset, config, changes)
    if dry_run:
        from unweave.processes import first
        from unweave.rehearse import rehearse

        for line in rehearse(data, resolved, out, init_from):
            if first():
                print(line, flush=True)
        return
    if out is None:
        raise UnweaveError("-o is missing: the run folder to make, such as -o runs/first")
    from unweave.training import train as learn

    with resumable(out):
        finish(learn(data, out, config=resolved, init_from=init_from))


def layered(preset: str | None, config: Path | None, changes: dict[str, Any]) -> Config:
    """The settings: `changes` over the file `config` over the preset (if None, over the recipe of the method)."""
    resolved = read_config(preset_path(preset)) if preset else None
    if resolved is None and "method" in changes:
        resolved = recipe(changes["method"])
    if config is not None:
        resolved = read_config(config, resolved)
    return build(changes, resolved)


@contextmanager
def resumable(run: Path) -> Iterator[None]:
    """Where what is inside is asked to stop, say how to go on, if there is a run by then."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        from unweave.files import is_run
        from unweave.processes import first

        if first() and is_run(run):
            print(f"unweave: stopped; go on with: unweave train --resume {run}", file=sys.stderr)
        raise


def finish(run: Path) -> None:
    """Say what came out and how it is used; of several processes the first does."""
    from unweave.processes import first

    if not first():
        return
    print(f"{run}: trained; its model is best.safetensors, how it learned is in samples/ and metrics.jsonl")
    if read_config(run / "config.yaml").method == "unweave":
        print(f"use it:  unweave transfer {run} SOURCE.png --from ATTRIBUTE=EXEMPLAR.png -o out.png")
    else:
        print(f"use it:  unweave translate {run} SOURCE.png --class ATTRIBUTE=CLASS -o out.png")
