"""Run folders that changed, are damaged, or are in use by another process."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from unweave.checkpoint import load_tensors, save_tensors
from unweave.config import build
from unweave.errors import UnweaveError
from unweave.method import Unweave
from unweave.run_folder import locked, made, metrics_log, read_metrics, start_from
from unweave.training import resume, train

TINY = {
    "data": {"size": 32},
    "networks": {"width": 1 / 16, "critic_width": 1 / 16, "residual_blocks": 1},
    "run": {"batch": 6, "steps": 2, "judge_steps": 0, "device": "cpu", "precision": "float32", "threads": 1},
}


@pytest.fixture(scope="module")
def trained(toys: Path, few_pairs: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNWEAVE_CACHE", str(tmp_path_factory.mktemp("cache")))
        return train(toys, tmp_path_factory.mktemp("trained") / "run", **TINY)


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """A run to be spoilt."""
    return Path(shutil.copytree(trained, tmp_path / "run"))


def test_a_run_that_changed_is_refused_in_one_line_when_it_is_resumed(run: Path) -> None:
    config, state = (run / "config.yaml").read_text(), run / "state.safetensors"
    tensors, header = load_tensors(state, "state")

    def refused() -> str:
        with pytest.raises(UnweaveError) as error:
            resume(run)
        assert "\n" not in str(error.value)
        return str(error.value)

    (run / "config.yaml").write_text(config.replace("width: 0.0625", "width: 0.125"))
    assert refused().startswith(f"{run}: its state.safetensors does not fit its config.yaml, restore both as they were")
    (run / "config.yaml").write_text("")
    line = f"{run / 'config.yaml'}: is not as the training wrote it, whose run.device is resolved"
    assert refused() == line
    (run / "config.yaml").write_text(config)
    for missing in ("step", "best", "data"):
        kept = {name: value for name, value in header.items() if name != missing}
        save_tensors(state, tensors, {"kind": "state", **kept})
        assert refused() == f"{run}: its state.safetensors lacks what a training state holds ('{missing}')"
    save_tensors(state, tensors, {"kind": "state"})
    method = Unweave(build(TINY), {"shape": ("b",)})
    with pytest.raises(UnweaveError, match="does not say which classes it was trained on"):
        start_from(run, method, {"shape": ("b",)})
    model = run / "best.safetensors"
    tensors, header = load_tensors(model, "model")
    for damaged in ({"shape": 5}, ["shape"]):
        save_tensors(model, tensors, {**header, "kind": "model", "attributes": damaged})
        with pytest.raises(UnweaveError, match="does not say which classes it was trained on"):
            start_from(model, method, {"shape": ("b",)})


def test_a_run_goes_on_with_the_rates_that_stand_in_its_settings_when_it_is_resumed(run: Path) -> None:
    settings, state = (run / "config.yaml").read_text(), run / "state.safetensors"
    for before, now in (("\n  lr: 0.0001\n", "\n  lr: 0.0\n"), ("\n  steps: 2\n", "\n  steps: 4\n")):
        assert settings.count(before) == 1
        settings = settings.replace(before, now)
    (run / "config.yaml").write_text(settings)
    first, _ = load_tensors(state, "state")
    resume(run)
    last, header = load_tensors(state, "state")
    assert header["step"] == 4
    same = {name: bool((first[name] == last[name]).all()) for name in first}
    assert all(still for name, still in same.items() if name.startswith(("generator/", "classifiers/")))
    assert not all(still for name, still in same.items() if name.startswith("critic/"))


@pytest.mark.parametrize(
    "more",
    [
        {"method": "pix2pix", "rivals": {"pair": "shape:circle=square", "same": ["colour"]}, "data": {"flip": False}},
        {"data": {"contrasts": ["shape"], "contrast_columns": ["colour"]}},
    ],
    ids=["pix2pix", "contrasts"],
)
def test_labels_that_pairs_were_found_by_are_part_of_what_a_run_was_trained_on(
    more: dict[str, Any], toy_folder: Path, tmp_path: Path
) -> None:
    data = {**TINY["data"], "attributes": ["shape"], **more["data"]}
    run = train(toy_folder, tmp_path / "run", **{**TINY, **more, "data": data})
    resume(run)
    table = toy_folder / "train" / "metadata.csv"
    table.write_text(table.read_text().replace("001.png,square,blue", "001.png,square,red"))
    with pytest.raises(UnweaveError, match="its images or labels are no longer those it was trained on"):
        resume(run)


def test_odd_lines_of_the_log_never_keep_a_run_from_going_on(run: Path) -> None:
    whole = (run / "metrics.jsonl").read_bytes()
    odd = b'[1]\n{"step": "x"}\n\xff\xfe\n{"loss": 1}\nnull\n{"step": 2, "lo'
    (run / "metrics.jsonl").write_bytes(odd + b"\n" + whole + odd)
    assert read_metrics(run)["reconstruction"][0].tolist() == [2]
    resume(run)
    assert (run / "metrics.jsonl").read_bytes() == whole


def test_a_full_disk_under_the_log_gets_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = open("/dev/full", "ab", buffering=0)  # noqa: SIM115, PTH123
    monkeypatch.setattr(Path, "open", lambda *_, **__: full)
    monkeypatch.setattr("unweave.run_folder.write_whole", lambda *_: None)
    line = r"^.*metrics\.jsonl: cannot be written \(No space left on device\)$"
    with pytest.raises(UnweaveError, match=line), metrics_log(tmp_path, after=0, tensorboard=False) as log:
        log({"step": 1})


def test_two_at_once_do_not_train_in_one_run_folder(run: Path) -> None:
    with locked(run), pytest.raises(UnweaveError) as error:
        resume(run)
    assert str(error.value) == f"{run}: is being trained in by another process; wait for it, or stop it"
    resume(run)


def test_of_two_that_begin_in_one_folder_at_once_the_second_leaves_the_firsts_files_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    monkeypatch.setattr("unweave.run_folder.check_free", lambda _: None)  # it was free when the second looked
    with made(run), locked(run):
        (run / "config.yaml").touch()
        with pytest.raises(UnweaveError, match="is being trained in by another process"), made(run), locked(run):
            raise AssertionError
        assert [path.name for path in run.iterdir()] == ["config.yaml"]


def test_what_is_logged_goes_to_tensorboard_where_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with metrics_log(tmp_path, after=0, tensorboard=True) as log:
        log({"step": 1, "reconstruction": 0.25})
    (events,) = tmp_path.glob("events.out.tfevents.*")
    assert b"reconstruction" in events.read_bytes()
    assert read_metrics(tmp_path)["reconstruction"][1].tolist() == [0.25]
    monkeypatch.setattr("unweave.run_folder.find_spec", lambda _: None)
    with pytest.raises(UnweaveError) as error:
        train("faces64", tmp_path / "run", run={"tensorboard": True})
    line = "run.tensorboard needs the tensorboard package: pip install 'unweave[tensorboard]'"
    assert str(error.value) == line


def test_what_a_critic_was_told_is_taken_over_where_classes_agree_and_not_just_their_number(tmp_path: Path) -> None:
    told = build({"networks": {"critic_told": True}}, build(TINY))
    classes = {"shape": ("a", "b"), "colour": ("red", "blue")}
    first, second = (
        Unweave(build({"run": {"seed": seed}}, told), of)
        for seed, of in ((0, classes), (1, {**classes, "colour": ("red", "green")}))
    )
    tensors = {
        f"{name}/{key}": value for name, module in first.modules.items() for key, value in module.state_dict().items()
    }
    save_tensors(tmp_path / "state.safetensors", tensors, {"kind": "state", "classes": classes})
    start_from(tmp_path, second, {**classes, "colour": ("red", "green")})
    theirs, mine = (method.critic.of_labels.state_dict() for method in (first, second))
    assert torch.equal(theirs["0.weight"], mine["0.weight"])
    assert not torch.equal(theirs["1.weight"], mine["1.weight"])
