"""What a rehearsal times is a step of the training that would come."""

import numpy as np
import pytest
import torch

from unweave import rehearse
from unweave.config import build
from unweave.data.batches import Batch
from unweave.data.table import table_from_arrays
from unweave.method import Unweave


def test_where_labels_are_missing_other_images_stand_in_as_they_will_in_the_training(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    timed: list[Batch] = []
    monkeypatch.setattr(rehearse, "seconds_per_step", lambda _, batch: timed.append(batch) or 1.0)
    networks = {"width": 1 / 16, "critic_width": 1 / 16, "residual_blocks": 1}
    config = build({"data": {"size": 32}, "networks": networks, "run": {"batch": 4, "steps": 3, "device": "cpu"}})
    for last in ("b", None):
        columns = {"who": ["x", "y", "x", "y"], "look": ["a", "b", "a", last]}
        table = table_from_arrays(np.zeros((4, 32, 32, 3), np.uint8), columns)
        rehearse.expected(table, Unweave(config, table.classes))
    known, missing = timed
    assert known.lessons is None
    assert missing.lessons is not None
    assert missing.lessons.shape == (4, 2, 3, 32, 32)
    assert torch.equal(missing.taught, known.labels)
