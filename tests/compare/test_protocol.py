"""Budgets, classes and settings of a comparison."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unweave.baselines.pairs import PAIRWISE
from unweave.compare.budget import Budget, parse_budget
from unweave.compare.protocol import METHODS, Part, Protocol, departures, parts_of, settings_of, table_of, ways
from unweave.config import RunConfig, recipe
from unweave.data.table import AttributeTable, table_from_arrays
from unweave.errors import UnweaveError, one_line

PROTOCOL = Protocol(attribute="look", source="neutral", targets=("smile", "big / smile"), size=64, width=0.25)
HERE = RunConfig(device="cpu", precision="float32", threads=2)


def table() -> AttributeTable:
    columns: dict[str, list] = {"who": ["a", "b", "c", "d"], "look": ["big / smile", "neutral", "smile", None]}
    return table_from_arrays(np.zeros((4, 32, 32, 3), np.uint8), columns)


@given(st.integers(1, 10**6), st.sampled_from("smhi"))
def test_a_budget_is_a_time_or_a_number_of_images(number: int, unit: str) -> None:
    found = parse_budget(f"{number}{unit}")
    if unit == "i":
        assert found == Budget(text=f"{number}i", images=number)
    else:
        assert found == Budget(text=f"{number}{unit}", seconds=number * {"s": 1, "m": 60, "h": 3600}[unit])
    assert parse_budget("1.5h").seconds == 5400


OTHER_TEXT = st.text(max_size=6).filter(lambda text: not re.fullmatch(r"\s*[0-9.]+[smhi]\s*", text))


@settings(max_examples=50)
@given(st.one_of(OTHER_TEXT, st.sampled_from(["20", "m", "-3m", "0s", "0.0i", "1.5i", "20m30s", "1e3s", "nans"])))
def test_what_is_no_budget_gets_one_line(text: str) -> None:
    with pytest.raises(UnweaveError) as error:
        parse_budget(text)
    line = f"the budget is '{one_line(text)}', expected a time such as 20m, 90s or 1h, or images as in 60000i"
    assert str(error.value) == line


def test_the_source_is_neutral_and_the_targets_are_all_others_unless_named() -> None:
    assert ways(table(), "look", None, ()) == ("neutral", ("big / smile", "smile"))
    assert ways(table(), "who", None, ()) == ("a", ("b", "c", "d"))
    assert ways(table(), "look", "smile", ("neutral",)) == ("smile", ("neutral",))
    for arguments, line in (
        (("loook", None, ()), "unknown attribute 'loook': did you mean 'look'"),
        (("look", "sad", ()), "unknown class of look 'sad': there are big / smile, neutral, smile"),
        (("look", None, ("neutral",)), "the targets are neutral, expected classes of look other than neutral"),
        (("look", None, ("smile", "smile")), "the targets are smile, smile, expected classes of look other than"),
    ):
        with pytest.raises(UnweaveError, match=line.replace("(", r"\(")):
            ways(table(), *arguments)


def test_pair_wise_methods_train_a_network_for_each_pair_and_every_network_has_its_own_folder() -> None:
    names = [part.name for method in ("stargan", "cyclegan") for part in parts_of(method, PROTOCOL, 2)]
    assert names == [
        *("stargan", "stargan-seed1", "cyclegan-smile", "cyclegan-big%20%2F%20smile"),
        *("cyclegan-smile-seed1", "cyclegan-big%20%2F%20smile-seed1"),
    ]


def test_settings_are_the_recipes_but_for_size_and_width_and_the_output_lists_what_is_not() -> None:
    config = settings_of(Part(method="pix2pix", target="smile", seed=3), PROTOCOL, table(), HERE)
    published = recipe("pix2pix")
    assert (config.losses, config.optim, config.data.flip) == (published.losses, published.optim, True)
    assert (config.rivals.pair, config.rivals.same) == ("look:neutral=smile", ("who",))
    assert (config.run.batch, config.run.seed, config.run.judge_steps) == (1, 3, 0)
    assert departures(config) == {
        "data.size": "128 -> 64",
        "networks.width": "1 -> 0.25",
        "networks.critic_width": "1 -> 0.25",
    }
    short = replace(config, run=replace(config.run, steps=50))
    assert departures(short)["run.steps"] == "200 epochs -> 50"


@pytest.mark.parametrize("method", METHODS)
def test_rates_are_raised_for_all_methods_by_how_they_start_and_listed(method: str) -> None:
    config, published = settings_of(Part(method=method), replace(PROTOCOL, rates=4.0), table(), HERE), recipe(method)
    times = 2 if method in PAIRWISE else 4
    assert config.optim.lr == pytest.approx(times * published.optim.lr)
    assert config.optim.critic_lr == pytest.approx(times * published.optim.critic_lr)
    assert departures(config)["optim.lr"] == f"{published.optim.lr:g} -> {times * published.optim.lr:g}"


def test_a_preset_of_the_papers_method_keeps_its_proportions_and_its_departures_are_listed() -> None:
    protocol = replace(PROTOCOL, preset="faces64", width=0.5, flip=False)
    config = settings_of(Part(method="unweave"), protocol, table(), HERE)
    assert (config.networks.width, config.networks.critic_width) == (0.5, 1)
    assert (config.data.flip, config.data.flip_labels) == (False, ())
    assert departures(config)["losses.adversarial"] == "1 -> 0.6"
    assert "data.flip" in departures(settings_of(Part(method="fader"), protocol, table(), HERE))


def test_rivals_are_told_only_what_shall_change() -> None:
    assert table_of("unweave", table(), "look").attributes == ("who", "look")
    told = table_of("fader", table(), "look")
    assert told.attributes == ("look",)
    assert set(told.columns) == {"who", "look"}  # which pix2pix finds its pairs by
