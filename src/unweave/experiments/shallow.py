"""Shallow fully connected encoders and classifiers without a decoder, trained with Eq. 10."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn
from tqdm import tqdm

from unweave.losses import disentangle_loss, label_loss
from unweave.networks import start

HIDDEN, CODE = 256, 16
"""Units of the one hidden layer, and dimensions of a code; the paper gives neither."""
BATCH, RATE = 64, 1e-3

Images = Float[Tensor, "images colours height width"]


class Perceptrons(nn.Module):
    """For each attribute an encoder, and base and head of a classifier; codes enter at the head, as in Table II."""

    def __init__(self, classes: Sequence[int], values: int, code: int = CODE):
        """`classes`: number of classes of each attribute; `values` of an image; `code`: dimensions."""
        super().__init__()
        self.encoders = nn.ModuleList(_perceptron(values, code) for _ in classes)
        self.bases = nn.ModuleList(_perceptron(values, code) for _ in classes)
        self.heads = nn.ModuleList(nn.Linear(code, n) for n in classes)
        start(self, "he")

    def encode(self, images: Images) -> Float[Tensor, "attributes images code"]:
        """The codes of images in [-1, 1]."""
        return torch.stack([encoder(images) for encoder in self.encoders])

    def read(self, codes: Float[Tensor, "attributes images code"]) -> list[Float[Tensor, "attributes images _"]]:
        """What each classifier says of all codes; no gradient reaches the classifiers."""
        return [F.linear(codes, *(weights.detach() for weights in head.parameters())) for head in self.heads]

    def classify(self, images: Images) -> list[Float[Tensor, "images _"]]:
        """What each classifier says of images."""
        return [head(base(images)) for head, base in zip(self.heads, self.bases, strict=True)]


def train_perceptrons(
    images: Images,
    labels: Int[Tensor, "images attributes"],
    *,
    disentangle: float,
    epochs: int,
    seed: int,
    code: int = CODE,
) -> Perceptrons:
    """Train encoders with Eq. 10, L_cls^x + `disentangle` L_dis, and beside them the classifiers on the images.

    Both by Adam, from the same start whatever the weight is. Labels of -1 are missing.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        classes = (labels.amax(0) + 1).tolist()
        nets = Perceptrons(classes, images[0].numel(), code)
        optimiser = torch.optim.Adam(nets.parameters(), lr=RATE)
        for _ in tqdm(range(epochs), desc=f"weight {disentangle:g}", unit="epoch", leave=False, disable=None):
            for some in torch.randperm(len(images)).split(BATCH):
                said = nets.read(nets.encode(images[some]))
                own = label_loss([of_m[m] for m, of_m in enumerate(said)], labels[some])
                total = own + label_loss(nets.classify(images[some]), labels[some])
                if disentangle:
                    total = total + disentangle * disentangle_loss(said)
                optimiser.zero_grad()
                total.backward()
                optimiser.step()
    return nets.eval()


def _perceptron(values: int, code: int) -> nn.Sequential:
    return nn.Sequential(nn.Flatten(), nn.Linear(values, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, code))
