"""`unweave train`: the layers of settings, the errors, a short run."""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import fields
from itertools import chain
from pathlib import Path

import pytest
import yaml

from unweave.checkpoint import load_tensors
from unweave.cli import app, main
from unweave.cli.train import layered
from unweave.config import Config, preset
from unweave.errors import UnweaveError
from unweave.interface import Method
from unweave.method import Unweave

TINY = (
    "--data.size 32 --networks.width 0.0625 --networks.critic-width 0.0625 --networks.residual-blocks 1"
    " --run.batch 8 --run.steps 4 --run.log-every 1 --run.checkpoint-every 2 --run.sample-every 4 --run.judge-steps 0"
    " --run.precision float32 --device cpu"
).split()


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("unweave: ")
    assert said.count("\n") == 1
    return said.removeprefix("unweave: ").rstrip("\n")


def test_every_setting_is_a_flag_with_help(capsys: pytest.CaptureFixture[str]) -> None:
    main(["train", "--help"])
    shown = capsys.readouterr().out
    sections = {section.name: getattr(Config(), section.name) for section in fields(Config) if section.name != "method"}
    flags = [f"--{name}.{field.name.replace('_', '-')}" for name, value in sections.items() for field in fields(value)]
    assert [flag for flag in flags if flag not in shown] == ["--data.source"]  # DATA itself
    assert "(Eq. 4)." in " ".join(shown.split())
    assert "--method" in shown


def test_flags_beat_the_file_which_beats_the_preset_which_beats_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("losses: {synthesis: 0.7, noise: 0.2}\n")
    settings = layered("faces64", file, {"losses": {"noise": 0.4}})
    assert settings.losses.noise == 0.4
    assert settings.losses.synthesis == 0.7
    assert settings.losses.adversarial == preset("faces64").losses.adversarial == 0.6
    assert settings.losses.reconstruction == Config().losses.reconstruction


def test_flag_that_repeats_the_default_still_beats_the_preset() -> None:
    _, bound, _ = app.parse_args(["train", "x", "--losses.adversarial", "1", "--data.no-flip"], exit_on_error=False)
    from unweave.cli.settings import given

    settings = layered("faces64", None, given(bound.arguments["settings"]))
    assert settings.losses.adversarial == 1.0
    assert settings.data.flip is False


def test_attributes_pattern_and_device_have_short_names() -> None:
    from unweave.cli.settings import given

    arguments = "train x --attributes identity expression --pattern {identity}-{_} --device cpu".split()
    _, bound, _ = app.parse_args(arguments, exit_on_error=False)
    assert given(bound.arguments["settings"]) == {
        "data": {"attributes": ("identity", "expression"), "pattern": "{identity}-{_}"},
        "run": {"device": "cpu"},
    }


def test_unknown_key_of_a_file_names_the_file_and_the_nearest_key(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("losses: {adversariel: 0.7}\n")
    with pytest.raises(UnweaveError) as error:
        layered("quick", file, {})
    assert str(error.value) == f"{file}: unknown setting 'losses.adversariel': did you mean 'losses.adversarial'?"


def test_missing_data_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "train", "-o", "run").startswith("DATA is missing")


def test_missing_run_folder_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "train", "faces64").startswith("-o is missing")


def test_unknown_preset_lists_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "train", "faces64", "-o", "run", "--preset", "fast")
    assert said == "unknown preset 'fast': there are faces64, paper, quick"


def test_missing_file_of_settings_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no-such.yaml" in refused(capsys, "train", "faces64", "-o", "run", "--config", "no-such.yaml")


def test_resume_takes_no_other_argument(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "train", "--resume", "run", "--losses.code", "1").startswith(
        "--resume takes data and settings"
    )


def test_value_of_the_wrong_type_names_the_flag(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "train", "x", "--losses.code", "much").startswith("Invalid value for --losses.code")


def test_choice_that_is_none_lists_the_choices(capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "train", "x", "--losses.objective", "hinge")
    assert 'Choose from: "wasserstein", "standard"' in said


def test_run_folder_in_use_is_refused_with_the_way_to_go_on(
    toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "state.safetensors").touch()
    assert f"unweave train --resume {run}" in refused(capsys, "train", str(toy_folder), "-o", str(run), *TINY)


def test_training_from_the_command_line_fills_a_run_folder_that_can_be_resumed(
    toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    main(["train", str(toy_folder), "-o", str(run), "--attributes", "colour", "shape", *TINY])
    assert f"unweave transfer {run}" in capsys.readouterr().out
    settings = yaml.safe_load((run / "config.yaml").read_text())
    assert settings["data"]["attributes"] == ["colour", "shape"]
    assert settings["run"]["device"] == "cpu"
    steps = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert {line["step"] for line in steps} == {1, 2, 3, 4}
    assert (run / "best.safetensors").exists()
    main(["train", "--resume", str(run)])
    assert f"unweave transfer {run}" in capsys.readouterr().out


def test_a_training_that_is_stopped_says_how_to_go_on_if_it_can_be(
    toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def pressed(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    command = ["train", str(toy_folder), "-o", str(tmp_path / "run"), *TINY]
    with monkeypatch.context() as patch:
        patch.setattr("unweave.training.cached_images", lambda *_, **__: pressed())
        with pytest.raises(SystemExit) as left:
            main(command)
    assert left.value.code == 130
    assert "--resume" not in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
    with monkeypatch.context() as patch:
        patch.setattr(Unweave, "batch", lambda *given: pressed() or Method.batch(*given))
        with pytest.raises(SystemExit) as left:
            main(command)
    assert left.value.code == 130
    said = capsys.readouterr()
    assert said.out == "run: 48 training images, 4 steps\nstopped after step 1\n"
    line = f"unweave: stopped; go on with: unweave train --resume {tmp_path / 'run'}"
    assert said.err.splitlines()[-1] == line
    main(line.split()[-3:])
    assert load_tensors(tmp_path / "run" / "state.safetensors", "state")[1]["step"] == 4


def test_a_rival_is_trained_by_its_name_and_says_how_it_is_used(
    toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    more = "--method stargan --attributes colour --rivals.critic-steps 2".split()
    main(["train", str(toy_folder), "-o", str(run), *more, *TINY])
    assert f"unweave translate {run} SOURCE.png --class ATTRIBUTE=CLASS -o out.png" in capsys.readouterr().out
    settings = yaml.safe_load((run / "config.yaml").read_text())
    assert (settings["method"], settings["optim"]["flat"], settings["data"]["flip"]) == ("stargan", 0.5, True)
    main(
        ["translate", str(run), str(toy_folder / "test" / "001.png"), "--class", "colour=red", "-o", str(run / "o.png")]
    )
    assert (run / "o.png").exists()


def test_the_pair_has_a_short_flag_and_a_line_where_it_is_wrong(
    toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(capsys, "train", str(toy_folder), "-o", str(tmp_path / "run"), "--method", "cyclegan", *TINY)
    assert said.startswith("cyclegan: --pair is missing, expected ATTRIBUTE:SOURCE=TARGET of the data, as")
    more = ["--method", "pix2pix", "--pair", "shape:circle=oval", *TINY]
    said = refused(capsys, "train", str(toy_folder), "-o", str(tmp_path / "run"), *more)
    assert said.startswith("pix2pix: rivals.pair is 'shape:circle=oval', expected ATTRIBUTE:SOURCE=TARGET")


def test_dry_run_shows_what_to_expect_and_writes_nothing(
    toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    main(["train", str(toy_folder), "-o", str(run), "--dry-run", *TINY])
    shown = capsys.readouterr().out
    for expected in ("networks:", "48 training", "parameters", "time", "memory"):
        assert expected in shown
    assert not run.exists()


def test_a_dry_run_warns_of_labels_that_are_wrong_in_mirrored_images(
    toy_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for table in toy_folder.glob("*/metadata.csv"):
        table.write_text(table.read_text().replace("circle", "left").replace("square", "right"))
    main(["train", str(toy_folder), "--dry-run", "--data.flip", *TINY])
    said = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert [line.split("; ")[1] for line in said] == ["give --data.flip-labels shape:left=right, or --data.no-flip"]


def test_a_system_that_does_not_tell_the_memory_in_use_does_not_keep_a_dry_run(
    toy_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)
    main(["train", str(toy_folder), "--dry-run", *TINY])
    assert capsys.readouterr().out.splitlines()[-1] == "memory: 0 MB of images in the cache folder"


def test_the_recipe_of_the_bundled_faces_tells_what_it_is_for_and_is_good_for_other_data_without_its_names(
    toy_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = ["train", str(toy_folder), "--preset", "faces64", *TINY, "--dry-run"]
    own = "--data.pairs shape --data.contrasts --data.contrast-columns --data.no-flip --data.flip-labels".split()
    wrong = "data.flip_labels has 'light:left=right', expected ATTRIBUTE:CLASS=CLASS of the data, as gaze:left=right"
    for flags, line in (
        (own[:0], "data.pairs names 'identity', but the attributes are shape, colour"),
        (own[:2], "data.contrasts names 'expression', but the attributes are shape, colour"),
        (own[:3], "data.contrast_columns names 'styling', but the columns are shape, colour"),
        (own[:5], wrong),
    ):
        assert refused(capsys, *recipe, *flags) == (
            f"{line}; the preset faces64 is of the bundled faces: take --preset quick, or your own --data.pairs,"
            " --data.contrasts, --data.contrast-columns and --data.flip-labels (bare for none)"
        )
    main([*recipe, *own])
    shown = capsys.readouterr().out
    data = yaml.safe_load(shown[: shown.index("\nimages:")])["data"]
    assert (data["pairs"], data["flip"]) == (["shape"], False)
    assert data["contrasts"] == data["contrast_columns"] == data["flip_labels"] == []


@pytest.mark.parametrize("place", ["__init__", "step"])
def test_too_little_memory_for_the_networks_or_a_step_gets_a_line_that_says_what_to_lower_from_a_dry_run_too(
    place: str, toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_large(*_: object) -> None:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(Unweave, place, too_large)
    for dry in ([], ["--dry-run"]):
        with pytest.raises(SystemExit) as left:
            main(["train", str(toy_folder), "-o", str(tmp_path / f"run{len(dry)}"), *TINY, *dry])
        assert left.value.code == 2
        said = capsys.readouterr().err.splitlines()
        assert (
            said[-1] == "unweave: out of memory on cpu: lower one of run.batch 8, data.size 32, networks.width 0.0625"
        )


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (
            "--data.crop middle",
            "crop is 'middle', expected center or WIDTHxHEIGHT+LEFT+TOP in pixels, such as 178x178+0+20",
        ),
        ("--data.pairs nope", "data.pairs names 'nope', but the attributes are shape, colour"),
        ("--data.contrasts nope", "data.contrasts names 'nope', but the attributes are shape, colour"),
        ("--data.contrast-columns nope", "data.contrast_columns names 'nope', but the columns are shape, colour"),
        (
            "--data.flip-labels x:y=z",
            "data.flip_labels has 'x:y=z', expected ATTRIBUTE:CLASS=CLASS of the data, as gaze:left=right",
        ),
        ("--run.batch 64", "48 training images are too few for a batch of 64; lower run.batch"),
        ("--init-from gone", "gone/state.safetensors: there is no such file"),
        ("-o toys", "toys: is not empty; take another folder"),
    ],
)
def test_a_dry_run_refuses_what_a_training_does(
    more: str, line: str, toy_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(toy_folder.parent)
    given = dict(zip([*TINY, "-o", "run"][::2], [*TINY, "-o", "run"][1::2], strict=True))
    flag, value = more.split()
    arguments = ["train", "toys", *chain(*{**given, flag: value}.items())]
    for dry in ([], ["--dry-run"]):
        assert refused(capsys, *arguments, *dry) == line
    assert not Path("run").exists()
