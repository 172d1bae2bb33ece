"""Every field of `Config` as a flag, each of which may be left away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass, make_dataclass
from typing import Annotated, Any

from cyclopts import Group, Parameter
from docstring_parser import parse_from_object

from unweave.config import Config

FIRST = Group("Options", sort_key=0)
ALIASES = {"attributes": "--attributes", "pattern": "--pattern", "device": "--device", "pair": "--pair"}
NO_FLAGS = ("source",)
"""Fields that are the command's own arguments."""


def optional(section: type, group: Group | None = None) -> type:
    """A twin of a settings class in which every field may be None, which stands for "not given"."""
    helps = {found.arg_name: " ".join((found.description or "").split()) for found in parse_from_object(section).params}
    twins = []
    for place, field in enumerate(fields(section)):
        if field.name in NO_FLAGS:
            continue
        if is_dataclass(field.type) and isinstance(field.type, type):
            title = f"{field.name.capitalize()}: {(field.type.__doc__ or '').rstrip('.')}"
            inner = optional(field.type, Group(title, sort_key=place + 1))
            twins.append((field.name, inner, inner()))
        else:
            shown = Parameter(
                help=helps[field.name],
                show_default=_shown(field.default),
                alias=ALIASES.get(field.name),
                negative=None if field.type is bool else (),
                group=group,
            )
            twins.append((field.name, Annotated[field.type | None, shown], None))
    twin = make_dataclass(section.__name__, twins, frozen=True, kw_only=True)
    twin.__module__ = __name__  # cyclopts takes classes without a module for built-in ones
    return twin


def given(settings: Any) -> dict[str, Any]:
    """The fields of a twin that were given, as nested mappings for `unweave.config.build`."""
    return _without_none(asdict(settings))


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    inner = {name: _without_none(value) if isinstance(value, dict) else value for name, value in values.items()}
    return {name: value for name, value in inner.items() if value is not None and value != {}}


def _shown(default: Any) -> str | bool:
    if default in (None, "", ()):
        return False
    return str(default)


Settings = optional(Config, FIRST)
