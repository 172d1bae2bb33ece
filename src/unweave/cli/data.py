"""`unweave data`."""

# No `from __future__ import annotations` here: the command line reads the types at run time.
from pathlib import Path

from cyclopts import App

from unweave.errors import UnweaveError, one_line

app = App(name="data", help="Check, prepare, split, join, pack and convert labelled images.")
for _command, _help in {  # as in their docstrings, which are read when they are asked for
    "split": "Keep a share of the people, or of the images, for testing.",
    "join": "Make one data set of several, whose labels need not be the same.",
    "export": "Write labelled images as Hugging Face's imagefolder.",
    "import": "Write a data set of Hugging Face's as a folder of labelled images.",
}.items():
    app.command(f"unweave.cli.rearrange:{_command}_", name=_command, help=_help)
app.command("unweave.cli.prepare:app", name="prepare", help="Make labelled images of one of the paper's databases.")


@app.command
def check(
    data: str,
    /,
    *,
    attributes: tuple[str, ...] = (),
    pattern: str | None = None,
    size: int = 64,
    batch: int = 16,
    crop: str = "center",
    sheet: Path | None = None,
) -> None:
    """Tell what a data set holds and list all that is wrong with it, one line each.

    Leaves with 2 if there are errors; warnings do not keep the data from being used.

    Parameters
    ----------
    data
        A folder or .zip of labelled images, or faces64 for the bundled ones.
    attributes
        Columns to model; all of them if none is named.
    pattern
        File-name pattern such as {identity}-{expression}, where labels stand in the names.
    size
        Side of the images that one means to train with, in pixels: a multiple of 4 from 32 up.
    batch
        Images a batch that one means to train with.
    crop
        Crop that one means to train with: center or WIDTHxHEIGHT+LEFT+TOP in pixels.
    sheet
        A picture to write if there are no errors (.png, .webp, .jpg): some training images of each class, or of 16 of
        an attribute's classes where there are more, as they are cut.
    """
    from unweave.cli.arguments import check_out
    from unweave.data.check import check as look

    if sheet is not None:
        check_out(sheet, folder=False, data=data)
    report = look(data, attributes=attributes or None, pattern=pattern, size=size, batch=batch, crop=crop)
    for line in [*report.summary, *(f"{finding.level}: {finding.line}" for finding in report.findings)]:
        print(one_line(line))
    errors = sum(finding.level == "error" for finding in report.findings)
    if errors:
        raise UnweaveError(f"{data}: errors found: {errors}")
    print(f"no errors; warnings: {len(report.findings)}")
    if sheet is not None:
        from unweave.data.sheet import sample_sheet, sheet_line
        from unweave.data.table import read_table
        from unweave.draw import save

        table = read_table(data, attributes=attributes or None, pattern=pattern)
        save(sample_sheet(table, size=size, crop=crop), sheet)
        print(sheet_line(sheet, table))


@app.command
def unpack(data: str, folder: Path, /) -> None:
    """Unpack a .zip of images, such as the bundled one, into a new folder.

    Parameters
    ----------
    data
        faces64 for the bundled images, or a .zip.
    folder
        The folder to write; it must not exist yet, or be empty.
    """
    from unweave.data.store import unpack as write

    print(f"{folder}: {write(data, folder)} files")


@app.command
def pack(folder: str, zip_: Path, /) -> None:
    """Pack a folder of images into a .zip, which every command reads in place of the folder.

    Parameters
    ----------
    folder
        A folder of images.
    zip_
        The .zip to write; the same files make the same bytes.
    """
    from unweave.data.rearrange import pack as write

    files = write(folder, zip_)
    print(f"{zip_}: {files} files, {zip_.stat().st_size / 1e6:.1f} MB")
