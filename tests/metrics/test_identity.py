import torch
from torch.testing import assert_close

from unweave.metrics.identity import between_people, cosine_distance


def test_distances_of_known_directions() -> None:
    a = torch.tensor([[1.0, 0], [1, 0], [1, 0]])
    b = torch.tensor([[3.0, 0], [0, 2], [-1, 0]])
    assert_close(cosine_distance(a, b), torch.tensor([0.0, 1.0, 2.0]))


def test_the_scale_is_told_by_pairs_of_one_and_of_two_people() -> None:
    features = torch.tensor([[1.0, 0], [2, 0], [0, 1], [0, 3]])
    assert_close(between_people(features, torch.tensor([0, 0, 1, 1])), {"same": 0.0, "others": 1.0})
