"""Rivals in the training loop: run folders, resume, held-out figures, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count, product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor

from unweave.baselines import make_rival
from unweave.baselines.cyclegan import CycleGAN
from unweave.baselines.fader import Fader
from unweave.baselines.pix2pix import Pix2Pix
from unweave.baselines.rival import Rival
from unweave.baselines.shown import figures
from unweave.baselines.stargan import StarGAN
from unweave.baselines.translator import Translator, load
from unweave.checkpoint import load_tensors
from unweave.config import build
from unweave.data.batches import Batch, draw_batch, training_set
from unweave.data.table import AttributeTable, table_from_arrays
from unweave.errors import UnweaveError
from unweave.model import load as load_model
from unweave.rehearse import rehearse
from unweave.run_folder import read_metrics
from unweave.training import resume, train

CLASSES: dict[str, type[Rival]] = {"stargan": StarGAN, "cyclegan": CycleGAN, "pix2pix": Pix2Pix, "fader": Fader}


def table() -> AttributeTable:
    """Three looks of 8 people in two lights, 2 of the people for testing; noise, with a bright corner in a smile."""
    rows = list(product("abcdefgh", ("neutral", "smile", "scream"), ("left", "right")))
    pixels = np.random.default_rng(0).integers(0, 200, (len(rows), 32, 32, 3), np.uint8)
    pixels[[row[1] == "smile" for row in rows], :8, :8] = 255
    columns: dict[str, list] = dict(zip(("who", "look", "light"), map(list, zip(*rows, strict=True)), strict=True))
    splits = ["test" if row[0] in "gh" else "train" for row in rows]
    attributes = ("look", "who", "light")
    return table_from_arrays(pixels, columns, attributes=attributes, splits=splits)


def tiny(method: str, **changes: dict) -> dict:
    pairwise = method in ("cyclegan", "pix2pix")
    return {
        "method": method,
        "data": {"size": 32},
        "networks": {"width": 1 / 16, "critic_width": 1 / 16, "residual_blocks": 1},
        "rivals": {"pair": "look:neutral=smile"} if pairwise else {},
        "optim": {"ema": 0.9 if method in ("fader", "cyclegan") else 0.0},
        "run": {
            "batch": 2, "steps": 4, "log_every": 1, "checkpoint_every": 2, "sample_every": 4, "judge_steps": 2,
            "device": "cpu", "precision": "float32", "threads": 1,
        },
    } | changes  # fmt: skip


@pytest.fixture(autouse=True)
def few_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evaluations during training look at 8 images."""
    monkeypatch.setattr("unweave.training.HELD_OUT_IMAGES", 8)


def raising_at(step: int, whole: Callable) -> Callable[..., dict[str, Tensor]]:
    def failing(self: Rival, batch: Batch, number: int) -> dict[str, Tensor]:
        if number == step:
            raise OSError("power cut")
        return whole(self, batch, number)

    return failing


@pytest.mark.parametrize("method", CLASSES)
def test_a_rival_resumes_bit_for_bit(method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tiny(method)
    settings["rivals"] |= {"critic_steps": 2, "pool": 3}
    whole = train(table(), tmp_path / "whole", **settings)
    with monkeypatch.context() as patch:
        patch.setattr(CLASSES[method], "step", raising_at(3, CLASSES[method].step))
        with pytest.raises(OSError, match="power cut"):
            train(table(), tmp_path / "cut", **settings)
    resume(tmp_path / "cut", data=table())
    mine, theirs = (load_tensors(tmp_path / run / "state.safetensors", "state")[0] for run in ("cut", "whole"))
    assert mine.keys() == theirs.keys()
    assert [name for name in mine if not torch.equal(mine[name], theirs[name])] == []
    assert any(name.startswith("generator.adam/") for name in mine)
    assert any(name.startswith("average/") for name in mine) == (method in ("fader", "cyclegan"))

    series = read_metrics(whole)
    assert series["critic"][0].tolist() == [1, 2, 3, 4]
    assert series["generator"][0].tolist() == ([2, 4] if method == "stargan" else [1, 2, 3, 4])
    assert "held_out/swapped/look" in series
    assert 0 <= series["held_out/copied/look"][1][0] <= 1
    assert ("held_out/reconstruction" in series) == (method != "pix2pix")
    assert (whole / "samples" / "000004.png").exists()
    used = load(whole)
    assert isinstance(used, Translator)
    pairwise = {"look": ("neutral", "smile")}
    all_of_them = {"look": ("neutral", "scream", "smile"), "who": tuple("abcdef"), "light": ("left", "right")}
    assert used.card.attributes == (pairwise if method in ("cyclegan", "pix2pix") else all_of_them)
    assert used.card.method == method
    for key, value in used.generator.state_dict().items():
        kept = f"average/{key}" if f"average/{key}" in theirs else f"generator/{key}"
        assert torch.equal(value, theirs[kept])


def test_the_pace_counts_every_image_that_a_step_takes_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that goes on by a second whenever it is read: three seconds a step."""
    ticks = count()
    monkeypatch.setattr("unweave.training.time", SimpleNamespace(perf_counter=lambda: float(next(ticks))))
    for method, images in (("stargan", 2), ("cyclegan", 4)):
        run = train(table(), tmp_path / method, **tiny(method, run=tiny(method)["run"] | {"steps": 2}))
        assert read_metrics(run)["images_per_s"][1].tolist() == pytest.approx([images / 3] * 2, rel=1e-5)


def test_the_pool_of_cyclegan_is_kept_in_the_state(tmp_path: Path) -> None:
    settings = tiny("cyclegan")
    settings["rivals"] |= {"pool": 3}
    state = load_tensors(train(table(), tmp_path / "run", **settings) / "state.safetensors", "state")[0]
    assert int(state["critic/first_pool.held"]) == 3
    assert state["critic/second_pool.images"].abs().sum(dim=(1, 2, 3)).min() > 0


def test_what_a_perfect_and_an_idle_network_are_worth() -> None:
    """The judge's accuracies and the error of reconstruction, for networks whose answers are known."""
    from unweave.baselines.parts import Network
    from unweave.checkpoint import ModelCard
    from unweave.evaluate import HeldOut
    from unweave.judges import Judge

    card = ModelCard(
        attributes={"look": ("dark", "bright")}, size=32, channels=3, crop="center", width=1.0, residual_blocks=0
    )

    class Brightness(Judge):
        def forward(self, images: Tensor) -> list[Tensor]:
            bright = images.mean((1, 2, 3))
            return [torch.stack([-bright, bright], 1)]

    class Paints(Network):
        def translate(self, images: Tensor, wanted: Tensor) -> Tensor:
            return (wanted[:, 1] - wanted[:, 0])[:, None, None, None].expand_as(images) * self.brush

        def __init__(self) -> None:
            super().__init__(card)
            self.brush = torch.nn.Parameter(torch.tensor(0.5))

    class Idle(Paints):
        def translate(self, images: Tensor, wanted: Tensor) -> Tensor:
            return images

    labels = torch.tensor([0, 1] * 8)
    images = (labels * 2.0 - 1)[:, None, None, None].expand(-1, 3, 32, 32)
    judge = Brightness({"look": "db"}, 3)
    held = HeldOut(images=images, labels=labels[:, None], attributes=("look",), teach=lambda: judge)
    painted, idle = (figures(network.eval(), card, held, pairs=64) for network in (Paints(), Idle()))
    assert painted["swapped/look"] == painted["real/look"] == 1
    assert painted["reconstruction"] == pytest.approx(0.5)
    assert idle["reconstruction"] == 0
    assert idle["swapped/look"] == idle["copied/look"] == painted["copied/look"]
    assert 0.2 < idle["swapped/look"] < 0.8


def test_a_dry_run_times_a_round_in_which_every_network_learns() -> None:
    lines = list(rehearse(table(), build(tiny("stargan"))))
    assert any(line.startswith("parameters: generator") for line in lines)
    lines = list(rehearse(table(), build(tiny("pix2pix"))))
    assert "images: 24 training, 0 validation, 8 test" in lines


def test_a_rivals_model_is_for_translate(tmp_path: Path) -> None:
    run = train(table(), tmp_path / "run", **tiny("stargan", run=tiny("stargan")["run"] | {"steps": 2}))
    with pytest.raises(UnweaveError) as error:
        load_model(run)
    line = "is a model of stargan, expected unweave; `unweave translate` takes all of them"
    assert str(error.value) == f"{run / 'best.safetensors'}: {line}"


def test_several_processes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unweave.processes.world", lambda: 2)
    with pytest.raises(UnweaveError, match="fader trains in one process only; start it without torchrun"):
        make_rival(build(tiny("fader")), table())


def test_an_attribute_of_one_class_is_refused(tmp_path: Path) -> None:
    pixels = np.zeros((6, 32, 32, 3), np.uint8)
    with pytest.raises(UnweaveError, match="'look' has one class, stargan needs two"):
        train(table_from_arrays(pixels, {"look": ["a"] * 6}), tmp_path / "run", **tiny("stargan"))


COPIES = {"data": {"flip": False, "mirrored_copies": True}}
OWN_BATCHES = ("cyclegan", "pix2pix", "fader")


@pytest.mark.parametrize(
    ("methods", "changes", "line"),
    [
        (tuple(CLASSES), {"networks": {"critic_told": True}}, "networks.critic_told: --networks.no-critic-told"),
        (OWN_BATCHES, {"data": {"balance": "look"}}, "data.balance: leave it out"),
        (OWN_BATCHES, COPIES, "data.mirrored_copies: --data.no-mirrored-copies"),
    ],
)
def test_settings_that_a_rival_would_pass_over_are_refused(methods: tuple[str, ...], changes: dict, line: str) -> None:
    for method in methods:
        with pytest.raises(UnweaveError) as error:
            make_rival(build(changes, build(tiny(method))), table())
        assert str(error.value) == f"{method} takes no notice of {line}"


@pytest.mark.parametrize("changes", [COPIES, {"data": {"balance": "look"}}])
def test_stargan_draws_its_batches_as_the_papers_method_does(changes: dict) -> None:
    config, images = build(changes, build(tiny("stargan"))), table()
    assert images.pixels is not None
    training = training_set(images, images.pixels, config)
    batch = make_rival(config, images).batch(training, 3)
    assert torch.equal(batch.images, draw_batch(training, config, 3).images)
