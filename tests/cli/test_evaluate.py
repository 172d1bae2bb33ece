"""`unweave evaluate`, `augment` and `encode`: a model measured, and put to work on a data set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unweave.cli import main
from unweave.errors import UnweaveError
from unweave.training import train

TINY = {
    "data": {"size": 32},
    "networks": {"width": 1 / 16, "critic_width": 1 / 16, "residual_blocks": 1},
    "run": {"batch": 6, "steps": 2, "judge_steps": 0, "device": "cpu", "precision": "float32"},
}


@pytest.fixture(scope="module")
def run(toys: Path, few_pairs: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a short training on the toys left; not to be changed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNWEAVE_CACHE", str(tmp_path_factory.mktemp("cache")))
        return train(toys, tmp_path_factory.mktemp("trained") / "run", **TINY)


@pytest.fixture(autouse=True)
def without_extractor(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the extra `metrics` is missing, and probes are short; they have tests of their own."""

    def missing(*_: object) -> None:
        raise UnweaveError("features need a package")

    monkeypatch.setattr("unweave.report.images.find_extractor", missing)
    monkeypatch.setattr("unweave.metrics.disentanglement.need_scikit_learn", missing)
    monkeypatch.setattr("unweave.metrics.leakage.STEPS", 20)


def test_the_table_shows_what_the_json_holds(
    run: Path, toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    main(
        [
            "evaluate",
            str(run),
            str(toy_folder),
            "--pairs",
            "8",
            "--judge-steps",
            "120",
            "--json",
            str(tmp_path / "f.json"),
        ]
    )
    shown = capsys.readouterr().out
    figures = json.loads((tmp_path / "f.json").read_text())
    assert "12 test images" in shown
    assert f"mean {figures['reconstruction']:.4f}" in shown
    assert f"{figures['swapped/colour']:.3f}" in shown
    assert figures["real/colour"] == 1.0  # the judge has learned the real images, whatever the model is worth
    assert 0 < figures["chance/colour"] < 1


def test_data_without_test_images_gets_one_line(
    run: Path, toy_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["evaluate", str(run), str(toy_folder / "train")])
    assert left.value.code == 2
    line = "has 48 training and 0 test images, expected some of each; unweave data split makes both"
    assert capsys.readouterr().err.endswith(f"unweave: {toy_folder / 'train'}: {line}\n")


def test_data_of_other_classes_are_said_to_tell_nothing(
    run: Path, toy_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for table in toy_folder.glob("*/metadata.csv"):
        others = {"circle": "disc", "square": "box", "triangle": "wedge", "red": "1", "green": "2", "blue": "3"}
        text = table.read_text()
        for old, new in others.items():
            text = text.replace(old, new)
        table.write_text(text)
    capsys.readouterr()
    main(["evaluate", str(run), str(toy_folder), "--pairs", "4"])
    line = f"nothing can be judged: no label of the test images of {toy_folder} is a class of the model"
    assert capsys.readouterr().out.splitlines()[-1] == line


def test_a_place_for_the_json_is_checked_before_the_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["evaluate", "gone", "--json", str(tmp_path)])
    assert left.value.code == 2
    assert capsys.readouterr().err == f"unweave: {tmp_path}: is a folder, expected the name of a file to write\n"


def test_the_report_is_written_and_its_tables_are_shown(
    run: Path, toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    main(f"evaluate {run} {toy_folder} --pairs 8 --judge-steps 5 -o {tmp_path / 'report'}".split())
    shown = capsys.readouterr().out
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert (tmp_path / "report" / "report.md").read_text().startswith("# run on ")
    assert (tmp_path / "report" / "transfer.png").is_file()
    assert (tmp_path / "report" / "mass.png").is_file()  # of the run's own classifiers
    entropy = report["posterior"]["shape"]["colour"]
    assert 0 < entropy["entropy"] <= entropy["maximum"]
    assert f"{entropy['entropy']:.3f}" in shown
    assert f"{report['leakage']['rest']['shape']['linear']:.3f}" in shown
    assert report["left_out"]["features"] == "features need a package"
    assert "not measured: features (features need a package)" in shown
    assert "true answers are for rendered faces" in report["left_out"]["truth"]


def test_several_models_and_seeds_give_means_with_deviations(
    run: Path, toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    last = run / "last.safetensors"  # whose run folder has its classifiers
    files = f"--json {tmp_path / 'f.json'} -o {tmp_path / 'report'}"
    main(f"evaluate {run} {toy_folder} --also {last} --seeds 2 --pairs 8 --judge-steps 5 {files}".split())
    shown = capsys.readouterr().out
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert report["settings"]["seed"] == [0, 0, 1, 1]
    values = [each["figures"]["reconstruction"] for each in report["reports"]]
    assert len(set(values)) == 2  # of two draws of pairs, for best and last are one model here
    assert report["figures"]["reconstruction"] == pytest.approx(sum(values) / 4, abs=1e-6)
    assert f"mean {sum(values) / 4:.4f} ± {report['sd']['figures']['reconstruction']:.4f}" in shown
    assert json.loads((tmp_path / "f.json").read_text()) == pytest.approx(report["figures"], abs=2e-6)
    assert all("posterior" in each for each in report["reports"])


def test_a_place_for_the_report_is_checked_before_the_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    for command in ("evaluate gone -o", "augment gone gone --number 3"):
        with pytest.raises(SystemExit) as left:
            main([*command.split(), str(tmp_path)])
        assert left.value.code == 2
        line = f"unweave: {tmp_path}: exists already and is not empty; name a new folder\n"
        assert capsys.readouterr().err == line


def test_what_is_told_of_data_is_not_written_among_them(
    run: Path, toy_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(toy_folder.rglob("*"))
    for command, name in (("evaluate", "-o report"), ("evaluate", "--json figures.json"), ("encode", "codes.npz")):
        *flag, file = name.split()
        out = toy_folder / file
        with pytest.raises(SystemExit) as left:
            main([command, str(run), str(toy_folder), *flag, str(out)])
        assert left.value.code == 2
        line = f"unweave: {out}: lies inside of {toy_folder}, which is left as it is; name a place elsewhere"
        assert capsys.readouterr().err.splitlines()[-1] == line
    assert sorted(toy_folder.rglob("*")) == before


def test_hybrids_and_codes_are_written_and_told(
    run: Path, toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    main(f"augment {run} {toy_folder} {tmp_path / 'more'} --number 3 --seed 4".split())
    assert capsys.readouterr().out == f"{tmp_path / 'more'}: 3 hybrids\n"
    assert len(list((tmp_path / "more" / "train").glob("*.png"))) == 3
    main(f"encode {run} {toy_folder} {tmp_path / 'codes.npz'} --half".split())
    assert capsys.readouterr().out == f"{tmp_path / 'codes.npz'}: codes of 60 images\n"


def test_mistakes_of_augment_and_encode_get_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line, said in (
        (f"augment gone gone {tmp_path / 'new'} --number 0", "--number is 0, expected at least 1"),
        ("encode gone gone codes.txt", "codes.txt: its ending says no format that can be written, expected .npz"),
    ):
        with pytest.raises(SystemExit) as left:
            main(line.split())
        assert left.value.code == 2
        assert capsys.readouterr().err == f"unweave: {said}\n"
