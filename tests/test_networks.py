import itertools
from functools import partial

import pytest
import torch
import torch.nn.functional as F

from unweave.losses import gradient_of
from unweave.networks import Classifier, Critic, Encoder, FloorNorm, Generator, Residual, ToColours, Upsample, start


def count(network: torch.nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize(("attributes", "decoder"), [(2, 16_783_491), (3, 29_824_515)])
def test_parameters_of_the_decoder_equal_the_authors(attributes: int, decoder: int) -> None:
    with torch.device("meta"):
        generator = Generator([str(k) for k in range(attributes)])
    assert count(generator.decoder) == decoder
    assert [count(encoder) for encoder in generator.encoders] == [97_536] * (attributes + 1)


def test_parameters_of_critic_and_classifiers_equal_the_authors() -> None:
    with torch.device("meta"):
        assert count(Critic(size=128)) == 44_721_089
        assert count(Classifier(7, size=128)) == 1_051_847
        assert count(Classifier(90, size=128)) == 11_930_906


def test_upsampling_equals_resize_pad_and_strided_convolution() -> None:
    up = Upsample(6, 5)
    start(up, "glorot")
    torch.nn.init.normal_(up.bias)
    x = torch.randn(2, 6, 7, 7)
    plain = F.pad(F.interpolate(x, scale_factor=4, mode="nearest"), (1, 1, 1, 1), mode="reflect")
    torch.testing.assert_close(up(x), F.conv2d(plain, up.weight, up.bias, stride=2), rtol=1e-4, atol=1e-5)


def test_the_last_convolution_equals_the_plain_one() -> None:
    last = ToColours(6, 3, 7)
    torch.nn.init.normal_(last.bias)  # pyright: ignore[reportArgumentType]
    x = torch.randn(2, 6, 14, 18)
    torch.testing.assert_close(last(x), F.conv2d(x, last.weight, last.bias), rtol=1e-4, atol=1e-5)


def test_a_norm_with_a_floor_leaves_a_faint_channel_faint_and_an_instance_norm_does_not() -> None:
    for kind, faint in (("floor", True), ("instance", False)):
        body = Residual(16, kind).body
        last = body[5]
        assert isinstance(last, torch.nn.Conv2d)
        with torch.no_grad():
            last.weight[0] *= 1e-3
            out = body(torch.randn(2, 16, 8, 8))
        assert bool(out[:, 0].std() < 0.1) == faint


def test_a_norm_with_a_floor_divides_by_the_root_of_variance_and_squared_floor() -> None:
    norm, x = FloorNorm(5).double(), torch.randn(3, 5, 4, 6).double().requires_grad_()
    for parameter in norm.parameters():
        torch.nn.init.normal_(parameter)
    variance, mean = torch.var_mean(x, (2, 3), correction=0, keepdim=True)
    weight, bias, floor = (p[:, None, None] for p in (norm.weight, norm.bias, norm.floor))
    plain = (x - mean) / (variance + floor.square()).sqrt() * weight + bias
    torch.testing.assert_close(norm(x), plain, rtol=1e-5, atol=1e-5)  # it adds 1e-6 to the variance
    inputs, direction = (x, *norm.parameters()), torch.randn(3, 5, 4, 6).double()
    mine, plains = (torch.autograd.grad((y * direction).sum(), inputs) for y in (norm(x), plain))
    torch.testing.assert_close(mine, plains, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("size", [32, 36, 64, 100])
@pytest.mark.parametrize("colours", [1, 3])
def test_any_size_divisible_by_4_works_in_rgb_and_grey(size: int, colours: int) -> None:
    images = torch.rand(2, colours, size, size) * 2 - 1
    generator = Generator(["a"], colours=colours, width=1 / 16, residual_blocks=1)
    codes = generator.encode(images)
    assert codes["rest"].shape == (2, 8, size // 4, size // 4)
    decoded = generator.decode(codes)
    assert decoded.shape == images.shape
    assert decoded.abs().max() <= 1
    assert Classifier(5, size=size, colours=colours, width=1 / 16).read(codes["a"]).shape == (2, 5)
    scores, classes = Critic(size=size, colours=colours, width=1 / 16, classes=(3,)).judge(images)
    assert scores.shape[:2] == (2, 1)
    assert classes[0].shape == (2, 3)


@pytest.mark.parametrize(("size", "halvings"), [(32, 4), (64, 5), (100, 5), (128, 6), (256, 6)])
def test_the_critic_halves_as_often_as_the_size_allows(size: int, halvings: int) -> None:
    assert len(Critic(size=size, width=1 / 16).trunk) == halvings


@pytest.mark.parametrize("told", [(), (3, 2)])
@pytest.mark.parametrize("size", [32, 36, 100])
def test_the_critics_gradient_and_what_it_teaches_are_those_of_autograd(size: int, told: tuple[int, ...]) -> None:
    critic = Critic(size=size, width=1 / 16, told=told).double()
    images = torch.rand(2, 3, size, size, dtype=torch.float64) * 2 - 1
    labels = torch.tensor([[2, 0], [1, -1]])
    start(critic, "he")
    for module in (*critic.trunk.modules(), critic.score):
        if isinstance(module, torch.nn.Conv2d):
            module.bias = torch.nn.Parameter(torch.randn_like(module.weight[:, 0, 0, 0]))
    found = []
    for gradient in (partial(critic.gradient, labels=labels), gradient_of(partial(critic, labels=labels))):
        critic.zero_grad()
        of_images = gradient(images)
        (of_images.flatten(1).norm(dim=1) - 1).square().mean().backward()
        found.append([of_images.detach(), *(p.grad for p in critic.parameters() if p.ndim == 4)])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs)
    assert len(found[0]) == len(critic.trunk) + 2 + len(told)


def test_a_critic_that_is_told_labels_scores_the_same_image_differently_and_a_missing_one_not_at_all() -> None:
    critic, image = Critic(size=32, width=1 / 16, told=(3, 2)), torch.rand(1, 3, 32, 32) * 2 - 1
    plain = critic.score(critic.trunk(image))
    shown = [critic(image, torch.tensor([labels])) for labels in ([0, 0], [0, 1], [1, 0], [0, -1], [-1, 0], [-1, -1])]
    assert torch.equal(shown[5], plain)
    torch.testing.assert_close(shown[3] + shown[4] - plain, shown[0])  # each attribute adds a score of its own
    assert all((one - other).abs().max() > 1e-4 for one, other in itertools.combinations(shown, 2))


def test_encoders_share_no_weights() -> None:
    generator = Generator(["a", "b"], width=1 / 16, residual_blocks=1)
    pointers = {p.data_ptr() for encoder in generator.encoders for p in encoder.parameters()}
    assert len(pointers) == 3 * len(list(generator.encoders[0].parameters()))


def test_codes_are_instance_normed_so_that_each_channel_has_its_own_scale() -> None:
    code = Encoder(3, 1 / 16)(torch.rand(1, 3, 32, 32))
    assert code.min() == 0
    assert 0.1 < code.mean() < 0.9  # ReLU of a standard normal has mean 0.4


@pytest.mark.parametrize(("kind", "share"), [("glorot", 1.0), ("he", 2.0)])
def test_start_keeps_the_promised_variance(kind: str, share: float) -> None:
    layer = torch.nn.Linear(500, 500)
    start(layer, kind)
    assert layer.weight.var().item() == pytest.approx(share / 500, rel=0.05)
    assert layer.bias.abs().max() == 0
