from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unweave.config import RIVALS, Config, build, preset, preset_names, read_config, write_config
from unweave.errors import UnweaveError


@pytest.mark.parametrize("name", ["faces64", "paper", "quick"])
def test_every_preset_survives_the_way_to_a_file_and_back(name: str, tmp_path: Path) -> None:
    assert name in preset_names()
    write_config(tmp_path / "config.yaml", preset(name))
    assert read_config(tmp_path / "config.yaml") == preset(name)


def test_the_paper_preset_is_the_authors_recipe() -> None:
    config = preset("paper")
    assert config == Config()
    assert (config.data.size, config.run.batch, config.run.epochs, config.optim.ema) == (128, 16, 75, 0)
    assert (config.losses.reconstruction, config.losses.gradient_penalty) == (10, 10)
    assert {config.losses.adversarial, config.losses.disentangle, config.losses.code, config.losses.synthesis} == {1}
    assert (config.optim.lr, config.optim.critic_lr, config.optim.beta1, config.optim.beta2) == (1e-4, 1e-4, 0.5, 0.999)
    assert not config.data.pairs
    assert config.losses.noise == config.losses.critic_classes == config.losses.adversarial_reconstruction == 0


def test_a_rival_begins_with_its_published_recipe_which_files_and_changes_beat(tmp_path: Path) -> None:
    stargan, cyclegan, pix2pix, fader = (build({"method": method}) for method in RIVALS)
    assert [c.method for c in (stargan, cyclegan, pix2pix, fader)] == list(RIVALS)
    assert (stargan.optim.lr, stargan.run.batch, stargan.run.steps, stargan.optim.flat) == (1e-4, 16, 200_000, 0.5)
    assert (stargan.rivals.cycle, stargan.rivals.gradient_penalty, stargan.rivals.critic_steps) == (10, 10, 5)
    for pairwise in (cyclegan, pix2pix):
        assert (pairwise.optim.lr, pairwise.optim.critic_lr, pairwise.optim.flat) == (2e-4, 2e-4, 0.5)
        assert (pairwise.run.batch, pairwise.run.epochs) == (1, 200)
    assert (cyclegan.rivals.identity, cyclegan.rivals.pool, pix2pix.rivals.l1) == (5, 50, 100)
    assert (fader.optim.lr, fader.optim.flat, fader.run.batch, fader.rivals.latent) == (2e-4, 1, 32, 1e-4)
    assert fader.rivals.latent_ramp * (fader.run.steps or 0) == pytest.approx(500_000)
    (tmp_path / "mine.yaml").write_text("method: fader\noptim: {lr: 0.1}")
    read = read_config(tmp_path / "mine.yaml")
    assert (read.optim.lr, read.run.batch) == (0.1, 32)
    assert build({"method": "fader"}, preset("quick")).run.batch == preset("quick").run.batch


@settings(max_examples=20)
@given(st.floats(0, 1e3, allow_nan=False), st.integers(2, 512), st.lists(st.text(max_size=8), max_size=3))
def test_changes_reach_the_field_they_name_and_no_other(weight: float, batch: int, names: list[str]) -> None:
    changed = build({"losses": {"adversarial": weight}, "run": {"batch": batch}, "data": {"attributes": names}})
    expected = asdict(Config())
    expected["losses"]["adversarial"] = weight
    expected["run"]["batch"] = batch
    expected["data"]["attributes"] = tuple(names)
    assert asdict(changed) == expected


@pytest.mark.parametrize(
    ("mapping", "line"),
    [
        ({"losses": {"adverserial": 1}}, "unknown setting 'losses.adverserial': did you mean 'losses.adversarial'?"),
        ({"loses": {}}, "unknown setting 'loses': did you mean 'losses'?"),
        ({"data": {"size": 66}}, "data.size is 66, expected a multiple of 4 from 32 up"),
        ({"data": {"size": "big"}}, "setting 'data.size' is 'big', expected int"),
        ({"data": {"channels": 4}}, "setting 'data.channels' is 4, expected one of 1, 3"),
        ({"losses": 3}, "'losses' is 3, expected a mapping of settings"),
        ({"run": {"batch": 1}}, "run.batch is 1, expected at least 2: attributes are swapped within a batch"),
        ({"run": {"precision": "half"}}, "setting 'run.precision' is 'half', expected one of auto, float32, bfloat16"),
        ({"optim": {"lr": True}}, "setting 'optim.lr' is True, expected float"),
        ({"run": {"steps": 0}}, "run.steps is 0, expected at least 1, or nothing to count in epochs"),
        ({"optim": {"lr": -1e-4}}, "optim.lr is -0.0001, expected a finite number from 0 up"),
        ({"optim": {"lr": "fast"}}, "setting 'optim.lr' is 'fast', expected float"),
        ({"optim": {"lr": "nan"}}, "optim.lr is nan, expected a finite number from 0 up"),
        ({"networks": {"width": 0.001}}, "networks.width is 0.001, expected a finite number, at least 1/32"),
        ({"networks": {"width": ".inf"}}, "setting 'networks.width' is '.inf', expected float"),
        ({"networks": {"width": float("inf")}}, "networks.width is inf, expected a finite number, at least 1/32"),
        (
            {"method": "pix2pix", "data": {"size": 100}},
            "data.size is 100, expected a power of 2: pix2pix halves images as long as that goes",
        ),
        ({"method": "cyclegan", "run": {"batch": 0}}, "run.batch is 0, expected at least 1"),
        ({"method": "cyclegan", "rivals": {"pool": 0}}, "rivals.pool is 0, expected at least 1"),
        ({"rivals": {"cycle": -1}}, "rivals.cycle is -1.0, expected a finite number from 0 up"),
        (
            {"method": "gan"},
            "setting 'method' is 'gan', expected one of unweave, stargan, cyclegan, pix2pix, fader",
        ),
        ({"optim": {"cut": 0.5}}, "optim.cut is 0.5, expected 0 for never, or a finite number from 1 up"),
        ({"optim": {"ema": 1.0}}, "optim.ema is 1.0, expected a number from 0 up to, not including, 1"),
    ],
)
def test_a_wrong_setting_gets_one_line(mapping: dict, line: str) -> None:
    with pytest.raises(UnweaveError) as caught:
        build(mapping)
    assert str(caught.value) == line


def test_a_wrong_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("optim: {lrr: 1}")
    with pytest.raises(UnweaveError) as caught:
        read_config(path)
    assert str(caught.value) == f"{path}: unknown setting 'optim.lrr': did you mean 'optim.lr'?"
    path.write_text("a: [")
    with pytest.raises(UnweaveError, match="is not YAML"):
        read_config(path)


def test_unknown_presets_are_told_the_list() -> None:
    with pytest.raises(UnweaveError, match="unknown preset 'fast': there are faces64, paper, quick"):
        preset("fast")


def test_numbers_that_yaml_takes_for_text_are_numbers(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("optim: {lr: 1e-4, critic_lr: 2E-4}\nlosses: {noise: '0.5'}")
    config = read_config(tmp_path / "mine.yaml")
    assert (config.optim.lr, config.optim.critic_lr, config.losses.noise) == (1e-4, 2e-4, 0.5)


def test_a_single_name_may_stand_without_a_list() -> None:
    assert build({"data": {"attributes": "expression"}}).data.attributes == ("expression",)


def test_epochs_that_are_asked_for_count_though_the_preset_counts_steps() -> None:
    base = preset("quick")
    assert base.run.steps is not None
    assert build({"run": {"epochs": 5}}, base).run.steps is None
    assert build({"run": {"epochs": 5, "steps": 7}}, base).run.steps == 7
    assert build({"run": {"batch": 4}}, base).run.steps == base.run.steps
