"""Errors are one plain line, whatever the names in them hold."""

from __future__ import annotations

import pytest

from unweave.errors import UnweaveError, did_you_mean, one_line


def test_the_guess_at_a_name_is_the_most_alike_or_none() -> None:
    assert did_you_mean("ligth", ["light", "lift"]) == "did you mean 'light'?"
    assert did_you_mean("x", ["light"]) == did_you_mean("light", []) == ""


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("José 2 → 笑.png", "José 2 → 笑.png"),
        ("a\nerror: forged", "a\\nerror: forged"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("caf\udce9.png", "caf\\udce9.png"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
    ],
)
def test_names_that_would_break_or_colour_or_forge_a_line_are_spelled_out(name: str, told: str) -> None:
    assert str(UnweaveError(f"{name}: is gone")) == f"{told}: is gone"
    assert one_line(told) == told
