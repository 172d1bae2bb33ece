"""What a method is worth on the bench: Table IV, and what it leaves as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from unweave.compare.bench import Bench, Rows
from unweave.compare.contenders import Contender
from unweave.judges import read
from unweave.metrics.frechet import frechet_distance
from unweave.metrics.intensity import within_class
from unweave.metrics.transfer import accuracy, chance
from unweave.metrics.truth import true_answer

Images = Float[Tensor, "images colours size size"]
Figures = dict[str, Any]


def shown_by(contender: Contender, bench: Bench) -> dict[str, Images]:
    """Target -> the sources as a method puts them into that class."""
    sources, known = bench.images(bench.sources), [bench.known(row) for row in bench.sources.tolist()]
    return {
        target: contender.show(sources, known, bench.images(rows), target) for target, rows in bench.exemplars.items()
    }


def measured(bench: Bench, results: Mapping[str, Images], should_keep: Mapping[str, Rows] | None = None) -> Figures:
    """Figures of what should be `bench.sources` in each target class.

    `accuracy`: target -> share that the judge reads as the target. `kept`: every other judged attribute -> share that
    is read as in the images of `should_keep` (the sources if None). `frechet`: to real training images of the targets.
    `truth`: against the true answers. `intensity`: target -> rank correlation with that of the exemplars. What the
    bench has no means for is None.
    """
    judged = {target: read(bench.judge, images) for target, images in results.items()}
    names, table = list(bench.judge.classes), bench.data.table
    own = should_keep or dict.fromkeys(results, bench.sources)
    wanted = bench.judge.classes[bench.protocol.attribute].index
    column = names.index(bench.protocol.attribute)
    found: Figures = {
        "accuracy": {t: (seen[:, column] == wanted(t)).float().mean().item() for t, seen in judged.items()},
        "kept": {},
        "frechet": None,
        "truth": None,
        "intensity": None,
    }
    for k, name in enumerate(names):
        if k != column:
            labels = bench.data.labels[:, table.attributes.index(name)]
            shares = [accuracy(seen[:, k], torch.from_numpy(labels[own[t]])) for t, seen in judged.items()]
            found["kept"][name] = float(np.mean(shares))
    if bench.features:
        first = bench.features.each
        of_results = bench.features.extractor(torch.cat([images[:first] for images in results.values()]))
        found["frechet"] = frechet_distance(bench.features.real, of_results)
    if bench.answers:
        answers = [
            (results[t][: len(of.sources)], bench.images(of.sources), of.truths) for t, of in bench.answers.items()
        ]
        found["truth"] = true_answer(*(torch.cat(parts) for parts in zip(*answers, strict=True)))
    if bench.reader:
        found["intensity"] = {}
        for target, images in results.items():
            true = bench.reader.values[bench.exemplars[target]]
            told = np.isfinite(true)
            of_target = within_class(
                true[told], bench.reader.read(images).double().numpy()[told], [target] * int(told.sum())
            )
            found["intensity"] |= of_target
    return found


def of_real_images(bench: Bench) -> Figures:
    """The exemplars themselves."""
    images = {target: bench.images(rows) for target, rows in bench.exemplars.items()}
    return {**measured(bench, images, should_keep=bench.exemplars), "truth": None}


def of_copying(bench: Bench) -> Figures:
    """The sources, left as they are."""
    return measured(bench, dict.fromkeys(bench.exemplars, bench.images(bench.sources)))


def of_noise(bench: Bench) -> Figures:
    """Noise with the mean and deviation of each colour of the sources: what a judge reads where there is no face."""
    sources, random = bench.images(bench.sources), torch.Generator().manual_seed(0)
    deviation, mean = torch.std_mean(sources, (0, 2, 3), keepdim=True)
    results = {
        target: (mean + deviation * torch.randn(sources.shape, generator=random)).clamp(-1, 1)
        for target in bench.exemplars
    }
    return measured(bench, results)


def of_chance(bench: Bench) -> Figures:
    """A class drawn blindly; for what is to be kept, always the commonest one."""
    attribute, table = bench.protocol.attribute, bench.data.table
    kept = {}
    for name in bench.judge.classes:
        labels = torch.from_numpy(bench.data.labels[bench.sources, table.attributes.index(name)])
        if name != attribute and (labels >= 0).any():
            kept[name] = chance(labels)
    blind = 1 / len(bench.judge.classes[attribute])
    return {
        "accuracy": dict.fromkeys(bench.exemplars, blind),
        "kept": kept,
        "frechet": None,
        "truth": None,
        "intensity": None,
    }


def row(trials: Sequence[Figures]) -> Figures:
    """The means of a method's figures over its seeds, and under `sd` their standard deviations: None for one seed."""
    values = [_means_over_targets(trial) for trial in trials]
    names = list(trials[0]["kept"])
    return {
        **{name: _mean([of[name] for of in values]) for name in values[0]},
        "accuracies": _means([trial["accuracy"] for trial in trials]),
        "kept": _means([trial["kept"] for trial in trials]),
        "sd": {name: _deviation([of[name] for of in values]) for name in values[0]}
        | {"kept": {name: _deviation([trial["kept"][name] for trial in trials]) for name in names}},
    }


def _means_over_targets(trial: Figures) -> dict[str, float | None]:
    truth = trial["truth"] or {}
    return {
        "accuracy": _mean(list(trial["accuracy"].values())),
        "frechet": trial["frechet"],
        "to_change": truth["changed"]["ratio"] if truth else None,
        "to_keep": truth["kept"]["error"] if truth else None,
        "psnr": truth["psnr"] if truth else None,
        "intensity": _mean(list((trial["intensity"] or {}).values())),
    }


def _mean(values: Sequence[float | None]) -> float | None:
    given = [value for value in values if value is not None]
    return float(np.mean(given)) if given else None


def _deviation(values: Sequence[float | None]) -> float | None:
    given = [value for value in values if value is not None]
    return float(np.std(given, ddof=1)) if len(given) > 1 else None


def _means(trials: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([trial[name] for trial in trials])) for name in trials[0]}


Measure = Callable[[Bench], Figures]
BESIDE: Mapping[str, Measure] = {
    "real images": of_real_images,
    "copying the source": of_copying,
    "noise": of_noise,
    "chance": of_chance,
}
"""Rows of the table that no method makes."""
