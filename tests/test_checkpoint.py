import json
import os
import pickle
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from unweave.checkpoint import ModelCard, load_model, load_tensors, save_model, save_tensors
from unweave.errors import UnweaveError
from unweave.networks import Generator

CARD = ModelCard(
    attributes={"who": ("a", "b"), "light": ("x",)}, size=32, channels=3, crop="center", width=1 / 16,
    residual_blocks=1, step=7, reconstruction={"median": 0.1, "limit": 0.3}, name="toy",
)  # fmt: skip


def saved(path: Path, *, half: bool = False) -> Generator:
    generator = Generator(tuple(CARD.attributes), width=CARD.width, residual_blocks=CARD.residual_blocks)
    save_model(path, CARD, generator, {"who": torch.rand(2, 8, 8, 8)}, half=half)
    return generator


def test_a_model_file_gives_back_the_same_weights_and_card_without_flags(tmp_path: Path) -> None:
    generator = saved(tmp_path / "model.safetensors")
    card, loaded, means = load_model(tmp_path / "model.safetensors")
    assert card == CARD
    assert not loaded.training
    assert means["who"].shape == (2, 8, 8, 8)
    for mine, theirs in zip(generator.parameters(), loaded.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_a_model_file_gives_back_the_decoders_norm(tmp_path: Path) -> None:
    generator = Generator(tuple(CARD.attributes), width=CARD.width, residual_blocks=1, norm="floor").eval()
    save_model(tmp_path / "model.safetensors", replace(CARD, decoder_norm="floor"), generator, {})
    _, loaded, _ = load_model(tmp_path / "model.safetensors")
    image = torch.rand(1, 3, 32, 32)
    assert torch.equal(loaded.decode(loaded.encode(image)), generator.decode(generator.encode(image)))


def test_half_precision_halves_the_file_and_barely_moves_the_weights(tmp_path: Path) -> None:
    generator = saved(tmp_path / "half.safetensors", half=True)
    saved(tmp_path / "whole.safetensors")
    sizes = [(tmp_path / f"{name}.safetensors").stat().st_size for name in ("half", "whole")]
    assert sizes[0] < 0.65 * sizes[1]
    for mine, theirs in zip(
        generator.parameters(), load_model(tmp_path / "half.safetensors")[1].parameters(), strict=True
    ):
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-6)


def test_what_is_no_model_of_ours_gets_one_line(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    with pytest.raises(UnweaveError, match="there is no such file"):
        load_model(path)
    path.write_bytes(pickle.dumps({"weights": 1}))
    with pytest.raises(UnweaveError, match="not a file that unweave wrote, or damaged"):
        load_model(path)
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(UnweaveError, match="not a file that unweave wrote"):
        load_model(path)
    saved(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UnweaveError, match="damaged"):
        load_model(path)


def test_another_kind_and_a_newer_format_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "file.safetensors"
    save_tensors(path, {"a": torch.zeros(1)}, {"kind": "state"})
    with pytest.raises(UnweaveError, match="holds a state, expected a model"):
        load_model(path)
    save_file({"a": torch.zeros(1)}, path, metadata={"unweave": json.dumps({"format": 99, "kind": "model"})})
    with pytest.raises(UnweaveError, match="newer unweave"):
        load_tensors(path, "model")


def test_a_card_that_does_not_fit_its_weights_is_refused(tmp_path: Path) -> None:
    generator = Generator(("who", "light"), width=1 / 16, residual_blocks=1)
    save_model(tmp_path / "model.safetensors", replace(CARD, width=1 / 8), generator, {})
    with pytest.raises(UnweaveError, match="do not fit together"):
        load_model(tmp_path / "model.safetensors")


@pytest.mark.parametrize("changes", [{"residual_blocks": 10**12}, {"width": 1e4}, {"width": 1e300}])
def test_a_card_that_asks_for_more_than_the_memory_is_refused_at_once(changes: dict, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_model(path, replace(CARD, **changes), Generator(tuple(CARD.attributes), width=1 / 16, residual_blocks=1), {})
    with pytest.raises(UnweaveError, match=r"do not fit together \(.+\)$"):
        load_model(path)


@pytest.mark.parametrize(
    "means",
    [{"who": torch.rand(1, 8, 8, 8)}, {"who": torch.rand(2, 8, 4, 4)}, {"age": torch.rand(2, 8, 8, 8)}],
    ids=["classes", "size", "attribute"],
)
def test_mean_codes_that_do_not_fit_the_card_are_refused(means: dict[str, torch.Tensor], tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_model(path, CARD, Generator(tuple(CARD.attributes), width=CARD.width, residual_blocks=1), means)
    with pytest.raises(UnweaveError, match=r"do not fit together \(its mean codes are of other classes or sizes\)$"):
        load_model(path)


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.safetensors"
    saved(path)
    before = path.read_bytes()
    assert path.stat().st_mode & 0o444 == 0o444 & ~current_umask()

    def fail(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(UnweaveError, match="no space"):
        saved(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("place", ["weights", "header"])
def test_a_single_flipped_bit_is_noticed_and_the_file_named(place: str, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    saved(path)
    content = bytearray(path.read_bytes())
    content[-1000 if place == "weights" else content.index(b"toy")] ^= 1
    path.write_bytes(content)
    with pytest.raises(UnweaveError) as error:
        load_model(path)
    assert str(error.value) == f"{path}: is damaged, its content is not what was written; take another copy"


def test_a_file_without_a_hash_still_loads(tmp_path: Path) -> None:
    saved(tmp_path / "model.safetensors")
    with safe_open(tmp_path / "model.safetensors", framework="pt") as file:
        header = {"unweave": file.metadata()["unweave"]}
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    save_file(tensors, tmp_path / "old.safetensors", metadata=header)
    assert load_model(tmp_path / "old.safetensors")[0] == CARD


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"size": "32"}, "size is '32', expected a whole number"),
        ({"size": 30}, "size is 30, expected a multiple of 4"),
        ({"width": None}, "width is None, expected a number from 0 up"),
        ({"reconstruction": {"limit": "high"}}, "limit is 'high', expected a number from 0 up"),
        ({"attributes": {"who": (1, 2), "light": ("x",)}}, "class 1 is 1, expected text"),
        ({"crop": "middle"}, "crop is 'middle', expected center or"),
        ({"size": 400_000}, "size is 400000, expected a multiple of 4 up to 8000"),
        ({"channels": 2}, "channels is 2, expected 3 or 1"),
        ({"attributes": {}}, "attributes are {}, expected names but 'rest', each with its classes"),
        ({"attributes": {"rest": ("a",)}}, "attributes are {'rest': ('a',)}, expected names but 'rest'"),
        ({"attributes": {"who": ()}}, "attributes are {'who': ()}, expected names but 'rest', each with its classes"),
    ],
)
def test_a_card_with_what_is_no_size_or_class_is_refused(changes: dict, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_tensors(path, {"a": torch.zeros(1)}, {"kind": "model", **asdict(CARD), **changes})
    with pytest.raises(UnweaveError) as error:
        load_model(path)
    assert str(error.value).startswith(f"{path}: its tensors and its header do not fit together ({reason}")


@pytest.mark.parametrize("header", ["[1]", '"x"', '{"format": "1"}', "{"])
def test_a_header_of_another_kind_gets_one_line(header: str, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_file({"a": torch.zeros(1)}, path, metadata={"unweave": header})
    with pytest.raises(UnweaveError, match="not a file that unweave wrote, or damaged"):
        load_tensors(path, "model")
