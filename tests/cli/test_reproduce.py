"""`unweave reproduce`: whole folders or none, and one line for what cannot be."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unweave import rehearse
from unweave.cli import main
from unweave.cli.reproduce import Common, gone_on_with
from unweave.config import build, preset
from unweave.data.batches import Batch
from unweave.errors import UnweaveError
from unweave.experiments import training
from unweave.experiments.training import with_and_without
from unweave.interface import Parts
from unweave.method import Unweave
from unweave.training import train

TINY = {
    "data": {"size": 32},
    "networks": {"width": 1 / 16, "critic_width": 1 / 16, "residual_blocks": 1},
    "run": {"batch": 6, "steps": 2, "judge_steps": 0, "device": "cpu", "precision": "float32"},
}


@pytest.fixture(autouse=True)
def without_extractor(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the extra `metrics` is missing, and probes are short; they have tests of their own."""

    def missing(*_: object) -> None:
        raise UnweaveError("features need a package")

    monkeypatch.setattr("unweave.experiments.synthesis.find_extractor", missing)
    monkeypatch.setattr("unweave.experiments.mixture.find_extractor", missing)
    monkeypatch.setattr("unweave.metrics.leakage.STEPS", 20)
    monkeypatch.setattr("unweave.experiments.mixture.MIXTURES", 6)
    monkeypatch.setattr("unweave.experiments.interpolation.PATHS", 3)


def test_every_experiment_on_a_model_writes_its_folder_and_prints_its_tables(
    toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = train(toy_folder, tmp_path / "run", **TINY)
    short = {
        "synthesis": "--neutral circle --judge-steps 5",
        "transfer": "--pairs 8 --judge-steps 5",
        "mixture": "--attribute shape",
        "interpolation": "",
        "augmentation": "--few 2 --number 6 --steps 3",
    }
    for name, options in short.items():
        capsys.readouterr()
        out = tmp_path / name
        main(f"reproduce {name} --data {toy_folder} --model {run} {options} --seeds 2 -o {out}".split())
        shown = capsys.readouterr().out
        result = json.loads((out / "result.json").read_text())
        assert result["seeds"] == [0, 1]
        assert result["data"] == str(toy_folder)
        assert result["tables"]
        assert all(title in shown for title in result["tables"])
        pictures = sorted(path.name for path in out.glob("*.png"))
        assert pictures
        for picture in pictures:
            assert picture in shown
            with Image.open(out / picture) as opened:
                assert opened.width > 64
        for what, why in result["left_out"].items():
            assert f"not measured: {what} ({why})" in shown
    assert (
        "features need a package"
        in json.loads((tmp_path / "synthesis" / "result.json").read_text())["left_out"].values()
    )


def test_two_runs_are_laid_side_by_side(toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = [
        train(toy_folder, tmp_path / name, losses={"disentangle": w}, **TINY) for name, w in (("a", 1.0), ("b", 0.0))
    ]
    out = tmp_path / "out"
    main(
        f"reproduce entropy --data {toy_folder} --model {runs[0]} --without {runs[1]} --pairs 8 --judge-steps 5"
        f" -o {out}".split()
    )
    result = json.loads((out / "result.json").read_text())
    rows = result["tables"]["entropy of the model's own classifiers on test images, in nats"]
    assert len(rows) == 3 * 2  # codes of shape, colour and the rest, two classifiers
    for row in rows.values():
        assert 0 < row["with"]["mean"] <= row["maximum"]["mean"] == pytest.approx(1.09861)
    own = result["tables"]["what the model's own classifiers read right, test images"]
    probes = result["tables"]["fresh probes on test images"]
    assert own.keys() == probes.keys() == {row.replace("classifier of ", "") for row in rows}
    assert all(0 <= row[column]["mean"] <= 1 for row in own.values() for column in ("with", "without", "chance"))
    assert {"with the loss", "without the loss"} == set(result["tables"]["reconstruction of test images"])
    assert {"entropy.png", "mass.png", "transfers.png"} == {path.name for path in out.glob("*.png")}
    assert result["about"]["steps"] == {"with": 2, "without": 2}


def test_of_a_prepared_database_the_attributes_are_learned_and_not_its_column_of_information(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unweave.experiments.embeddings.embedded", lambda points, seed: points[:, :2])
    owners, data, out = tmp_path / "BU_3DFE", tmp_path / "bu3dfe", tmp_path / "out"
    test = "F0028 F0036 F0040 F0041 F0043 M0006 M0013 M0026 M0030 M0043".split()
    owners.mkdir()
    for number, (person, code, k) in enumerate(product([*test, "F0001", "F0002"], ("AN", "HA"), range(1, 5))):
        noise = np.random.default_rng(number).integers(0, 256, (36, 36, 3), dtype=np.uint8)
        Image.fromarray(noise).save(owners / f"{person}_{code}0{k}WH_F2D.bmp")
    main(f"data prepare bu3dfe {owners} {data} --size 32".split())
    main(f"reproduce embeddings --data {data} --attributes identity expression --epochs 1 -o {out}".split())
    result = json.loads((out / "result.json").read_text())
    assert result["attributes"] == ["identity", "expression"]
    assert result["about"]["attributes"] == ["expression", "identity"]
    assert result["about"]["images"] == {"train": 16, "test": 80}
    hopkins = [rows for title, rows in result["tables"].items() if title.startswith("Hopkins")]
    assert len(hopkins) == 4  # each person shows each expression too seldom for one of its own
    assert all(set(rows) == {"angry", "happy", "mean"} for rows in hopkins)
    assert all(0 < row["with the loss"]["mean"] < 1 for rows in hopkins for row in rows.values())
    assert (out / "tsne.png").exists()


def test_models_trained_for_a_comparison_differ_in_one_weight_only() -> None:
    both = with_and_without("quick", steps=7, seed=3)
    assert [each.losses.disentangle for each in both.values()] == [1, 0]
    alike = [replace(each, losses=replace(each.losses, disentangle=0.5)) for each in both.values()]
    assert alike[0] == alike[1]
    assert (alike[0].run.steps, alike[0].run.seed, alike[0].data.size) == (7, 3, 32)


def test_what_is_trained_here_goes_on_where_it_was_stopped(
    toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small = build(TINY, preset("quick"))
    monkeypatch.setattr(training, "preset", lambda name: small)
    whole, steps = Unweave.step, []

    def stopped(self: Unweave, batch: Batch, step: int) -> Parts:
        if len(steps) == 2:
            raise KeyboardInterrupt
        return counted(self, batch, step)

    def counted(self: Unweave, batch: Batch, step: int) -> Parts:
        steps.append((self.config.losses.disentangle, step))
        return whole(self, batch, step)

    monkeypatch.setattr(rehearse, "seconds_per_step", lambda *_: 30.0)
    out, options = tmp_path / "out", "--attributes shape colour --pairs 8 --judge-steps 5"
    command = f"reproduce entropy --data {toy_folder} {options} -o {out} --steps".split()
    monkeypatch.setattr(Unweave, "step", stopped)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        main([*command, "2"])
    said = capsys.readouterr().err.splitlines()
    assert "unweave: to be trained: 2 x 2 steps of 30.00 s, about 2 min, evaluations apart" in said
    assert said[-1] == "unweave: stopped; the same command goes on"
    assert not (out / "result.json").exists()
    monkeypatch.setattr(Unweave, "step", counted)
    main([*command, "2"])
    assert steps == [(1, 0), (1, 1), (0, 0), (0, 1)]  # the first model was not trained again
    result = json.loads((out / "result.json").read_text())
    assert (result["preset"], result["steps"], result["attributes"]) == ("quick", 2, ["shape", "colour"])
    with pytest.raises(SystemExit):
        main([*command, "3"])
    line = f"unweave: {out}: was begun with steps 2, not 3; give the same settings or name a new folder"
    assert capsys.readouterr().err.splitlines()[-1] == line


def test_two_at_once_do_not_train_into_one_folder(tmp_path: Path) -> None:
    common = Common(out=tmp_path / "out")
    with gone_on_with(common, {"steps": 2}) as folder:
        (folder / "with-0").mkdir()
        half = folder / "with-0" / ".state.safetensors.00.part"
        half.touch()
        line = "out: is being filled by another process; wait for it, or stop it"
        with pytest.raises(UnweaveError, match=line), gone_on_with(common, {"steps": 2}):
            raise AssertionError
        assert half.exists()  # what the first is writing is not swept away


def test_mistakes_get_one_line_and_leave_no_folder(
    toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    both = "--model and --without go together: the runs with and without the loss (or neither)"
    for line, said in (
        ("entropy --model gone", both),
        ("transfer --model a --unseen b", "--model and --unseen exclude each other: the model without that class"),
        ("transfer --steps 9", "--preset, --steps and --attributes are for models that are trained here, and none is"),
        ("entropy --model a --without b --preset paper", "--preset, --steps and --attributes are for models that"),
        ("transfer --unseen smile --steps 0", "--steps is 0, expected at least 1"),
        ("mixture --seeds 0", "--seeds is 0, expected at least 1"),
        ("synthesis --judge-steps 0", "--judge-steps is 0, expected at least 1"),
        ("embeddings --data gone", "gone: no such folder or .zip, nor a bundled data set (faces64)"),
        (f"embeddings --data {toy_folder} --attribute shap", "unknown attribute 'shap': did you mean 'shape'?"),
        (f"embeddings --data {toy_folder} --attributes shap", f"{toy_folder}: there is no column 'shap' among shape, "),
    ):
        with pytest.raises(SystemExit) as left:
            main(f"reproduce {line} -o {out}".split())
        assert left.value.code == 2
        assert capsys.readouterr().err.splitlines()[-1].startswith(f"unweave: {said}")
        assert list(tmp_path.iterdir()) == [toy_folder]


def test_a_place_that_is_taken_is_told_before_the_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit) as left:
        main(f"reproduce interpolation --model gone -o {tmp_path}".split())
    assert left.value.code == 2
    assert capsys.readouterr().err == f"unweave: {tmp_path}: exists already and is not empty; name a new folder\n"
