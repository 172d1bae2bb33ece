"""The command line `unweave`: one module a group of commands, each imported when it is asked for."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Parameter

from unweave import __version__
from unweave.errors import UnweaveError

app = App(
    name="unweave",
    help="Take one attribute from one image and put it on another.",
    version=__version__,
    help_formatter="plain",
    default_parameter=Parameter(consume_multiple=True, negative=()),
)
app.command("unweave.cli.train:train", name="train")
for _name in ("transfer", "mix", "interpolate", "synthesize", "info"):
    app.command(f"unweave.cli.use:{_name}", name=_name)
app.command("unweave.cli.evaluate:evaluate", name="evaluate")
app.command("unweave.cli.data:app", name="data")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that `arguments` (those of the process if None) spell, and leave with its exit code.

    0: done. 2: a mistake in the arguments or in the data, told in one plain line. 130: stopped by Ctrl-C.
    """
    try:
        app(arguments, print_error=False, exit_on_error=False, result_action="return_value")
    except (CycloptsError, UnweaveError) as error:
        print(f"unweave: {error}", file=sys.stderr)
        sys.exit(2)
