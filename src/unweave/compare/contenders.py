"""Trained methods, all asked the same: put the target class on these images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from unweave.baselines.pairs import PAIRWISE
from unweave.baselines.translator import Translator, load_any
from unweave.compare.protocol import Protocol
from unweave.errors import UnweaveError
from unweave.model import Model

Images = Float[Tensor, "images colours size size"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Contender:
    """The networks of one method, from one seed."""

    method: str
    attribute: str
    models: Mapping[str, Model | Translator]
    """Target -> the network that leads there: one each, or one for all."""
    runs: tuple[Path, ...]
    """Where they were trained."""

    @property
    def networks(self) -> int:
        """How many there are."""
        return len(self.runs)

    @property
    def parameters(self) -> int:
        """Of all networks together, as far as they are needed in use."""
        return sum(model.parameters for model in {id(model): model for model in self.models.values()}.values())

    @property
    def slides(self) -> bool:
        """Whether there is something between two classes."""
        return all(isinstance(model, Model) or model.generator.slides for model in self.models.values())

    def show(self, sources: Images, known: Sequence[Mapping[str, str]], exemplars: Images, target: str) -> Images:
        """The sources in the target class, on the CPU.

        The paper's method takes it from the exemplars, one for each source; rivals, which know no exemplars, go by the
        class. `known`: the labels of each source.
        """
        model = self.models[target]
        if isinstance(model, Model):
            return model.transfer(sources, {self.attribute: exemplars}).float().cpu()
        return model.translate(sources, {self.attribute: target}, known=known).float().cpu()

    def between(
        self,
        source: Tensor,
        known: Mapping[str, str],
        ends: tuple[Tensor, Tensor],
        classes: tuple[str, str],
        steps: int,
    ) -> list[Tensor]:
        """One source in steps from one class, or one exemplar of it, to another."""
        model = self.models[classes[1]]
        if isinstance(model, Model):
            return list(model.interpolate(source, self.attribute, *ends, steps=steps).float().cpu())
        begun = {**known, self.attribute: classes[0]}
        shares = [k / (steps - 1) for k in range(steps)]
        wanted = {self.attribute: classes[1]}
        return [model.translate(source, wanted, known=begun, strength=share).float().cpu() for share in shares]


def contender(method: str, runs: Sequence[Path], protocol: Protocol, files: Sequence[Path] | None = None) -> Contender:
    """The method that was trained in `runs`, whose models are `files` (if None, the best of each run).

    Raises `UnweaveError` for models of another method or another size, and where one knows none of the classes.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    loaded = [load_any(file, device) for file in files or runs]
    for run, model in zip(runs, loaded, strict=True):
        _check(run, model, method, protocol)
    if method not in PAIRWISE and len(loaded) == 1:
        models = dict.fromkeys(protocol.targets, loaded[0])
    else:
        models = {}
        for target in protocol.targets:
            leading = [each for each in loaded if _leads(each, protocol, target)]
            if len(leading) != 1 or method not in PAIRWISE:
                needed = "one for each target" if method in PAIRWISE else "one"
                raise UnweaveError(f"runs of {method}: {len(loaded)} given, expected {needed}")
            models[target] = leading[0]
    return Contender(method=method, attribute=protocol.attribute, models=models, runs=tuple(runs))


def _leads(model: Model | Translator, protocol: Protocol, target: str) -> bool:
    """Whether a network between two classes leads from the source to the target."""
    pair = model.card.attributes[protocol.attribute]
    one_way = isinstance(model, Translator) and model.generator.one_way
    return pair == (protocol.source, target) or (not one_way and pair == (target, protocol.source))


def _check(run: Path, model: Model | Translator, method: str, protocol: Protocol) -> None:
    card = model.card
    if card.method != method:
        raise UnweaveError(f"{run}: is a model of {card.method}, expected {method}")
    if (card.size, card.channels, card.crop) != (protocol.size, 3, "center"):
        found = f"{card.size} px, {card.channels} colours, crop {card.crop}"
        raise UnweaveError(f"{run}: sees {found}; the comparison is of {protocol.size} px, 3 colours, crop center")
    known = card.attributes.get(protocol.attribute, ())
    if method not in PAIRWISE:
        for name in (protocol.source, *protocol.targets):
            if name not in known:
                raise UnweaveError(f"{run}: knows no {protocol.attribute} {name}")
    elif not known:
        raise UnweaveError(f"{run}: knows no {protocol.attribute}")
