"""Places show what they hold as the model sees it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from unweave.card import ModelCard
from unweave.studio.desk import Desk
from unweave.studio.picked import picture, uploaded
from unweave.studio.places import single

CARD = ModelCard(attributes={"shape": ("disc",)}, size=32, channels=3, crop="center", width=1 / 16, residual_blocks=1)


class Table(Desk):
    """A desk without a model."""

    def __init__(self) -> None:
        self.card = CARD


async def what_takes_uploads() -> Any:
    """Within a loop, as Gradio would make one and leave it open."""
    with gr.Blocks() as page:
        single(Table(), "base image", None)
    return next(each.fn for each in page.fns.values() if each.name == "take")


def test_a_picture_put_down_again_is_shown_as_the_model_sees_it_too(tmp_path: Path) -> None:
    file = tmp_path / "x.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)).save(file)
    picked, _ = uploaded(file, "me.png", CARD)
    take = asyncio.run(what_takes_uploads())
    given = {"path": str(file), "orig_name": "me.png"}
    shown, held = take(given, picked)
    assert held == picked
    assert shown.tobytes() == picture(picked, CARD).tobytes()
    assert take(given, None) == (gr.skip(), picked)  # shown once, by what is held
