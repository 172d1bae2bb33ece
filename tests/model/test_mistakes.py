"""What a model cannot do gets one line, which names what is wrong and what was expected."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from unweave.codes import Codes
from unweave.errors import UnweaveError
from unweave.model import Model

PICTURE = Image.new("RGB", (32, 32), (200, 120, 60))


def images(count: int) -> Tensor:
    return torch.rand(count, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1


Mistake = Callable[[Model], object]


@pytest.mark.parametrize(
    ("mistake", "line"),
    [
        (
            lambda m: m.transfer(images(1), {"ligth": images(1)}),
            "unknown attribute 'ligth': did you mean 'light'? there are expression, light, rest",
        ),
        (
            lambda m: m.synthesize(images(1), {"expression": "smiles"}),
            "unknown class of expression 'smiles': did you mean 'smile'? there are neutral, smile",
        ),
        (
            lambda m: m.synthesize(images(1), {"rest": "smile"}),
            "unknown attribute 'rest': there are expression, light",
        ),
        (
            lambda m: m.transfer(images(2), {"light": images(3)}),
            "2 sources and 3 exemplars of light do not go pairwise; give as many of each, or a single image",
        ),
        (
            lambda m: m.transfer(torch.zeros(3, 64, 64), {}),
            "a tensor is 3 x 64 x 64, the model takes 3 x 32 x 32 (or a batch of them)",
        ),
        (
            lambda m: m.transfer(torch.zeros(32, 32), {}),
            "a tensor is 32, the model takes 3 x 32 x 32 (or a batch of them)",
        ),
        (
            lambda m: m.transfer(torch.arange(3 * 32 * 32).view(3, 32, 32) / 3071 * 255, {}),
            "a tensor has values from 0 to 255, expected [-1, 1]",
        ),
        (
            lambda m: m.transfer(torch.zeros(3, 32, 32, dtype=torch.uint8), {}),
            "a tensor is of torch.uint8, expected floating-point values in [-1, 1]",
        ),
        (lambda m: m.transfer([], {}), "the list of images is empty, expected at least one"),
        (
            lambda m: m.transfer([images(1)[0], PICTURE], {}),
            "a list holds tensors and pictures, expected one or the other",
        ),
        (
            lambda m: m.transfer(images(1), {"light": images(1)}, strength={"expression": 1}),
            "a strength is given for 'expression', which is taken from nowhere",
        ),
        (
            lambda m: m.transfer(images(1), {"light": images(1)}, strength=float("nan")),
            "the strength of light is nan, expected a finite number",
        ),
        (
            lambda m: m.mix(images(1), "light", images(2), [0.5, 0.6]),
            "the weights of a mixture must be above 0 and sum to 1, got [0.5, 0.6]",
        ),
        (
            lambda m: m.interpolate(images(1), "light", images(1), images(1), steps=1),
            "an interpolation has 1 steps, expected a whole number from 2 up",
        ),
        (
            lambda m: m.mix(images(1), "light", images(2), [float("nan"), 0.5]),
            "the weights of a mixture must be above 0 and sum to 1, got [nan, 0.5]",
        ),
        (
            lambda m: m.mix(images(1), "light", images(2), [float("inf"), 0.5]),
            "the weights of a mixture must be above 0 and sum to 1, got [inf, 0.5]",
        ),
        (
            lambda m: m.decode(Codes({"light": m.encode(images(1))["light"]})),
            "the codes lack expression and rest, expected expression, light, rest",
        ),
        (
            lambda m: m.interpolate(images(1), "light", images(2), images(1)),
            "an interpolation goes from one image to another on one source, got a list",
        ),
    ],
)
def test_a_mistake_gets_its_one_line(model: Model, mistake: Mistake, line: str) -> None:
    with pytest.raises(UnweaveError) as caught:
        mistake(model)
    assert str(caught.value) == line


def test_a_tensor_that_is_no_number_is_refused(model: Model) -> None:
    with pytest.raises(UnweaveError, match=r"values from nan to nan, expected \[-1, 1\]"):
        model.encode(torch.full((3, 32, 32), float("nan")))


def test_a_picture_that_cannot_be_read_is_named(model: Model, tmp_path: Path) -> None:
    (tmp_path / "no.png").write_bytes(b"nothing")
    with pytest.raises(UnweaveError, match=r"no\.png: is not an image"):
        model.transfer(tmp_path / "no.png", {})
    with pytest.raises(UnweaveError, match=r"missing\.png: cannot be read"):
        model.transfer([PICTURE, tmp_path / "missing.png"], {})


def test_values_of_another_kind_get_their_line(save: Callable[..., Path], tmp_path: Path) -> None:
    code = f"""
import unweave
model, image = unweave.load({str(save(tmp_path / "toy.safetensors"))!r}), {str(tmp_path / "a.png")!r}
def tell(work):
    try:
        work()
    except unweave.UnweaveError as error:
        print(error)
for value in ("0.5", None, [0.5], {{"light": "much"}}):
    tell(lambda: model.transfer(image, {{"light": image}}, strength=value))
for steps in (2.5, "3"):
    tell(lambda: model.interpolate(image, "light", image, image, steps=steps))
tell(lambda: model.mix(image, "light", [image], ["1"]))
tell(lambda: model.synthesize(image, {{"light": 3}}))
"""
    PICTURE.save(tmp_path / "a.png")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        *(
            f"the strength of light is {value}, expected a finite number"
            for value in ("'0.5'", "None", "[0.5]", "'much'")
        ),
        *(f"an interpolation has {steps} steps, expected a whole number from 2 up" for steps in ("2.5", "3")),
        "the weights of a mixture must be above 0 and sum to 1, got ['1']",
        "unknown class of light '3': there are left, right, top",
    ]
