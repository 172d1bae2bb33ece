"""`unweave data split`, `join`, `export` and `import`: data sets made of data sets."""

# No `from __future__ import annotations` here: the command line reads the types at run time.
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from unweave.cli.arguments import Seed
from unweave.errors import one_line

Out = Annotated[Path, Parameter(alias="-o")]


def split_(
    data: str,
    out: Path,
    /,
    *,
    by: str | None = None,
    share: float = 0.1,
    seed: Seed = 0,
    pattern: str | None = None,
) -> None:
    """Keep a share of the people, or of the images, for testing.

    Writes a copy with train/ and test/ and a metadata.csv in each. The same seed makes the same split.

    Parameters
    ----------
    data
        A folder or .zip of labelled images; the splits it has are given up.
    out
        The folder to write; it must not exist yet, or be empty.
    by
        Column, such as identity, whose values are kept apart: all images of one are for training, or all for testing.
        Without it the images themselves are drawn.
    share
        Share of the values, or of the images, that is for testing.
    seed
        Seed of the draw.
    pattern
        File-name pattern such as {identity}-{expression}, where labels stand in the names.
    """
    from unweave.data.rearrange import split

    _tell(out, split(data, out, by=by, share=float(share), seed=seed, pattern=pattern))


def join_(*data: str, out: Out, pattern: str | None = None) -> None:
    """Make one data set of several, whose labels need not be the same.

    What a set says nothing about is a missing label. Columns of one name become one; a line says where a set shares no
    label in it with another. Folders of classes in several sets become a column for each, called as the set, where none
    has a class of another. So join before you split: what split and export write of them has a column called class.
    Each image stays in its split.

    Parameters
    ----------
    data
        Folders or .zip files of labelled images.
    out
        The folder to write; it must not exist yet, or be empty.
    pattern
        File-name pattern such as {identity}-{expression}, where labels stand in the names of all sets. Sets of several
        patterns are first exported, each with its own.
    """
    from unweave.data.rearrange import join

    _tell(out, *join(data, out, pattern=pattern))


def export_(data: str, out: Path, /, *, pattern: str | None = None) -> None:
    """Write labelled images as Hugging Face's imagefolder.

    datasets.load_dataset("imagefolder", data_dir=OUT) reads it, and so does this program.

    Parameters
    ----------
    data
        A folder or .zip of labelled images, in any layout.
    out
        The folder to write; it must not exist yet, or be empty.
    pattern
        File-name pattern such as {identity}-{expression}, where labels stand in the names.
    """
    from unweave.data.rearrange import export

    _tell(out, export(data, out, pattern=pattern))


def import_(data: str, out: Path, /) -> None:
    """Write a data set of Hugging Face's as a folder of labelled images.

    Needs the datasets package: pip install 'unweave[datasets]'.

    Parameters
    ----------
    data
        hf:owner/name, hf:owner/name/configuration where it has several, or a folder that save_to_disk wrote.
    out
        The folder to write; it must not exist yet, or be empty.
    """
    from unweave.data.hugging_face import import_set

    _tell(out, *import_set(data, out))


def _tell(out: Path, counts: Counter[str], lines: Sequence[str] = ()) -> None:
    names = [split for split in ("train", "validation", "test") if counts[split]]
    print(f"{out}: {', '.join(f'{counts[split]} {split}' for split in names)}")
    for line in lines:
        print(one_line(line))
