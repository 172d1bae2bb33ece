"""A comparison from beginning to end: what is trained, what it cost, what is written, how it goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from unweave import training
from unweave.baselines import make_rival
from unweave.baselines.stargan import StarGAN
from unweave.checkpoint import load_tensors
from unweave.compare import budget as budgets
from unweave.compare import compare
from unweave.compare.budget import pace, parse_budget, steps_within
from unweave.compare.protocol import Protocol, recipe_of
from unweave.config import Config, build, read_config
from unweave.data.batches import Batch, TrainingSet, training_set
from unweave.data.table import AttributeTable, table_from_arrays
from unweave.errors import UnweaveError
from unweave.evaluate import HeldOut
from unweave.interface import Parts

SHARED: dict[str, Any] = {
    "attribute": "look",
    "budget": "48i",
    "size": 32,
    "width": 1 / 16,
    "pairs": 4,
    "judge_steps": 40,
}


def looks() -> AttributeTable:
    """Four looks of 8 people in two lights, 2 of the people for testing; noise, a corner of which tells two of them."""
    rows = list(product("abcdefgh", ("neutral", "smile", "scream", "sad"), ("left", "right")))
    pixels = np.random.default_rng(0).integers(0, 60, (len(rows), 32, 32, 3), np.uint8)
    pixels[[row[1] == "smile" for row in rows], :16, :16] = 255
    pixels[[row[1] == "scream" for row in rows], 16:, 16:] = 255
    columns: dict[str, list] = dict(zip(("who", "look", "light"), map(list, zip(*rows, strict=True)), strict=True))
    splits = ["test" if row[0] in "gh" else "train" for row in rows]
    return table_from_arrays(pixels, columns, attributes=("look", "light"), splits=splits)


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """No features, recipes of small networks that all learn in every step, few images in evaluations while training."""

    def small(method: str, protocol: Protocol) -> Config:
        return build({"networks": {"residual_blocks": 1}, "rivals": {"critic_steps": 1}}, recipe_of(method, protocol))

    def none() -> None:
        raise UnweaveError("features need a package")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("unweave.compare.protocol.recipe_of", small)
        patch.setattr("unweave.compare.bench.find_extractor", none)
        patch.setattr("unweave.training.HELD_OUT_IMAGES", 4)
        patch.setattr("unweave.machine.bfloat16_is_faster", lambda _: False)
        yield


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The paper's method and one of the pair-wise rivals."""
    folder = tmp_path_factory.mktemp("comparison") / "out"
    compare(looks(), folder, methods=("unweave", "cyclegan"), targets=("smile", "scream"), **SHARED)
    return folder


def told(out: Path) -> dict[str, Any]:
    return json.loads((out / "compare.json").read_text())


def test_every_method_gets_the_same_images_and_the_same_budget(out: Path) -> None:
    report = told(out)
    assert report["images"] == {"train": 36, "validation": 0, "test": 12}  # without those of a class left out
    assert sorted(run.name for run in (out / "runs").iterdir()) == ["cyclegan-scream", "cyclegan-smile", "unweave"]
    costs = {name: of["cost"] for name, of in report["rows"].items() if "cost" in of}
    assert costs["unweave"]["networks"] == 1
    assert costs["cyclegan"]["networks"] == 2
    assert costs["unweave"]["images"] == costs["cyclegan"]["images"] == 48
    assert (costs["unweave"]["steps"], costs["cyclegan"]["steps"]) == ([3], [12, 12])
    assert all(cost["seconds"] > 0 and cost["parameters"] > 0 for cost in costs.values())
    for name, steps in (("unweave", 3), ("cyclegan-smile", 12), ("cyclegan-scream", 12)):
        config = read_config(out / "runs" / name / "config.yaml")
        assert config.run.steps == steps
        assert (config.data.size, config.networks.width, config.networks.critic_width) == (32, 1 / 16, 1 / 16)
        assert load_tensors(out / "runs" / name / "last.safetensors", "model")[1]["step"] == steps


def test_the_table_has_what_the_methods_are_to_be_read_beside(out: Path) -> None:
    report = told(out)
    rows = report["rows"]
    assert list(rows) == ["real images", "copying the source", "noise", "chance", "unweave", "cyclegan"]
    assert rows["real images"]["accuracy"] == 1  # the judge has learned the corners
    assert rows["copying the source"]["accuracy"] == 0
    assert rows["chance"]["accuracy"] == pytest.approx(1 / 3, abs=1e-5)
    assert set(rows["unweave"]["accuracies"]) == {"smile", "scream"}
    assert report["left_out"]["Frechet distance"] == "features need a package"
    assert set(report["left_out"]) == {"Frechet distance", "true answers", "intensity"}
    page = (out / "compare.md").read_text()
    of_targets = " | ".join(f"{value:.3f}" for value in rows["unweave"]["accuracies"].values())
    assert f"| unweave | {rows['unweave']['accuracy']:.3f} | {of_targets} | - |" in page
    assert "cyclegan: a network for each pair of classes; the total of all counts against the budget" in page
    cost = rows["cyclegan"]["cost"]
    assert f"| cyclegan | 2 | {cost['parameters']:,} | 48 | 12 + 12 | {cost['seconds']:.0f} |" in page
    assert "`run.steps` 200 epochs -> 12" in page
    assert "`data.size` 128 -> 32" in page
    for name in ("translations.png", "interpolations.png"):
        assert f"]({name})" in page
        assert (out / name).stat().st_size > 0


def test_a_comparison_goes_on_where_it_stopped(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more method is added, is stopped, and gone on with from its checkpoint; finished runs are not touched."""
    whole, taken = StarGAN.step, []

    def failing(self: StarGAN, batch: Batch, step: int) -> Parts:
        if len(taken) == 2:
            raise OSError("power cut")
        taken.append(step)
        return whole(self, batch, step)

    before = {run.name: (run / "state.safetensors").read_bytes() for run in (out / "runs").iterdir()}
    asked = {"methods": ("unweave", "cyclegan", "stargan"), "targets": ("smile", "scream"), **SHARED}
    with monkeypatch.context() as patch:
        patch.setattr(StarGAN, "step", failing)
        with pytest.raises(OSError, match="power cut"):
            compare(looks(), out, **asked)
        taken.clear()
        patch.setattr(StarGAN, "step", lambda *given: taken.append(given[2]) or whole(*given))
        report = compare(looks(), out, **asked)
    assert taken == [2]  # there was a checkpoint after each of the first two
    assert report == told(out)
    assert report["rows"]["stargan"]["cost"]["images"] == 48
    for name, state in before.items():
        assert (out / "runs" / name / "state.safetensors").read_bytes() == state


def test_other_settings_are_refused_in_a_folder_that_was_begun(out: Path) -> None:
    with pytest.raises(UnweaveError) as error:
        compare(looks(), out, targets=("smile", "scream"), methods=("unweave",), **{**SHARED, "budget": "90s"})
    line = "was begun with budget 48i, not 90s; give the same settings or name a new folder"
    assert str(error.value) == f"{out}: {line}"


def test_two_at_once_do_not_compare_into_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second comes when the first has a run folder in which nothing is written yet that could be gone on with."""
    out, refused, prepare = tmp_path / "out", [], training.prepare
    asked = {"methods": ("unweave",), "targets": ("smile", "scream"), **SHARED}

    def meanwhile(table: AttributeTable, config: Config) -> tuple[TrainingSet, HeldOut]:
        monkeypatch.setattr(training, "prepare", prepare)
        (out / "runs" / "unweave" / ".half.part").touch()
        with pytest.raises(UnweaveError) as error:
            compare(looks(), out, **asked)
        refused.append(str(error.value))
        assert (out / "runs" / "unweave" / ".half.part").exists()
        return prepare(table, config)

    monkeypatch.setattr(training, "prepare", meanwhile)
    report = compare(looks(), out, **asked)
    assert refused == [f"{out}: is being filled by another process; wait for it, or stop it"]
    assert report["rows"]["unweave"]["cost"]["images"] == 48


def test_trained_runs_are_taken_as_they_are(out: Path, tmp_path: Path) -> None:
    both = [out / "runs" / "cyclegan-scream", out / "runs" / "cyclegan-smile"]
    asked = {"methods": ("cyclegan",), "targets": ("smile", "scream"), **SHARED}
    report = compare(looks(), tmp_path / "new", runs={"cyclegan": both}, **asked)
    assert report["rows"]["cyclegan"]["cost"]["images"] == 48
    assert report["rows"]["cyclegan"]["accuracies"] == told(out)["rows"]["cyclegan"]["accuracies"]
    assert not (tmp_path / "new" / "runs").exists()
    assert "cyclegan: trained before, whatever that cost" in (tmp_path / "new" / "compare.md").read_text()
    alone = {"unweave": [out / "runs" / "unweave" / "last.safetensors"]}
    report = compare(looks(), tmp_path / "file", runs=alone, **{**asked, "methods": ("unweave",)})
    assert report["rows"]["unweave"]["accuracies"] == told(out)["rows"]["unweave"]["accuracies"]
    assert (report["rows"]["unweave"]["cost"]["seconds"], report["settings"]["unweave"]) == (None, None)
    assert "**unweave**: not known, a model without" in (tmp_path / "file" / "compare.md").read_text()
    for runs, line in (
        ({"cyclegan": both[:1]}, "runs of cyclegan: 1 given, expected one for each target"),
        ({"stargan": both[:1]}, "a run of stargan is given, which is not among the methods cyclegan"),
        ({"cyclegan": [out / "runs" / "unweave"]}, "is a model of unweave, expected cyclegan"),
    ):
        with pytest.raises(UnweaveError, match=line):
            compare(looks(), tmp_path / "other", runs=runs, **asked)
    with pytest.raises(UnweaveError, match="sees 32 px, 3 colours, crop center; the comparison is of 64 px"):
        compare(looks(), tmp_path / "other", runs={"cyclegan": both}, **{**asked, "size": 64})
    assert not (tmp_path / "other").exists()


def test_what_keeps_a_method_from_training_is_told_before_any_is_trained(tmp_path: Path) -> None:
    asked = {"targets": ("smile", "scream"), **SHARED}
    for methods, change, line in (
        (("unweave", "pix2pix"), {"same": ("pose",)}, "rivals.same names 'pose', expected columns of the data"),
        (("cyclegan", "fader"), {}, "the budget of 48i is less than fader needs for a step"),
    ):
        with pytest.raises(UnweaveError, match=line):
            compare(looks(), tmp_path / "out", methods=methods, **{**asked, **change})
        assert not (tmp_path / "out").exists()


def test_a_time_is_as_many_whole_rounds_as_fit_in_at_the_pace_once_warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that goes on by a second a step, 20 for the first two, and by a quarter where a batch is drawn."""
    table = looks()
    settings = {
        "method": "stargan",
        "data": {"size": 32, "attributes": ["look", "light"]},
        "networks": {"width": 1 / 16, "critic_width": 1 / 16, "residual_blocks": 1},
        "rivals": {"critic_steps": 2},
        "run": {"device": "cpu", "precision": "float32", "batch": 2},
    }
    method = make_rival(build(settings), table)
    assert table.pixels is not None
    training = training_set(table, table.pixels, method.config)
    seconds, taken, batch, step = [0.0], [], method.batch, method.step

    def drawn(*given: Any) -> Batch:
        seconds[0] += 0.25
        return batch(*given)

    def slow(given: Batch, number: int) -> Parts:
        taken.append(number)
        seconds[0] += 1 if number > 1 else 20
        return step(given, number)

    with monkeypatch.context() as patch:
        patch.setattr(budgets, "time", SimpleNamespace(perf_counter=lambda: seconds[0]))
        patch.setattr(method, "batch", drawn)
        patch.setattr(method, "step", slow)
        assert pace(method, training, 5.0) == 1.25
    assert taken == list(range(6))  # a round that warms up, and two of 2.5 s each
    measured: list[float] = []
    monkeypatch.setattr(budgets, "pace", lambda *given: measured.append(given[2]) or 0.7)
    assert steps_within(parse_budget("1m"), method, training, 1) == 84  # 85 fit in
    assert steps_within(parse_budget("1m"), method, training, 2) == 42
    assert steps_within(parse_budget("20m"), method, training, 2) == 856
    assert measured == [5, 5, 12]  # a fiftieth of what each network has, where that is longer
    assert steps_within(parse_budget("11i"), method, training, 1) == 4
    with pytest.raises(UnweaveError, match="the budget of 2s, which 2 networks share, is less than stargan needs"):
        steps_within(parse_budget("2s"), method, training, 2)
