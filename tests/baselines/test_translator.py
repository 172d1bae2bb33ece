"""`unweave translate` and what stands behind it, with networks of random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from unweave.baselines import NETWORKS
from unweave.baselines.parts import one_hots
from unweave.baselines.translator import Translator, load
from unweave.checkpoint import ModelCard, save_model
from unweave.cli import main
from unweave.errors import UnweaveError
from unweave.model import load as load_model
from unweave.networks import Generator

BOTH = {"look": ("neutral", "smile"), "light": ("left", "right", "top")}


def card(method: str, attributes: dict[str, tuple[str, ...]]) -> ModelCard:
    return ModelCard(
        attributes=attributes,
        size=32,
        channels=3,
        crop="center",
        width=1 / 16,
        residual_blocks=1,
        method=method,
        name="toy",
    )


def saved(method: str, attributes: dict[str, tuple[str, ...]] | None = None) -> Translator:
    torch.manual_seed(0)
    told = card(method, attributes or {"look": ("neutral", "smile")})
    save_model(Path(f"{method}.safetensors"), told, NETWORKS[method](told), {})
    return load(f"{method}.safetensors")


@pytest.fixture(autouse=True)
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """a.png to c.png in the current folder, with a metadata.csv that knows two of them."""
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate("abc"):
        Image.fromarray(np.random.default_rng(seed).integers(0, 256, (32, 32, 3), np.uint8)).save(f"{name}.png")
    Path("metadata.csv").write_text("file_name,look,light\na.png,neutral,left\nb.png,smile,\n")


def images(count: int = 2) -> torch.Tensor:
    return torch.rand(count, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1


def mistake(capsys: pytest.CaptureFixture[str], line: str) -> str:
    with pytest.raises(SystemExit) as left:
        main(line.split())
    assert left.value.code == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert not Path("o.png").exists()
    return said.err.removeprefix("unweave: ").strip()


@pytest.mark.parametrize("method", ["stargan", "fader"])
def test_labels_are_the_wanted_class_and_the_own_ones_of_what_stays(method: str) -> None:
    used = saved(method, BOTH)
    made = used.translate(images(), {"look": "smile"}, known=[{"light": "top"}, {"light": "left"}])
    wanted = one_hots(torch.tensor([[1, 2], [1, 0]]), [2, 3])
    torch.testing.assert_close(made, used.generator.translate(images(), wanted))


def test_strength_goes_from_the_own_class_to_the_other_and_beyond() -> None:
    used = saved("fader")
    for strength, wanted in ((0.0, [1.0, 0.0]), (0.25, [0.75, 0.25]), (2.0, [-1.0, 2.0])):
        made = used.translate(images(1), {"look": "smile"}, known={"look": "neutral"}, strength=strength)
        torch.testing.assert_close(made, used.generator.translate(images(1), torch.tensor([wanted])))


def test_one_in_one_out_pictures_for_pictures_and_a_list_for_a_list() -> None:
    used = saved("cyclegan")
    one = used.translate("a.png", {"look": "smile"})
    several = used.translate(["a.png", "b.png"], {"look": "smile"})
    assert isinstance(one, Image.Image)
    assert [picture.size for picture in several] == [(32, 32)] * 2
    assert one.tobytes() == several[0].tobytes()
    assert used.translate(images()[0], {"look": "smile"}).shape == (3, 32, 32)


@pytest.mark.parametrize(
    ("method", "classes", "known", "strength", "line"),
    [
        ("stargan", {"look": "grin"}, {"light": "top"}, 1, "unknown class of look 'grin': there are neutral, smile"),
        ("stargan", {"mood": "smile"}, {}, 1, "unknown attribute 'mood': there are look, light"),
        (
            "stargan",
            {"look": "smile"},
            {},
            1,
            "the light that the image shows is not known; tell it: --from-class light=CLASS",
        ),
        (
            "fader",
            {"look": "smile"},
            {"light": "top"},
            0.5,
            "the look that the image shows is not known; tell it: --from-class look=CLASS",
        ),
        (
            "cyclegan",
            {"look": "smile"},
            {"look": "neutral"},
            0.5,
            "this cyclegan model goes from neutral to smile and back, with nothing in between: "
            "it has no strengths and no steps",
        ),
        (
            "cyclegan",
            {"look": "smile"},
            {"look": "scream"},
            1,
            "the image shows scream; this cyclegan model goes from neutral to smile and back only",
        ),
        ("pix2pix", {"look": "neutral"}, {}, 1, "this pix2pix model goes from neutral to smile only"),
        (
            "pix2pix",
            {"look": "smile"},
            {"look": "smile"},
            1,
            "the image shows smile; this pix2pix model goes from neutral to smile only",
        ),
    ],
)
def test_what_a_model_cannot_do_gets_one_line(
    method: str, classes: dict[str, str], known: dict[str, str], strength: float, line: str
) -> None:
    used = saved(method, BOTH if method in ("stargan", "fader") else None)
    with pytest.raises(UnweaveError) as error:
        used.translate(images(1), classes, known=known, strength=strength)
    assert str(error.value) == line


def test_the_metadata_beside_an_image_tells_its_classes_and_a_flag_beats_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    used = saved("stargan", BOTH)
    main("translate stargan.safetensors a.png --class look=smile -o o.png".split())
    expected = used.translate("a.png", {"look": "smile"}, known={"light": "left"})
    with Image.open("o.png") as found:
        assert found.tobytes() == expected.tobytes()
    main("translate stargan.safetensors a.png --class look=smile --from-class light=top -o top.png".split())
    expected = used.translate("a.png", {"look": "smile"}, known={"light": "top"})
    with Image.open("top.png") as found:
        assert found.tobytes() == expected.tobytes()
    Path("o.png").unlink()
    capsys.readouterr()
    said = mistake(capsys, "translate stargan.safetensors b.png --class look=smile -o o.png")
    assert said == "the light that the image shows is not known; tell it: --from-class light=CLASS"


def test_several_images_make_a_folder_with_a_grid(capsys: pytest.CaptureFixture[str]) -> None:
    used = saved("pix2pix")
    main("translate pix2pix.safetensors a.png c.png --class look=smile -o out".split())
    assert capsys.readouterr().out == "out\n"
    assert sorted(path.name for path in Path("out").iterdir()) == ["a--smile.png", "c--smile.png", "grid.png"]
    with Image.open("out/c--smile.png") as found:
        assert found.tobytes() == used.translate("c.png", {"look": "smile"}).tobytes()


def test_steps_make_a_strip_from_the_own_class_to_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    saved("fader")
    main("translate fader.safetensors a.png b.png --class look=smile --steps 3 --strength 2 -o o.png".split())
    with Image.open("o.png") as strip:
        wide, high = strip.size
    assert wide > 4 * 128  # the images, and three steps
    assert 2 * 128 < high < 3 * 128
    Path("o.png").unlink()
    capsys.readouterr()
    assert mistake(capsys, "translate fader.safetensors a.png --class look=smile --steps 1 -o o.png") == (
        "--steps is 1, expected at least 2: both ends are included"
    )
    assert mistake(capsys, "translate fader.safetensors --class look=smile -o o.png") == (
        "there are no images to translate"
    )


def test_the_papers_method_translates_by_its_mean_codes_and_info_knows_all(capsys: pytest.CaptureFixture[str]) -> None:
    told = card("unweave", BOTH)
    generator = Generator(tuple(BOTH), width=told.width, residual_blocks=1)
    save_model(Path("toy.safetensors"), told, generator, {n: torch.rand(len(c), 8, 8, 8) for n, c in BOTH.items()})
    main("translate toy.safetensors c.png --class look=smile --strength 0.5 -o o.png".split())
    expected = load_model("toy.safetensors").synthesize("c.png", {"look": "smile"}, strength=0.5)
    with Image.open("o.png") as found:
        assert found.tobytes() == expected.tobytes()
    saved("fader")
    capsys.readouterr()
    main(["info", "fader.safetensors"])
    shown = capsys.readouterr().out
    assert "fader" in shown
    assert "2 classes: neutral, smile" in shown
