"""The README.md of a database: what it holds and how to make it again."""

from __future__ import annotations

from unweave.faces.database import Database, first_lights
from unweave.faces.factors import person_name

TEXT = """---
license: cc0-1.0
pretty_name: Rendered faces with known factors
task_categories:
- image-to-image
- image-classification
tags:
- faces
- synthetic
- disentanglement
size_categories:
- {size_category}
---

# Rendered faces with known factors

{counts} of {people} people, {size} x {size} pixels, lossless WebP. **No person is real**: all are rendered, and every
factor of every picture is known, so that a swap of attributes has a true answer.

| split | images | people |
|---|---|---|
{splits}

{unseen}

## What is in it

`train/` and `test/` hold the pictures, each with their labels in `metadata.csv`. Files are called
`identity_expression_sitting_light_gaze_colour.webp`. Left and right are those of the picture.

| column | values |
|---|---|
| `file_name` | the picture |
| `identity` | {first} to {last} |
| `expression` | {expressions} |
| `intensity` | strength of the expression in percent: 100 in the first sitting, then {least} to 100; neutral is 0 |
| `variation` | number of the natural variation of the expression; the same number is the same variation on any person |
| `light` | {lights} |
| `gaze` | {gazes} |
| `colour` | of the finished picture: {colours} |
| `yaw`, `pitch`, `roll` | of the head, in degrees: at most {yaw:g}, {pitch:g} and {roll:g} either way |
| `background` | number of the background |
| `styling` | number of the hairdo and clothes |
| `glasses`, `facial_hair` | yes or no, the same in all pictures of a person |

Each person has {samples}, before one background. Within a sitting pose, hairdo and clothes stay as they are, so
that all its pictures fit pixel by pixel; strength and variation of an expression are the same in all its lights,
gazes and colours.

## Making it again

```sh
{command}
```

writes the same files again with unweave {version}; on another kind of processor a pixel in a thousand may differ. Any
other combination of the factors can be rendered as well, such as the true answer of a swap between two rows of
`metadata.csv`:

```python
from unweave import faces

answer = faces.truth(faces.from_row(source), expression=faces.from_row(exemplar))
faces.render(answer, size={size}).save("answer.png")
```

## Origin

Rendered from assets of the MakeHuman project that are in the public domain (CC0 1.0); so are these pictures. They are
no photographs: what is learnt from them need not hold for photographs.
"""


def card(database: Database, size: int) -> str:
    """The text of README.md, a pure function of the settings: no date, no place."""
    import unweave

    total = len(database)
    return TEXT.format(
        size_category=_size_category(total),
        counts=_counted(total, "image"),
        people=database.people,
        size=size,
        splits="\n".join(_split_row(database, split) for split in ("train", "test")),
        unseen=_unseen(database),
        first=person_name(database.identities[0]),
        last=person_name(database.identities[-1]),
        expressions=", ".join(database.expressions),
        least=f"{100 * database.least_intensity:g}",
        lights=", ".join(database.lights),
        gazes=", ".join(database.gazes),
        colours=", ".join(database.colours),
        yaw=database.pose,
        pitch=round(database.pose / 2, 1),
        roll=round(database.pose / 3, 1),
        samples=_counted(database.samples, "sitting"),
        command=command(database, size),
        version=unweave.__version__,
    )


def command(database: Database, size: int) -> str:
    """The command that renders the database; what is left at its default is left out, but for the size."""
    plain = Database()
    parts = [f"unweave faces render OUT --size {size} --people {database.people}"]
    for name in ("first", "samples", "unseen"):
        if getattr(database, name) != getattr(plain, name):
            parts.append(f"--{name} {getattr(database, name)}")
    if database.pose != plain.pose:
        parts.append(f"--pose {database.pose:g}")
    if database.test_people is not None:
        parts.append(f"--test-people {database.test_people}")
    if database.least_intensity != plain.least_intensity:
        parts.append(f"--least-intensity {100 * database.least_intensity:g}")
    if database.keep_styling:
        parts.append("--keep-styling")
    if database.background is not None:
        parts.append(f"--background {database.background}")
    for name, option in (("glasses", "glasses"), ("facial_hair", "facial-hair")):
        if getattr(database, name) is not None:
            parts.append(f"--{option}" if getattr(database, name) else f"--no-{option}")
    for name in ("expressions", "gazes", "colours"):
        if getattr(database, name) != getattr(plain, name):
            parts.append(f"--{name} {' '.join(getattr(database, name))}")
    if database.lights != plain.lights:
        few = len(database.lights) if database.lights == first_lights(len(database.lights)) else 0
        parts.append(f"--lights {few or ' '.join(database.lights)}")
    return " ".join(parts)


def _split_row(database: Database, split: str) -> str:
    mine = [entry for entry in database if entry.split == split]
    return f"| {split} | {len(mine)} | {len({entry.factors.identity for entry in mine})} |"


def _unseen(database: Database) -> str:
    if database.unseen == "combinations":
        return (
            "Every person is in both splits, but one expression of each person is only in the test images: what is\n"
            "tested is the unseen combination. Each expression is kept from about as many people as any other."
        )
    return "No person is in both splits."


def _size_category(total: int) -> str:
    for most, name in (
        (10**3, "n<1K"),
        (10**4, "1K<n<10K"),
        (10**5, "10K<n<100K"),
        (10**6, "100K<n<1M"),
        (10**7, "1M<n<10M"),
    ):
        if total < most:
            return name
    return "10M<n<100M"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" + ("s" if number != 1 else "")
