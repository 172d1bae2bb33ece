"""The command line `unweave`: one module a group of commands, each imported when it is asked for."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from io import TextIOWrapper
from typing import NoReturn

from cyclopts import App, CycloptsError, MissingArgumentError, Parameter, UnusedCliTokensError

from unweave import __version__
from unweave.errors import UnweaveError
from unweave.signals import asking_to_end

app = App(
    name="unweave",
    help="Take one attribute from one image and put it on another.",
    version=__version__,
    help_formatter="plain",
    default_parameter=Parameter(consume_multiple=True, negative=()),
)
for _command, _help in {  # as in their docstrings, which are read when they are asked for
    "train:train": "Train a model on labelled images, or go on with a training.",
    "use:transfer": "Take attributes from exemplars and put them on the source.",
    "use:mix": "Mix an attribute of several images and put it on the source.",
    "use:interpolate": "Go in steps from one exemplar of an attribute to another.",
    "use:synthesize": "Give the source the mean of a class, without an exemplar.",
    "studio:studio": "Mix attributes by hand, on a page in the browser.",
    "translate:translate": "Give images a class, by a model of any method (see train --method).",
    "use:info": "Tell what a model knows: attributes, classes, size, training.",
    "evaluate:evaluate": "Measure a model on test images, by judges trained apart.",
    "compare:compare": "Train several methods on the same images and budget, and compare.",
    "evaluate:augment": "Write hybrids of training images, with their labels.",
    "evaluate:encode": "Write the codes of all images of a data set to one file.",
    "export:export": "Write a model as ONNX graphs, which run without torch.",
}.items():
    app.command(f"unweave.cli.{_command}", name=_command.split(":")[1], help=_help)
app.command("unweave.cli.data:app", name="data", help="Check, prepare, split, join, pack and convert labelled images.")
app.command(
    "unweave.cli.reproduce:app",
    name="reproduce",
    help="Repeat one of the paper's experiments: numbers, tables and pictures.",
)
app.command("unweave.cli.faces:app", name="faces", help="Render a database of faces with known factors.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that `arguments` (those of the process if None) spell, and leave with its exit code.

    0: done. 2: a mistake in the arguments or in the data, told in one plain line. 130: stopped by Ctrl-C. 143: asked to
    end (SIGTERM). 129: its terminal was closed. 141: nobody reads the output any more.
    """
    if threading.current_thread() is threading.main_thread():
        for number in asking_to_end():
            signal.signal(number, leave)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr: not every terminal has every letter
    try:
        app(arguments, print_error=False, exit_on_error=False, result_action="return_value")
    except CycloptsError as error:
        fail(f"unweave: {mistake(error)}")
    except UnweaveError as error:
        fail(f"unweave: {error}")
    except BrokenPipeError:  # whoever read the output, such as head, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except ModuleNotFoundError as error:
        if not error.name or error.name.startswith("unweave"):
            raise
        fail(f"unweave: this needs {error.name}, which is not installed: pip install {error.name}")
    except OSError as error:
        if error.filename is None:
            raise
        fail(f"unweave: {error.filename}: {error.strerror}")


def mistake(error: CycloptsError) -> str:
    """What is wrong with the arguments; where the parser would not say what to do, in other words than its own."""
    shown = f"unweave {' '.join(error.command_chain or ())} --help"
    if isinstance(error, UnusedCliTokensError):
        return f"'{(error.unused_tokens or [''])[0]}' belongs to nothing before it; what takes a value: {shown}"
    absent = isinstance(error, MissingArgumentError) and not (error.keyword or error.unused_tokens)
    if absent and error.argument and not error.argument.tokens:
        return f"{error.argument.name} is missing; what it is: {shown}"
    return str(error)


def leave(number: int, _: object) -> NoReturn:
    """End the process so that temporary files are removed, which the same signal again does not cut short."""
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


def fail(line: str) -> NoReturn:
    """Print the line and leave with exit code 2; of several processes the first to come here prints it."""
    if "WORLD_SIZE" in os.environ:  # as torchrun sets it; without it there is no need of torch
        from unweave.processes import several, tell

        if several():
            tell(line)
            sys.stdout.flush()
            os._exit(2)  # at once: a group of processes that is left out of turn cannot be taken down in order
    print(line, file=sys.stderr)
    sys.exit(2)
