from weakref import ref

import numpy as np
import pytest
import torch

from unweave.data.batches import as_images
from unweave.evaluate import HeldOut, evaluate, held_out, score
from unweave.judges import Judge, judged_attributes, read, train_judge
from unweave.metrics.transfer import accuracy
from unweave.networks import Generator

CLASSES = {"shade": ("dark", "light")}


def shades(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Dark and light noise, every other image."""
    rng = np.random.default_rng(0)
    labels = np.arange(count)[:, None] % 2
    pixels = rng.integers(0, 60, (count, 32, 32, 3)) + 150 * labels[:, :, None, None]
    return pixels.astype(np.uint8), labels


@pytest.fixture(scope="module")
def judge() -> Judge:
    pixels, labels = shades(64)
    return train_judge(pixels, labels, np.arange(64), CLASSES, steps=20)


def held(judge: Judge | None) -> HeldOut:
    pixels, labels = shades(20)
    return HeldOut(
        images=as_images(pixels), labels=torch.from_numpy(labels), attributes=("shade",), teach=lambda: judge
    )


def test_a_judge_learns_real_images_and_leaves_the_random_state_alone(judge: Judge) -> None:
    images = held(judge)
    assert accuracy(read(judge, images.images)[:, 0], images.label("shade")) == 1.0
    state = torch.get_rng_state()
    pixels, labels = shades(16)
    train_judge(pixels, labels, np.arange(16), CLASSES, steps=1)
    assert torch.equal(state, torch.get_rng_state())


def test_images_without_any_label_take_no_place_in_what_a_judge_learns_from() -> None:
    pixels, labels = shades(40)
    labels[8:] = -1
    of_all, of_few = (train_judge(pixels, labels, rows, CLASSES, steps=2) for rows in (np.arange(40), np.arange(8)))
    assert all(torch.equal(a, b) for a, b in zip(of_all.parameters(), of_few.parameters(), strict=True))


def test_only_attributes_with_known_classes_are_judged() -> None:
    classes = {"who": ("a", "b"), "shade": ("dark", "light"), "constant": ("one",)}
    labels = np.array([[-1, 0, 0], [-1, 1, 0], [-1, -1, 0]])
    assert judged_attributes(classes, labels) == {"shade": ("dark", "light")}


def test_an_attribute_that_few_images_are_labelled_in_is_judged_by_those() -> None:
    labels = np.array([[0], [-1], [-1], [-1], [1]])
    few = labels >= 0
    assert judged_attributes(CLASSES, labels) == {}
    assert judged_attributes(CLASSES, labels, few) == CLASSES
    assert judged_attributes(CLASSES, labels, few | True) == {}  # labelled, but unseen in training
    assert judged_attributes(CLASSES, labels[1:4], few[1:4]) == {}


def test_missing_labels_do_not_count() -> None:
    assert accuracy(torch.tensor([0, 1, 1]), torch.tensor([0, -1, 0])) == 0.5


class Copying(Generator):
    """A generator whose one code is the image, shrunk: swapping it swaps the image."""

    def encode(self, images: torch.Tensor):
        from unweave.codes import Codes

        return Codes({"shade": images, "rest": images * 0})

    def decode(self, codes) -> torch.Tensor:
        return codes["shade"]


def test_a_perfect_swap_scores_one_and_reconstructs_without_error(judge: Judge) -> None:
    figures = evaluate(Copying(("shade",), width=1 / 16, residual_blocks=1), held(judge), pairs=32)
    assert figures["reconstruction"] == 0
    assert figures["real/shade"] == figures["reconstructed/shade"] == figures["swapped/shade"] == 1
    assert 0.5 <= figures["chance/shade"] < 0.8
    assert score(figures) == 1


class Ignoring(Copying):
    """A generator that puts everything into the rest: swaps change nothing."""

    def encode(self, images: torch.Tensor):
        from unweave.codes import Codes

        return Codes({"shade": images * 0, "rest": images})

    def decode(self, codes) -> torch.Tensor:
        return codes["rest"]


def test_a_swap_that_changes_nothing_is_read_at_chance(judge: Judge) -> None:
    figures = evaluate(Ignoring(("shade",), width=1 / 16, residual_blocks=1), held(judge), pairs=256)
    assert figures["reconstructed/shade"] == 1
    assert 0.35 < figures["swapped/shade"] < 0.65


def test_codes_of_a_batch_of_pairs_are_held_at_a_time(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    codes_made, alive = [], []

    class Watched(Copying):
        def encode(self, images: torch.Tensor):
            codes = super().encode(images)
            codes_made.extend(map(ref, codes.values()))
            alive.append(sum(len(code) for made in codes_made if (code := made()) is not None))
            return codes

    whole = evaluate(Watched(("shade",), width=1 / 16, residual_blocks=1), held(judge), pairs=30)
    codes_made.clear()
    alive.clear()
    monkeypatch.setattr("unweave.evaluate.BATCH", 4)
    assert evaluate(Watched(("shade",), width=1 / 16, residual_blocks=1), held(judge), pairs=30) == whole
    assert max(alive) == 2 * (4 + 4)  # two codes of each source and each exemplar
    assert len(alive) == 2 * 8


def test_without_a_judge_the_reconstruction_alone_is_reported() -> None:
    figures = evaluate(Copying(("shade",), width=1 / 16, residual_blocks=1), held(None), pairs=4)
    assert figures == {"reconstruction": 0, "reconstruction_median": 0, "reconstruction_p99": 0}


def test_a_judge_is_trained_once_when_an_evaluation_first_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[np.ndarray] = []

    def train(pixels: np.ndarray, labels: np.ndarray, rows: np.ndarray, *rest: object, **how: object) -> Judge:
        asked.append(rows)
        return train_judge(pixels, labels, rows, *rest, **how)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr("unweave.evaluate.train_judge", train)
    pixels, labels = shades(84)
    test, training, known = np.arange(20), np.arange(20, 84), np.ones(labels.shape, bool)
    images = held_out(pixels, labels, known, test, training, CLASSES, steps=20, seed=0)
    assert not asked
    for _ in range(2):
        figures = evaluate(Copying(("shade",), width=1 / 16, residual_blocks=1), images, pairs=32)
        assert figures["real/shade"] == 1
    assert [rows.tolist() for rows in asked] == [training.tolist()]
    assert images.images.shape == (20, 3, 32, 32)
    assert held_out(pixels, labels, known, test, training, CLASSES, steps=0, seed=0).judge is None


def test_a_figure_that_no_labelled_image_is_left_for_is_not_there(judge: Judge) -> None:
    images = held(judge)
    images.labels[1:] = -1
    figures = evaluate(Copying(("shade",), width=1 / 16, residual_blocks=1), images, pairs=2, seed=1)
    assert figures["chance/shade"] == 1
    assert "swapped/shade" not in figures
    assert score(figures) == 0
