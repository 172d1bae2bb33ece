"""The page that goes with a shared model: what it knows, how to use it, how it was trained, how good it is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import yaml

from unweave.evaluate import table_of_figures
from unweave.model import Model
from unweave.run_folder import read_metrics

GRID = "samples.png"
MOST_CLASSES = 30
"""Classes of an attribute that are listed."""


def page(model: Model, name: str, *, run: Path | None, grid: bool) -> str:
    """The README.md of a model, in Markdown with the Hub's header.

    `name`: what `unweave.load` is to be given. `run`: the folder that the model was trained in, if known. `grid`:
    whether samples.png lies beside it.
    """
    card = model.card
    settings = read_settings(run) if run else {}
    source = Path(str(settings.get("data", {}).get("source", ""))).name
    attribute = next(iter(card.attributes))
    colours = "RGB" if card.channels == 3 else "grey"
    knows = [
        f"- **{_text(each)}** ({len(classes)}): {', '.join(map(_text, classes[:MOST_CLASSES]))}"
        + (", ..." if len(classes) > MOST_CLASSES else "")
        for each, classes in card.attributes.items()
    ]
    trained = f"{card.step:,} steps" + (f" on `{source}`" if source else "")
    parts = [
        "---\nlibrary_name: unweave\npipeline_tag: image-to-image\ntags:\n- attribute-transfer\n- disentanglement\n---",
        f"# {_text(card.name) or 'A model of unweave'}",
        "Takes one attribute from one image and puts it on another, by codes that `unweave` learned: one for each "
        "attribute, one for the rest.",
        *([f"![Swaps between held-out images]({GRID})"] if grid else []),
        "## What it knows",
        "\n".join(knows),
        f"Images: {card.size} x {card.size} pixels, {colours}, crop `{card.crop}`. Of images unlike those it was "
        "trained on little can be expected; the command line says which are.",
        "## How to use it",
        "With the package `unweave` and its extra `hub`:",
        f"```sh\nunweave transfer {shlex.quote(name)} me.png "
        f"--from {shlex.quote(f'{attribute}=a.png')} -o out.png\n```",
        f"```python\nimport unweave\n\nmodel = unweave.load({name!r})\n"
        f'picture = model.transfer("me.png", {{{attribute!r}: "a.png"}})\npicture.save("out.png")\n```',
        "## How it was trained",
        f"Method `{card.method}`, {trained}; width {card.width:g}, {card.residual_blocks} residual blocks, "
        f"{model.engine.parameters:,} weights.",
    ]
    if settings:
        recipe = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
        parts.append(f"<details><summary>All settings</summary>\n\n```yaml\n{recipe}```\n\n</details>")
    if figures := held_out_figures(run, card.step) if run else {}:
        parts += ["## How good it is", "On held-out images, during the training:"]
        parts.append(f"```\n{table_of_figures(figures)}\n```")
    elif card.reconstruction:
        errors = ", ".join(f"{kind} {value:.4f}" for kind, value in card.reconstruction.items())
        parts += ["## How good it is", f"Reconstruction error of held-out images on the [-1, 1] scale: {errors}."]
    return "\n\n".join(parts) + "\n"


def read_settings(run: Path) -> dict[str, Any]:
    """The settings of a run without where its data lie on this machine; none where they cannot be read."""
    try:
        settings = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))
        settings["data"]["source"] = Path(settings["data"]["source"]).name
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        return {}
    return settings


def held_out_figures(run: Path, step: int) -> dict[str, float]:
    """The figures that a run logged of its held-out images at a step; none where it logged none."""
    try:
        series = read_metrics(run)
    except OSError:
        return {}
    figures = {
        name.removeprefix("held_out/"): float(values[steps == step][-1])
        for name, (steps, values) in series.items()
        if name.startswith("held_out/") and (steps == step).any()
    }
    return figures if {"reconstruction", "reconstruction_median"} <= set(figures) else {}


def best_grid(run: Path, step: int) -> Path | None:
    """The grid of swaps that a run drew at a step, else its last one."""
    grids = sorted((run / "samples").glob("*.png"))
    return next((path for path in grids if path.stem == f"{step:06d}"), grids[-1] if grids else None)


def _text(text: str) -> str:
    """Text that Markdown shows as it is."""
    return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", " ".join(text.split()))
