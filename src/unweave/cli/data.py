"""`unweave data`."""

# No `from __future__ import annotations` here: the command line reads the types at run time.
from pathlib import Path

from cyclopts import App

from unweave.errors import UnweaveError

app = App(name="data", help="Look for mistakes in labelled images; unpack the bundled ones.")


@app.command
def check(
    data: str,
    /,
    *,
    attributes: tuple[str, ...] = (),
    pattern: str | None = None,
    size: int = 64,
    batch: int = 16,
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
        Side of the images that one means to train with, in pixels.
    batch
        Images a batch that one means to train with.
    """
    from unweave.data.check import check as look

    report = look(data, attributes=attributes or None, pattern=pattern, size=size, batch=batch)
    print("\n".join(report.summary))
    for finding in report.findings:
        print(f"{finding.level}: {finding.line}")
    errors = sum(finding.level == "error" for finding in report.findings)
    if errors:
        raise UnweaveError(f"{data}: errors found: {errors}")
    print(f"no errors; warnings: {len(report.findings)}")


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
