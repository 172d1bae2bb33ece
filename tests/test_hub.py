"""Models shared, as a folder and on the Hub; nothing here goes through the network."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huggingface_hub
import pytest
import torch
import yaml
from huggingface_hub import errors
from PIL import Image

from unweave import hub
from unweave.checkpoint import ModelCard, save_model
from unweave.cli import main
from unweave.config import build, write_config
from unweave.errors import UnweaveError
from unweave.model import Model, load
from unweave.networks import Generator

CARD = ModelCard(
    attributes={"expression": ("neutral", "smile|*wide*"), "light": ("left", "right", "top")},
    size=32,
    channels=3,
    crop="center",
    width=1 / 16,
    residual_blocks=1,
    step=20,
    reconstruction={"median": 0.1, "limit": 0.25},
    name="toy",
)


ANSWERS = hub._answers


def save_random(path: Path) -> Path:
    torch.manual_seed(0)
    generator = Generator(tuple(CARD.attributes), width=CARD.width, residual_blocks=CARD.residual_blocks)
    means = {name: torch.rand(len(classes), 8, 8, 8) for name, classes in CARD.attributes.items()}
    save_model(path, CARD, generator, means)
    return path


@pytest.fixture(autouse=True)
def answering(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test asks the network whether the Hub is there."""
    monkeypatch.setattr(hub, "_answers", lambda _: True)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """A model of a run that was scored at step 20 of 30, in the current folder."""
    monkeypatch.chdir(tmp_path)
    run = tmp_path / "run"
    best = save_random(run / "best.safetensors")
    write_config(run / "config.yaml", build({"data": {"source": str(tmp_path / "photos")}, "run": {"batch": 5}}))
    (run / "metrics.jsonl").write_text(
        '{"step": 20, "held_out/reconstruction": 0.0625, "held_out/reconstruction_median": 0.05, '
        '"held_out/real/light": 0.875, "held_out/swapped/light": 0.75}\n'
        '{"step": 30, "held_out/reconstruction": 0.5, "held_out/reconstruction_median": 0.4}\n'
    )
    (run / "samples").mkdir()
    for step, colour in ((20, "red"), (30, "blue")):
        Image.new("RGB", (4, 4), colour).save(run / "samples" / f"{step:06d}.png")
    return load(best)


def test_a_saved_model_is_loaded_as_the_same(model: Model, tmp_path: Path) -> None:
    model.save_pretrained("shared/faces")
    loaded = load("shared/faces")
    assert loaded.card == CARD
    image = torch.rand(1, 3, 32, 32)
    assert torch.equal(loaded.transfer(image, {"light": image}), model.transfer(image, {"light": image}))
    assert torch.equal(loaded.synthesize(image, {"light": "top"}), model.synthesize(image, {"light": "top"}))
    assert {path.name for path in Path("shared/faces").iterdir()} == {"model.safetensors", "README.md", "samples.png"}
    with pytest.raises(UnweaveError, match="it is a folder that is not empty"):
        model.save_pretrained("shared/faces")


def test_the_page_tells_of_the_run_and_nothing_of_the_machine(model: Model, tmp_path: Path) -> None:
    model.save_pretrained("shared")
    page = Path("shared/README.md").read_text(encoding="utf-8")
    header = yaml.safe_load(page.split("---\n")[1])
    assert (header["library_name"], header["pipeline_tag"]) == ("unweave", "image-to-image")
    assert "# toy\n" in page
    assert "- **expression** (2): neutral, smile\\|\\*wide\\*\n- **light** (3): left, right, top\n" in page
    assert "20 steps on `photos`" in page
    settings = yaml.safe_load(page.split("```yaml\n")[1].split("```")[0])
    assert settings["run"]["batch"] == 5
    assert settings["data"]["source"] == "photos"
    assert str(tmp_path) not in page
    assert "mean 0.0625" in page
    assert re.search(r"^light .* 0\.875 .* 0\.750", page, re.MULTILINE)
    assert "![Swaps between held-out images](samples.png)" in page
    with Image.open("shared/samples.png") as grid:  # of the step of the model, not the last
        assert grid.getpixel((0, 0)) == (255, 0, 0)


def test_the_page_of_a_model_without_a_run_says_what_the_model_knows(model: Model, tmp_path: Path) -> None:
    load(save_random(tmp_path / "alone" / "toy.safetensors")).save_pretrained("shared")
    page = Path("shared/README.md").read_text(encoding="utf-8")
    assert "median 0.1000, limit 0.2500" in page
    assert "20 steps;" in page
    assert "samples.png" not in page
    assert "yaml" not in page.split("---\n")[2]


def test_the_python_of_the_page_runs(model: Model) -> None:
    model.save_pretrained("shared")
    page = Path("shared/README.md").read_text(encoding="utf-8")
    for name in ("me.png", "a.png"):
        Image.new("RGB", (40, 32), "olive").save(name)
    exec(page.split("```python\n")[1].split("```")[0], {})
    with Image.open("out.png") as picture:
        assert picture.size == (32, 32)


class FakeApi:
    """What a push asks of the Hub."""

    def __init__(self, error: Exception | None = None):
        self.error = error
        self.made: dict[str, Any] = {}
        self.files: dict[str, bytes] = {}

    def create_repo(self, repo_id: str, **options: Any) -> str:
        if self.error:
            raise self.error
        self.made = {"repo_id": repo_id, **options}
        return f"https://hub.test/{repo_id}"

    def upload_folder(self, *, repo_id: str, folder_path: Path, commit_message: str) -> None:
        assert repo_id == self.made["repo_id"]
        self.files = {path.name: path.read_bytes() for path in Path(folder_path).iterdir()}


def test_a_push_uploads_the_model_its_page_and_its_grid(model: Model, tmp_path: Path) -> None:
    api = FakeApi()
    assert model.push_to_hub("anna/faces", private=True, api=api) == "https://hub.test/anna/faces"
    assert api.made == {"repo_id": "anna/faces", "private": True, "exist_ok": True}
    assert set(api.files) == {"model.safetensors", "README.md", "samples.png"}
    page = api.files["README.md"].decode()
    assert "unweave.load('anna/faces')" in page
    assert "unweave transfer anna/faces me.png --from expression=a.png -o out.png" in page
    (tmp_path / "model.safetensors").write_bytes(api.files["model.safetensors"])
    assert load(tmp_path / "model.safetensors").card == CARD


def test_a_name_on_the_hub_is_one_file_of_it(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []

    def download(*names: str, **_: Any) -> str:
        asked.append(names)
        return str(save_random(tmp_path / "cache" / "model.safetensors"))

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    assert load("anna/faces").card == CARD
    assert asked == [("anna/faces", "model.safetensors")]
    save_random(Path("anna/faces/model.safetensors"))  # a path that exists comes first
    Path("anna/empty").mkdir()
    assert load("anna/faces").path == Path("anna/faces/model.safetensors")
    for here in ("anna/empty", Path("anna/none"), "anna/none.safetensors", "a/b/c", "./none"):
        with pytest.raises(UnweaveError, match=r"no such run folder|is no run folder"):
            load(here)
    assert len(asked) == 1


def test_info_asks_the_hub_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    asked: list[tuple[Any, ...]] = []

    def download(*names: str, **_: Any) -> str:
        asked.append(names)
        return str(save_random(tmp_path / "cache" / "model.safetensors"))

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    main(["info", "anna/faces"])
    assert "3 classes: left, right, top" in capsys.readouterr().out
    assert asked == [("anna/faces", "model.safetensors")]


def refused(kind: type[errors.HfHubHTTPError], status: int) -> Exception:
    response: Any = SimpleNamespace(headers={}, request=None, status_code=status)
    return kind("many\nlines", response=response)


REFUSALS = [
    (refused(errors.RepositoryNotFoundError, 401), "has no such repository, or a private one; for that log in with: "),
    (refused(errors.GatedRepoError, 403), "asks you to request access first, on the page of the repository; then log "),
    (errors.LocalTokenNotFoundError("?"), "does not know you; log in with: hf auth login"),
    (errors.LocalEntryNotFoundError("?"), "cannot be reached; no copy is in the cache"),
    (errors.OfflineModeIsEnabled("?"), "cannot be reached; no copy is in the cache"),
    (refused(errors.RemoteEntryNotFoundError, 404), "has a repository of that name, but it holds no model.safetensors"),
    (errors.HFValidationError("?"), "has no such names"),
    (refused(errors.HfHubHTTPError, 403), "does not let you; log in with: hf auth login, with a token that may write"),
    (refused(errors.HfHubHTTPError, 500), "cannot be reached or refuses (HfHubHTTPError: many)"),
    (TimeoutError("too\nlate"), "cannot be reached or refuses (TimeoutError: too)"),
]


@pytest.mark.parametrize(("error", "reason"), REFUSALS)
def test_what_the_hub_refuses_is_one_line(
    model: Model, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    def download(*_: Any, **__: Any) -> str:
        raise error

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    with pytest.raises(UnweaveError) as caught:
        load("anna/faces")
    line = f"anna/faces: no such run folder or model file here, and the Hugging Face Hub {reason}"
    assert str(caught.value).startswith(line)
    with pytest.raises(UnweaveError) as caught:
        model.push_to_hub("anna/faces", api=FakeApi(error))
    assert str(caught.value).startswith(f"anna/faces: cannot be pushed, and the Hugging Face Hub {reason}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "offline"),
    [
        (None, False),
        (refused(errors.HfHubHTTPError, 503), False),
        (errors.OfflineModeIsEnabled("?"), True),
        (TimeoutError(), True),
    ],
)
def test_where_the_hub_does_not_answer_its_cache_alone_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception | None, offline: bool
) -> None:
    asked: list[bool] = []

    def answer(address: str) -> None:
        assert address.endswith("anna/faces/resolve/main/model.safetensors")
        if error:
            raise error

    def download(*_: str, local_files_only: bool, **__: Any) -> str:
        asked.append(local_files_only)
        return "model.safetensors"

    monkeypatch.setattr(hub, "_answers", ANSWERS)
    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", answer)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    assert hub.fetch("anna/faces") == Path("model.safetensors")
    assert asked == [offline]


def test_offline_there_is_one_line(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(UnweaveError, match=r"the Hugging Face Hub cannot be reached; no copy is in the cache$"):
        load("anna/no-such-faces")


def test_without_the_extra_the_line_says_what_to_install(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "find_spec", lambda _: None)
    with pytest.raises(UnweaveError, match=r"pip install 'unweave\[hub\]'$"):
        load("anna/faces")
    with pytest.raises(UnweaveError, match=r"^anna/faces: cannot be pushed; .* pip install 'unweave\[hub\]'$"):
        model.push_to_hub("anna/faces")


def test_a_push_wants_owner_and_name(model: Model) -> None:
    for name in ("faces", "a/b/c", "anna/", "/faces", "anna/fa ces"):
        with pytest.raises(UnweaveError, match=r"expected OWNER/NAME, such as anna/faces$"):
            model.push_to_hub(name, api=FakeApi())
