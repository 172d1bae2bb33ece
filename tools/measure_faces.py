"""How much hair alone tells of who somebody is, beside what the face tells: same or different person, of people never seen.

    python tools/measure_faces.py [PEOPLE]

Renders PEOPLE (120) people at 64 px, each in 3 sittings, each with another expression, under 3 lights. A small CNN learns to name five sixths of
them, once from pictures of which only the hair is left and once from pictures of which only the rest of the head is;
the cosine of its features then says how alike two pictures of the other people are. Printed is the area under the ROC
curve over all pairs of pictures with different expressions and different lights: 0.5 is chance.
"""

from __future__ import annotations

import sys

import numpy as np
import torch
import torch.nn.functional as F
import warp as wp
from tqdm import tqdm
from unweave.data.batches import as_images
from unweave.faces import Factors, kernels, render_lights
from unweave.faces.expressions import action_weights
from unweave.faces.factors import own
from unweave.faces.geometry import moved
from unweave.faces.hair import ribbons
from unweave.faces.renderer import Stage, camera_struct
from unweave.faces.studio import sit_down
from unweave.judges import Judge, train_judge

SIZE = 64
SHOTS = [("neutral", 0), ("smile", 1), ("surprise", 2)]
LIGHTS = ["room", "left", "right"]
STEPS = 900
GREY = 128


def main(people: int = 120) -> None:
    """Render, learn, compare."""
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
    """The share (size, size) of each pixel that shows hair of the head, and that shows skin, brows, beard or glasses."""
    sitter = sit_down(factors.identity, factors.styling or 0, *own(factors.identity)[2:])
    weights = action_weights(sitter.who, factors.expression, factors.intensity, factors.variation)
    vertices = moved(sitter.cage, weights)
    stage = Stage(vertices, sitter.skin, ribbons(sitter.hair[:1], vertices), sitter.materials, sitter.glasses)
    surfaces = wp.zeros(SIZE * SIZE * 16, dtype=kernels.Surface, device="cpu")
    seen = [stage.meshes, stage.head, stage.skin, stage.strands, stage.props, stage.materials, camera_struct(SIZE, 4, 0)]
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


def compared(features: torch.Tensor, who: np.ndarray, shot: np.ndarray, light: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
    main(*(int(argument) for argument in sys.argv[1:2]))
