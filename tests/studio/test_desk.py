"""What the studio computes is what the model gives, and the command line and Python it tells of do the same."""

from __future__ import annotations

import shlex
import subprocess
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from unweave.checkpoint import ModelCard, save_model
from unweave.cli import main
from unweave.data.pictures import crop_resize
from unweave.draw import grid, strip
from unweave.errors import UnweaveError
from unweave.model import load
from unweave.networks import Generator
from unweave.studio import spelled
from unweave.studio.desk import Desk, Donor, loop, shares
from unweave.studio.picked import Picked

CARD = ModelCard(
    attributes={"shape": ("disc", "square"), "colour": ("blue", "green", "red")},
    size=32,
    channels=3,
    crop="center",
    width=1 / 16,
    residual_blocks=1,
    name="toy",
)
NAMES = ("base", "a b", "c", "d=e")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The desk of a model file in the current folder, where four pictures are as well."""
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    generator = Generator(tuple(CARD.attributes), width=CARD.width, residual_blocks=1)
    means = {name: torch.rand(len(classes), 8, 8, 8) for name, classes in CARD.attributes.items()}
    save_model(Path("toy.safetensors"), CARD, generator, means)
    for seed, name in enumerate(NAMES):
        Image.fromarray(np.random.default_rng(seed).integers(0, 256, (40, 36, 3), np.uint8)).save(f"{name}.png")
    return Desk(load("toy.safetensors"))


def put(name: str) -> Picked:
    with Image.open(f"{name}.png") as image:
        cut = crop_resize(image, size=32, channels=3, crop="center")
    return Picked(content=cut.tobytes(), path=f"{name}.png")


def run(text: str) -> None:
    for line in text.replace("\\\n", "").splitlines():
        if line.startswith("unweave "):
            main(shlex.split(line)[1:])
        elif not line.startswith("#"):
            subprocess.run(shlex.split(line), check=True)


def pixels(picture: Image.Image | str) -> np.ndarray:
    if isinstance(picture, str):
        with Image.open(picture) as opened:
            return np.asarray(opened.convert("RGB"), int)
    return np.asarray(picture.convert("RGB"), int)


def both_give(told: spelled.Spelled, expected: Image.Image, out: str, python_out: str | None = None) -> None:
    """The command and the lines of Python write `expected`; batches of another size differ in the last bit."""
    if not told.command.startswith("#"):
        run(told.command)
        assert np.abs(pixels(out) - pixels(expected)).max() <= 1
        Path(out).unlink()
    exec(told.python, {})
    assert np.abs(pixels(python_out or out) - pixels(expected)).max() <= 1


DONORS = {
    "nothing": ({}, {}),
    "exemplars": ({"shape": "a b", "colour": "d=e"}, {"shape": 1.0, "colour": -0.35}),
    "a class": ({"colour": "=red"}, {"colour": 1.5}),
    "classes": ({"colour": "=red", "shape": "=disc"}, {"colour": 1.0, "shape": 1.0}),
    "both": ({"shape": "c", "colour": "=green"}, {"shape": 0.5, "colour": 1.0}),
}


@pytest.mark.parametrize("case", DONORS)
def test_a_transfer_is_what_its_command_and_its_python_write(desk: Desk, case: str) -> None:
    chosen, strengths = DONORS[case]
    donors: dict[str, Donor] = {
        name: where[1:] if where.startswith("=") else put(where) for name, where in chosen.items()
    }
    base = put("base")
    picture = desk.changed(base, donors, strengths)
    both_give(spelled.transfer("toy.safetensors", base, donors, strengths), picture, "out.png")
    assert case == "nothing" or np.abs(pixels(picture) - pixels(desk.changed(base, {}, {}))).max() > 1


def test_a_mixture_is_what_its_command_and_its_python_write(desk: Desk) -> None:
    parts = shares([(put("a b"), 0.5), (None, 0.7), (put("c"), 0.25), (put("d=e"), 0.0), (put("d=e"), 1.0)])
    assert [share for _, share in parts] == [0.2857, 0.1429, 0.5714]
    told = spelled.mix("toy.safetensors", put("base"), "shape", parts)
    both_give(told, desk.mixed(put("base"), "shape", parts), "out.png")


def test_a_share_that_is_nothing_in_four_digits_is_left_out() -> None:
    one, two = (Picked(content=b"", path=name) for name in "ab")
    assert shares([(one, 0.00001), (two, 0.5)]) == [(two, 1.0)]


def test_without_a_weight_there_is_no_mixture() -> None:
    with pytest.raises(UnweaveError, match="there is nothing to mix"):
        shares([(Picked(content=b"", path=""), 0.0), (None, 1.0)])


def test_a_passage_is_what_its_command_and_its_python_write(desk: Desk) -> None:
    base, start, end = put("base"), put("a b"), put("c")
    frames = desk.passage(base, "colour", start, end, 4)
    assert len(frames) == 4
    assert np.abs(pixels(frames[0]) - pixels(desk.changed(base, {"colour": start}, {"colour": 1.0}))).max() <= 1
    assert np.abs(pixels(frames[3]) - pixels(desk.changed(base, {"colour": end}, {"colour": 1.0}))).max() <= 1
    told = spelled.interpolate("toy.safetensors", base, "colour", start, end, 4)
    shown = strip(frames, desk.picture(start), desk.picture(end), source=desk.picture(base))
    for write in (lambda: run(told.command), lambda: exec(told.python, {})):
        write()
        assert np.abs(pixels("strip.png") - pixels(shown)).max() <= 1
        with Image.open("loop.webp") as written, Image.open(BytesIO(loop(frames))) as seen:
            assert [pixels(frame).tolist() for frame in ImageSequence.Iterator(written)] == [
                pixels(frame).tolist() for frame in ImageSequence.Iterator(seen)
            ]
        Path("strip.png").unlink()
        Path("loop.webp").unlink()


@pytest.mark.parametrize("strength", [1.0, 0.25])
def test_a_matrix_is_what_its_command_and_its_python_write(desk: Desk, strength: float) -> None:
    sources, exemplars = [put("base"), put("c")], [put("d=e"), put("a b"), put("d=e")]
    rows = desk.matrix("shape", sources, exemplars, strength)
    assert [len(row) for row in rows] == [3, 3]
    left, top = [desk.picture(source) for source in sources], [desk.picture(exemplar) for exemplar in exemplars]
    shown = pixels(grid(rows, row_headers=left, column_headers=top))
    told = spelled.matrix("toy.safetensors", "shape", sources, exemplars, strength)
    run(told.command)
    names = {path.name for path in Path("matrix").iterdir()}
    assert {"base--0-d=e.png", "base--1-a b.png", "c--2-d=e.png"} < names
    inner = shown[8:, 8:]  # without the margin, in whose place the command writes names
    written = pixels("matrix/grid.png")[-inner.shape[0] :, -inner.shape[1] :]
    assert np.abs(written - inner).max() <= 1
    exec(told.python, {})
    assert np.abs(pixels("matrix.png") - shown).max() <= 1


def test_a_matrix_of_pictures_of_one_name_in_several_folders_has_all_of_them(desk: Desk) -> None:
    for folder, name in (("x", "a b"), ("y y", "c")):
        Path(folder).mkdir()
        Path(f"{name}.png").rename(f"{folder}/1.png")
    sources, exemplars = [put("x/1"), put("y y/1")], [put("base")]
    rows = desk.matrix("shape", sources, exemplars, 1.0)
    run(spelled.matrix("toy.safetensors", "shape", sources, exemplars, 1.0).command)
    for k, row in enumerate(rows):
        assert np.abs(pixels(f"matrix/{k}-1--base.png") - pixels(row[0])).max() <= 1


def test_long_lines_are_broken_between_names_and_do_the_same(desk: Desk) -> None:
    long = "what a long name " * 3
    Path("a b.png").rename(f"{long}.png")
    Path("c.png").rename(f"{long} 2.png")
    base, donors = put("base"), {"shape": put(long), "colour": put(f"{long} 2")}
    strengths = {"shape": 1.0, "colour": 0.5}
    told = spelled.transfer("toy.safetensors", base, donors, strengths)
    lines = [*told.command.splitlines(), *told.python.splitlines()]
    assert max(map(len, lines)) <= spelled.WIDTH
    assert [line for line in told.command.splitlines() if line.count(".png") > 1] == []
    both_give(told, desk.changed(base, donors, strengths), "out.png")


def test_codes_are_found_once_for_each_content(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    encode = desk.model.encode
    monkeypatch.setattr(desk.model, "encode", lambda images: (seen.append(len(images)), encode(images))[1])
    base, exemplar = put("base"), put("c")
    again = Picked(content=exemplar.content, path="of-another-name.png")
    for strength, donor in ((0.1, exemplar), (0.2, again), (0.3, exemplar)):
        desk.changed(base, {"shape": donor}, {"shape": strength})
    assert seen == [1, 1]


def test_what_lies_in_a_zip_is_unpacked_first() -> None:
    packed = [Picked(content=b"", path=f"x/{k}.png", unpacked_by="unweave data unpack x.zip x") for k in range(2)]
    told = spelled.transfer("faces64", packed[0], {"light": packed[1]}, {"light": 0.5})
    assert told.command.splitlines() == [
        "unweave data unpack x.zip x",
        "unweave transfer faces64 x/0.png --from light=x/1.png --strength light=0.5 -o out.png",
    ]
