"""A model as ONNX graphs, for where there is no torch: `portable.py` runs them, and so does any runtime of ONNX."""

from __future__ import annotations

import copy
import hashlib
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from unweave.errors import UnweaveError
from unweave.files import replacing
from unweave.model import Model
from unweave.networks import InstanceNorm, Upsample
from unweave.portable import CARD, DECODER, ENCODER, FORMAT, MEANS, digest

OPSET = 18
"""The version of ONNX's operators that torch's exporter writes without converting."""


class Encoders(nn.Module):
    """All encoders of a generator as one network: images -> joined codes."""

    def __init__(self, encoders: nn.ModuleList):
        super().__init__()
        self.encoders = encoders

    def forward(self, images: Tensor) -> Tensor:
        return torch.cat([encoder(images) for encoder in self.encoders], dim=1)


def export(model: Model, folder: Path) -> None:
    """Write a model into a new folder, whole or not at all.

    - encoder.onnx: images (batch, channels, size, size) in [-1, 1] -> codes, joined on the channels,
    - decoder.onnx: joined codes (batch, codes * channels, size / 4, size / 4) -> images,
    - means.npz: for attribute number k the array "k", its classes' mean codes (classes, channels, ...), in half
      precision as in model files,
    - model.json: the card (attributes and classes, size, channels, crop), the order of the codes, each file's SHA-256.

    Raises `UnweaveError` where the model is an exported one already, a package is missing or the folder is not empty.
    """
    need_extra()
    card, generator = model.card, model.generator
    networks = copy.deepcopy(generator).cpu()
    make_plain(networks)
    encoders = Encoders(networks.requires_grad_(False).encoders)
    images = torch.zeros(2, card.channels, card.size, card.size)
    with replacing(folder) as temporary:
        temporary.mkdir()
        write_graph(encoders, images, ("images", "codes"), temporary / ENCODER)
        write_graph(networks.decoder, encoders(images), ("codes", "images"), temporary / DECODER)
        known = [(k, model.means[name]) for k, name in enumerate(card.attributes) if name in model.means]
        means: dict[str, Any] = {str(k): mean.half().cpu().numpy() for k, mean in known}
        np.savez(temporary / MEANS, **means)
        header = {
            **asdict(card),
            "codes": generator.names,
            "parameters": model.engine.parameters,
            "files": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(temporary.iterdir())},
        }
        text = json.dumps({"format": FORMAT, "kind": "export", **header, "sha256": digest(header)}, indent=1)
        (temporary / CARD).write_text(text + "\n", encoding="utf-8")


def need_extra() -> None:
    """Raise `UnweaveError` that says what to install where something is missing."""
    for package in ("onnx", "onnxscript", "onnxruntime"):
        if find_spec(package) is None:
            raise UnweaveError(f"unweave export needs {package}: pip install 'unweave[onnx]'")


def make_plain(network: nn.Module) -> None:
    """Put torch's own layers, which ONNX has operators for, in the place of ours that compute the same."""
    for name, child in network.named_children():
        if isinstance(child, InstanceNorm):
            setattr(network, name, _norm(child))
        elif isinstance(child, Upsample):
            setattr(network, name, _upsampling(child))
        else:
            make_plain(child)


def _norm(norm: InstanceNorm) -> nn.Module:
    same = nn.InstanceNorm2d(len(norm.weight), eps=1e-6, affine=True)
    same.load_state_dict(norm.state_dict())
    return same.eval()


def _upsampling(upsample: Upsample) -> nn.Module:
    """The kernel of the sub-pixel convolution is worked out here, once for all."""
    channels_out, channels_in = upsample.weight.shape[:2]
    convolution = nn.Conv2d(channels_in, 4 * channels_out, 2)
    convolution.load_state_dict({"weight": upsample.small_kernel(), "bias": upsample.bias.repeat_interleave(4)})
    return nn.Sequential(nn.ReplicationPad2d((1, 0, 1, 0)), convolution, nn.PixelShuffle(2)).eval()


def write_graph(network: nn.Module, example: Tensor, names: tuple[str, str], path: Path) -> None:
    """Write a network from one tensor to one as a checked graph; the batch may have any length."""
    import onnx

    with _quiet():
        program = torch.onnx.export(
            network.eval(),
            (example,),
            dynamo=True,
            verbose=False,
            opset_version=OPSET,
            input_names=names[:1],
            output_names=names[1:],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
        )
    assert program is not None
    graph = program.model_proto
    for part in (graph.graph, *graph.graph.node, *graph.graph.value_info):  # where on this machine the code lay
        part.ClearField("metadata_props")
    onnx.checker.check_model(graph, full_check=True)
    path.write_bytes(graph.SerializeToString())


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what torch's exporter says of itself: no torchvision is there, a call is deprecated."""
    log = logging.getLogger("torch.onnx._internal.exporter._registration")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"`isinstance\(treespec, LeafSpec\)` is deprecated", FutureWarning)
            yield
    finally:
        log.setLevel(before)
