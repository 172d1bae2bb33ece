"""A model on a data set, with what several metrics share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from PIL.Image import Image
from torch import Tensor

from unweave.codes import Codes
from unweave.data.batches import as_images
from unweave.evaluate import BATCH, HeldOut, Labelled, Readings
from unweave.metrics.extractor import Extractor
from unweave.metrics.leakage import pooled
from unweave.model import Model
from unweave.report.answers import Answers

MOST_TRAINING, MOST_TEST = 2048, 1024
"""Images whose codes are looked at, at most."""
SWAPS = 512
"""Test images that are swapped for what the judge does not read, at most."""

Rows = Int[np.ndarray, "rows"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """All that the sections of a report are given."""

    model: Model
    name: str
    """Of the data."""
    data: Labelled
    held: HeldOut
    readings: Readings
    judge_steps: int
    seed: int
    run: Path | None = None
    """The folder of the model's training, which holds its classifiers."""
    extractor: Extractor | None = None
    """None: that of the extra `metrics`."""
    answers: dict[str, Answers] = field(default_factory=dict)
    """Attribute -> true answers, as far as they have been asked for; models laid side by side share them."""

    @property
    def attributes(self) -> tuple[str, ...]:
        """Of the model."""
        return self.model.attributes

    def rows(self, split: str, most: int) -> Rows:
        """Up to `most` images of a split, drawn at random."""
        return np.random.default_rng([self.seed, 6]).permutation(self.data.table.rows(split))[:most]

    def images(self, rows: Rows) -> Float[Tensor, "rows colours size size"]:
        """Images of the data, in [-1, 1]."""
        return as_images(self.data.pixels[rows])

    def column(self, attribute: str, rows: Rows) -> list[str | None]:
        """The labels of some images, as the data have them."""
        return [self.data.table.columns[attribute][row] for row in rows]

    def own_labels(self, attribute: str, rows: Rows) -> Int[np.ndarray, "rows"]:
        """Classes numbered among these images themselves, which may be unknown to the model; -1 = missing."""
        texts = self.column(attribute, rows)
        number = {text: k for k, text in enumerate(sorted({text for text in texts if text is not None}))}
        return np.array([-1 if text is None else number[text] for text in texts], np.int64)

    @torch.no_grad()
    def each_code(self, rows: Rows, what: Callable[[Codes], dict[str, Any]]) -> list[dict[str, Any]]:
        """`what` of the codes of some images, a batch at a time, so that no more of them are held."""
        generator, device = self.model.generator, self.model.device
        parts = np.array_split(rows, max(1, -(-len(rows) // BATCH)))
        return [what(generator.encode(self.images(part).to(device)).to("cpu")) for part in parts]

    def pooled_codes(self, rows: Rows) -> dict[str, Float[Tensor, "rows features"]]:
        """Code -> 4 x 4 cells of each of its channels, of some images."""
        parts = self.each_code(rows, lambda codes: {name: pooled(code) for name, code in codes.items()})
        return {name: torch.cat([part[name] for part in parts]) for name in self.model.generator.names}

    @cached_property
    def test_rows(self) -> Rows:
        """The test images whose codes are looked at."""
        return self.rows("test", MOST_TEST)

    @cached_property
    def test_codes(self) -> dict[str, Float[Tensor, "rows features"]]:
        """Their codes."""
        return self.pooled_codes(self.test_rows)

    @cached_property
    def swap_rows(self) -> tuple[Rows, Rows]:
        """Test images as sources, each once, and as exemplars of theirs."""
        sources = self.rows("test", SWAPS)
        exemplars = np.random.default_rng([self.seed, 7]).choice(self.data.table.rows("test"), len(sources))
        return sources, exemplars

    @cached_property
    def reconstructions(self) -> Float[Tensor, "rows colours size size"]:
        """Of the sources in `swap_rows`."""
        return self.model.transfer(self.images(self.swap_rows[0]), {}).cpu()


Section = Callable[[Subject], tuple[dict[str, Any], dict[str, Image]]]
"""Gives entries of the report, and pictures: file name -> picture. Raises `UnweaveError` where it does not apply."""
