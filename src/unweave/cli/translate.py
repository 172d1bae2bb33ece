"""`unweave translate`: classes put on images, by a model of any method."""

# No `from __future__ import annotations` here: the command line reads the types at run time.
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from unweave.cli.arguments import assignments, check_out, file_names, image_files
from unweave.errors import UnweaveError


def translate(
    model: str,
    /,
    *images: Path,
    class_: Annotated[list[str], Parameter(name="--class", consume_multiple=False)],
    from_class: Annotated[tuple[str, ...], Parameter(consume_multiple=False, show_default=False)] = (),
    strength: float = 1.0,
    steps: int | None = None,
    out: Annotated[Path, Parameter(alias="-o")],
) -> None:
    """Give images a class, by a model of any method (see train --method).

    Parameters
    ----------
    model
        A run folder, a model file, or faces64 for the bundled model.
    images
        Images, or folders of them.
    class_
        ATTRIBUTE=CLASS, such as expression=smile; once for each attribute. `unweave info MODEL` lists them.
    from_class
        ATTRIBUTE=CLASS that the images show now, once for each attribute; otherwise the metadata.csv beside an image
        tells. Models that are told classes need those that shall stay, and with a strength or steps those that change.
    strength
        How far to go: 0 is the image's own class, 1 the other, beyond it is exaggerated.
    steps
        Number of pictures from the own class to the other: OUT is then a strip, a row for each image.
    out
        The picture to write (.png, .webp, .jpg). With several images the new folder, which also gets grid.png.
    """
    classes = assignments(class_, "--class", "ATTRIBUTE=CLASS, such as expression=smile")
    told = assignments(from_class, "--from-class", "ATTRIBUTE=CLASS, such as expression=neutral")
    files = [file for image in images for file in image_files(image)]
    if not files:
        raise UnweaveError("there are no images to translate")
    if steps is not None and steps < 2:
        raise UnweaveError(f"--steps is {steps}, expected at least 2: both ends are included")
    many = steps is None and (len(images) > 1 or any(image.is_dir() for image in images))
    check_out(out, many)

    from PIL.Image import Image

    from unweave.baselines.translator import load_any
    from unweave.cli.outputs import MOST_ROWS
    from unweave.data.beside import labels_beside
    from unweave.draw import grid, save
    from unweave.files import replacing
    from unweave.images import pictures, read
    from unweave.model import BATCH, Model

    loaded = load_any(model)
    known = [{**beside, **told} for beside in labels_beside(files)]

    def translated(some: slice, share: float = 1.0) -> list[Image]:
        if isinstance(loaded, Model):
            return loaded.synthesize(files[some], classes, strength=share * strength)
        return loaded.translate(files[some], classes, known=known[some], strength=share * strength)

    if steps is not None:
        shares = [k / (steps - 1) for k in range(steps)]
        rows = list(zip(*(translated(slice(None), share) for share in shares), strict=True))
        labels = [f"{share * strength:.2f}" for share in shares]
        save(grid(rows, column_labels=labels, row_headers=pictures(read(files, loaded.card))), out)
    elif not many:
        save(translated(slice(1))[0], out)
    else:
        names, shown, rows = file_names(files), "+".join(classes.values()), []
        if len(set(names)) < len(names):
            raise UnweaveError(f"{out}: two images have the same name, rename one of them")
        with replacing(out) as folder:
            folder.mkdir()
            for k in range(0, len(files), BATCH):  # of a large folder only a part is in memory
                results = translated(slice(k, k + BATCH))
                for name, picture in zip(names[k:], results, strict=False):
                    save(picture, folder / f"{name}--{shown.replace('/', '-')}.png")
                if len(rows) < MOST_ROWS:
                    sources = pictures(read(files[k : k + BATCH], loaded.card))
                    rows += list(zip(sources, results, strict=True))[: MOST_ROWS - len(rows)]
            sheet = grid(rows, row_labels=names[:MOST_ROWS], column_labels=["source", shown])
            save(sheet, folder / "grid.png")
    print(out)
