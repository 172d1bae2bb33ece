"""The rivals that the paper compares with, a file each: StarGAN, CycleGAN, pix2pix and FaderNetworks."""

from __future__ import annotations

from collections.abc import Callable

import torch

from unweave import processes
from unweave.baselines.cyclegan import CycleGAN, TwoWay
from unweave.baselines.fader import AutoEncoder, Fader
from unweave.baselines.pairs import PAIRWISE
from unweave.baselines.parts import Network
from unweave.baselines.pix2pix import Pix2Pix, UNet
from unweave.baselines.rival import Rival
from unweave.baselines.stargan import Generator, StarGAN
from unweave.config import Config
from unweave.data.table import AttributeTable
from unweave.errors import UnweaveError

RIVALS: dict[str, Callable[[Config, AttributeTable], Rival]] = {
    "stargan": StarGAN,
    "cyclegan": CycleGAN,
    "pix2pix": Pix2Pix,
    "fader": Fader,
}
NETWORKS: dict[str, type[Network]] = {"stargan": Generator, "cyclegan": TwoWay, "pix2pix": UNet, "fader": AutoEncoder}
"""What each rival leaves to be used."""


def make_rival(config: Config, table: AttributeTable) -> Rival:
    """The networks of the rival that the settings name, drawn from the run's seed.

    Raises `UnweaveError` where the labels or settings do not suit it, and under torchrun with several processes.
    """
    if processes.world() > 1:
        raise UnweaveError(f"{config.method} trains in one process only; start it without torchrun")
    check_heeded(config)
    for name, classes in table.classes.items():
        if len(classes) < 2 and config.method not in PAIRWISE:
            raise UnweaveError(f"'{name}' has one class, {config.method} needs two; leave it out of data.attributes")
    torch.manual_seed(config.run.seed)
    return RIVALS[config.method](config, table)


def check_heeded(config: Config) -> None:
    """Raise `UnweaveError` for settings of batches and critic that the rival would pass over."""
    asked = {"networks.critic_told": (config.networks.critic_told, "--networks.no-critic-told")}
    if config.method != "stargan":  # which alone draws its batches as the paper's method does
        asked |= {
            "data.mirrored_copies": (config.data.mirrored_copies, "--data.no-mirrored-copies"),
            "data.balance": (config.data.balance is not None, "leave it out"),
        }
    for name, (given, advice) in asked.items():
        if given:
            raise UnweaveError(f"{config.method} takes no notice of {name}: {advice}")
