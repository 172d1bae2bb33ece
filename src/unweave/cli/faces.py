"""`unweave faces`."""

# No `from __future__ import annotations` here: the command line reads the types at run time.
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from unweave.errors import UnweaveError, did_you_mean

app = App(name="faces", help="Render faces whose identity, expression, light, gaze and pose are known.")

Names = Annotated[tuple[str, ...], Parameter(show_default=" ".join, consume_multiple=True)]


@app.command
def render(
    out: Path,
    /,
    *,
    people: int = 120,
    size: int = 64,
    lights: Names = ("5",),
    expressions: Names = ("neutral", "smile", "surprise", "squint", "disgust", "scream"),
    gazes: Names = ("front",),
    colours: Names = ("neutral",),
    samples: int = 2,
    least_intensity: float = 50,
    pose: float = 4,
    keep_styling: bool = False,
    background: int | None = None,
    glasses: Annotated[bool | None, Parameter(negative="--no-glasses")] = None,
    facial_hair: Annotated[bool | None, Parameter(negative="--no-facial-hair")] = None,
    unseen: Literal["people", "combinations"] = "people",
    test_people: int | None = None,
    first: int = 0,
    workers: int | None = None,
    zip_: Annotated[bool, Parameter(name="--zip")] = False,
) -> None:
    """Render a database of faces: train/ and test/ with all factors in metadata.csv, and a README.md.

    Each person sits SAMPLES times. A sitting has one pose, one hairdo with clothes, and every expression once, with
    every gaze, in every light and every colour: at the defaults 2 x 6 x 1 x 5 x 1 = 60 pictures of each person.
    Pictures of a sitting fit pixel by pixel. The same settings make the same files. Stopped at any moment, the same
    command goes on.

    Parameters
    ----------
    out
        The folder to write: a new one, or one that the same settings began.
    people
        Number of people, those for testing included.
    size
        Side of the pictures in pixels.
    lights
        How many lights, or their names: room, far-left, left, half-left, front, half-right, right, far-right, top,
        below. 5 are room, left, front, right and top.
    expressions
        Names among neutral, smile, surprise, squint, disgust, scream, angry, sad, afraid, contempt.
    gazes
        Names among left, front, right: directions in the picture.
    colours
        Of the finished picture: names among neutral, warm, cool, grey.
    samples
        Sittings of each person. In the first one expressions are at full strength, hairdo and clothes are the
        person's own; others have a pose, a hairdo, strengths and natural variations of their own.
    least_intensity
        Strength in percent from which expressions start after the first sitting.
    pose
        Most degrees that a head is turned, up to 15; it nods at most half as far and tilts a third. 0: all straight.
    keep_styling
        Hairdo and clothes are the person's own in all sittings.
    background
        Number of one background for everybody, 0 to 7; if not given, each person's own.
    glasses
        Everybody with glasses, or without; if not given, each person as usual.
    facial_hair
        All men with, or without; if not given, each man as usual.
    unseen
        What only test images have: people, or combinations: of each person one expression, while training images show
        that person's others.
    test_people
        How many people, the first ones, are for testing; 20, or a sixth of the people if these are fewer than 120.
    first
        Number of the first person. There is no end to them.
    workers
        Processes that render; as many as there are processors. The files do not depend on it.
    zip_
        Pack the folder into OUT.zip as well.
    """
    import os

    from unweave.faces.database import Database
    from unweave.faces.writing import pack, write
    from unweave.files import check_file

    database = Database(
        people=people,
        first=first,
        samples=samples,
        expressions=expressions,
        least_intensity=_share(least_intensity),
        lights=_lights(lights),
        gazes=gazes,
        colours=colours,
        pose=float(pose),
        keep_styling=keep_styling,
        background=background,
        glasses=glasses,
        facial_hair=facial_hair,
        unseen=unseen,
        test_people=test_people,
    )
    named = out if out.name not in ("", "..") else out.resolve()  # "." has no name to add to
    packed = named.with_name(f"{named.name}.zip")
    if zip_:
        check_file(packed)
    missing = write(database, out, size=size, workers=(os.cpu_count() or 1) if workers is None else workers)
    print(f"{out}: {len(database)} images of {people} people" + (f", {missing} of them new" if missing else ""))
    if zip_:
        pack(database, out, packed)
        print(f"{packed}: {packed.stat().st_size / 1e6:.1f} MB")


@app.command
def sheet(
    out: Path,
    /,
    *,
    only: Annotated[tuple[str, ...], Parameter(show_default=False, consume_multiple=True)] = (),
    first: int = 0,
    size: int = 128,
) -> None:
    """Draw contact sheets: people, expressions, intensity, variations, lights, gaze, colours, pose, belongings.

    Parameters
    ----------
    out
        A picture to write, with the sheets one below another (.png, .webp, .jpg), or a new folder, with a .png each.
    only
        Names of the sheets to draw; all if none is given.
    first
        Number of the first person.
    size
        Side of each face in pixels.
    """
    from unweave.cli.arguments import check_out
    from unweave.draw import LARGEST_WEBP, save, stacked
    from unweave.faces.factors import check_size, check_whole
    from unweave.faces.sheets import SHEETS, draw_sheet, stacked_size

    for name in only:
        if name not in SHEETS:
            guess = did_you_mean(name, SHEETS)
            raise UnweaveError(f"--only is '{name}', expected {', '.join(SHEETS)}" + (f"; {guess}" if guess else ""))
    check_whole("--first", first, 0)
    check_size(size)
    folder = not out.suffix
    check_out(out, folder)

    sheets = {name: SHEETS[name](first) for name in only or SHEETS}
    if out.suffix.lower() == ".webp":
        width, height = stacked_size(list(sheets.values()), size)
        if max(width, height) > LARGEST_WEBP:
            raise UnweaveError(
                f"{out}: would be {width} x {height} pixels, but a .webp has at most {LARGEST_WEBP} a side; "
                "give a smaller --size, or write a .png"
            )

    import sys

    from tqdm import tqdm

    total = sum(map(len, sheets.values()))
    with tqdm(total=total, desc="rendering", unit=" images", leave=False, disable=not sys.stderr.isatty()) as bar:
        pictures = {name: draw_sheet(each, size=size, done=bar.update) for name, each in sheets.items()}
    if folder:
        for name, picture in pictures.items():
            save(picture, out / f"{name}.png")
            print(out / f"{name}.png")
    else:
        save(stacked(list(pictures.values())), out)
        print(out)


def _share(percent: float) -> float:
    if not 0 <= percent <= 100:
        raise UnweaveError(f"--least-intensity is {percent:g}, expected from 0 to 100 percent")
    return percent / 100


def _lights(values: tuple[str, ...]) -> tuple[str, ...]:
    """The lights that a number or names stand for."""
    from unweave.faces.database import first_lights

    return first_lights(int(values[0])) if len(values) == 1 and values[0].isdecimal() else values
