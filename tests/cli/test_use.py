"""transfer, mix, interpolate, synthesize and info, with a model of random weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from unweave.checkpoint import ModelCard, save_model
from unweave.cli import main, outputs
from unweave.cli.arguments import file_names, image_files, strength, weighted
from unweave.draw import grid
from unweave.errors import UnweaveError
from unweave.model import Model, load
from unweave.networks import Generator

CARD = ModelCard(
    attributes={"expression": ("neutral", "smile"), "light": ("left", "right", "top")},
    size=32,
    channels=3,
    crop="center",
    width=1 / 16,
    residual_blocks=1,
    step=1234,
    reconstruction={"median": 0.5, "limit": 2.0},
    name="toy",
)


def save_random(path: Path, card: ModelCard = CARD) -> None:
    torch.manual_seed(0)
    generator = Generator(tuple(card.attributes), width=card.width, residual_blocks=card.residual_blocks)
    side, channels = card.size // 4, round(128 * card.width)
    means = {name: torch.rand(len(classes), channels, side, side) for name, classes in card.attributes.items()}
    save_model(path, card, generator, means)


def picture(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (40, 36, 3), np.uint8))


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """A model file, pictures and two folders of them in the current folder."""
    monkeypatch.chdir(tmp_path)
    save_random(Path("toy.safetensors"))
    for seed, name in enumerate(["source", "a", "b", "c"]):
        picture(seed).save(f"{name}.png")
    for folder, count, first in (("sources", 3, 10), ("exemplars", 2, 20)):
        Path(folder).mkdir()
        for seed in range(first, first + count):
            picture(seed).save(f"{folder}/{seed}.png")
        Path(folder, "notes.txt").write_text("no image")
    return load("toy.safetensors")


def run(capsys: pytest.CaptureFixture[str], line: str) -> list[str]:
    """What a command prints; it says nothing on stderr."""
    main(line.split())
    said = capsys.readouterr()
    assert said.err == ""
    return said.out.splitlines()


def mistake(capsys: pytest.CaptureFixture[str], line: str) -> str:
    """The one line that a command refuses with; nothing is written."""
    before = sorted(Path().rglob("*"))
    with pytest.raises(SystemExit) as left:
        main(line.split())
    assert left.value.code == 2
    assert sorted(Path().rglob("*")) == before
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err.removeprefix("unweave: ").strip()


def same(path: str | Path, expected: Image.Image) -> bool:
    with Image.open(path) as found:
        return found.size == expected.size and found.convert("RGB").tobytes() == expected.convert("RGB").tobytes()


def test_transfer_writes_the_picture_that_python_gives(model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    line = "transfer toy.safetensors source.png --from expression=a.png --from light=b.png --strength expression=0.6"
    assert run(capsys, f"{line} -o new/out.png") == ["new/out.png"]
    exemplars = {"expression": "a.png", "light": "b.png"}
    assert same("new/out.png", model.transfer("source.png", exemplars, strength={"expression": 0.6}))
    assert not same("new/out.png", model.transfer("source.png", exemplars))


def test_a_home_folder_behind_an_equals_sign_is_found(
    model: Model, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(Path().absolute()))
    run(capsys, "transfer toy.safetensors source.png --from light=~/a.png -o o.png")
    assert same("o.png", model.transfer("source.png", {"light": "a.png"}))


def test_one_strength_serves_all_attributes_and_may_be_negative(
    model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    run(
        capsys, "transfer toy.safetensors source.png --from expression=a.png --from rest=b.png --strength -0.5 -o o.png"
    )
    assert same("o.png", model.transfer("source.png", {"expression": "a.png", "rest": "b.png"}, strength=-0.5))


def test_folders_give_a_grid_and_a_picture_for_each_pair(model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    said = run(capsys, "transfer toy.safetensors sources --from light=exemplars --from expression=a.png -o out")
    assert said == ["out/grid.png: 3 of 3 sources, 2 of 2 columns", "out: 6 pictures"]
    pairs = [(s, e) for s in (10, 11, 12) for e in (20, 21)]
    assert sorted(path.name for path in Path("out").iterdir()) == sorted(
        [*(f"{s}--{e}.png" for s, e in pairs), "grid.png"]
    )
    results = {}
    for s, e in pairs:
        exemplars = {"light": f"exemplars/{e}.png", "expression": "a.png"}
        results[s, e] = model.transfer(f"sources/{s}.png", exemplars)
        with Image.open(f"out/{s}--{e}.png") as found:  # batches of another size differ in the last bits
            assert np.abs(np.asarray(found, int) - np.asarray(results[s, e], int)).max() <= 1
    with Image.open("out/grid.png") as sheet:
        rows = [[results[s, e] for e in (20, 21)] for s in (10, 11, 12)]
        headers = {"row_headers": rows[0] + rows[0][:1], "column_headers": rows[0]}
        assert sheet.size == grid(rows, row_labels=["10"] * 3, column_labels=["20"] * 2, **headers).size


def test_one_source_and_a_folder_of_exemplars_make_a_row(model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "transfer toy.safetensors source.png --from light=exemplars -o out")
    assert sorted(path.name for path in Path("out").iterdir()) == ["grid.png", "source--20.png", "source--21.png"]


def test_folders_go_through_in_batches_and_grids_stop_growing(
    model: Model, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(capsys, "transfer toy.safetensors sources --from light=exemplars -o whole")
    reads, read = [], Model.read
    monkeypatch.setattr(Model, "read", lambda self, images: reads.append(len(images)) or read(self, images))
    monkeypatch.setattr(outputs, "BATCH", 1)
    monkeypatch.setattr(outputs, "MOST_ROWS", 2)
    monkeypatch.setattr(outputs, "MOST_COLUMNS", 1)
    said = run(capsys, "transfer toy.safetensors sources --from light=exemplars -o parts")
    assert said == ["parts/grid.png: 2 of 3 sources, 1 of 2 columns", "parts: 6 pictures"]
    for path in Path("whole").glob("*--*.png"):
        with Image.open(path) as whole, Image.open(Path("parts") / path.name) as part:
            assert np.abs(np.asarray(whole, int) - np.asarray(part, int)).max() <= 1
    assert max(reads) == 1  # of a large folder no more is in memory


def test_mix_weighs_its_images_equally_unless_told(model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "mix toy.safetensors source.png --of light a.png=0.5 b.png=0.3 c.png=0.2 -o m.png") == ["m.png"]
    assert same("m.png", model.mix("source.png", "light", ["a.png", "b.png", "c.png"], [0.5, 0.3, 0.2]))
    run(capsys, "mix toy.safetensors source.png a.png b.png --of light -o n.png")
    assert same("n.png", model.mix("source.png", "light", ["a.png", "b.png"]))


def test_mix_and_synthesize_take_a_folder_of_sources(model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "mix toy.safetensors sources --of light a.png b.png -o mixed")
    run(capsys, "synthesize toy.safetensors sources --class light=top --class expression=smile -o made")
    for folder, name in (("mixed", "mixed-light"), ("made", "top+smile")):
        assert sorted(path.name for path in Path(folder).iterdir()) == [
            *(f"{k}--{name}.png" for k in (10, 11, 12)),
            "grid.png",
        ]


def test_names_with_slashes_make_no_sub_folders(model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    save_random(Path("toy.safetensors"), replace(CARD, attributes={"sun/moon": ("left/up", "right")}))
    run(capsys, "mix toy.safetensors sources --of sun/moon a.png -o mixed")
    run(capsys, "synthesize toy.safetensors sources --class sun/moon=left/up -o made")
    for folder, name in (("mixed", "mixed-sun-moon"), ("made", "left-up")):
        assert sorted(path.name for path in Path(folder).iterdir()) == [
            *(f"{k}--{name}.png" for k in (10, 11, 12)),
            "grid.png",
        ]


def test_interpolation_is_a_strip_and_a_loop(model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    line = "interpolate toy.safetensors source.png --of light a.png b.png --steps 4 -o strip.png --animation loop.gif"
    assert run(capsys, line) == ["strip.png", "loop.gif"]
    with Image.open("strip.png") as strip, Image.open("loop.gif") as loop:
        assert strip.size == (8 + 128 + 8 + 6 * 130 - 2 + 8, 8 + 20 + 128 + 8)  # the person, then a, four steps, b
        assert getattr(loop, "n_frames", 1) == 6  # 0 1 2 3 2 1
        assert loop.size == (128, 128)


def test_interpolation_without_a_third_image_keeps_the_first_exemplar(
    model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "interpolate toy.safetensors a.png b.png --of light --steps 3 -o two.png")
    run(capsys, "interpolate toy.safetensors a.png a.png b.png --of light --steps 3 -o three.png")
    with Image.open("two.png") as two, Image.open("three.png") as three:
        assert three.crop((136, 0, *three.size)).tobytes() == two.crop((0, 0, *two.size)).tobytes()


def test_synthesis_has_the_mean_code_of_the_class(model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "synthesize toy.safetensors source.png --class expression=smile --strength 0.8 -o s.png")
    assert same("s.png", model.synthesize("source.png", {"expression": "smile"}, strength=0.8))


def test_info_tells_what_the_card_says(model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    said = "\n".join(run(capsys, "info toy.safetensors"))
    parameters = sum(weights.numel() for weights in model.generator.parameters())
    for part in (
        *("toy", "32 x 32 pixels, RGB, crop center", "2 classes: neutral, smile", "3 classes: left, right, top"),
        *(f"{parameters:,} (width 0.0625, 1 residual blocks)", "1,234 steps", "median 0.5000, limit 2.0000"),
    ):
        assert part in said


def test_an_image_unlike_the_training_images_is_said_to_be_so(model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    save_random(Path("strict.safetensors"), replace(CARD, reconstruction={"median": 0.01, "limit": 0.02}))
    main("transfer strict.safetensors source.png --from light=a.png -o out.png".split())
    said = capsys.readouterr()
    assert said.out == "out.png\n"
    error = load("strict.safetensors").distance_from_training("a.png")[0] * 0.02
    lines = said.err.splitlines()
    expected = f"reconstruction error {error:.3f}, expected at most 0.020"
    assert lines[0] == f"unweave: warning: a.png is unlike the training images: {expected}"
    assert lines[1].startswith("unweave: warning: source.png is unlike the training images")
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "transfer toy.safetensors source.png --from ligth=a.png -o o.png",
            "unknown attribute 'ligth': did you mean 'light'? there are expression, light, rest",
        ),
        (
            "transfer toy.safetensors source.png --from a.png -o o.png",
            "--from is 'a.png', expected ATTRIBUTE=IMAGE, such as expression=smile.png",
        ),
        (
            "transfer toy.safetensors source.png --from light=a.png --from light=b.png -o o.png",
            "--from gives light twice, expected each attribute once",
        ),
        (
            "transfer toy.safetensors source.png --from light=a.png --strength much -o o.png",
            "--strength is 'much', expected a number",
        ),
        (
            "transfer toy.safetensors source.png --from light=a.png --strength expression=1 -o o.png",
            "a strength is given for 'expression', which is taken from nowhere",
        ),
        (
            "transfer toy.safetensors source.png --from light=gone.png -o o.png",
            "gone.png: cannot be read (No such file or directory)",
        ),
        (
            "transfer toy.safetensors source.png --from light=a.png -o sources",
            "sources: is a folder, expected the name of a file to write, such as sources/out.png",
        ),
        (
            "transfer toy.safetensors source.png --from light=a.png -o out",
            "out: its ending says no format that can be written, expected .png or .jpg or .jpeg or .webp",
        ),
        (
            "transfer toy.safetensors sources --from light=a.png -o out.png",
            "out.png: is the name of a picture, but there are many to write; name a folder, such as out",
        ),
        (
            "transfer toy.safetensors sources --from light=a.png -o exemplars",
            "exemplars: exists already and is not empty; name a new folder",
        ),
        (
            "transfer toy.safetensors source.png --from light=exemplars --from expression=exemplars -o out",
            "--from has folders for light and expression, expected a folder for one attribute at most",
        ),
        (
            "transfer gone source.png --from light=a.png -o o.png",
            "gone: no such run folder or model file, nor a bundled model (faces64)",
        ),
        (
            "mix toy.safetensors source.png --of light a.png=0.5 b.png=0.6 -o o.png",
            "the weights of a mixture must be above 0 and sum to 1, got [0.5, 0.6]",
        ),
        (
            "mix toy.safetensors source.png --of light a.png=1.5 b.png=-0.5 -o o.png",
            "the weights of a mixture must be above 0 and sum to 1, got [1.5, -0.5]",
        ),
        (
            "mix toy.safetensors source.png --of light a.png=0.5 b.png -o o.png",
            "1 of 2 images have a weight, expected all (a.png=0.5) or none",
        ),
        (
            "mix toy.safetensors source.png --of light -o o.png",
            "there are no images to mix, expected some such as a.png=0.5 b.png=0.5",
        ),
        (
            "interpolate toy.safetensors a.png --of light -o o.png",
            "1 given, expected two exemplars, or before them the image that gives everything else",
        ),
        (
            "interpolate toy.safetensors a.png b.png --of light -o o.png --animation o.mp4",
            "o.mp4: its ending says no format that can be written, expected .gif or .webp",
        ),
        (
            "interpolate toy.safetensors a.png b.png --of light -o o.webp --animation ./o.webp",
            "o.webp: is the name of both the strip and the animation, name two files",
        ),
        (
            "synthesize toy.safetensors source.png --class expression=smlie -o o.png",
            "unknown class of expression 'smlie': did you mean 'smile'? there are neutral, smile",
        ),
    ],
)
def test_a_mistake_gets_its_one_line_and_writes_nothing(
    model: Model, capsys: pytest.CaptureFixture[str], line: str, said: str
) -> None:
    assert mistake(capsys, line) == said


def test_a_damaged_source_among_many_leaves_nothing_behind(
    model: Model, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs, "BATCH", 1)  # the first ones are written by then
    Path("sources/12.png").write_bytes(Path("sources/12.png").read_bytes()[:200])
    said = mistake(capsys, "transfer toy.safetensors sources --from light=a.png -o out")
    assert said.startswith("sources/12.png: is damaged or cut short")


def test_results_of_the_same_name_are_refused_before_any_is_made(
    model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder, names in (("ours", ("a", "a--b")), ("theirs", ("c", "b--c"))):
        Path(folder).mkdir()
        for name in names:
            picture(1).save(f"{folder}/{name}.png")
    said = mistake(capsys, "transfer toy.safetensors ours --from light=theirs -o out")
    assert said == "out/a--b--c.png: would be written twice, rename one of the sources or exemplars"


def test_the_empty_folder_one_stands_in_may_be_the_result(
    model: Model, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("here").mkdir()
    monkeypatch.chdir("here")
    run(capsys, "transfer ../toy.safetensors ../sources --from light=../a.png -o .")
    assert sorted(path.name for path in Path().iterdir()) == ["10--a.png", "11--a.png", "12--a.png", "grid.png"]


def test_folder_of_images_is_read_in_natural_order_without_hidden_files(tmp_path: Path) -> None:
    for name in ("10.png", "9.JPG", ".8.png", "x.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in image_files(tmp_path)] == ["9.JPG", "10.png"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnweaveError, match="holds no images"):
        image_files(tmp_path / "empty")


def test_names_of_files_keep_their_ending_only_where_they_would_collide() -> None:
    assert file_names([Path("x/a.png"), Path("b.png")]) == ["a", "b"]
    assert file_names([Path("a.png"), Path("a.jpg")]) == ["a.png", "a.jpg"]


def test_weights_stand_behind_the_last_equals_sign(tmp_path: Path) -> None:
    assert weighted(["a=1.png=0.25", "b.png=0.75"]) == ([Path("a=1.png"), Path("b.png")], [0.25, 0.75])
    assert weighted(["a=1.png"]) == ([Path("a=1.png")], None)
    (tmp_path / "x=0.5").touch()
    assert weighted([str(tmp_path / "x=0.5")]) == ([tmp_path / "x=0.5"], None)


def test_strengths_are_one_number_or_one_for_each_attribute() -> None:
    assert strength([]) == {}
    assert strength(["-0.5"]) == -0.5
    assert strength(["light=2", "expression=0.5"]) == {"light": 2.0, "expression": 0.5}
