"""What was done by hand in the studio, as the command line and the lines of Python that do the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from shlex import quote
from textwrap import indent
from typing import NamedTuple

from unweave.data.table import natural
from unweave.studio.desk import Donor
from unweave.studio.picked import Picked

WIDTH = 96
"""Letters of a line on the page; what is longer goes on several, so that no name is broken."""
HOMES = {"animation": "unweave.draw", "grid": "unweave.draw", "pictures": "unweave.images"}
"""What lines of Python import, and where it is."""


class Spelled(NamedTuple):
    """Both of them, as text of one or more lines."""

    command: str
    python: str


def transfer(model: str, base: Picked, donors: Mapping[str, Donor], strengths: Mapping[str, float]) -> Spelled:
    """Of exemplars, of classes, or of both, which only Python can do at once."""
    exemplars = {name: donor for name, donor in donors.items() if isinstance(donor, Picked)}
    classes = {name: donor for name, donor in donors.items() if isinstance(donor, str)}
    told = {name: strengths[name] for name in donors if strengths[name] != 1}
    flags = [f"--strength {quote(f'{name}={strength:g}')}" for name, strength in told.items()]
    extra = [f"strength={_numbers(told)}"] if told else []
    if exemplars and classes:
        steps = [f"codes = model.encode({base.path!r})"]
        for name, donor in donors.items():
            code = f"mean_code({name!r}, {donor!r})" if isinstance(donor, str) else f"encode({donor.path!r})"
            steps.append(f"codes = codes.swap(model.{code}, {_numbers({name: strengths[name]})})")
        return Spelled(
            "# exemplars and classes at once are for Python",
            _python(model, *steps, 'pictures(model.decode(codes))[0].save("out.png")', also=["pictures"]),
        )
    if classes:
        given = [f"--class {quote(f'{name}={label}')}" for name, label in classes.items()]
        made = _call("model.synthesize", repr(base.path), _written(classes), *extra)
        return Spelled(_command([base], "synthesize", model, base, *given, *flags), _saved(model, made))
    paths = {name: picked.path for name, picked in exemplars.items()}
    made = _saved(model, _call("model.transfer", repr(base.path), _written(paths), *extra))
    if not exemplars:
        return Spelled("# nothing is taken yet: this is the reconstruction of the base", made)
    given = [f"--from {quote(f'{name}={path}')}" for name, path in paths.items()]
    return Spelled(_command([base, *exemplars.values()], "transfer", model, base, *given, *flags), made)


def matrix(
    model: str, attribute: str, sources: Sequence[Picked], exemplars: Sequence[Picked], strength: float
) -> Spelled:
    """Of two folders that are filled first."""
    folders = {"sources": [each.path for each in sources], "exemplars": [each.path for each in exemplars]}
    filled = [line for name, paths in folders.items() for line in _filled(name, paths)]
    flags = [f"--from {quote(f'{attribute}=exemplars')}", *([] if strength == 1 else [f"--strength {strength:g}"])]
    command = _folded(f"unweave transfer {quote(model)} sources", *flags, "-o matrix")
    extra = "" if strength == 1 else f", strength={strength:g}"
    made = f"model.transfer(source, {{{attribute!r}: exemplars}}{extra})"
    return Spelled(
        "\n".join([*_unpacked([*sources, *exemplars]), "mkdir sources exemplars", *filled, command]),
        _python(
            model,
            *(f"{name} = {_written(paths)}" for name, paths in folders.items()),
            f"rows = [{made} for source in sources]",
            "left, top = pictures(model.read(sources)), pictures(model.read(exemplars))",
            'grid(rows, row_headers=left, column_headers=top).save("matrix.png")',
            also=["grid", "pictures"],
        ),
    )


def interpolate(model: str, base: Picked, attribute: str, start: Picked, end: Picked, steps: int) -> Spelled:
    """Of a strip and a loop."""
    flags = [f"--of {quote(attribute)}", f"--steps {steps}", "--animation loop.webp"]
    command = _command([base, start, end], "interpolate", model, base, start, end, *flags, out="strip.png")
    ends = [base.path, attribute, start.path, end.path]
    return Spelled(
        command,
        _python(
            model,
            f"passage = {_written(ends)}",
            f'model.strip(*passage, steps={steps}).save("strip.png")',
            f'animation(model.interpolate(*passage, steps={steps}), "loop.webp")',
            also=["animation"],
        ),
    )


def mix(model: str, base: Picked, attribute: str, parts: Sequence[tuple[Picked, float]]) -> Spelled:
    """Of a weighted mean."""
    given = [quote(f"{picked.path}={share:g}") for picked, share in parts]
    images, weights = [picked.path for picked, _ in parts], [share for _, share in parts]
    made = _call("model.mix", repr(base.path), repr(attribute), _written(images), _written(weights))
    everything = [base, *(picked for picked, _ in parts)]
    return Spelled(_command(everything, "mix", model, base, *given, f"--of {quote(attribute)}"), _saved(model, made))


def _command(images: Iterable[Picked], name: str, model: str, *words: Picked | str, out: str = "out.png") -> str:
    """The command, after what unpacks its images; words are taken as they are."""
    spelled = [quote(word.path) if isinstance(word, Picked) else word for word in words]
    return "\n".join([*_unpacked(images), _folded(f"unweave {name} {quote(model)}", *spelled, f"-o {out}")])


def _unpacked(images: Iterable[Picked]) -> list[str]:
    return list(dict.fromkeys(each.unpacked_by for each in images if each.unpacked_by))


def _filled(folder: str, paths: Sequence[str]) -> list[str]:
    """What copies files into a folder, under numbers where their names would not keep them apart and in order."""
    names = [PurePosixPath(path).name for path in paths]
    if len(set(names)) == len(names) and names == sorted(names, key=natural):
        return [_folded("cp", *map(quote, paths), folder)]
    return [f"cp {quote(path)} {quote(f'{folder}/{k}-{names[k]}')}" for k, path in enumerate(paths)]


def _folded(*parts: str) -> str:
    """A command, with a line for each of its parts where one is too short for all."""
    line = " ".join(parts)
    return line if len(line) <= WIDTH else " \\\n  ".join(parts)


def _call(function: str, *arguments: str) -> str:
    return _enclosed(f"{function}(", arguments, ")")


def _written(values: Mapping[str, str] | Sequence[str | float]) -> str:
    """A dict or a list."""
    if isinstance(values, Mapping):
        return _enclosed("{", [f"{name!r}: {value!r}" for name, value in values.items()], "}")
    return _enclosed("[", [repr(value) for value in values], "]")


def _enclosed(opening: str, items: Sequence[str], closing: str) -> str:
    """Python's items between brackets, with a line for each where one is too short for all."""
    line = f"{opening}{', '.join(items)}{closing}"
    if len(line) <= WIDTH and "\n" not in line:
        return line
    return "\n".join([opening, *(indent(f"{item},", "    ") for item in items), closing])


def _saved(model: str, made: str) -> str:
    return _python(model, f"picture = {made}", 'picture.save("out.png")')


def _python(model: str, *lines: str, also: Sequence[str] = ()) -> str:
    imported = [f"from {HOMES[name]} import {name}" for name in also]
    return "\n".join(["import unweave", *imported, "", f"model = unweave.load({model!r})", *lines])


def _numbers(strengths: Mapping[str, float]) -> str:
    return "{" + ", ".join(f"{name!r}: {strength:g}" for name, strength in strengths.items()) + "}"
