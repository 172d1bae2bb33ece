"""True answers: for rendered faces, whose factors are known, what a swap should have given is rendered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image
from torch import Tensor

from unweave.checkpoint import ModelCard
from unweave.data.batches import as_images
from unweave.data.pictures import crop_resize, decode
from unweave.data.store import Store
from unweave.data.table import AttributeTable
from unweave.errors import UnweaveError
from unweave.evaluate import Labelled
from unweave.faces.factors import COLUMNS, Factors, check_size, from_row, truth
from unweave.faces.needs import need_extra

ATTRIBUTES = ("identity", "expression", "light", "gaze", "colour")
"""What there are true answers for."""
ALIKE = 0.06
"""Mean absolute difference on the [-1, 1] scale up to which a picture of the data counts as rendered again."""
PROBES = 4

Render = Callable[[Factors, int], Image.Image]
Picture = Callable[[Factors], UInt8[np.ndarray, "size size colours"]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """Pairs of test images and the true answers of swapping one attribute."""

    sources: Int[np.ndarray, "pairs"]
    """Rows of the table."""
    exemplars: Int[np.ndarray, "pairs"]
    truths: Float[Tensor, "pairs colours size size"]
    """In [-1, 1]."""


def check_answerable(data: Labelled) -> None:
    """Raise `UnweaveError` where the data have no true answers, or what renders them is missing."""
    if missing := [name for name in COLUMNS if name not in data.table.columns]:
        raise UnweaveError(f"true answers are for rendered faces; the data have no column '{missing[0]}'")
    if data.table.source is None:
        raise UnweaveError("true answers are for pictures in files, whose size they are rendered with")
    need_extra()


def true_answers(
    data: Labelled, card: ModelCard, attribute: str, *, pairs: int, seed: int, render: Render | None = None
) -> Answers:
    """Draw `pairs` of test images that differ in `attribute`, and render what swapping it should give.

    Raises `UnweaveError` where no test images differ, and as `answers_of` does.
    """
    table = data.table
    labels = np.array([label or "" for label in table.columns[attribute]])
    test = table.rows("test")
    test = test[labels[test] != ""]
    if len(np.unique(labels[test])) < 2:
        raise UnweaveError(f"the test images do not differ in {attribute}")
    rng = np.random.default_rng([seed, 8])
    sources = rng.permutation(test)[:pairs]
    exemplars = np.array([rng.choice(test[labels[test] != labels[row]]) for row in sources])
    return answers_of(data, card, attribute, sources, exemplars, render)


def answers_of(
    data: Labelled,
    card: ModelCard,
    attribute: str,
    sources: Int[np.ndarray, "pairs"],
    exemplars: Int[np.ndarray, "pairs"],
    render: Render | None = None,
) -> Answers:
    """What the images at `sources` should be with `attribute` of those at `exemplars`; both are rows.

    A truth that is among the test images, as another light on the same face is, is taken from them; the others are
    rendered, at the size of the pictures in the data, and get the model's crop. `render` stands in for the package's
    renderer. Raises `UnweaveError` where the renderer does not give the pictures of the data again, which another
    version or somebody else has made.
    """
    table, image = data.table, pictures_of(data, card, render)
    factors = {
        row: factors_of(table, row) for row in {*sources.tolist(), *exemplars.tolist(), *table.rows("test").tolist()}
    }
    there = {each: row for row, each in factors.items()}
    wanted = [
        truth(factors[source], **{attribute: factors[exemplar]})
        for source, exemplar in zip(sources.tolist(), exemplars.tolist(), strict=True)
    ]
    rendered = [source for source, each in zip(sources.tolist(), wanted, strict=True) if each not in there]
    check_rendered(data, image, rendered[:PROBES])
    pixels = np.zeros((len(wanted), card.size, card.size, card.channels), np.uint8)
    # Those of one sitter follow each other, since a sitter takes longer to make than a picture.
    for k in sorted(range(len(wanted)), key=lambda k: (wanted[k].identity, wanted[k].styling or 0)):
        row = there.get(wanted[k])
        pixels[k] = image(wanted[k]) if row is None else data.pixels[row]
    return Answers(sources=sources, exemplars=exemplars, truths=as_images(pixels))


def pictures_of(data: Labelled, card: ModelCard, render: Render | None = None) -> Picture:
    """Renders factors at the size of the pictures in the data, and gives them the model's crop."""
    if render is None:
        from unweave.faces.studio import render
    size = _size(data.table)
    return lambda factors: crop_resize(render(factors, size), size=card.size, channels=card.channels, crop=card.crop)


def check_rendered(data: Labelled, image: Picture, rows: Sequence[int]) -> None:
    """Raise `UnweaveError` where one of these rows is another picture when it is rendered again."""
    for row in rows:
        again = as_images(np.stack([image(factors_of(data.table, row)), data.pixels[row]]))
        off = (again[0] - again[1]).abs().mean().item()
        if off > ALIKE:
            said = f"is not what this version renders (it differs by {off:.2f}); render the data anew"
            raise UnweaveError(f"{data.table.files[row]} {said}")


def factors_of(table: AttributeTable, row: int) -> Factors:
    """What the image of this row was rendered from."""
    try:
        return from_row({name: table.columns[name][row] for name in COLUMNS})
    except UnweaveError as error:
        raise UnweaveError(f"{table.files[row]}: {error}") from None


def _size(table: AttributeTable) -> int:
    """Side of the pictures in the data."""
    assert table.source is not None
    with Store(table.source) as store:
        name = table.files[0]
        picture = decode(store.read(name), name)
    if picture.width != picture.height:
        raise UnweaveError(f"{name} is {picture.width} x {picture.height} pixels, rendered faces are square")
    check_size(picture.width)
    return picture.width
