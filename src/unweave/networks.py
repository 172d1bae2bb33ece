"""Tables I and II: encoders, decoder, classifiers and critic, as the authors' code has them.

`width` multiplies every hidden channel count (1 is the paper's). Images are (batch, channels, size, size) in [-1, 1]; a
code is (batch, 128 width, size / 4, size / 4).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from math import log2
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from unweave.codes import REST, Code, Codes

Image = Float[Tensor, "batch colours height width"]
Labels = Int[Tensor, "batch attributes"]


class InstanceNorm(nn.Module):
    """Instance norm with scale and shift, epsilon 1e-6."""

    def __init__(self, channels: int):
        """Scale starts at 1, shift at 0."""
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch channels height width"]:
        # One channel a group: the same numbers as F.instance_norm, in half its time on the CPU.
        return F.group_norm(x, x.shape[1], self.weight, self.bias, 1e-6)


class Encoder(nn.Sequential):
    """enc-1 to enc-3 of Table I: image -> code of one attribute."""

    def __init__(self, colours: int, width: float):
        """`colours`: 3 or 1."""
        wide = [round(c * width) for c in (32, 64, 128)]
        same = nn.ZeroPad2d((0, 1, 0, 1))  # TensorFlow's 'SAME' for stride 2 and an even side
        super().__init__(
            *(nn.ReflectionPad2d(3), nn.Conv2d(colours, wide[0], 7), InstanceNorm(wide[0]), nn.ReLU()),
            *(same, nn.Conv2d(wide[0], wide[1], 3, 2), InstanceNorm(wide[1]), nn.ReLU()),
            *(same, nn.Conv2d(wide[1], wide[2], 3, 2), InstanceNorm(wide[2]), nn.ReLU()),
        )


class FloorNorm(nn.Module):
    """Instance norm that divides by sqrt(variance + floor^2), with a learned floor for each channel.

    A channel that is faint all over may stay faint: it need not put a spike somewhere to have the variance that
    instance norm divides by.
    """

    def __init__(self, channels: int):
        """Scale and floor start at 1, shift at 0."""
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.floor = nn.Parameter(torch.ones(channels))

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch channels height width"]:
        x = x.to(self.weight.dtype)  # out of bfloat16, as the other norms do it
        return FlooredNorm.apply(x, self.weight, self.bias, self.floor)  # pyright: ignore[reportReturnType]


class FlooredNorm(torch.autograd.Function):
    """What `FloorNorm` computes, with few passes over memory: autograd's own takes three times as long on a CPU."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, floor: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        normed, _, over_sd = torch.native_group_norm(x, None, None, batch, channels, height * width, channels, 1e-6)
        share = (1 + (floor * over_sd).square()).rsqrt()  # of the way from 0 to a variance of 1
        ctx.save_for_backward(normed, over_sd, share, weight, floor)
        return torch.addcmul(bias[:, None, None], normed, (weight * share)[..., None, None])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:  # pyright: ignore[reportIncompatibleMethodOverride]
        normed, over_sd, share, weight, floor = ctx.saved_tensors
        places = normed[0, 0].numel()
        flat = gradient.reshape(share.numel(), places), normed.reshape(share.numel(), places)
        mean = gradient.mean((2, 3))
        along = torch.bmm(flat[0][:, None], flat[1][..., None]).view_as(share) / places
        gain = weight * share * over_sd
        of_x = torch.addcmul((-gain * mean)[..., None, None], gradient, gain[..., None, None])
        of_x.addcmul_(normed, (-gain * share.square() * along)[..., None, None])
        of_floor = -weight * floor * over_sd.square() * share**3 * along
        return of_x, places * (share * along).sum(0), places * mean.sum(0), places * of_floor.sum(0)


NORMS = {"instance": InstanceNorm, "floor": FloorNorm}


class Residual(nn.Module):
    """dec-res of Table I: two reflect-padded 3x3 convolutions added to the input, no ReLU after the sum."""

    def __init__(self, channels: int, norm: str):
        """Keeps the number of channels; `norm` is one of `NORMS`."""
        super().__init__()
        self.body = nn.Sequential(
            *(nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), NORMS[norm](channels), nn.ReLU()),
            *(nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), NORMS[norm](channels)),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class Upsample(nn.Module):
    """dec-1, dec-2 of Table I: nearest resize by 4, reflect pad 1, 3x3 convolution of stride 2; doubles the side.

    Computed as the sub-pixel convolution that it exactly is. Output row 2k reads small rows k - 1 (kernel row 0) and k
    (rows 1 and 2), output row 2k + 1 reads row k alone (all three); columns likewise. The reflected border becomes a
    replicated one above and on the left.
    """

    fold: Tensor

    def __init__(self, channels_in: int, channels_out: int):
        """`weight` is the 3x3 kernel of the plain form."""
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels_out, channels_in, 3, 3))
        self.bias = nn.Parameter(torch.zeros(channels_out))
        fold = torch.tensor([[[1.0, 0, 0], [0, 1, 1]], [[0, 0, 0], [1, 1, 1]]])  # [parity, row of 2, row of 3]
        self.register_buffer("fold", fold, persistent=False)

    def small_kernel(self) -> Float[Tensor, "c_out4 c_in 2 2"]:
        """The kernel on the small image: four for each channel that comes out, one a place in a square of 2 x 2."""
        return torch.einsum("pra,oiab,qsb->opqirs", self.fold, self.weight, self.fold).flatten(0, 2)

    def forward(self, x: Float[Tensor, "batch c_in height width"]) -> Float[Tensor, "batch c_out height2 width2"]:
        x = F.pad(x, (1, 0, 1, 0), mode="replicate")
        return F.pixel_shuffle(F.conv2d(x, self.small_kernel(), self.bias.repeat_interleave(4)), 2)


class ToColours(nn.Conv2d):
    """dec-3 of Table I: a square convolution to few channels, without padding.

    Computed as one of a single column to a channel for each column of the kernel, which are then moved into place and
    added: the same sums, in half the time on a CPU, which is slow at giving three channels.
    """

    def forward(self, input: Float[Tensor, "batch c_in height width"]) -> Float[Tensor, "batch c_out height2 width2"]:
        columns = self.weight.permute(3, 0, 1, 2).flatten(0, 1)[..., None]  # (column c_out) c_in row 1
        moved = F.conv2d(input, columns).unflatten(1, (-1, self.out_channels)).unbind(1)
        wide = input.shape[-1] - len(moved) + 1
        assert self.bias is not None
        return sum((of_column[..., k : k + wide] for k, of_column in enumerate(moved)), self.bias[:, None, None])


class Decoder(nn.Sequential):
    """dec-res, dec-1, dec-2 and dec-3 of Table I: joined codes -> image. Widths as in the code, not as printed."""

    def __init__(self, colours: int, codes: int, width: float, residual_blocks: int, norm: str):
        """`codes` = M + 1 codes of 128 `width` channels come in; `norm` is one of `NORMS`."""
        wide = [round(c * width) * codes for c in (128, 64, 32)]
        super().__init__(
            *(Residual(wide[0], norm) for _ in range(residual_blocks)),
            *(Upsample(wide[0], wide[1]), NORMS[norm](wide[1]), nn.ReLU()),
            *(Upsample(wide[1], wide[2]), NORMS[norm](wide[2]), nn.ReLU()),
            *(nn.ReflectionPad2d(3), ToColours(wide[2], colours, 7), nn.Tanh()),
        )


class Generator(nn.Module):
    """M + 1 encoders that share no weights, and the decoder (Eq. 1). Codes come attributes first, the rest last."""

    def __init__(
        self,
        attributes: Sequence[str],
        *,
        colours: int = 3,
        width: float = 1.0,
        residual_blocks: int = 6,
        norm: str = "instance",
    ):
        """One encoder for each attribute and one for the rest; `norm` is the decoder's, one of `NORMS`."""
        super().__init__()
        self.names = (*attributes, REST)
        self.encoders = nn.ModuleList(Encoder(colours, width) for _ in self.names)
        self.decoder = Decoder(colours, len(self.names), width, residual_blocks, norm)
        start(self, "glorot")

    def encode(self, images: Image) -> Codes:
        """Images in [-1, 1] -> their M + 1 codes."""
        return Codes({name: encoder(images) for name, encoder in zip(self.names, self.encoders, strict=True)})

    def decode(self, codes: Codes) -> Image:
        """Codes -> images in [-1, 1]."""
        return self.decoder(codes.joined())


class Classifier(nn.Module):
    """Table II: convolutional base B_m and dense head H_m. Codes enter at the head, so that path is linear."""

    def __init__(self, classes: int, *, size: int, colours: int = 3, width: float = 1.0):
        """`classes` = |m|; `size` of the images in pixels."""
        super().__init__()
        wide = [round(c * width) for c in (64, 128)]
        self.base = nn.Sequential(
            *(nn.Conv2d(colours, wide[0], 4, 2, 1), nn.ReLU()),
            *(nn.Conv2d(wide[0], wide[1], 4, 2, 1), nn.ReLU()),
        )
        self.head = nn.Linear(wide[1] * (size // 4) ** 2, classes)

    def forward(self, images: Image) -> Float[Tensor, "batch classes"]:
        """Logits of images."""
        return self.head(self.base(images).flatten(1))

    def read(self, code: Code) -> Float[Tensor, "batch classes"]:
        """Logits of codes."""
        return self.head(code.flatten(1))


class Critic(nn.Module):
    """StarGAN's deeper PatchGAN: halvings by 4x4 convolutions, then patch scores; no norm.

    With `classes` it has class heads on the trunk as well (not in the paper). With `told` it is told what an image
    should show, and adds a score of its own for each label: a projection discriminator (Miyato & Koyama 2018; not in
    the paper). Then all its methods need `labels`.
    """

    def __init__(
        self, *, size: int, colours: int = 3, width: float = 1.0, classes: Sequence[int] = (), told: Sequence[int] = ()
    ):
        """min(6, floor(log2 size) - 1) halvings: 2 x 2 scores are left where `size` is a power of 2 up to 128.

        `classes`, `told`: the number of classes of each attribute.
        """
        super().__init__()
        halvings = min(6, int(log2(size)) - 1)
        wide = [colours, *(round(64 * 2**k * width) for k in range(halvings))]
        blocks = [nn.Sequential(nn.Conv2d(a, b, 4, 2, 1), nn.LeakyReLU(0.01)) for a, b in itertools.pairwise(wide)]
        self.trunk = nn.Sequential(*blocks)
        self.score = nn.Conv2d(wide[-1], 1, 3, 1, 1)
        self.of_labels = nn.ModuleList(nn.Conv2d(wide[-1], n, 3, 1, 1, bias=False) for n in told)
        self.heads = nn.ModuleList(nn.Linear(wide[-1] * (size >> halvings) ** 2, n) for n in classes)

    def forward(self, images: Image, labels: Labels | None = None) -> Float[Tensor, "batch 1 rows columns"]:
        """Patch scores of images that should show `labels`."""
        return self.judge(images, labels)[0]

    def judge(
        self, images: Image, labels: Labels | None = None
    ) -> tuple[Float[Tensor, "batch 1 rows columns"], list[Tensor]]:
        """Patch scores, and each class head's logits (batch, classes)."""
        trunk = self.trunk(images)
        scores = self.score(trunk)
        for of_label, chosen in zip(self._of_labels(), self._chosen(labels), strict=True):
            scores = scores + (of_label(trunk) * chosen).sum(1, keepdim=True)
        return scores, [head(trunk.flatten(1)) for head in self.heads]

    def read(self, images: Image) -> list[Float[Tensor, "batch _"]]:
        """Each class head's logits alone, which need no labels."""
        trunk = self.trunk(images).flatten(1)
        return [head(trunk) for head in self.heads]

    def gradient(self, images: Image, labels: Labels | None = None) -> Image:
        """The gradient of the sum of each image's scores: see `scores_gradient`."""
        scores = [(self.score.weight, torch.ones_like(images[:, :1, :1, :1]))]
        for of_label, chosen in zip(self._of_labels(), self._chosen(labels), strict=True):
            scores.append((of_label.weight, chosen))
        return scores_gradient(self.trunk, images, scores)

    def _chosen(self, labels: Labels | None) -> list[Float[Tensor, "batch classes 1 1"]]:
        """Of each attribute it is told 1 at the label, else 0; nothing but 0 where the label is missing (-1)."""
        if labels is None:
            return []
        sizes = [of_label.out_channels for of_label in self._of_labels()]
        return [
            F.one_hot(labels[:, k] + 1, n + 1)[:, 1:, None, None].to(self.score.weight) for k, n in enumerate(sizes)
        ]

    def _of_labels(self) -> list[nn.Conv2d]:
        return list(self.of_labels)  # pyright: ignore[reportReturnType]


def scores_gradient(trunk: nn.Sequential, images: Image, scores: Sequence[tuple[Tensor, Tensor]]) -> Image:
    """The gradient of the sum of each image's scores, from which gradients flow to the weights, not to the images.

    Of a critic whose `trunk` halves by convolutions with leaky ReLUs; `scores`: kernels (n, channels, 3, 3) of scores
    on its end, and how much each of the n counts for each image (batch, n, 1, 1).

    Written out by the chain rule: all is linear but for the choice of slopes, which small changes leave as it is.
    Two thirds of autograd's time, which goes through the forward pass as well, with zeros.
    """
    x, layers = images, []
    with torch.no_grad():
        for convolution, leaky in trunk:  # pyright: ignore[reportGeneralTypeIssues]
            odd, x = x.shape[-1] % 2, convolution(x)
            slopes = torch.full_like(x, leaky.negative_slope).masked_fill_(x > 0, 1)
            layers.append((convolution.weight, slopes, odd))
            x = leaky(x)
    everywhere = torch.ones_like(x[:, :1])
    gradient = torch.stack([F.conv_transpose2d(everywhere * much, kernel, padding=1) for kernel, much in scores]).sum(0)
    for weight, slopes, odd in reversed(layers):
        gradient = F.conv_transpose2d(gradient * slopes, weight, stride=2, padding=1, output_padding=odd)
    return gradient


def start(network: nn.Module, kind: str) -> None:
    """Draw the kernels anew and set biases to zero.

    "glorot": uniform, TensorFlow's default, which the authors had. "he": normal with variance 2 / fan_in, for networks
    without norm layers, where a smaller start all but kills the signal.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear | Upsample):
            if kind == "glorot":
                nn.init.xavier_uniform_(module.weight)
            else:
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
