"""What torch.compile gives and what its start costs: the decoder alone, and a whole training step, with and without it.

python benchmarks/compiled.py --size 64 --attributes 3 --width 0.25 --json compiled.json

Compiled are the decoder, or all networks: encoders, decoder, classifiers and the critic where it gives scores. The
gradient penalty and Adam are not. What is compiled and what is not has a process of its own each, and they take turns;
seconds are medians over the rounds. A start is what the first turn takes beyond another one: at first with the
compiler's cache empty, then in a new process, which finds there what the one before has left. Needs a C++ compiler, as
torch.compile does.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import count
from typing import Any

import torch
from clock import Clock
from side_by_side import Turns, machine, side_by_side
from step import CLASSES, arguments, begun, names, settings
from torch import nn

from unweave.config import Config
from unweave.machine import memory_kept
from unweave.method import Unweave

PARTS = {"decoder": ("decoder",), "networks": ("encoders", "decoder", "classifiers", "critic")}
"""What is compiled -> the networks that are."""


def main() -> None:
    """Measure, print a table and write the numbers."""
    asked = arguments(__doc__)
    config, classes = settings(asked), CLASSES[: asked.attributes]
    with tempfile.TemporaryDirectory() as name:
        chosen = {"decoding": (decoding, ("plain", "decoder")), "step": (steps, ("plain", *PARTS))}
        found: dict[str, Any] = {
            "size": asked.size,
            "attributes": asked.attributes,
            "width": asked.width,
            "batch": asked.batch,
            "precision": config.run.precision,
            "threads": config.run.threads,
            "machine": machine(),
        }
        for what, (function, kinds) in chosen.items():
            subjects = {kind: partial(function, PARTS.get(kind, ()), f"{name}/{what}-{kind}") for kind in kinds}
            cold = side_by_side(subjects, (config, classes), asked.rounds)
            again = {kind: subject for kind, subject in subjects.items() if kind != "plain"}
            found[what] = summary(cold, side_by_side(again, (config, classes), 1))
        found["difference"] = difference(config, classes, f"{name}/step-networks")
    print(table(found))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2) + "\n")


def decoding(parts: tuple[str, ...], cache: str, config: Config, classes: tuple[int, ...]) -> Turns:
    """The decoder alone, there and back, on as many codes as a step decodes."""
    clock, training = begun(config, classes)
    with memory_kept():
        method = Unweave(config, names(classes))
        with torch.no_grad():
            joined = method.generator.encode(method.batch(training, 0).images).joined()
        codes = torch.cat([joined, joined]).requires_grad_()
        for _ in turns(clock, method, parts, cache):
            with torch.autocast("cpu", torch.bfloat16, enabled=config.run.precision == "bfloat16"):
                decoded = method.generator.decoder(codes)
            decoded.float().square().mean().backward()
            method.optimisers["generator"].zero_grad()
            codes.grad = None
            yield clock.lap()


def steps(parts: tuple[str, ...], cache: str, config: Config, classes: tuple[int, ...]) -> Turns:
    """Steps as the training loop takes them."""
    clock, training = begun(config, classes)
    with memory_kept():
        method = Unweave(config, names(classes))
        for k in turns(clock, method, parts, cache):
            method.step(method.batch(training, k), k)
            yield clock.lap()


def turns(clock: Clock, method: Unweave, parts: tuple[str, ...], cache: str) -> Iterator[int]:
    """Turn after turn, from 0, from where on the clock counts; what is to be compiled is, as the first one begins."""
    for k in count():
        clock.lap()
        if not k and parts:
            compile_parts(method, parts, cache)
        yield k


def compile_parts(method: Unweave, parts: tuple[str, ...], cache: str) -> None:
    """From now on these networks go through what torch.compile makes of them, when they are first used.

    `cache`: the folder where it keeps what it has made, for another process to find. Each shape is compiled for itself,
    and so is a network whose weights get no gradient. The trunk of the critic is compiled as a whole; the gradient
    penalty goes through its layers one by one, and thus around it.
    """
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = cache
    from torch._dynamo import config
    from torch._inductor import config as inductor

    config.recompile_limit = 64  # by default the ninth network would silently not be compiled
    config.fail_on_recompile_limit_hit = True
    inductor.layout_optimization = False  # with it the backward pass of replicated borders fails, as of torch 2.13
    generator = method.generator
    networks = {
        "encoders": generator.encoders,
        "decoder": [generator.decoder],
        "classifiers": method.classifiers,
        "critic": [method.critic.trunk],
    }
    for part in parts:
        for network in networks[part]:
            compile_forward(network)


def compile_forward(network: nn.Module) -> None:
    """Only where it is called: what the network is made of stays as it is."""
    forward = network.forward
    network.forward = torch.compile(lambda x: forward(x), dynamic=False)


def difference(config: Config, classes: tuple[int, ...], cache: str) -> float:
    """Of two steps with all networks compiled and two without: the largest between the parts of the second's losses.

    As a share of the part, where that is above 1.
    """
    _, training = begun(config, classes)
    found = []
    for parts in ((), PARTS["networks"]):
        method = Unweave(config, names(classes))
        if parts:
            compile_parts(method, parts, cache)
        found.append([method.step(method.batch(training, k), k) for k in range(2)][-1])
    plain, compiled = found
    return max(abs(float(compiled[name] - value)) / max(1.0, abs(float(value))) for name, value in plain.items())


def summary(cold: Mapping[str, Mapping[str, Any]], warm: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Of each kind the seconds of a turn and of both starts, the memory, and the turns after which it has paid off."""
    plain = cold["plain"]
    rows = {}
    for kind, of in cold.items():
        start, gain = of["first_s"] - of["seconds"], plain["seconds"] - of["seconds"]
        rows[kind] = {"seconds": of["seconds"], "start_s": start, "peak_mib": of["peak_mib"]}
        if kind in warm:
            rows[kind]["warm_start_s"] = warm[kind]["first_s"] - of["seconds"]
            more = start - (plain["first_s"] - plain["seconds"])
            rows[kind]["pays_after"] = more / gain if gain > 0 else None
    return rows


def table(found: Mapping[str, Any]) -> str:
    """The numbers to read."""
    sizes = "{size} px, {attributes} attributes, width {width:g}, batch {batch}, {precision}, {threads} threads"
    heads = f"{'seconds':9} {'compiled':9} {'a turn':>8} {'start':>8} {'cached':>8} {'peak MiB':>9}  pays after"
    lines = [sizes.format(**found), heads]
    for what in ("decoding", "step"):
        for kind, of in found[what].items():
            named = "nothing" if kind == "plain" else kind
            line = f"{what:9} {named:9} {of['seconds']:8.3f} {of['start_s']:8.1f}"
            line += f" {of.get('warm_start_s', 0.0):8.1f} {of['peak_mib']:9.0f}"
            if "pays_after" in of:
                line += "  never" if of["pays_after"] is None else f"  {of['pays_after']:.0f} turns"
            lines.append(line)
    return "\n".join(
        [*lines, "largest difference of a loss's part in the second step {difference:.1e}".format(**found)]
    )


if __name__ == "__main__":
    main()
