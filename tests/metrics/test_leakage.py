import torch

from unweave.metrics.leakage import leakage, pooled

CLASSES = 4


def labels(count: int, seed: int) -> torch.Tensor:
    return torch.randint(CLASSES, (count,), generator=torch.Generator().manual_seed(seed))


def noise(count: int, seed: int) -> torch.Tensor:
    return torch.randn(count, 16, generator=torch.Generator().manual_seed(seed))


def test_random_codes_are_read_at_chance_and_codes_that_contain_the_label_in_full() -> None:
    of_training, of_test = labels(400, 0), labels(400, 1)
    nothing = leakage(noise(400, 2), of_training, noise(400, 3), of_test)
    assert 0.25 <= nothing["chance"] < 0.32
    assert abs(nothing["linear"] - 0.25) < 0.07
    assert abs(nothing["mlp"] - 0.25) < 0.07
    told = torch.eye(CLASSES) @ noise(CLASSES, 4)
    everything = leakage(noise(400, 2) + 9 * told[of_training], of_training, noise(400, 3) + 9 * told[of_test], of_test)
    assert everything["linear"] == everything["mlp"] == 1


def test_an_mlp_finds_what_is_not_linear() -> None:
    def halves(x: torch.Tensor) -> torch.Tensor:
        return ((x[:, 0] > 0) ^ (x[:, 1] > 0)).long()

    x, others = noise(800, 5)[:, :4], noise(400, 6)[:, :4]
    found = leakage(x, halves(x), others, halves(others))
    assert found["linear"] < 0.65
    assert found["mlp"] > 0.85


def test_missing_labels_are_neither_learnt_nor_asked_and_the_random_state_is_left_alone() -> None:
    of_training, of_test = labels(200, 0), labels(100, 1)
    codes, others = torch.eye(CLASSES)[of_training], torch.eye(CLASSES)[of_test]
    of_training[::3], of_test[::3] = -1, -1
    state = torch.get_rng_state()
    assert leakage(codes, of_training, others, of_test)["linear"] == 1
    assert torch.equal(state, torch.get_rng_state())


def test_what_was_the_same_in_all_training_images_misleads_no_probe() -> None:
    of_training, of_test = labels(200, 0), labels(100, 1)
    codes = torch.cat([torch.eye(CLASSES)[of_training], torch.zeros(200, 1)], 1)
    others = torch.cat([torch.eye(CLASSES)[of_test], torch.full((100, 1), 0.1)], 1)
    found = leakage(codes, of_training, others, of_test)
    assert found["linear"] == found["mlp"] == 1


def test_codes_are_pooled_to_the_means_of_cells() -> None:
    code = torch.arange(64.0).view(1, 1, 8, 8)
    assert pooled(code).tolist()[0][:2] == [4.5, 6.5]
    assert pooled(code, side=1).item() == 31.5
