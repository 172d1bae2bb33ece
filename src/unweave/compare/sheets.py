"""The pictures of a comparison: every method on the same test images, and the ways between two classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from PIL.Image import Image
from torch import Tensor

from unweave.compare.bench import Bench
from unweave.compare.contenders import Contender
from unweave.draw import grid
from unweave.images import pictures

Images = Float[Tensor, "images colours size size"]

COLUMNS, PEOPLE, STEPS = 8, 2, 10


def translations(bench: Bench, results: Mapping[str, Mapping[str, Images]]) -> Image:
    """Fig. 7: a row for each method, a column for each test image and target; `results`: method -> target -> images.

    First the source, the exemplar, which is for the paper's method alone, and the true answer where it is known.
    """
    targets = list(bench.exemplars)
    each = min(len(bench.sources), max(2, COLUMNS // len(targets)))
    rows = {
        "source": [bench.images(bench.sources[:each])] * len(targets),
        "exemplar": [bench.images(bench.exemplars[target][:each]) for target in targets],
    }
    if bench.answers:
        rows["true answer"] = [bench.answers[target].truths[:each] for target in targets]
    rows |= {name: [of_method[target][:each] for target in targets] for name, of_method in results.items()}
    return grid(
        [pictures(torch.cat(images)) for images in rows.values()],
        row_labels=list(rows),
        column_labels=[target for target in targets for _ in range(each)],
    )


def interpolations(bench: Bench, contenders: Sequence[Contender]) -> Image | None:
    """Fig. 11: ten steps from the first target to the second (from the source where there is one target only).

    A row for each test image and each method that has something in between; None where there is none. The paper's
    method goes from one exemplar to another, rivals from label to label.
    """
    targets = bench.protocol.targets
    ends = (bench.protocol.source if len(targets) == 1 else targets[0], targets[:2][-1])
    rows, labels, headers = [], [], []
    for k, source in enumerate(bench.sources[:PEOPLE].tolist()):
        image = bench.images(bench.sources[k : k + 1])[0]
        first = bench.images(bench.exemplars[ends[0]][k : k + 1])[0] if ends[0] in bench.exemplars else image
        last = bench.images(bench.exemplars[ends[1]][k : k + 1])[0]
        for contender in (each for each in contenders if each.slides):
            made = contender.between(image, bench.known(source), (first, last), ends, STEPS)
            rows.append(pictures(torch.stack(made)))
            labels.append(contender.method)
            headers += pictures(image[None])
    if not rows:
        return None
    shares = [f"{k / (STEPS - 1):.2f}" for k in range(1, STEPS - 1)]
    return grid(rows, row_labels=labels, row_headers=headers, column_labels=[ends[0], *shares, ends[1]])
