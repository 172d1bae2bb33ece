"""What is compared: the images that all methods get, the networks that each of them trains, and their settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import quote

from unweave.baselines.pairs import PAIRWISE, alike, of_classes
from unweave.codes import unknown_name
from unweave.config import RIVALS, Config, RunConfig, build, preset, recipe
from unweave.data.table import AttributeTable
from unweave.errors import UnweaveError

METHODS = ("unweave", *RIVALS)
OWN_AFFAIR = (
    *("data.source", "data.attributes", "data.pattern", "rivals.pair", "rivals.same", "run.seed", "run.epochs"),
    *("run.log_every", "run.checkpoint_every", "run.sample_every", "run.judge_steps"),
    *("run.device", "run.precision", "run.threads"),
)
"""Settings that say what is compared and where, or how often something is written: no departure from a recipe."""


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """What all methods share."""

    attribute: str
    source: str
    """The class of the images that are translated."""
    targets: tuple[str, ...]
    """The classes that they are translated to."""
    size: int
    width: float | None = None
    """Multiplies the channels of all networks; None: as each recipe says."""
    rates: float = 1.0
    """Multiplies the learning rates of all methods: see `raised`."""
    preset: str | None = None
    """Settings of the paper's method; None: the paper's."""
    flip: bool = True
    """Mirrored images where a recipe has them."""
    same: tuple[str, ...] = ()
    """Columns in which the images of a pair agree (pix2pix); if empty those of `pairs.alike`."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A network to train: all that a method needs, or what it needs for one pair of classes."""

    method: str
    target: str | None = None
    """The second class of a pair-wise method."""
    seed: int = 0

    @property
    def name(self) -> str:
        """Of its run folder."""
        pair = "" if self.target is None else f"-{quote(self.target, safe='')}"
        return f"{self.method}{pair}" + (f"-seed{self.seed}" if self.seed else "")


def check_methods(methods: Sequence[str]) -> None:
    """Raise `UnweaveError` for what is no method, and for one that is named twice."""
    for name in methods:
        if name not in METHODS:
            raise UnweaveError(unknown_name("method", name, METHODS))
        if methods.count(name) > 1:
            raise UnweaveError(f"the method {name} is named twice")
    if not methods:
        raise UnweaveError(f"no method is named, expected some of {', '.join(METHODS)}")


def ways(
    table: AttributeTable, attribute: str, source: str | None, targets: Sequence[str]
) -> tuple[str, tuple[str, ...]]:
    """The class to begin with ("neutral", or else the first, if None), and those to go to (all others if empty).

    Raises `UnweaveError` for what the training images do not show.
    """
    if attribute not in table.classes:
        raise UnweaveError(unknown_name("attribute", attribute, table.classes))
    known = table.classes[attribute]
    begin = source or ("neutral" if "neutral" in known else known[0])
    ends = tuple(targets) or tuple(name for name in known if name != begin)
    for name in (begin, *ends):
        if name not in known:
            raise UnweaveError(unknown_name(f"class of {attribute}", name, known))
    if not ends or begin in ends or len(set(ends)) < len(ends):
        shown = ", ".join(ends) or "none"
        raise UnweaveError(f"the targets are {shown}, expected classes of {attribute} other than {begin}, each once")
    return begin, ends


def shared_images(table: AttributeTable, protocol: Protocol) -> AttributeTable:
    """The images that all methods get: those of the source and of the targets."""
    return of_classes(table, protocol.attribute, (protocol.source, *protocol.targets))


def parts_of(method: str, protocol: Protocol, seeds: int) -> Iterator[Part]:
    """The networks that a method trains, `seeds` times."""
    targets = protocol.targets if method in PAIRWISE else (None,)
    yield from (Part(method=method, target=target, seed=seed) for seed in range(seeds) for target in targets)


def table_of(method: str, table: AttributeTable, attribute: str) -> AttributeTable:
    """The labels that a method is told: rivals only those that shall change, for they know no others in new people."""
    if method == "unweave":
        return table
    return replace(table, attributes=(attribute,), classes={attribute: table.classes[attribute]})


def recipe_of(method: str, protocol: Protocol) -> Config:
    """What the settings of a method begin with."""
    return preset(protocol.preset) if method == "unweave" and protocol.preset else recipe(method)


def settings_of(part: Part, protocol: Protocol, table: AttributeTable, machine: RunConfig) -> Config:
    """All settings but the length; device, precision and threads are those of `machine`."""
    base = recipe_of(part.method, protocol)
    width = protocol.width or base.networks.width
    critic = base.networks.critic_width * width / base.networks.width
    times = raised(part.method, protocol.rates)
    changes: dict[str, Any] = {
        "method": part.method,
        "data": {"size": protocol.size} | ({} if protocol.flip else {"flip": False, "flip_labels": ()}),
        "networks": {"width": width, "critic_width": critic},
        "optim": {"lr": base.optim.lr * times, "critic_lr": base.optim.critic_lr * times},
        "rivals": {},
        "run": {"seed": part.seed, "judge_steps": 0}
        | {name: getattr(machine, name) for name in ("device", "precision", "threads")},
    }
    if part.target is not None:
        changes["rivals"]["pair"] = f"{protocol.attribute}:{protocol.source}={part.target}"
    if part.method == "pix2pix":
        changes["rivals"]["same"] = protocol.same or alike(table, protocol.attribute)
    return build(changes, base)


def raised(method: str, rates: float) -> float:
    """By how much a method's learning rates are multiplied: `rates`, or its root where kernels start at one size, 0.02.

    Adam moves each weight of a narrow network as far as of a wide one, so that sums of fewer inputs change less. Where
    kernels start the smaller the more inputs there are, those sums are as large at first; else they are smaller too.
    """
    return rates**0.5 if method in PAIRWISE else rates


def departures(config: Config) -> dict[str, str]:
    """Setting -> how it differs from the published recipe of its method."""
    here, published = _flat(asdict(config)), _flat(asdict(recipe(config.method)))
    found = {
        name: f"{_shown(published[name])} -> {_shown(value)}"
        for name, value in here.items()
        if value != published[name] and name not in OWN_AFFAIR
    }
    if "run.steps" in found and published["run.steps"] is None:
        found["run.steps"] = f"{published['run.epochs']} epochs -> {here['run.steps']}"
    return found


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in settings.items():
        found |= _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return found


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
