"""Trained rivals in use: images are given classes. The paper's method does it too, with the mean codes of classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from unweave.baselines import NETWORKS
from unweave.baselines.parts import Network
from unweave.card import ModelCard
from unweave.checkpoint import load_network, load_tensors
from unweave.codes import is_finite, unknown_name
from unweave.errors import UnweaveError
from unweave.images import Images, given, pictures, read
from unweave.machine import as_device
from unweave.model import BATCH, Model, Result, find_model
from unweave.model import load as load_model
from unweave.portable import CARD

Known = Mapping[str, str] | Sequence[Mapping[str, str]]
"""The classes that images show, attribute -> class, as far as that is known: one mapping for all, or one for each."""


def load(name_or_path: str | Path, device: str | torch.device = "cpu") -> Translator:
    """The rival in a run folder (its best) or a .safetensors file.

    Raises `UnweaveError` where there is none, the file is damaged, or the machine has no such device.
    """
    place = as_device(device)
    card, network, _ = load_network(find_model(name_or_path), NETWORKS)
    return Translator(card, network, place)


def load_any(name_or_path: str | Path, device: str | torch.device = "cpu") -> Model | Translator:
    """The model of whatever method, as `load` of this room or `unweave.load` gives it."""
    path = find_model(name_or_path)
    rival = path.name != CARD and load_tensors(path, "model")[1].get("method", "unweave") != "unweave"
    return load(path, device) if rival else load_model(path, device)


class Translator:
    """The network of a rival, with what the card says of it."""

    def __init__(self, card: ModelCard, network: Network, device: str | torch.device = "cpu"):
        """The network that fits the card."""
        self.card = card
        self.generator = network.to(device).eval().requires_grad_(False)
        self.device = torch.device(device)
        self.parameters = sum(weights.numel() for weights in self.generator.parameters())

    @torch.no_grad()
    def translate(
        self, images: Images, classes: Mapping[str, str], *, known: Known | None = None, strength: float = 1.0
    ) -> Result:
        """The images, showing `classes` (attribute -> class); pictures for pictures, tensors for tensors.

        `known`: the classes they show before. Networks that are told classes need those of all attributes that shall
        stay, and of those that change where `strength` is not 1: 0 is the image's own class, 1 the other, more
        exaggerates. Raises `UnweaveError` for unknown classes, for a way that the network does not know, and where
        `known` lacks what is needed.
        """
        items = given(images).items
        owns = [known or {}] * len(items) if known is None or isinstance(known, Mapping) else known
        if len(owns) != len(items):
            raise UnweaveError(f"the classes of {len(owns)} images are given for {len(items)} images")
        if not classes or not is_finite(strength):
            raise UnweaveError(f"classes are {dict(classes)} and strength is {strength}, expected some and a number")
        labels = torch.stack([self._labels(classes, own, strength) for own in owns])
        made, tensors = [], []
        for k in range(0, len(items), BATCH):
            batch = torch.from_numpy(read(items[k : k + BATCH], self.card)).to(self.device)
            results = self.generator.translate(batch, labels[k : k + BATCH].to(self.device))
            if given(images).tensors:
                tensors.append(results)
            else:
                made += pictures(results)
        results = torch.cat(tensors) if tensors else made
        return results[0] if given(images).single else results

    def _labels(self, classes: Mapping[str, str], own: Mapping[str, str], strength: float) -> Float[Tensor, "labels"]:
        """What the network is told of one image."""
        for name in classes:
            if name not in self.card.attributes:
                raise UnweaveError(unknown_name("attribute", name, self.card.attributes))
        parts = []
        for name, known in self.card.attributes.items():
            target = None
            if name in classes:
                self._check_way(name, classes[name], own, strength)
                target = one_hot(name, classes[name], known)
            if target is not None and strength == 1:
                parts.append(target)
                continue
            if name not in own:
                raise UnweaveError(f"the {name} that the image shows is not known; tell it: --from-class {name}=CLASS")
            source = one_hot(name, own[name], known)
            parts.append(source if target is None else source.lerp(target, strength))
        return torch.cat(parts)

    def _check_way(self, name: str, wanted: str, own: Mapping[str, str], strength: float) -> None:
        """Raise `UnweaveError` for what a network between two classes cannot do."""
        if self.generator.slides:
            return
        source, target = self.card.attributes[name]
        ways = f"{self.card.method} model goes from {source} to {target}" + (
            "" if self.generator.one_way else " and back"
        )
        if strength != 1:
            raise UnweaveError(f"this {ways}, with nothing in between: it has no strengths and no steps")
        if self.generator.one_way and wanted == source:
            raise UnweaveError(f"this {ways} only")
        if own.get(name, source) not in ((source,) if self.generator.one_way else (source, target)):
            raise UnweaveError(f"the image shows {own[name]}; this {ways} only")


def one_hot(attribute: str, label: str, classes: Sequence[str]) -> Float[Tensor, "classes"]:
    """1 at the class and 0 at all others; raises `UnweaveError` for one that is not among them."""
    if label not in classes:
        raise UnweaveError(unknown_name(f"class of {attribute}", label, classes))
    return torch.tensor([float(label == name) for name in classes])
