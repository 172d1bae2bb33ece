"""Classifiers trained apart from the model, on real images only: they judge it, nothing is trained against them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from unweave.data.batches import as_images
from unweave.losses import label_loss
from unweave.networks import start

BATCH = 64

Images = Float[Tensor, "batch colours height width"]


class Judge(nn.Module):
    """A small CNN with a class head for each attribute it judges."""

    def __init__(self, classes: Mapping[str, Sequence[str]], channels: int):
        """`classes`: attribute -> its classes, in order."""
        super().__init__()
        self.classes = {name: tuple(names) for name, names in classes.items()}
        wide = (channels, 32, 64, 128, 128)
        blocks = [
            (nn.Conv2d(a, b, 3, 2, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU()) for a, b in itertools.pairwise(wide)
        ]
        layers = [layer for block in blocks for layer in block]
        self.trunk = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Dropout(0.3))
        self.heads = nn.ModuleList(nn.Linear(wide[-1] * 16, len(names)) for names in self.classes.values())
        start(self, "he")

    def forward(self, images: Images) -> list[Float[Tensor, "batch _"]]:
        """Logits of each attribute, in the order of `classes`; images in [-1, 1]."""
        trunk = self.trunk(images)
        return [head(trunk) for head in self.heads]


def judged_attributes(
    classes: Mapping[str, Sequence[str]], held_out_labels: np.ndarray, labelled: np.ndarray | None = None
) -> dict[str, tuple[str, ...]]:
    """The attributes that can be judged on held-out images: most of their labels were seen in training.

    `held_out_labels` is int (images, attributes), -1 = missing or unseen (unseen people have no class to be read as);
    `labelled` is bool of the same shape, False = missing: all are labelled if None.
    """
    known = (held_out_labels >= 0).sum(axis=0)
    told = len(held_out_labels) if labelled is None else labelled.sum(axis=0)
    enough = known > 0.5 * told
    return {name: tuple(names) for k, (name, names) in enumerate(classes.items()) if enough[k] and len(names) > 1}


def train_judge(
    pixels: np.ndarray,
    labels: np.ndarray,
    rows: np.ndarray,
    classes: Mapping[str, Sequence[str]],
    *,
    steps: int,
    seed: int = 0,
) -> Judge:
    """Train a judge on real images.

    `pixels` uint8 (images, height, width, channels), `labels` int (images, judged attributes) with -1 = missing, `rows`
    the training images among them, of which those without any label are passed over. Adam with a one-cycle rate; images
    are shifted by up to 1/16 of their side.
    """
    rows = rows[(labels[rows] >= 0).any(axis=1)]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        judge = Judge(classes, pixels.shape[-1])
        return _trained(
            judge, pixels, rows, lambda heads, chosen: label_loss(heads, torch.from_numpy(labels[chosen])), steps, seed
        )


def train_regressor(
    pixels: np.ndarray, values: np.ndarray, rows: np.ndarray, *, steps: int, seed: int = 0
) -> Callable[[Images], Float[Tensor, "batch"]]:
    """Train a reader of one number, by squared error, on real images as `train_judge` does.

    `values`: float (images,), one for each of `pixels`; those of `rows` are finite. The reader gives the number that it
    reads from each image in [-1, 1].
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        reader = Judge({"value": ("read",)}, pixels.shape[-1])
        mean, deviation = values[rows].mean(), values[rows].std() + 1e-6
        targets = torch.from_numpy((values - mean) / deviation).float()
        _trained(reader, pixels, rows, lambda heads, chosen: F.mse_loss(heads[0][:, 0], targets[chosen]), steps, seed)

    @torch.inference_mode()
    def number(images: Images) -> Float[Tensor, "batch"]:
        read_values = torch.cat([reader(part)[0][:, 0] for part in images.split(BATCH)])
        return read_values * float(deviation) + float(mean)

    return number


def _trained(
    judge: Judge,
    pixels: np.ndarray,
    rows: np.ndarray,
    loss_of: Callable[[list[Tensor], np.ndarray], Tensor],
    steps: int,
    seed: int,
) -> Judge:
    """`loss_of`: what the heads say of some images, and which those are -> what is to be lowered."""
    fast = torch.channels_last  # on a CPU a fifth faster
    judge.to(memory_format=fast)  # pyright: ignore[reportCallIssue]
    optimiser = torch.optim.Adam(judge.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=2e-3, total_steps=steps)
    for chosen in _draws(rows, steps, seed):
        images = _shifted(as_images(pixels[chosen])).contiguous(memory_format=fast)
        loss = loss_of(judge(images), chosen)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return judge.eval()


@torch.inference_mode()
def read(judge: Judge, images: Images) -> Int[Tensor, "batch attributes"]:
    """The class that the judge reads from each image, for each attribute it judges."""
    return torch.cat([torch.stack([logits.argmax(1) for logits in judge(part)], 1) for part in images.split(BATCH)])


def _draws(rows: np.ndarray, steps: int, seed: int) -> Iterator[np.ndarray]:
    rng = np.random.default_rng([seed, 2])
    for _ in range(steps):
        yield rng.choice(rows, min(BATCH, len(rows)), replace=False)


def _shifted(images: Tensor) -> Tensor:
    most = images.shape[-1] // 16
    down, right = (int(n) for n in torch.randint(0, 2 * most + 1, (2,)))
    padded = F.pad(images, (most,) * 4, mode="replicate")
    return padded[:, :, down : down + images.shape[-2], right : right + images.shape[-1]]
