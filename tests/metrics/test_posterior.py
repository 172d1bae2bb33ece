from math import log

import torch
from torch.testing import assert_close

from unweave.metrics.posterior import entropies, entropy, mass_functions


def test_entropy_of_a_uniform_posterior_is_log_n_and_of_a_sure_one_zero() -> None:
    logits = torch.stack([torch.zeros(7), torch.eye(7)[2] * 1000])
    assert_close(entropy(logits), torch.tensor([log(7), 0.0]))
    table = entropies({"light": {"who": logits}})
    assert_close(table["light"]["who"], {"entropy": log(7) / 2, "maximum": log(7)})


def test_mass_functions_are_mean_posteriors_of_each_true_class() -> None:
    posterior = torch.tensor([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]])
    mass = mass_functions(posterior.log(), torch.tensor([0, 0, 1]))
    assert_close(mass, torch.tensor([[0.7, 0.3], [0.2, 0.8]]))
    assert mass_functions(posterior.log(), torch.tensor([0, 0, 0]))[1].isnan().all()
