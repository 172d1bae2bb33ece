"""`unweave transfer`, `mix`, `interpolate`, `synthesize` and `info`: a trained model at work on files."""

# No `from __future__ import annotations` here: the command line reads the types at run time.
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from unweave.cli.arguments import assignments, check_out, file_names, image_files, weighted
from unweave.cli.arguments import strength as strength_of
from unweave.errors import UnweaveError, one_line
from unweave.files import expanded

Out = Annotated[Path, Parameter(alias="-o")]
Strength = Annotated[tuple[str, ...], Parameter(consume_multiple=False, show_default=False)]


def transfer(
    model: str,
    source: Path,
    /,
    *,
    from_: Annotated[list[str], Parameter(name="--from", consume_multiple=False)],
    strength: Strength = (),
    out: Out,
) -> None:
    """Take attributes from exemplars and put them on the source.

    Parameters
    ----------
    model
        A run folder, a model file, an exported folder, faces64 for the bundled model, or OWNER/NAME on the Hugging Face
        Hub.
    source
        An image or a folder of images.
    from_
        ATTRIBUTE=IMAGE: what to take, and from which image (or folder of images); once for each attribute.
    strength
        How far to go: 0 is the source, 1 the exemplar, beyond it is exaggerated. A number for all attributes, or
        ATTRIBUTE=NUMBER, once for each.
    out
        The picture to write (.png, .webp, .jpg). With a folder as the source, or as one of the exemplars, the new
        folder: a picture for each pair, and grid.png, whose rows are the sources and whose columns are the exemplars.
    """
    chosen = {
        name: expanded(path)  # shells leave a ~ behind an equals sign as it is
        for name, path in assignments(from_, "--from", "ATTRIBUTE=IMAGE, such as expression=smile.png").items()
    }
    strengths = strength_of(strength)
    folders = [name for name, path in chosen.items() if path.is_dir()]
    if len(folders) > 1:
        raise UnweaveError(
            f"--from has folders for {' and '.join(folders)}, expected a folder for one attribute at most"
        )
    many = source.is_dir() or bool(folders)
    check_out(out, many)
    sources, exemplars = image_files(source), {name: image_files(path) for name, path in chosen.items()}

    from unweave.cli.outputs import MOST_COLUMNS, Change, read_all, write_many, write_one
    from unweave.images import pictures
    from unweave.model import exchange, load

    loaded = load(model)
    by_name = loaded.strengths(tuple(exemplars), strengths)
    fixed = {name: loaded.encode(read_all(loaded, files)) for name, files in exemplars.items() if name not in folders}

    def changes(columns: slice) -> list[Change]:
        if not folders:
            return [lambda own: exchange(own, fixed, by_name)]
        codes = loaded.encode(read_all(loaded, exemplars[folders[0]][columns]))
        donors = [{**fixed, folders[0]: codes.at([k])} for k in range(codes.batch)]
        return [lambda own, some=some: exchange(own, some, by_name) for some in donors]

    if not many:
        write_one(loaded, source, changes(slice(1))[0], out)
        return
    varied = exemplars[next(iter(folders or exemplars))]
    labels, headers = file_names(varied), pictures(loaded.read(varied[:MOST_COLUMNS]))
    if not folders and len(exemplars) > 1:  # no one exemplar stands for the column
        labels, headers = ["+".join(path.stem for path in chosen.values())], []
    write_many(loaded, sources, labels, changes, headers, out)


def mix(model: str, source: Path, /, *images: str, of: str, out: Out) -> None:
    """Mix an attribute of several images and put it on the source.

    Parameters
    ----------
    model
        A run folder, a model file, an exported folder, faces64 for the bundled model, or OWNER/NAME on the Hugging Face
        Hub.
    source
        The image that keeps everything else, or a folder of images: then OUT is a new folder, with grid.png.
    images
        The images to mix, each with its weight: a.png=0.5 b.png=0.3 c.png=0.2. Weights are above 0 and sum to 1;
        without any, all count alike. What is mixed are their codes.
    of
        The attribute.
    out
        The picture to write (.png, .webp, .jpg), or the folder.
    """
    files, weights = weighted(images)
    if not files:
        raise UnweaveError("there are no images to mix, expected some such as a.png=0.5 b.png=0.5")
    check_out(out, source.is_dir())

    from unweave.cli.outputs import read_all, write
    from unweave.model import exchange, load

    loaded = load(model)
    strengths = loaded.strengths((of,))
    mixture = loaded.mixture(read_all(loaded, files), weights)
    write(loaded, source, lambda own: exchange(own, {of: mixture}, strengths), f"mixed-{of}", out)


def interpolate(
    model: str, /, *images: Path, of: str, steps: int = 10, out: Out, animation: Path | None = None
) -> None:
    """Go in steps from one exemplar of an attribute to another.

    Parameters
    ----------
    model
        A run folder, a model file, an exported folder, faces64 for the bundled model, or OWNER/NAME on the Hugging Face
        Hub.
    images
        Two exemplars, before them the image that gives everything else: person.png a.png b.png. Without it the first
        exemplar does.
    of
        The attribute.
    steps
        Number of pictures, both ends included.
    out
        The strip of pictures to write (.png, .webp, .jpg).
    animation
        A loop to write as well, forth and back (.gif, .webp).
    """
    from unweave.draw import MOVING, STILL, check_target, save, strip
    from unweave.draw import animation as animate

    if len(images) not in (2, 3):
        raise UnweaveError(
            f"{len(images)} given, expected two exemplars, or before them the image that gives everything else"
        )
    check_target(out, STILL)
    if animation is not None:
        check_target(animation, MOVING)
        if animation.resolve() == out.resolve():
            raise UnweaveError(f"{out}: is the name of both the strip and the animation, name two files")

    from unweave.cli.outputs import read_all
    from unweave.images import pictures
    from unweave.model import load

    loaded = load(model)
    seen = read_all(loaded, images)
    frames = pictures(loaded.interpolate(seen[0], of, seen[-2], seen[-1], steps))
    start, end = pictures(seen[-2:])
    source = pictures(seen[:1])[0] if len(images) == 3 else None
    save(strip(frames, start, end, source=source), out)
    print(out)
    if animation is not None:
        animate(frames, animation)
        print(animation)


def synthesize(
    model: str,
    source: Path,
    /,
    *,
    class_: Annotated[list[str], Parameter(name="--class", consume_multiple=False)],
    strength: Strength = (),
    out: Out,
) -> None:
    """Give the source the mean of a class, without an exemplar.

    Parameters
    ----------
    model
        A run folder, a model file, an exported folder, faces64 for the bundled model, or OWNER/NAME on the Hugging Face
        Hub.
    source
        An image, or a folder of images: then OUT is a new folder, with grid.png.
    class_
        ATTRIBUTE=CLASS, such as expression=smile; once for each attribute. `unweave info MODEL` lists them.
    strength
        How far to go: 0 is the source, 1 the class, beyond it is exaggerated. A number for all attributes, or
        ATTRIBUTE=NUMBER, once for each.
    out
        The picture to write (.png, .webp, .jpg), or the folder.
    """
    classes = assignments(class_, "--class", "ATTRIBUTE=CLASS, such as expression=smile")
    strengths = strength_of(strength)
    check_out(out, source.is_dir())

    from unweave.cli.outputs import write
    from unweave.model import exchange, load

    loaded = load(model)
    donors = {name: loaded.mean_code(name, label) for name, label in classes.items()}
    by_name = loaded.strengths(tuple(donors), strengths)
    write(loaded, source, lambda own: exchange(own, donors, by_name), "+".join(classes.values()), out)


def info(model: str, /) -> None:
    """Tell what a model knows: attributes, classes, size, training.

    Parameters
    ----------
    model
        A run folder, a model file, an exported folder, faces64 for the bundled model, or OWNER/NAME on the Hugging Face
        Hub.
    """
    from importlib.util import find_spec

    from unweave.model import find_model, load
    from unweave.portable import CARD

    path = find_model(model)  # once, as it may have to be downloaded
    if path.name == CARD or find_spec("torch") is None:
        loaded = load(path)
    else:
        from unweave.baselines.translator import load_any

        loaded = load_any(path)
    card = loaded.card
    colours = "RGB" if card.channels == 3 else "grey"
    rows = {
        "model": card.name or model,
        "method": card.method,
        "images": f"{card.size} x {card.size} pixels, {colours}, crop {card.crop}",
        **{name: f"{len(names)} classes: {', '.join(names)}" for name, names in card.attributes.items()},
        "parameters": f"{loaded.parameters:,} (width {card.width:g}, {card.residual_blocks} residual blocks)",
        "trained": f"{card.step:,} steps",
    }
    if card.reconstruction:
        figures = ", ".join(f"{name} {value:.4f}" for name, value in card.reconstruction.items())
        rows["reconstruction error"] = f"{figures} (mean absolute, on the [-1, 1] scale)"
    width = max(map(len, rows))
    for name, value in rows.items():
        print(one_line(f"{name:{width}}  {value}"))
