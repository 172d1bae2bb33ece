"""What a method that knows the truth, and one that does nothing, are worth on the bench."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from unweave.compare.bench import Bench, Features
from unweave.compare.measures import measured, of_chance, of_copying, of_noise, of_real_images, row
from unweave.compare.pages import tables
from unweave.compare.protocol import Protocol
from unweave.data.table import table_from_arrays
from unweave.evaluate import Labelled
from unweave.judges import Judge
from unweave.metrics.extractor import Extractor
from unweave.report.answers import Answers
from unweave.report.reader import Reader


class Bright(Judge):
    """Reads the look from the red, and the light from the green."""

    def forward(self, images: Tensor) -> list[Tensor]:
        return [torch.stack([-of, of], 1) for of in (images[:, 0].mean((1, 2)), images[:, 1].mean((1, 2)))]


class Colours(nn.Module):
    """The mean of each colour as features."""

    def forward(self, images: Tensor) -> Tensor:
        return images.mean((2, 3))


def bench() -> Bench:
    """12 neutral images and 12 smiles, dark and light, each smile of its own strength."""
    columns: dict[str, list] = {
        "expression": ["neutral"] * 12 + ["smile"] * 12,
        "light": ["dark", "light"] * 12,
    }
    pixels = np.zeros((24, 16, 16, 3), np.uint8)
    pixels[12:, :12, :, 0] = np.linspace(180, 240, 12).astype(np.uint8)[:, None, None]  # the rest is to stay
    pixels[1::2, :, :, 1] = 200
    table = table_from_arrays(pixels, columns)
    sources, exemplars = np.arange(12), {"smile": np.roll(np.arange(12, 24), 2)}
    truths = torch.from_numpy(pixels[sources]).permute(0, 3, 1, 2) / 127.5 - 1
    truths[:, 0] = torch.from_numpy(pixels[exemplars["smile"]])[..., 0] / 127.5 - 1
    extractor = Extractor(name="colours", sha256="0" * 64, network=Colours())
    data = Labelled(table=table, pixels=pixels, labels=table.labels())
    return Bench(
        data=data,
        protocol=Protocol(attribute="expression", source="neutral", targets=("smile",), size=16),
        sources=sources,
        exemplars=exemplars,
        judge=Bright({"expression": ("neutral", "smile"), "light": ("dark", "light")}, 3),
        answers={"smile": Answers(sources=sources[:8], exemplars=exemplars["smile"][:8], truths=truths[:8])},
        reader=Reader(values=pixels[:, 0, 0, 0].astype(float), read=lambda images: images[:, 0].mean((1, 2))),
        features=Features(extractor=extractor, each=12, real=extractor(truths)),
        left_out={},
    )


def test_the_truth_scores_best_and_copying_as_doing_nothing() -> None:
    given = bench()
    images = given.images(given.sources)
    truths = images.clone()
    truths[:, 0] = given.images(given.exemplars["smile"])[:, 0]
    perfect, nothing = measured(given, {"smile": truths}), of_copying(given)
    assert perfect["accuracy"] == {"smile": 1}
    assert nothing["accuracy"] == {"smile": 0}
    assert perfect["kept"] == nothing["kept"] == {"light": 1}
    assert perfect["frechet"] == pytest.approx(0, abs=1e-5)
    assert nothing["frechet"] > 1
    assert perfect["truth"]["changed"]["ratio"] == pytest.approx(0, abs=1e-5)
    assert nothing["truth"]["changed"]["ratio"] == pytest.approx(1)
    assert perfect["truth"]["kept"]["error"] == pytest.approx(0, abs=1e-5)
    assert perfect["intensity"] == {"smile": pytest.approx(1)}
    assert nothing["intensity"] == {}  # all alike


def test_what_changes_besides_is_told() -> None:
    given = bench()
    images = given.images(given.sources)
    images[:, 0], images[:, 1] = 0.9, 0.9  # a smile, and light on everybody
    found = measured(given, {"smile": images})
    assert found["accuracy"] == {"smile": 1}
    assert found["kept"] == {"light": 0.5}
    assert found["truth"]["kept"]["error"] > 0.3


def test_real_images_keep_their_own_labels_and_chance_is_blind() -> None:
    given = bench()
    real, blind = of_real_images(given), of_chance(given)
    assert real["accuracy"] == {"smile": 1}
    assert real["kept"] == {"light": 1}  # those of the exemplars
    assert real["truth"] is None
    assert blind["accuracy"] == {"smile": 0.5}
    assert blind["kept"] == {"light": 0.5}


def test_noise_has_the_colours_of_the_sources_and_nothing_of_what_they_show() -> None:
    found = of_noise(bench())
    assert found["accuracy"] == {"smile": 0}  # the sources have no red, so that the noise has none
    assert found["kept"] == {"light": 0.5}  # all alike
    assert found["truth"]["kept"]["error"] > 0.2
    assert of_noise(bench())["frechet"] == found["frechet"]


def test_a_row_is_the_mean_over_seeds_with_the_deviation_between_trainings() -> None:
    trials = [
        {"accuracy": {"a": 0.5, "b": 0.7}, "kept": {"c": 1.0}, "frechet": 4.0, "truth": None, "intensity": {"a": 0.2}},
        {"accuracy": {"a": 0.9, "b": 0.7}, "kept": {"c": 0.0}, "frechet": 6.0, "truth": None, "intensity": {}},
    ]
    found = row(trials)
    assert found["accuracy"] == pytest.approx(0.7)
    assert found["sd"]["accuracy"] == pytest.approx(
        np.std([0.6, 0.8], ddof=1)
    )  # how far the targets are apart is no part
    assert found["accuracies"] == {"a": pytest.approx(0.7), "b": pytest.approx(0.7)}
    assert (found["kept"], found["frechet"], found["intensity"]) == ({"c": 0.5}, 5, 0.2)
    assert (found["sd"]["frechet"], found["sd"]["kept"]["c"]) == (pytest.approx(2**0.5), pytest.approx(0.5**0.5))
    assert (found["sd"]["intensity"], found["to_change"]) == (None, None)
    assert row(trials[:1])["sd"]["accuracy"] is None


def test_the_table_shows_each_target_and_deviations_where_there_are_several_seeds() -> None:
    def trial(accuracy: float) -> dict:
        of = {"accuracy": {"a": accuracy, "b": 0.7}, "kept": {"c": 1.0}, "frechet": 4.0}
        return {**of, "truth": None, "intensity": None}

    one, two = row([trial(0.5)]), row([trial(0.5), trial(0.9)])
    about = {"attribute": "look", "source": "n", "targets": ["a", "b"], "budget": "1m", "truths": 0, "seeds": 2}
    about |= {"frechet": None, "given": [], "settings": {}}
    table = tables({**about, "rows": {"copying the source": one, "fader": two}})[0]
    assert table.columns == ("accuracy", "a", "b", "Frechet", "to change", "to keep", "intensity", "c kept")
    assert table.rows["copying the source"] == ["0.600", 0.5, 0.7, "4.0", None, None, None, "1.000"]
    assert table.rows["fader"][0] == "0.700 ± 0.141"
    assert "±: standard deviation over 2 trainings" in table.note
    assert "Noise is read as some class as well" in table.note
    assert "That of real images is the most that can be read" in table.note
