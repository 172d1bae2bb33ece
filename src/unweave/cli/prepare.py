"""`unweave data prepare`."""

# No `from __future__ import annotations` here: the command line reads the types at run time.
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from shlex import join
from typing import Any

from cyclopts import App

app = App(name="prepare", help="Make labelled images of one of the paper's databases.")


@app.command
def multipie(
    source: str,
    out: Path,
    /,
    *,
    lights: tuple[str, ...] = (),
    crop: str | None = None,
    size: int = 128,
    sheet: Path | None = None,
) -> None:
    """CMU MultiPIE: the frontal camera; neutral, scream, squint, surprise; one image a person, expression and light.

    The first ten people are for testing. Stopped at any moment, the same command goes on.

    Parameters
    ----------
    source
        The owner's folder, or the pictures sorted as PERSON/051/EXPRESSION/LIGHT/. It is only read.
    out
        The folder to write: train/ and test/ with a metadata.csv each.
    lights
        Numbers of the lights to take; if none is named five, which gives about the paper's number of images.
    crop
        WIDTHxHEIGHT+LEFT+TOP in pixels. If not given, of sorted pictures the 220 x 220 at the top in the middle, as the
        authors; of the owner's 640 x 480 ones 256x256+192+96.
    size
        Side of the images in pixels: a multiple of 4 from 32 up.
    sheet
        A picture to write as well (.png, .webp, .jpg): some images of each class, or of 16 of an attribute's classes
        where there are more, to see what the crop cuts off.
    """
    from unweave.data.databases.multipie import select

    _prepare(partial(select, lights=lights, crop=crop), source, out, size, sheet)


@app.command
def bu3dfe(source: str, out: Path, /, *, no_neutral: bool = False, size: int = 128, sheet: Path | None = None) -> None:
    """BU-3DFE: the frontal 2D textures, six expressions in four intensities and neutral.

    Ten people are for testing, drawn as the authors did. Stopped at any moment, the same command goes on.

    Parameters
    ----------
    source
        The owner's folder, with files such as F0001/F0001_AN01WH_F2D.bmp. It is only read.
    out
        The folder to write: train/ and test/ with a metadata.csv each.
    no_neutral
        Leave neutral faces out: 2,160 + 240 images as in the paper, in place of 2,250 + 250 as in the authors' code.
    size
        Side of the images in pixels: a multiple of 4 from 32 up.
    sheet
        A picture to write as well (.png, .webp, .jpg): some images of each class, or of 16 of an attribute's classes
        where there are more.
    """
    from unweave.data.databases.bu3dfe import select

    _prepare(partial(select, neutral=not no_neutral), source, out, size, sheet)


@app.command
def rafd(source: str, out: Path, /, *, size: int = 128, sheet: Path | None = None) -> None:
    """Radboud Faces Database: the frontal camera; eight expressions and three gazes.

    The people 01 02 03 04 05 07 08 64 are for testing. Stopped at any moment, the same command goes on.

    Parameters
    ----------
    source
        The owner's folder, with files such as Rafd090_01_Caucasian_female_angry_frontal.jpg. It is only read.
    out
        The folder to write: train/ and test/ with a metadata.csv each.
    size
        Side of the images in pixels: a multiple of 4 from 32 up.
    sheet
        A picture to write as well (.png, .webp, .jpg): some images of each class, or of 16 of an attribute's classes
        where there are more.
    """
    from unweave.data.databases.rafd import MIRRORING, select

    _prepare(select, source, out, size, sheet, MIRRORING.split())


def _prepare(
    select: Callable[..., Any], source: str, out: Path, size: int, sheet: Path | None, settings: Sequence[str] = ()
) -> None:
    """Prepare, and say what came out and how it is trained on."""
    from unweave.cli.arguments import check_out
    from unweave.data.databases.preparing import prepare

    if sheet is not None:
        check_out(sheet, folder=False, data=source)
    done = prepare(select, source, out, size=size)
    counts = f"{done.counts['train']} train and {done.counts['test']} test images of {done.people} people"
    print(f"{out}: {counts}, {size} x {size} pixels" + (f"; {done.new} of them new" if done.new else ""))
    for note in done.notes:
        print(note)
    if not done.counts["train"]:  # neither a sheet of them, nor a training
        return
    if sheet is not None:
        from unweave.data.sheet import sample_sheet, sheet_line
        from unweave.data.table import read_table
        from unweave.draw import save

        table = read_table(out, attributes=done.attributes)
        save(sample_sheet(table, size=size, crop="center"), sheet)
        print(sheet_line(sheet, table))
    command = ["unweave", "train", str(out), "--preset", "paper", "--attributes", *done.attributes, *settings]
    command += [] if size == 128 else ["--data.size", str(size)]
    print(f"train on it:  {join([*command, '-o', f'runs/{out.resolve().name}'])}")
