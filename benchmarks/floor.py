"""The floor: what the convolutions and matrix products of a training step, or of a transfer, take alone.

Every layer is counted with the shape and in the form in which the model computes it, which is the cheapest exact one
known: encoders as they are, decoding as one batch of reconstructions and syntheses, doublings as 2x2 convolutions on
the small map, the last convolution by columns (see `unweave.networks`), the critic once for real and synthesised images
together. Of each layer only what a step needs:

- encoders, decoder: forward, gradient of the input (but not of images), gradient of the weight;
- classifiers on syntheses and heads on codes, critic on syntheses: forward and gradient of the input;
- classifiers on images, critic for its own loss: forward, gradient of the input (but not of images) and of the weight;
- gradient penalty, in float32, with its double backward: forward, for the slopes, and the gradient of the input down to
  the images; then, of what is lost by that gradient, a forward convolution for each layer and the gradient of its
  weight. The last convolution, which is linear, needs no forward.

Each of these is timed alone, on input in memory as the step has it, with reflected borders already there: once to warm
up, then the median of a few. The floor is the sum over all layers. Norms, activations, borders, biases, losses,
optimisers and data are not in it: all that they take is over it.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log2

import torch
import torch.nn.functional as F
from torch import Tensor

from unweave.config import Config

ALL = {"forward": 1, "input": 1, "weight": 1}
FIRST = {"forward": 1, "weight": 1}
FROZEN = {"forward": 1, "input": 1}
FORWARD = {"forward": 1}
SECONDS, LEAST, MOST = 0.3, 3, 5
"""How long one pass of a layer is timed for, and how often at least and at most."""


@dataclass(frozen=True)
class Layer:
    """A convolution, or where `kernel` has two axes a matrix product."""

    kernel: tuple[int, ...]
    """Channels out, channels in, rows, columns."""
    inputs: tuple[int, ...]
    """Images, channels, height, width."""
    stride: int = 1
    padding: int = 0

    def passes(self, dtype: torch.dtype) -> dict[str, Callable[[], object]]:
        """The three things that may have to be computed, ready to be timed."""
        x, weight = torch.randn(self.inputs).to(dtype), torch.randn(self.kernel).to(dtype)
        if len(self.kernel) == 2:
            gradient = x @ weight.T
            return {
                "forward": lambda: F.linear(x, weight),
                "input": lambda: gradient @ weight,
                "weight": lambda: gradient.T @ x,
            }
        two = [self.stride] * 2, [self.padding] * 2, [1, 1]
        gradient = F.conv2d(x, weight, None, *two)

        def backward(*wanted: bool) -> tuple[Tensor, ...]:
            return torch.ops.aten.convolution_backward(gradient, x, weight, None, *two, False, [0, 0], 1, wanted)

        return {
            "forward": lambda: F.conv2d(x, weight, None, *two),
            "input": lambda: backward(True, False, False),
            "weight": lambda: backward(False, True, False),
        }


@dataclass(frozen=True)
class Work:
    """How often a step needs each pass of a layer."""

    part: str
    layer: Layer
    passes: Mapping[str, int]
    times: int = 1
    exact: bool = False
    """Whether it is computed in float32 always."""


def seconds_by_part(works: Iterable[Work], precision: str) -> dict[str, float]:
    """Seconds of each part: all its layers, each timed anew."""
    timed = lru_cache(maxsize=None)(seconds)
    found: dict[str, float] = {}
    for work in works:
        dtype = torch.float32 if work.exact else getattr(torch, precision)
        alone = timed(work.layer, dtype, tuple(work.passes))
        for name, count in work.passes.items():
            found[work.part] = found.get(work.part, 0) + work.times * count * alone[name]
    return found


def seconds(layer: Layer, dtype: torch.dtype, names: Sequence[str]) -> dict[str, float]:
    """Of some passes of a layer."""
    passes = layer.passes(dtype)
    return {name: median_seconds(passes[name]) for name in names}


def median_seconds(action: Callable[[], object]) -> float:
    """Seconds of a call, after one to warm up."""
    action()
    found: list[float] = []
    while len(found) < LEAST or (len(found) < MOST and sum(found) < SECONDS):
        start = time.perf_counter()
        action()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def of_step(config: Config, classes: Sequence[int]) -> list[Work]:
    """All work of a step of the paper's method; `classes`: how many each attribute has."""
    data, net, batch = config.data, config.networks, config.run.batch
    codes = len(classes) + 1
    first, *further = encoder_layers(data.size, data.channels, net.width, batch)
    works = [Work("encode", first, FIRST, codes), *(Work("encode", layer, ALL, codes) for layer in further)]
    for layer, times in decoder_layers(config, codes, 2 * batch):
        works.append(Work("decode", layer, ALL, times))

    first, second = (
        Layer((b, a, 4, 4), (batch, a, data.size >> k, data.size >> k), 2, 1)
        for k, (a, b) in enumerate(itertools.pairwise((data.channels, round(64 * net.width), round(128 * net.width))))
    )
    works += [Work("classifiers", first, passes, len(classes)) for passes in (FROZEN, FIRST)]
    works += [Work("classifiers", second, passes, len(classes)) for passes in (FROZEN, ALL)]
    inputs = round(128 * net.width) * (data.size // 4) ** 2
    for count in classes:
        works += [Work("classifiers", Layer((count, inputs), (batch, inputs)), passes) for passes in (FROZEN, ALL)]
        works.append(Work("classifiers", Layer((count, inputs), (codes * batch, inputs)), FROZEN))

    for layer in critic_layers(config, batch):
        works.append(Work("critic", layer, FROZEN, exact=True))
    for k, layer in enumerate(critic_layers(config, 2 * batch)):
        works.append(Work("critic", layer, ALL if k else FIRST, exact=True))
    *trunk, last = critic_layers(config, batch)
    works += [Work("penalty", layer, {"forward": 2, "input": 1, "weight": 1}, exact=True) for layer in trunk]
    works.append(Work("penalty", last, {"input": 1, "weight": 1}, exact=True))
    return works


def of_transfer(config: Config, attributes: int) -> list[Work]:
    """All work of one transfer: two images encoded one after the other, one decoded."""
    data, codes = config.data, attributes + 1
    layers = encoder_layers(data.size, data.channels, config.networks.width, 1)
    works = [Work("encode", layer, FORWARD, 2 * codes) for layer in layers]
    return works + [Work("decode", layer, FORWARD, times) for layer, times in decoder_layers(config, codes, 1)]


def encoder_layers(size: int, colours: int, width: float, batch: int) -> list[Layer]:
    """The convolutions of one encoder, the borders of their inputs included."""
    a, b, c = (round(channels * width) for channels in (32, 64, 128))
    return [
        Layer((a, colours, 7, 7), (batch, colours, size + 6, size + 6)),
        Layer((b, a, 3, 3), (batch, a, size + 1, size + 1), 2),
        Layer((c, b, 3, 3), (batch, b, size // 2 + 1, size // 2 + 1), 2),
    ]


def decoder_layers(config: Config, codes: int, batch: int) -> list[tuple[Layer, int]]:
    """The convolutions of the decoder, and how often each is there; the borders of their inputs included."""
    a, b, c = (round(channels * config.networks.width) * codes for channels in (128, 64, 32))
    side, colours = config.data.size // 4, config.data.channels
    return [
        (Layer((a, a, 3, 3), (batch, a, side + 2, side + 2)), 2 * config.networks.residual_blocks),
        (Layer((4 * b, a, 2, 2), (batch, a, side + 1, side + 1)), 1),
        (Layer((4 * c, b, 2, 2), (batch, b, 2 * side + 1, 2 * side + 1)), 1),
        (Layer((7 * colours, c, 7, 1), (batch, c, 4 * side + 6, 4 * side + 6)), 1),
    ]


def critic_layers(config: Config, batch: int) -> list[Layer]:
    """The convolutions of the critic."""
    size, halvings = config.data.size, min(6, int(log2(config.data.size)) - 1)
    wide = [config.data.channels, *(round(64 * 2**k * config.networks.critic_width) for k in range(halvings))]
    trunk = [
        Layer((b, a, 4, 4), (batch, a, size >> k, size >> k), 2, 1) for k, (a, b) in enumerate(itertools.pairwise(wide))
    ]
    last = size >> halvings
    return [*trunk, Layer((1, wide[-1], 3, 3), (batch, wide[-1], last, last), 1, 1)]
