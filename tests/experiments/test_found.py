"""What comes out of several seeds, and how it is told."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from PIL import Image

from unweave.errors import UnweaveError
from unweave.experiments.found import Found, over_seeds, spread, tables, where_it_applies, write
from unweave.report.pages import as_text


def found(seed: int) -> Found:
    values = {"a": float(seed), "b": math.nan if seed else 1.0}
    return Found(
        tables={"a title": {"row": values, "other": {"b": 0.5}}},
        about={"images": 3},
        pictures={"one.png": Image.new("RGB", (4, 4), (seed, 0, 0))},
    )


def test_seeds_give_mean_and_sample_deviation_of_each_number() -> None:
    result, pictures = over_seeds(found, first=2, count=3)
    assert result["seeds"] == [2, 3, 4]
    assert result["tables"]["a title"]["row"]["a"] == {"mean": 3, "sd": 1, "values": [2, 3, 4]}
    assert result["tables"]["a title"]["row"]["b"] == {"mean": None, "sd": None, "values": [None, None, None]}
    assert result["tables"]["a title"]["other"]["b"] == {"mean": 0.5, "sd": 0, "values": [0.5, 0.5, 0.5]}
    assert pictures["one.png"].getpixel((0, 0)) == (2, 0, 0)  # of the first seed


def test_a_single_seed_has_no_deviation() -> None:
    assert spread([0.25]) == {"mean": 0.25, "sd": None, "values": [0.25]}


def test_the_screen_shows_deviations_where_there_are_some_and_dashes_for_what_is_not_there() -> None:
    several, one = (as_text(tables(over_seeds(found, first=0, count=count)[0])[0]) for count in (3, 1))
    assert "1.000 ± 1.000" in several
    assert "±" not in one
    assert one.splitlines()[-1].split() == ["other", "-", "0.500"]


def test_a_folder_holds_the_result_and_the_pictures(tmp_path: Path) -> None:
    result, pictures = over_seeds(found, first=0, count=2)
    write(result, pictures, tmp_path)
    assert json.loads((tmp_path / "result.json").read_text()) == result
    with Image.open(tmp_path / "one.png") as picture:
        assert picture.size == (4, 4)


def test_what_does_not_apply_is_told_and_the_rest_goes_on() -> None:
    left_out: dict[str, str] = {}

    def fails() -> None:
        raise UnweaveError("there is no such thing")

    assert where_it_applies("a part", fails, left_out) is None
    assert where_it_applies("another", lambda: 3, left_out) == 3
    assert left_out == {"a part": "there is no such thing"}
    with pytest.raises(ZeroDivisionError):
        where_it_applies("a mistake of ours", lambda: 1 / 0, left_out)
