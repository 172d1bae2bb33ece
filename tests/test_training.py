import csv
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from unweave.checkpoint import load_model, load_tensors
from unweave.config import Config, build
from unweave.data.batches import Batch, as_images
from unweave.data.cache import cached_images
from unweave.data.table import read_table, table_from_arrays
from unweave.errors import UnweaveError
from unweave.judges import Judge, train_judge
from unweave.method import Unweave
from unweave.run_folder import read_metrics, start_from
from unweave.training import resume, spare_rows, train

TINY = {
    "data": {"size": 32},
    "networks": {"width": 1 / 16, "critic_width": 1 / 16, "residual_blocks": 1, "start": "he"},
    "losses": {"noise": 0.1, "critic_classes": 0.3},
    "optim": {"ema": 0.9},
    "run": {
        "batch": 6,
        "steps": 12,
        "log_every": 2,
        "checkpoint_every": 5,
        "sample_every": 6,
        "judge_steps": 5,
        "device": "cpu",
        "precision": "float32",
        "threads": 1,
    },
}


pytestmark = pytest.mark.usefixtures("few_pairs")


def tiny(**run: object) -> dict:
    return {**TINY, "run": {**TINY["run"], **run}}


def tensors_of(run: Path) -> dict[str, torch.Tensor]:
    return load_tensors(run / "state.safetensors", "state")[0]


def raising_at(step: int, error: Exception) -> Callable[..., dict[str, torch.Tensor]]:
    """`Unweave.step`, but for one step that fails."""
    whole = Unweave.step

    def failing(self: Unweave, batch: Batch, number: int) -> dict[str, torch.Tensor]:
        if number == step:
            raise error
        return whole(self, batch, number)

    return failing


def assert_same(a: Path, b: Path) -> None:
    mine, theirs = tensors_of(a), tensors_of(b)
    assert mine.keys() == theirs.keys()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)


@pytest.fixture(scope="module")
def whole(toys: Path, few_pairs: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the toys that was never stopped; not to be changed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNWEAVE_CACHE", str(tmp_path_factory.mktemp("cache")))
        return train(toys, tmp_path_factory.mktemp("whole") / "run", **tiny())


def test_a_run_folder_holds_what_its_use_needs(whole: Path) -> None:
    run = whole
    assert {path.name for path in run.iterdir()} == {
        "config.yaml", "metrics.jsonl", "samples", "best.safetensors", "last.safetensors", "state.safetensors",
    }  # fmt: skip
    card, generator, means = load_model(run / "best.safetensors")
    assert card.attributes == {"shape": ("circle", "square", "triangle"), "colour": ("blue", "green", "red")}
    assert (card.size, card.channels, card.crop, card.step) == (32, 3, "center", 12)
    assert 0 < card.reconstruction["median"] <= card.reconstruction["limit"] < 3
    assert means["shape"].shape == (3, 8, 8, 8)
    assert sum(p.numel() for p in generator.parameters()) > 0
    assert sorted(path.name for path in (run / "samples").iterdir()) == ["000006.png", "000012.png"]
    series = read_metrics(run)
    assert series["reconstruction"][0].tolist() == [2, 4, 5, 6, 8, 10, 12]
    assert series["held_out/swapped/colour"][0].tolist() == [6, 12]
    assert {
        "images_per_s",
        "data_wait",
        "adversarial",
        "gradient_penalty",
        "disentangle",
        "code",
        "synthesis",
    } <= series.keys()
    assert all(0 <= share < 1 for share in series["data_wait"][1])


def test_resume_continues_bit_for_bit(whole: Path, toys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Unweave, "step", raising_at(8, OSError("power cut")))
        with pytest.raises(OSError, match="power cut"):
            train(toys, tmp_path / "cut", **tiny())
    resume(tmp_path / "cut")
    assert_same(tmp_path / "cut", whole)
    mine, theirs = read_metrics(tmp_path / "cut"), read_metrics(whole)
    assert mine["generator"][0].tolist() == theirs["generator"][0].tolist()
    np.testing.assert_array_equal(mine["generator"][1], theirs["generator"][1])
    np.testing.assert_array_equal(mine["score"][1], theirs["score"][1])


def test_neither_the_first_step_nor_a_checkpoint_waits_for_the_judge(
    toys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int | str] = []
    step = Unweave.step

    def counted(self: Unweave, batch: Batch, number: int) -> dict[str, torch.Tensor]:
        told.append(number)
        return step(self, batch, number)

    def judge(*given: object, **how: object) -> Judge:
        told.append("judge")
        return train_judge(*given, **how)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(Unweave, "step", counted)
    monkeypatch.setattr("unweave.evaluate.train_judge", judge)
    run = train(toys, tmp_path / "run", **tiny())
    assert told == [
        *range(6),
        "judge",
        *range(6, 12),
    ]  # a checkpoint was written after 5, figures were asked for after 6
    assert load_model(run / "last.safetensors")[0].reconstruction["limit"] > 0


def test_the_faces_recipe_resumes_bit_for_bit_in_bfloat16(
    toy_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = {"size": 32, "pairs": ["shape"], "flip": True, "flip_labels": ["colour:red=blue"]}
    recipe = {**tiny(precision="bfloat16", steps=4, checkpoint_every=2), "data": data}
    whole = train(toy_folder, tmp_path / "whole", **recipe)
    with monkeypatch.context() as patch:
        patch.setattr(Unweave, "step", raising_at(3, OSError("power cut")))
        with pytest.raises(OSError, match="power cut"):
            train(toy_folder, tmp_path / "cut", **recipe)
    resume(tmp_path / "cut")
    assert_same(tmp_path / "cut", whole)


def test_a_run_cut_before_its_first_checkpoint_keeps_what_it_was_initialised_from(
    whole: Path, toy_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = train(toy_folder, tmp_path / "second", init_from=whole, **tiny(steps=4))
    with monkeypatch.context() as patch:
        patch.setattr(Unweave, "step", raising_at(1, OSError("power cut")))
        with pytest.raises(OSError, match="power cut"):
            train(toy_folder, tmp_path / "cut", init_from=whole, **tiny(steps=4))
    resume(tmp_path / "cut")
    assert_same(tmp_path / "cut", second)


def test_resume_refuses_data_that_changed(toy_folder: Path, tmp_path: Path) -> None:
    run = train(toy_folder, tmp_path / "run", **tiny(steps=2))
    table = toy_folder / "train" / "metadata.csv"
    table.write_text(table.read_text().replace("001.png,square", "001.png,circle"))
    with pytest.raises(UnweaveError, match="no longer those it was trained on"):
        resume(run)


def test_images_that_have_changed_are_said_to_when_a_run_is_resumed(
    toy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = train(toy_folder, tmp_path / "run", **tiny(steps=2))
    toy_folder.rename(tmp_path / "elsewhere")
    config = (run / "config.yaml").read_text()
    (run / "config.yaml").write_text(config.replace(str(toy_folder), str(tmp_path / "elsewhere")))
    capsys.readouterr()
    resume(run)
    assert "its images look other" not in capsys.readouterr().err
    for path in (tmp_path / "elsewhere").rglob("*.png"):
        with Image.open(path) as image:
            image.rotate(180).save(path)
    resume(run)
    assert f"unweave: {run}: its images look other than those it was trained on" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["zip", "pattern"])
def test_a_zip_and_names_with_labels_train_and_resume_as_a_folder_does(
    kind: str, toy_folder: Path, tmp_path: Path
) -> None:
    pattern = None
    if kind == "zip":
        data = Path(shutil.make_archive(str(tmp_path / "toys"), "zip", toy_folder))
    else:
        data, pattern = tmp_path / "named", "{shape}-{colour}-{_}"
        for split in ("train", "test"):
            (data / split).mkdir(parents=True)
            rows = csv.DictReader((toy_folder / split / "metadata.csv").read_text().splitlines())
            for row in rows:
                name = f"{row['shape']}-{row['colour'] or 'red'}-{row['file_name']}"
                shutil.copy(toy_folder / split / row["file_name"], data / split / name)
    run = train(read_table(data, pattern=pattern), tmp_path / "run", **tiny(steps=2))
    assert set(load_model(run / "best.safetensors")[0].attributes) == {"shape", "colour"}
    resume(run)


def test_a_loss_that_is_not_finite_stops_the_run_and_names_the_part(
    toy_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Unweave.step

    def broken(self: Unweave, batch, number: int):
        parts = step(self, batch, number)
        return {**parts, "code": parts["code"] * float("nan")} if number == 7 else parts

    monkeypatch.setattr(Unweave, "step", broken)
    run = tmp_path / "run"
    with pytest.raises(UnweaveError) as error:
        train(toy_folder, run, **tiny())
    assert str(error.value) == (
        f"step 8: the loss part 'code' is nan; the checkpoint of step 5 in {run} is good; in {run / 'config.yaml'}"
        f" lower optim.lr, optim.critic_lr or the weight of a loss, then: unweave train --resume {run}"
    )
    assert load_tensors(run / "state.safetensors", "state")[1]["step"] == 5


def test_a_run_folder_in_use_is_left_alone(toy_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("mine")
    with pytest.raises(UnweaveError, match=r"is not empty; take another folder$"):
        train(toy_folder, tmp_path / "run", **tiny())
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["thesis.txt"]


def test_wrong_data_leaves_no_run_folder_behind(toy_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UnweaveError, match="too few for a batch"):
        train(toy_folder, tmp_path / "run", **tiny(batch=64))
    assert not (tmp_path / "run").exists()
    (tmp_path / "mine").mkdir()
    with pytest.raises(UnweaveError, match="too few for a batch"):
        train(toy_folder, tmp_path / "mine", **tiny(batch=64))
    assert list((tmp_path / "mine").iterdir()) == []


@pytest.mark.parametrize("place", [".", "link"])
def test_an_image_that_cannot_be_read_empties_the_users_own_folder_and_is_what_is_told(
    place: str, toy_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (toy_folder / "train" / "003.png").write_text("no image")
    (tmp_path / "here").mkdir()
    (tmp_path / "link").symlink_to("here")
    monkeypatch.chdir(tmp_path / "here" if place == "." else tmp_path)
    with pytest.raises(UnweaveError, match=r"003\.png: is not an image"):
        train(toy_folder, place, **tiny())
    assert list((tmp_path / "here").iterdir()) == []
    assert (tmp_path / "link").is_symlink()


def test_arrays_train_as_a_folder_does_and_without_a_test_set(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (40, 32, 32, 3), dtype=np.uint8)
    table = table_from_arrays(pixels, {"shade": ["dark", "light", None, "light"] * 10})
    run = train(table, tmp_path / "run", **tiny(steps=4, sample_every=4))
    assert load_model(run / "best.safetensors")[0].attributes == {"shade": ("dark", "light")}
    with pytest.raises(UnweaveError, match="was trained on arrays"):
        resume(run)
    resume(run, data=table)


def test_attributes_other_than_those_of_a_table_are_refused_instead_of_passed_over(toys: Path, tmp_path: Path) -> None:
    settings = {**tiny(), "data": {"size": 32, "attributes": ["colour"]}}
    with pytest.raises(UnweaveError) as error:
        train(read_table(toys), tmp_path / "run", **settings)
    line = "data.attributes is colour, but the table models shape, colour; name them where it is made"
    assert str(error.value) == line
    train(read_table(toys, attributes="colour"), tmp_path / "run", **{**settings, "run": tiny(steps=1)["run"]})


def test_init_from_starts_with_the_other_runs_averaged_weights(whole: Path, toy_folder: Path, tmp_path: Path) -> None:
    still = {**tiny(steps=1, sample_every=1, checkpoint_every=1), "optim": {"lr": 0.0, "critic_lr": 0.0, "ema": 0.9}}
    second = train(toy_folder, tmp_path / "second", init_from=whole, **still)
    mine, theirs = tensors_of(second), tensors_of(whole)
    names = [name for name in mine if name.startswith("generator/")]
    assert len(names) > 20
    assert all(torch.equal(mine[name], theirs[name.replace("generator/", "average/")]) for name in names)


def test_init_from_a_model_file_starts_with_its_weights(whole: Path, toy_folder: Path, tmp_path: Path) -> None:
    still = {**tiny(steps=1, sample_every=1, checkpoint_every=1), "optim": {"lr": 0.0, "critic_lr": 0.0, "ema": 0.9}}
    second = train(toy_folder, tmp_path / "second", init_from=whole / "best.safetensors", **still)
    _, generator, _ = load_model(whole / "best.safetensors")
    _, started, _ = load_model(second / "last.safetensors")
    assert all(
        torch.equal(mine, theirs) for mine, theirs in zip(started.parameters(), generator.parameters(), strict=True)
    )


def test_init_from_follows_the_attributes_not_their_order(whole: Path) -> None:
    method = Unweave(build(tiny(), Config()), {"colour": ("blue", "green"), "shape": ("circle", "square", "triangle")})
    start_from(whole, method, {"colour": ("blue", "green"), "shape": ("circle", "square", "triangle")})
    theirs = tensors_of(whole)
    for mine, number in ((0, 1), (1, 0), (2, 2)):  # colour, shape, rest
        kernel = method.generator.encoders[mine].state_dict()["1.weight"]
        assert torch.equal(kernel, theirs[f"average/encoders.{number}.1.weight"])
    assert torch.equal(method.classifiers[1].state_dict()["head.weight"], theirs["classifiers/0.head.weight"])
    decoder = method.generator.decoder.state_dict()["0.body.1.weight"]
    assert not torch.equal(decoder, theirs["average/decoder.0.body.1.weight"])  # it reads codes in another order


def test_the_last_image_of_a_class_is_never_held_out() -> None:
    labels = np.array([[0, 0], [1, 0], [1, 0], [2, 1], [1, -1], [1, 0]])
    for seed in range(20):
        kept = spare_rows(labels, np.arange(6), 4, seed)
        left = np.delete(labels, kept, axis=0)
        assert 0 < len(kept) <= 4
        assert set(left[:, 0]) == {0, 1, 2}
        assert {0, 1} <= set(left[:, 1])


def test_mean_codes_are_the_mean_over_a_class(whole: Path, toys: Path) -> None:
    _, generator, means = load_model(whole / "best.safetensors")
    table = read_table(toys)
    pixels = cached_images(table, size=32, channels=3, crop="center")
    rows = [k for k in table.rows("train") if table.columns["colour"][k] == "green"]
    code = generator.encoders[1](as_images(pixels[rows])).mean(0)
    torch.testing.assert_close(means["colour"][1], code, rtol=2e-3, atol=2e-3)  # kept in half precision


def test_one_held_out_image_is_enough_for_a_grid(toy_folder: Path, tmp_path: Path) -> None:
    table = toy_folder / "test" / "metadata.csv"
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:2]))
    for extra in (toy_folder / "test").glob("0[01][1-9].png"):
        extra.unlink()
    run = train(toy_folder, tmp_path / "run", **tiny(steps=2))
    assert [path.name for path in (run / "samples").iterdir()] == ["000002.png"]


def test_init_from_a_run_that_fits_nowhere_is_refused(whole: Path, toy_folder: Path, tmp_path: Path) -> None:
    grey = {
        **tiny(),
        "data": {"size": 36, "channels": 1},
        "networks": {**TINY["networks"], "width": 1 / 8, "critic_width": 1 / 8},
    }
    with pytest.raises(UnweaveError, match="none of its weights fits"):
        train(toy_folder, tmp_path / "second", init_from=whole, **grey)


def test_metrics_are_json_lines_with_plain_numbers(whole: Path) -> None:
    lines = [json.loads(line) for line in (whole / "metrics.jsonl").read_text().splitlines()]
    assert all(isinstance(value, int | float) for line in lines for value in line.values())


def test_settings_are_there_before_the_first_state(
    toy_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(run: Path, *_: object) -> None:
        assert (run / "config.yaml").exists()
        raise UnweaveError("stop")

    monkeypatch.setattr("unweave.training.write_state", check)
    with pytest.raises(UnweaveError, match="stop"):
        train(toy_folder, tmp_path / "run", **tiny())


def test_a_training_says_what_it_is_about_to_do_and_where_it_takes_long(
    toys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = train(toys, tmp_path / "run", **TINY)
    rows = len(read_table(toys).rows("train"))
    said = capsys.readouterr().out
    assert said.splitlines()[0] == f"run: {rows} training images, 12 steps"
    assert "the first step took" not in said
    resume(run)
    more = f"for more raise run.steps in {run / 'config.yaml'}"
    assert capsys.readouterr().out.splitlines() == [f"run: {rows} training images, 12 steps, 12 of them done; {more}"]
    monkeypatch.setattr("unweave.training.LONG", 0)
    train(toys, tmp_path / "long", **TINY)
    assert re.search(r"the first step took \d+\.\d s: all take about \d+ min", capsys.readouterr().out)
