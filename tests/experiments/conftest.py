"""The faces and the faultless model of the tests of reports, with mean codes."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from unweave.data.batches import as_images
from unweave.model import Model
from unweave.report.subject import Subject


def load_reports() -> Any:
    path = Path(__file__).parents[1] / "report" / "conftest.py"
    spec = spec_from_file_location("report_conftest", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


REPORTS = load_reports()
faces, apart, copying = REPORTS.faces, REPORTS.apart, REPORTS.copying
rendered, short_probes = REPORTS.rendered, REPORTS.short_probes


def with_means(subject: Subject) -> Subject:
    """The same with the mean code of every class over the training images."""
    data, model = subject.data, subject.model
    rows = data.table.rows("train")
    codes, labels = model.encode(as_images(data.pixels[rows])), data.labels[rows]
    means = {
        name: torch.stack([codes[name][np.flatnonzero(labels[:, k] == c)].mean(0) for c in range(len(classes))])
        for k, (name, classes) in enumerate(model.classes.items())
    }
    return replace(subject, model=Model(model.card, model.engine, means, path=model.path))


@pytest.fixture(scope="session")
def perfect(apart: Subject) -> Subject:
    """Attributes lie apart in the pictures of the faces, and the model takes them apart without a fault."""
    return replace(with_means(apart), judge_steps=30)


@pytest.fixture
def learner(faces: Path, monkeypatch: pytest.MonkeyPatch) -> Subject:
    """The same model, which has never heard of screams."""
    card_of = REPORTS.ModelCard

    def without_scream(**given: Any) -> Any:
        return card_of(**{**given, "attributes": {**given["attributes"], "expression": ("neutral", "smile")}})

    monkeypatch.setattr(REPORTS, "ModelCard", without_scream)
    subject = REPORTS.subject_of(REPORTS.Apart, faces, judge_steps=1)  # whose own judge is not asked
    return replace(with_means(subject), judge_steps=30)
