"""Files of a trained model and of a training in progress: tensors in safetensors, the rest as JSON in their header."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from unweave.adam import Adam, State
from unweave.card import ModelCard, read_card
from unweave.errors import UnweaveError
from unweave.files import write_whole
from unweave.networks import Generator

FORMAT = 1
"""Version of both formats; a reader refuses a newer one."""

Net = TypeVar("Net", bound=nn.Module)


def save_model(
    path: Path, card: ModelCard, generator: nn.Module, means: Mapping[str, Tensor], *, half: bool = False
) -> None:
    """Write one model file: weights (in half precision if `half`) and mean codes (always), atomically."""
    weights = {f"generator.{name}": tensor for name, tensor in generator.state_dict().items()}
    tensors = {name: tensor.half() if half else tensor for name, tensor in weights.items()}
    tensors |= {f"mean.{name}": code.half() for name, code in means.items()}
    save_tensors(path, tensors, {"kind": "model", **asdict(card)})


def load_model(path: Path) -> tuple[ModelCard, Generator, dict[str, Tensor]]:
    """Read a model file: its card, the generator (float32, evaluation mode) and each attribute's mean codes.

    Mean codes are (classes, channels, height, width). Raises `UnweaveError` where the file is none of ours.
    """
    return load_network(path, {"unweave": generator_of})


def generator_of(card: ModelCard) -> Generator:
    """The encoders and the decoder that a card tells of, with random weights."""
    return Generator(
        tuple(card.attributes),
        colours=card.channels,
        width=card.width,
        residual_blocks=card.residual_blocks,
        norm=card.decoder_norm,
    )


def load_network(
    path: Path, makers: Mapping[str, Callable[[ModelCard], Net]]
) -> tuple[ModelCard, Net, dict[str, Tensor]]:
    """`load_model` for the methods in `makers`: name -> what makes the network of a card."""
    tensors, header = load_tensors(path, "model")
    if isinstance(method := header.get("method", "unweave"), str) and method not in makers:
        known = " or ".join(makers)
        raise UnweaveError(f"{path}: is a model of {method}, expected {known}; `unweave translate` takes all of them")
    try:
        card = read_card(header)
        weights, means = (
            {name.removeprefix(kind): t.float() for name, t in tensors.items() if name.startswith(kind)}
            for kind in ("generator.", "mean.")
        )
        if card.residual_blocks + len(card.attributes) > len(weights):
            raise ValueError("it tells of more layers than there are tensors")
        with torch.device("meta"):  # takes no memory, however much the header asks for
            makers[card.method](card).load_state_dict(weights, assign=True)
        if not card.fits(means):
            raise ValueError("its mean codes are of other classes or sizes")
        generator = makers[card.method](card)
        generator.load_state_dict(weights)
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, RuntimeError, UnweaveError) as error:
        raise UnweaveError(
            f"{path}: its tensors and its header do not fit together ({str(error).splitlines()[0]})"
        ) from None
    return card, generator.eval(), means


def save_tensors(path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, object]) -> None:
    """Write tensors with a JSON header, under a temporary name that is then renamed."""
    kept = {name: tensor.detach().contiguous().cpu() for name, tensor in tensors.items()}
    text = json.dumps({"format": FORMAT, **header})
    # Not save_file, whose files only their owner can read.
    write_whole(path, save(kept, metadata={"unweave": text, "sha256": digest(text, kept)}))


def load_tensors(path: Path, kind: str) -> tuple[dict[str, Tensor], dict]:
    """Read what `save_tensors` wrote; raises `UnweaveError` where it is missing, damaged, newer or of another kind."""
    if not path.is_file():
        raise UnweaveError(f"{path}: there is no such file")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            header = json.loads(metadata["unweave"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dict)
        if not isinstance(header, dict) or type(version := header.pop("format", 0)) is not int:
            raise ValueError("its header is no object with a format")
    except (SafetensorError, OSError, KeyError, ValueError, RecursionError) as error:
        raise UnweaveError(f"{path}: not a file that unweave wrote, or damaged ({error})") from None
    if "sha256" in metadata and metadata["sha256"] != digest(metadata["unweave"], tensors):  # older files have none
        raise UnweaveError(f"{path}: is damaged, its content is not what was written; take another copy")
    if version > FORMAT:
        raise UnweaveError(f"{path}: written by a newer unweave, whose format this one does not know; upgrade unweave")
    if (found := header.pop("kind", None)) != kind:
        raise UnweaveError(f"{path}: holds a {found}, expected a {kind}")
    return tensors, header


def digest(header: str, tensors: Mapping[str, Tensor]) -> str:
    """The SHA-256 of a header and of the bytes of contiguous tensors on the CPU, in hexadecimal."""
    sha = hashlib.sha256(header.encode())
    for name in sorted(tensors):
        sha.update(name.encode())
        sha.update(tensors[name].reshape(-1).view(torch.uint8).numpy().data)
    return sha.hexdigest()


def optimiser_tensors(optimiser: Adam) -> dict[str, Tensor]:
    """The state of an optimiser as flat tensors: '<parameter's number>.<name>'."""
    return {f"{k}.{name}": value for k, state in optimiser.state.items() for name, value in state.items()}


def restore_optimiser(optimiser: Adam, tensors: Mapping[str, Tensor]) -> None:
    """Put back what `optimiser_tensors` took."""
    state: dict[int, State] = {}
    for key, tensor in tensors.items():
        number, name = key.split(".", 1)
        state.setdefault(int(number), {})[name] = tensor
    optimiser.restore(state)
