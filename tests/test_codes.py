import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from unweave.codes import Codes
from unweave.errors import UnweaveError


def random_codes(seed: int, batch: int = 3) -> Codes:
    draw = torch.Generator().manual_seed(seed)
    return Codes({name: torch.randn(batch, 2, 4, 4, generator=draw) for name in ("identity", "light", "rest")})


@given(st.integers(0, 99), st.floats(-0.5, 1.5))
def test_swap_moves_only_the_named_attribute_by_its_strength(seed: int, strength: float) -> None:
    own, donor = random_codes(seed), random_codes(seed + 100)
    swapped = own.swap(donor, {"light": strength})
    torch.testing.assert_close(swapped["light"], own["light"] + strength * (donor["light"] - own["light"]))
    assert swapped["identity"] is own["identity"]
    assert swapped["rest"] is own["rest"]


def test_swap_at_full_strength_is_the_donors_code_and_at_none_ones_own() -> None:
    own, donor = random_codes(0), random_codes(1)
    assert torch.equal(own.swap(donor, {"light": 1.0})["light"], donor["light"])
    assert torch.equal(own.swap(donor, {"light": 0.0})["light"], own["light"])


def test_one_donor_serves_the_whole_batch() -> None:
    own, donor = random_codes(0), random_codes(1, batch=1)
    assert torch.equal(own.swap(donor, {"light": 1.0})["light"], donor["light"].expand(3, -1, -1, -1))


@given(st.permutations(range(3)), st.permutations(range(3)))
def test_shuffle_reorders_each_attribute_by_its_own_draw_and_keeps_the_rest(
    first: list[int], second: list[int]
) -> None:
    codes = random_codes(0)
    shuffled = codes.shuffle({"identity": torch.tensor(first), "light": torch.tensor(second)})
    for i in range(3):
        assert torch.equal(shuffled["identity"][i], codes["identity"][first[i]])
        assert torch.equal(shuffled["light"][i], codes["light"][second[i]])
    assert shuffled["rest"] is codes["rest"]


@given(st.lists(st.floats(0.05, 1), min_size=1, max_size=5))
def test_mixture_is_the_weighted_sum(raw: list[float]) -> None:
    weights = [w / sum(raw) for w in raw]
    parts = [random_codes(k) for k in range(len(weights))]
    expected = torch.stack([w * part["light"] for w, part in zip(weights, parts, strict=True)]).sum(0)
    torch.testing.assert_close(Codes.mix(parts, weights)["light"], expected)


@pytest.mark.parametrize("weights", [[0.5, 0.6], [1.0, 0.0], [1.5, -0.5], [1.0]])
def test_weights_that_are_no_mixture_are_refused(weights: list[float]) -> None:
    with pytest.raises(UnweaveError, match="weight"):
        Codes.mix([random_codes(0), random_codes(1)], weights)


@given(st.floats(0, 1))
def test_interpolation_is_linear_between_its_ends(t: float) -> None:
    a, b = random_codes(0), random_codes(1)
    torch.testing.assert_close(a.lerp(b, t)["rest"], (1 - t) * a["rest"] + t * b["rest"])


def test_mean_of_equal_codes_is_that_code() -> None:
    codes = random_codes(0, batch=1)
    torch.testing.assert_close(Codes.cat([codes, codes]).mean()["identity"], codes["identity"])


def test_joined_keeps_the_order_attributes_first_rest_last() -> None:
    codes = random_codes(0)
    assert torch.equal(codes.joined()[:, 4:], codes["rest"])
    assert codes.joined().shape == (3, 6, 4, 4)


def test_unknown_attribute_names_the_nearest() -> None:
    with pytest.raises(UnweaveError, match="did you mean 'light'"):
        random_codes(0)["ligth"]


def test_codes_of_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="one common shape"):
        Codes({"a": torch.zeros(1, 2, 4, 4), "rest": torch.zeros(2, 2, 4, 4)})
