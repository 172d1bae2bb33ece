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

    Raises `UnweaveError` where the labels do not suit it, and under torchrun with several processes.
    """
    if processes.world() > 1:
        raise UnweaveError(f"{config.method} trains in one process only; start it without torchrun")
    for name, classes in table.classes.items():
        if len(classes) < 2 and config.method not in PAIRWISE:
            raise UnweaveError(f"'{name}' has one class, {config.method} needs two; leave it out of data.attributes")
    torch.manual_seed(config.run.seed)
    return RIVALS[config.method](config, table)
