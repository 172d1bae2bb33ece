"""Sizes and shapes of the rivals' networks are those published."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from unweave.baselines import NETWORKS
from unweave.baselines.cyclegan import Critics, TwoWay
from unweave.baselines.fader import AutoEncoder, LatentDiscriminator
from unweave.baselines.parts import ImagePool, PatchCritic, one_hots
from unweave.baselines.pix2pix import Dropout, UNet
from unweave.baselines.stargan import Discriminator, Generator
from unweave.checkpoint import ModelCard


def card(size: int = 128, classes: int = 2, blocks: int = 6, width: float = 1.0, channels: int = 3) -> ModelCard:
    return ModelCard(
        attributes={"kind": tuple(str(k) for k in range(classes))},
        size=size,
        channels=channels,
        crop="center",
        width=width,
        residual_blocks=blocks,
    )


def count(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def kernels(network: nn.Module) -> list[tuple[int, ...]]:
    return [tuple(p.shape) for p in network.parameters() if p.ndim == 4]


@pytest.mark.parametrize(
    ("classes", "generator", "discriminator"), [(5, 8_430_528, 44_762_048), (8, 8_439_936, 44_786_624)]
)
def test_stargan_has_the_published_number_of_parameters(classes: int, generator: int, discriminator: int) -> None:
    with torch.device("meta"):
        assert count(Generator(card(classes=classes))) == generator
        assert count(Discriminator(card(classes=classes), 1.0)) == discriminator


@pytest.mark.parametrize(("blocks", "parameters"), [(9, 11_378_179), (6, 7_837_699)])
def test_cyclegan_has_the_published_number_of_parameters(blocks: int, parameters: int) -> None:
    with torch.device("meta"):
        both = TwoWay(card(blocks=blocks))
        assert (count(both.there), count(both.back)) == (parameters, parameters)
        critics = Critics(card(), 1.0, 50)
        assert (count(critics.first), count(critics.second)) == (2_764_737, 2_764_737)
        assert count(critics) == 2 * 2_764_737  # pools are no parameters


@pytest.mark.parametrize(("size", "parameters", "dropouts"), [(256, 54_413_955, 3), (128, 41_828_995, 2)])
def test_pix2pix_has_the_published_number_of_parameters(size: int, parameters: int, dropouts: int) -> None:
    with torch.device("meta"):
        net = UNet(card(size))
        assert count(net) == parameters
        assert count(PatchCritic(6, 1.0, batch_norm=True)) == 2_768_705
    assert sum(isinstance(module, Dropout) for module in net.modules()) == dropouts


@pytest.mark.parametrize(
    ("size", "labels", "encoder", "decoder", "discriminator"),
    [(256, 2, 6_985_568, 7_014_944, 8_655_362), (128, 8, 6_985_568, 7_110_464, 4_462_600)],
)
def test_fader_networks_have_the_published_number_of_parameters(
    size: int, labels: int, encoder: int, decoder: int, discriminator: int
) -> None:
    with torch.device("meta"):
        net = AutoEncoder(card(size, labels))
        assert (count(net.encoder), count(net.decoder)) == (encoder, decoder)
        assert count(LatentDiscriminator(card(size, labels), 1.0)) == discriminator


def test_fader_networks_of_small_images_keep_the_widest_layers_and_the_published_code() -> None:
    with torch.device("meta"):
        net, reader = AutoEncoder(card(32, 2)), LatentDiscriminator(card(32, 2), 1.0)
    assert kernels(net.encoder) == [(128, 3, 4, 4), (256, 128, 4, 4), (512, 256, 4, 4), (512, 512, 4, 4)]
    assert kernels(net.decoder) == [(514, 512, 4, 4), (514, 256, 4, 4), (258, 128, 4, 4), (130, 3, 4, 4)]
    assert kernels(reader.layers) == [(512, 512, 4, 4)]


def test_layers_of_pix2pix_and_cyclegan_are_the_published_ones() -> None:
    with torch.device("meta"):
        unet, both = UNet(card(128)), TwoWay(card(blocks=2))
        patch = PatchCritic(6, 1.0, batch_norm=True)
    wide = [3, 64, 128, 256, 512, 512, 512, 512]
    assert kernels(unet.down) == [(b, a, 4, 4) for a, b in pairwise(wide)]
    up = [(512, 512), (1024, 512), (1024, 512), (1024, 256), (512, 128), (256, 64), (128, 3)]
    assert kernels(unet.up) == [(a, b, 4, 4) for a, b in up]
    ends = [(64, 3, 7, 7), (128, 64, 3, 3), (256, 128, 3, 3)]
    assert kernels(both.there) == [*ends, *[(256, 256, 3, 3)] * 4, *[(256, 128, 3, 3), (128, 64, 3, 3), (3, 64, 7, 7)]]
    assert kernels(patch) == [(64, 6, 4, 4), (128, 64, 4, 4), (256, 128, 4, 4), (512, 256, 4, 4), (1, 512, 4, 4)]
    assert patch(torch.zeros(1, 6, 128, 128, device="meta")).shape == (1, 1, 14, 14)


def convolutions(network: nn.Module) -> list[nn.Conv2d | nn.ConvTranspose2d]:
    return [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.ConvTranspose2d)]


@pytest.mark.parametrize("method", ["cyclegan", "pix2pix"])
def test_kernels_of_the_pair_wise_methods_start_at_one_size_whatever_their_inputs_and_biases_at_nothing(
    method: str,
) -> None:
    net = NETWORKS[method](card(64, blocks=1, width=0.25))
    for module in convolutions(net):
        assert module.weight.std().item() == pytest.approx(0.02, rel=0.1)
        assert abs(module.weight.mean().item()) < 0.002
        assert module.bias is None or not module.bias.any()
    scales = [module.weight for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    assert all(scale.mean().item() == pytest.approx(1, abs=0.02) for scale in scales)


def test_cyclegan_mirrors_at_the_border_where_its_convolutions_keep_the_size() -> None:
    net = TwoWay(card(blocks=2, width=1 / 16)).there
    modes = [(module.kernel_size[0], module.stride[0], module.padding_mode) for module in convolutions(net)]
    kept = [(7, 1, "reflect"), *[(3, 1, "reflect")] * 4, (7, 1, "reflect")]
    assert [mode for mode in modes if mode[1] == 1] == kept
    assert {mode for mode in modes if mode[1] == 2} == {(3, 2, "zeros")}


def test_slopes_and_dropouts_of_pix2pix_stand_where_they_are_published() -> None:
    with torch.device("meta"):
        net, patch = UNet(card(256)), PatchCritic(6, 1.0, batch_norm=True)
    assert [sum(isinstance(part, Dropout) for part in up.modules()) for up in net.up] == [0, 1, 1, 1, 0, 0, 0, 0]
    slopes = [
        module.negative_slope for of in (net, patch) for module in of.modules() if isinstance(module, nn.LeakyReLU)
    ]
    assert slopes == [0.2] * (7 + 4)
    norms = [sum(isinstance(part, nn.BatchNorm2d) for part in down.modules()) for down in net.down]
    assert norms == [0, 1, 1, 1, 1, 1, 1, 0]


@pytest.mark.parametrize("method", NETWORKS)
@pytest.mark.parametrize("channels", [1, 3])
def test_images_keep_their_size_and_range(method: str, channels: int) -> None:
    sizes = (32, 64) if method in ("pix2pix", "fader") else (32, 36, 100)
    for size in sizes:
        net = NETWORKS[method](card(size, blocks=1, width=1 / 16, channels=channels)).eval()
        images = torch.rand(2, channels, size, size) * 2 - 1
        with torch.no_grad():
            made = net.translate(images, one_hots(torch.tensor([[0], [1]]), [2]))
        assert made.shape == images.shape
        assert made.abs().max() <= 1


@pytest.mark.parametrize(("size", "side"), [(32, 2), (100, 3), (128, 2), (256, 4)])
def test_the_class_head_of_stargan_sees_all_that_is_left(size: int, side: int) -> None:
    with torch.device("meta"):
        net = Discriminator(card(size, 7, width=1 / 16), 1 / 16)
        scores, logits = net(torch.zeros(2, 3, size, size))
    assert scores.shape == (2, 1, side, side)
    assert logits.shape == (2, 7)


def test_pix2pix_translates_each_image_for_itself_and_always_alike() -> None:
    net, images = UNet(card(32, width=1 / 16)).eval(), torch.rand(3, 3, 32, 32) * 2 - 1
    wanted = one_hots(torch.ones(3, 1, dtype=torch.long), [2])
    with torch.no_grad():
        together = net.translate(images, wanted)
        assert torch.equal(together[1:2], net.translate(images[1:2], wanted[:1]))


def test_a_way_back_leads_through_the_other_network() -> None:
    net, images = TwoWay(card(32, blocks=1, width=1 / 16)), torch.rand(2, 3, 32, 32) * 2 - 1
    with torch.no_grad():
        made = net.translate(images, one_hots(torch.tensor([[1], [0]]), [2]))
        assert torch.equal(made, torch.cat([net.there(images[:1]), net.back(images[1:])]))


def test_a_missing_label_is_told_as_nothing() -> None:
    assert one_hots(torch.tensor([[1, -1], [0, 2]]), [2, 3]).tolist() == [[0, 1, 0, 0, 0], [1, 0, 0, 0, 1]]


def test_the_pool_gives_back_earlier_images_half_the_time() -> None:
    pool, kept = ImagePool(2, card(4)), []
    chance, same = np.random.default_rng(0), np.random.default_rng(0)
    earlier = 0
    for value in range(1, 41):
        shown = pool.exchange(torch.full((1, 3, 4, 4), float(value)), chance).unique().tolist()
        if len(kept) < 2:
            kept.append(value)
            assert shown == [value]
        elif same.random() < 0.5:
            place = int(same.integers(2))
            assert shown == [kept[place]]
            kept[place] = value
            earlier += 1
        else:
            assert shown == [value]
    assert 10 < earlier < 28
    other = ImagePool(2, card(4))
    other.load_state_dict(pool.state_dict())  # it belongs to the state
    assert other.images[:, 0, 0, 0].tolist() == kept
    assert int(other.held) == 2
