"""A model in use: codes that are swapped, weighed and averaged, and images of any kind in and out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.testing import assert_close

from unweave import model as use
from unweave.checkpoint import load_model
from unweave.codes import Codes
from unweave.data.pictures import crop_resize
from unweave.draw import strip
from unweave.errors import UnweaveError
from unweave.images import pictures
from unweave.model import Model, load
from unweave.networks import Generator
from unweave.torch_engine import TorchEngine


def images(count: int, seed: int = 0, channels: int = 3) -> Tensor:
    draw = torch.Generator().manual_seed(seed)
    return torch.rand(count, channels, 32, 32, generator=draw) * 2 - 1


def picture(seed: int, size: tuple[int, int] = (32, 32)) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    return Image.fromarray(pixels)


def test_nothing_taken_is_the_reconstruction(model: Model) -> None:
    source = images(2)
    assert torch.equal(model.transfer(source, {}), model.decode(model.encode(source)))


def test_strength_moves_from_ones_own_code_to_the_exemplars(model: Model) -> None:
    source, exemplar = images(1)[0], images(1, seed=1)[0]
    own, donor = model.encode(source), model.encode(exemplar)
    reconstruction = model.transfer(source, {})
    assert torch.equal(model.transfer(source, {"light": exemplar}, strength=0), reconstruction)
    swapped = model.transfer(source, {"light": exemplar})
    assert_close(swapped, model.decode(own.swap(donor, {"light": 1.0}))[0])
    assert (swapped - reconstruction).abs().mean() > 1e-3
    beyond = model.transfer(source, {"light": exemplar}, strength=1.5)
    assert_close(beyond, model.decode(own.swap(donor, {"light": 1.5}))[0])
    assert (beyond - swapped).abs().mean() > 1e-3


def test_transfer_from_oneself_is_the_reconstruction(model: Model) -> None:
    source = images(1)[0]
    exemplars = dict.fromkeys((*model.attributes, "rest"), source)
    assert torch.equal(model.transfer(source, exemplars), model.transfer(source, {}))


def test_everything_from_the_exemplar_is_the_exemplars_reconstruction(model: Model) -> None:
    source, exemplar = images(1)[0], images(1, seed=1)[0]
    exemplars = dict.fromkeys((*model.attributes, "rest"), exemplar)
    assert torch.equal(model.transfer(source, exemplars), model.transfer(exemplar, {}))


def test_each_attribute_has_its_own_exemplar_and_strength(model: Model) -> None:
    source, a, b = images(3)
    together = model.transfer(source, {"light": a, "expression": b}, strength={"expression": 0.6})
    by_hand = model.encode(source).swap(model.encode(a), {"light": 1.0}).swap(model.encode(b), {"expression": 0.6})
    assert_close(together, model.decode(by_hand)[0])


def test_two_lists_go_pairwise_as_one_by_one(model: Model) -> None:
    sources, exemplars = images(5), images(5, seed=1)
    together = model.transfer(sources, {"light": exemplars})
    alone = torch.stack([model.transfer(s, {"light": e}) for s, e in zip(sources, exemplars, strict=True)])
    assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_a_single_exemplar_or_source_serves_all(model: Model) -> None:
    sources, one = images(3), images(1, seed=1)[0]
    assert_close(model.transfer(sources, {"light": one}), model.transfer(sources, {"light": one.expand(3, -1, -1, -1)}))
    assert_close(model.transfer(one, {"light": sources}), model.transfer(one.expand(3, -1, -1, -1), {"light": sources}))


def test_size_of_the_batches_does_not_matter_and_a_single_donor_is_encoded_once(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources, donor = images(7), images(1, seed=1)[0]
    paired = images(7, seed=2)
    whole = model.transfer(sources, {"light": donor, "expression": paired})
    monkeypatch.setattr(use, "BATCH", 3)
    encoded: list[int] = []
    inner = model.generator.encode
    monkeypatch.setattr(model.generator, "encode", lambda batch: encoded.append(len(batch)) or inner(batch))
    assert_close(model.transfer(sources, {"light": donor, "expression": paired}), whole, atol=1e-5, rtol=1e-4)
    assert sorted(encoded) == [1, 1, 1, 3, 3, 3, 3]  # the donor; then sources and pairs, 3 + 3 + 1 each


def test_mixture_of_one_image_is_a_transfer(model: Model) -> None:
    source, exemplar = images(2)
    assert_close(model.mix(source, "light", [exemplar], [1.0]), model.transfer(source, {"light": exemplar}))


def test_mixture_weighs_the_codes_equally_unless_told(model: Model) -> None:
    source, exemplars = images(1)[0], images(3, seed=1)
    donors = model.encode(exemplars)
    for weights, shares in ((None, [1 / 3] * 3), ([0.5, 0.3, 0.2], [0.5, 0.3, 0.2])):
        light = sum(share * donors["light"][k] for k, share in enumerate(shares))
        own = model.encode(source)
        expected = model.decode(type(own)({**own, "light": torch.as_tensor(light)[None]}))[0]
        assert_close(model.mix(source, "light", exemplars, weights), expected, atol=1e-5, rtol=1e-4)


def test_interpolation_starts_and_ends_at_the_transfers_of_its_exemplars(model: Model) -> None:
    source, a, b = images(3)
    steps = model.interpolate(source, "expression", a, b, steps=5)
    assert steps.shape == (5, 3, 32, 32)
    assert_close(steps[0], model.transfer(source, {"expression": a}), atol=1e-5, rtol=1e-4)
    assert_close(steps[-1], model.transfer(source, {"expression": b}), atol=1e-5, rtol=1e-4)
    middle = model.mix(source, "expression", [a, b])
    assert_close(steps[2], middle, atol=1e-5, rtol=1e-4)


def test_a_strip_shows_the_steps_of_an_interpolation_between_its_exemplars(model: Model) -> None:
    faces = [Image.fromarray(np.random.default_rng(k).integers(0, 256, (40, 48, 3), np.uint8)) for k in range(3)]
    seen = model.read(faces)
    source, start, end = pictures(seen)
    steps = model.interpolate(faces[0], "light", faces[1], faces[2], steps=4)
    expected = strip(steps, start, end, source=source).tobytes()
    assert model.strip(faces[0], "light", faces[1], faces[2], steps=4).tobytes() == expected
    assert model.strip(seen[0], "light", seen[1], seen[2], steps=4).tobytes() == expected


def test_synthesis_has_the_mean_code_of_the_class(model: Model, tmp_path: Path) -> None:
    source = images(1)[0]
    own = model.encode(source)
    means = load_model(tmp_path / "toy.safetensors")[2]
    expected = model.decode(type(own)({**own, "light": means["light"][1:2]}))[0]
    assert_close(model.synthesize(source, {"light": "right"}), expected)
    half = model.decode(type(own)({**own, "light": (own["light"] + means["light"][1:2]) / 2}))[0]
    assert_close(model.synthesize(source, {"light": "right"}, strength=0.5), half, atol=1e-5, rtol=1e-4)


def test_pictures_files_and_tensors_agree(model: Model, tmp_path: Path) -> None:
    source, exemplar = picture(0), picture(1)
    source.save(tmp_path / "source.png")
    exemplar.save(tmp_path / "exemplar.png")
    from_files = model.transfer(str(tmp_path / "source.png"), {"light": tmp_path / "exemplar.png"})
    from_pictures = model.transfer(source, {"light": exemplar})
    from_tensors = model.transfer(model.read(source)[0], {"light": model.read(exemplar)[0]})
    assert from_files.tobytes() == from_pictures.tobytes()
    assert from_files.tobytes() == use.pictures(from_tensors[None])[0].tobytes()
    assert from_files.size == (32, 32)
    assert from_files.mode == "RGB"


def test_one_in_one_out_and_a_list_in_a_list_out(model: Model) -> None:
    one, tensor = picture(0), images(1)[0]
    assert isinstance(model.transfer(one, {"light": one}), Image.Image)
    assert [type(p) for p in model.transfer([one], {"light": one})] == [Image.Image]
    assert len(model.transfer(one, {"light": [one, one]})) == 2
    assert model.transfer(tensor, {"light": one}).shape == (3, 32, 32)
    assert model.transfer(tensor[None], {"light": one}).shape == (1, 3, 32, 32)
    assert model.transfer([tensor, tensor], {"light": one}).shape == (2, 3, 32, 32)
    assert isinstance(model.mix(one, "light", [one, one]), Image.Image)
    assert isinstance(model.synthesize(one, {"light": "top"}), Image.Image)
    assert len(model.interpolate(one, "light", one, one, steps=3)) == 3


def test_pictures_get_the_crop_of_the_card(save: Callable[..., Path], tmp_path: Path) -> None:
    model = load(save(tmp_path / "m.safetensors", crop="20x20+10+5"))
    large = picture(0, (50, 40))
    expected = crop_resize(large, size=32, channels=3, crop="20x20+10+5")
    assert np.array_equal(np.asarray(use.pictures(model.read(large))[0]), expected)
    large.crop((0, 0, 25, 25)).save(tmp_path / "small.png")
    with pytest.raises(UnweaveError, match=r"small\.png: is 25 x 25 pixels, the crop 20x20\+10\+5 reaches out of it"):
        model.read(tmp_path / "small.png")


def test_grey_models_take_any_picture_and_give_grey_ones(save: Callable[..., Path], tmp_path: Path) -> None:
    model = load(save(tmp_path / "m.safetensors", channels=1))
    result = model.transfer(picture(0, (40, 30)), {"light": picture(1)})
    assert (result.mode, result.size) == ("L", (32, 32))
    assert model.transfer(images(2, channels=1), {}).shape == (2, 1, 32, 32)


def test_distance_is_the_reconstruction_error_over_the_cards_limit(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = images(5)
    errors = (model.transfer(source, {}) - source).abs().mean((1, 2, 3)) / 0.25
    monkeypatch.setattr(use, "BATCH", 2)
    assert model.distance_from_training(source) == pytest.approx(errors.tolist(), rel=1e-4)
    assert model.distance_from_training(picture(0)) == model.distance_from_training(model.read(picture(0)))


def test_probes_can_be_trained_on_codes(model: Model) -> None:
    probe = torch.nn.Linear(8 * 8 * 8, 2)
    probe(model.encode(images(2))["light"].flatten(1)).sum().backward()
    assert probe.weight.grad is not None


def test_codes_in_another_order_are_decoded_as_the_same(model: Model) -> None:
    codes = model.encode(images(2))
    assert torch.equal(model.decode(Codes({name: codes[name] for name in reversed(list(codes))})), model.decode(codes))


def test_codes_that_lie_elsewhere_are_decoded_on_the_models_device(model: Model) -> None:
    there = TorchEngine(Generator(model.attributes, width=model.card.width, residual_blocks=1), torch.device("meta"))
    assert there.decode(model.encode(images(2))).device.type == "meta"
