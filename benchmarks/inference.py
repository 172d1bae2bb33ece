"""One transfer through `Model.transfer` beside its floor: seconds by part, and the share outside the networks.

python benchmarks/inference.py --size 128 --attributes 2 --width 1 --json inference.json

Two pictures are encoded and one is decoded. Each of the two has a process of its own, and they take turns; numbers are
medians over the rounds.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from clock import REST, Clock
from floor import of_transfer, seconds_by_part
from PIL import Image
from side_by_side import Turns, machine, side_by_side

from unweave.card import ModelCard
from unweave.config import Config, build
from unweave.machine import usual_threads
from unweave.model import Model
from unweave.networks import Generator
from unweave.torch_engine import TorchEngine

PARTS = ("encode", "decode", REST)


def main() -> None:
    """Measure, print a table and write the numbers."""
    asked = arguments()
    run = {"device": "cpu", "precision": "float32", "threads": asked.threads or usual_threads()}
    config = build({"data": {"size": asked.size}, "networks": {"width": asked.width}, "run": run})
    measured = side_by_side({"transfer": transfer, "floor": floor}, (config, asked.attributes), asked.rounds)
    found = summary(config, asked.attributes, measured)
    print(table(found))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2) + "\n")


def arguments() -> argparse.Namespace:
    """What is to be measured, from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=128, help="side of the images")
    parser.add_argument("--attributes", type=int, default=2)
    parser.add_argument("--width", type=float, default=1.0, help="multiplies the channels of the networks")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=15, help="one more comes first, to warm up")
    parser.add_argument("--json", type=Path, help="file to write")
    return parser.parse_args()


def transfer(config: Config, attributes: int) -> Turns:
    """From two pictures of Pillow's to one; the codes of neither are known before."""
    torch.set_num_threads(config.run.threads)
    size, sizes = config.data.size, {"width": config.networks.width, "residual_blocks": config.networks.residual_blocks}
    classes = {f"attribute {k}": ("a", "b") for k in range(attributes)}
    card = ModelCard(attributes=classes, size=size, channels=3, crop="center", **sizes)
    model = Model(card, TorchEngine(Generator(tuple(classes), **sizes), torch.device("cpu")), {}, path=Path("model"))
    pixels = np.random.default_rng(0).integers(0, 256, (2, size, size, 3), np.uint8)
    source, exemplar = map(Image.fromarray, pixels)
    clock = Clock()
    clock.watch("encode", model.engine, "encode")
    clock.watch("decode", model.engine, "decode")
    while True:
        clock.lap()
        model.transfer(source, {"attribute 0": exemplar})
        yield clock.lap()


def floor(config: Config, attributes: int) -> Turns:
    """All layers of a transfer, each alone."""
    torch.set_num_threads(config.run.threads)
    with torch.no_grad():
        while True:
            yield seconds_by_part(of_transfer(config, attributes), config.run.precision)


def summary(config: Config, attributes: int, measured: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What is written: sizes, seconds and their ratios."""
    ours, least = measured["transfer"], measured["floor"]
    return {
        "size": config.data.size,
        "attributes": attributes,
        "width": config.networks.width,
        "precision": config.run.precision,
        "threads": config.run.threads,
        "transfer_s": ours["seconds"],
        "floor_s": least["seconds"],
        "transfer_over_floor": ours["seconds"] / least["seconds"],
        "outside_networks": ours["parts"][REST] / ours["seconds"],
        "peak_mib": ours["peak_mib"],
        "parts": {part: {name: of["parts"].get(part, 0.0) for name, of in measured.items()} for part in PARTS},
        "machine": machine(),
    }


def table(found: Mapping[str, Any]) -> str:
    """The numbers to read."""
    rows = [(part, *of.values()) for part, of in found["parts"].items()]
    rows.append(("transfer", found["transfer_s"], found["floor_s"]))
    sizes = "{size} px, {attributes} attributes, width {width:g}, {precision}, {threads} threads"
    lines = [sizes.format(**found), f"{'milliseconds':12} {'transfer':>9} {'floor':>9}"]
    lines += [f"{part:12} {1e3 * ours:9.1f} {1e3 * least:9.1f}" for part, ours, least in rows]
    ratios = "transfer / floor {transfer_over_floor:.2f}, outside the networks {outside_networks:.1%}"
    return "\n".join([*lines, ratios.format(**found)])


if __name__ == "__main__":
    main()
