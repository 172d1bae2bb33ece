"""What can be learnt from rendered faces: that their labels can be read, and that hair does not give people away.

    python tools/measure_faces.py labels FOLDER    # of `unweave faces render FOLDER`
    python tools/measure_faces.py hair [PEOPLE]

`labels` trains a small CNN on the training images and prints its accuracy on the test images: of expressions at an
intensity of 50 % and more (and neutral), of lights, and of gazes where the eyes are open.

`hair` asks how much hair tells of who somebody is, beside what the rest of the head tells. It renders PEOPLE (120)
people at 64 px in 3 sittings, each with another expression and styling, under 3 lights. A small CNN learns to name five
sixths of them, once from pictures of which only the hair is left and once from all but the hair and the background; the
cosine of its features then says how alike two pictures of the other people are. Printed is the area under the ROC curve
over all pairs of pictures with different expressions and different lights: 0.5 is chance.
"""

# pyright: reportArgumentType=false, reportCallIssue=false
# warp's structs are no types to it

from __future__ import annotations

import sys

import numpy as np
import torch
import torch.nn.functional as F
import warp as wp
from tqdm import tqdm

from unweave.data.batches import as_images
from unweave.data.cache import cached_images
from unweave.data.table import read_table
from unweave.faces import Factors, kernels, render_lights
from unweave.faces.expressions import action_weights
from unweave.faces.factors import own
from unweave.faces.geometry import moved
from unweave.faces.hair import ribbons
from unweave.faces.renderer import Stage, camera_struct
from unweave.faces.studio import sit_down
from unweave.judges import Judge, read, train_judge

SIZE = 64
SHOTS = [("neutral", 0), ("smile", 1), ("surprise", 2)]
LIGHTS = ["room", "left", "right"]
STEPS = 1500
GREY = 128
CLOSED = ("squint", "scream")
"""Expressions in which eyes are closed, or nearly."""


def read_labels(folder: str) -> None:
    """Train a CNN on a database's training images and read its test images."""
    table = read_table(folder, attributes=("expression", "light", "gaze"))
    pixels = cached_images(table, size=SIZE, channels=3, crop="center")
    labels, test = table.labels(), table.rows("test")
    intensity = np.array([float(cell or 0) for cell in table.columns["intensity"]])[test]
    expression = np.array(table.columns["expression"])[test]
    judged = {name: names for name, names in table.classes.items() if len(names) > 1}
    columns = [table.attributes.index(name) for name in judged]
    judge = train_judge(pixels, labels[:, columns], table.rows("train"), judged, steps=STEPS, seed=0)
    said = read(judge, as_images(pixels[test])).numpy()
    fair = {
        "expression": (intensity >= 50) | (expression == "neutral"),
        "light": np.full(len(test), True),
        "gaze": ~np.isin(expression, CLOSED),
    }
    for number, (name, column) in enumerate(zip(judged, columns, strict=True)):
        truth, asked = labels[test, column], fair[name]
        right = (said[asked, number] == truth[asked]).mean()
        print(f"{name}: {right:.3f} of {asked.sum()} images, chance {1 / len(judged[name]):.3f}")


def compare_hair(people: int = 120) -> None:
    """Render people, learn from hair alone and from the rest alone, compare."""
    pictures = {"hair": [], "face": []}
    labels = []
    for number in tqdm(range(people), disable=None):
        for shot, (expression, variation) in enumerate(SHOTS):
            styling = int(np.random.default_rng([number, shot]).integers(1, 10_000))
            factors = Factors(identity=number, expression=expression, variation=variation, styling=styling)
            hair, rest = shares(factors)
            for light, image in enumerate(render_lights(factors, LIGHTS, SIZE)):
                pixels = np.asarray(image, np.float32)
                pictures["hair"].append(masked(pixels, hair))
                pictures["face"].append(masked(pixels, rest))
                labels.append((number, shot, light))
    who, shot, light = np.array(labels).T
    unseen = people // 6
    for name, pixels in pictures.items():
        features = features_of(np.stack(pixels), who, unseen)
        same, other = compared(features, who[who < unseen], shot[who < unseen], light[who < unseen])
        print(f"{name}: AUC {auc(same, other):.3f} over {len(same)} same and {len(other)} different pairs")


def shares(factors: Factors) -> tuple[np.ndarray, np.ndarray]:
    """The share (size, size) of each pixel that shows hair of the head, and what else is in front."""
    mine = own(factors.identity)
    sitter = sit_down(factors.identity, factors.styling or 0, mine.glasses, mine.facial_hair)
    weights = action_weights(sitter.who, factors.expression, factors.intensity, factors.variation)
    vertices = moved(sitter.cage, weights)
    stage = Stage(vertices, sitter.skin, ribbons(sitter.hair[:1], vertices), sitter.materials, sitter.glasses)
    surfaces = wp.zeros(SIZE * SIZE * 16, dtype=kernels.Surface, device="cpu")
    seen = [
        stage.meshes,
        stage.head,
        stage.skin,
        stage.strands,
        stage.props,
        stage.materials,
        camera_struct(SIZE, 4, 0),
    ]
    wp.launch(kernels.see, SIZE * SIZE * 16, inputs=seen, outputs=[surfaces], device="cpu")
    kinds = surfaces.numpy()["kind"].reshape(SIZE, SIZE, 16)
    hair = (kinds == kernels.STRAND).mean(axis=2)
    return hair, (kinds != kernels.NOTHING).mean(axis=2) - hair


def masked(pixels: np.ndarray, share: np.ndarray) -> np.ndarray:
    """The picture with grey in place of what `share` (size, size) leaves out."""
    return (pixels * share[..., None] + GREY * (1 - share[..., None]) + 0.5).astype(np.uint8)


def features_of(pixels: np.ndarray, who: np.ndarray, unseen: int) -> torch.Tensor:
    """Features (pictures of unseen people, n) of a network that learned to name all others."""
    names = {"identity": tuple(str(number) for number in range(unseen, who.max() + 1))}
    rows = np.flatnonzero(who >= unseen)
    judge: Judge = train_judge(pixels, (who - unseen)[:, None], rows, names, steps=STEPS, seed=0)
    with torch.inference_mode():
        return F.normalize(judge.trunk(as_images(pixels[who < unseen])), dim=1)


def compared(
    features: torch.Tensor, who: np.ndarray, shot: np.ndarray, light: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Cosines of all pairs that differ in expression and light: of one person, and of two."""
    cosines = (features @ features.T).numpy()
    fair = (shot[:, None] < shot[None]) & (light[:, None] != light[None])
    same = who[:, None] == who[None]
    return cosines[fair & same], cosines[fair & ~same]


def auc(same: np.ndarray, other: np.ndarray) -> float:
    """How often a pair of one person is more alike than a pair of two."""
    ranked = np.sort(other)
    return float(((np.searchsorted(ranked, same) + np.searchsorted(ranked, same, "right")) / 2 / len(other)).mean())


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["labels", folder]:
            read_labels(folder)
        case ["hair", *people]:
            compare_hair(*map(int, people))
        case _:
            sys.exit(__doc__)
