import torch

from unweave.metrics.transfer import accuracy, chance, transfer_matrix


def test_the_swapped_attribute_is_asked_of_the_exemplar_and_the_others_of_the_source() -> None:
    of_sources, of_exemplars = torch.tensor([[0, 0], [1, 1]]), torch.tensor([[2, 2], [2, 1]])
    read = {"who": torch.tensor([[2, 0], [2, 0]]), "light": torch.tensor([[0, 2], [2, 1]])}
    matrix = transfer_matrix(read, of_sources, of_exemplars, ("who", "light"))
    assert matrix == {"who": {"who": 1.0, "light": 0.5}, "light": {"who": 0.5, "light": 1.0}}


def test_missing_labels_count_for_neither_accuracy_nor_chance() -> None:
    labels = torch.tensor([0, -1, 0, 1])
    assert accuracy(torch.tensor([0, 0, 1, 1]), labels) == torch.tensor(2 / 3).item()
    assert chance(labels) == torch.tensor(2 / 3).item()
