"""Several processes that train one model, as torchrun starts them; with one alone, nothing here does anything.

Every process draws the whole batch and computes an equal share of its rows. Losses of a share are such that their
mean over the processes is the loss of the whole batch: gradients and parts of the losses are but to be averaged.

The collectives are plain ones and not DistributedDataParallel's: its gradients would be the same to the bit, but the
gradient penalty and the generator's use of the critic have to go around its wrappers, and codes are to be gathered,
with their gradient, all the same.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from typing import Any

import torch
import torch.distributed as dist
from jaxtyping import Float
from torch import Tensor, nn

from unweave.errors import UnweaveError

STEP_TIMEOUT = timedelta(minutes=30)
"""How long a process waits for another within a step: for one that hangs. One that has ended is noticed at once."""
PATIENCE = timedelta(days=1)
"""How long the others wait for the first while it decodes images, trains the judge, evaluates and saves."""

_patient: dist.ProcessGroup | None = None
_groups, _turns = itertools.count(), itertools.count()


class LostError(UnweaveError):
    """Another process of this training has ended or cannot be reached."""


def several() -> bool:
    """Whether torchrun has started this process as one of several."""
    named = all(name in os.environ for name in ("RANK", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"))
    return named and int(os.environ.get("WORLD_SIZE", 1)) > 1


def first() -> bool:
    """Whether this process is the one that writes, evaluates and prints."""
    return not several() or os.environ["RANK"] == "0"


def world() -> int:
    """How many processes train together now."""
    return 1 if _patient is None else dist.get_world_size()


@contextmanager
def together() -> Iterator[None]:
    """Join the processes that torchrun has started, for what is done inside.

    An error leaves the group open, for others may not come to its end; after one that is raised in all of them
    (`agreed`) the next use goes on in the same group.
    """
    global _patient
    if several() and _patient is None:
        cuda = torch.cuda.is_available() and dist.is_nccl_available()
        if cuda:
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())  # what "cuda" means here
        name = f"group {next(_groups)}"  # a second group must not find the first's keys
        dist.init_process_group(
            "cpu:gloo,cuda:nccl" if cuda else "gloo",
            store=dist.PrefixStore(name, _store()),  # pyright: ignore[reportPrivateImportUsage]
            rank=int(os.environ["RANK"]),
            world_size=int(os.environ["WORLD_SIZE"]),
            timeout=STEP_TIMEOUT,
        )
        _patient = dist.new_group(backend="gloo", timeout=PATIENCE)  # pyright: ignore[reportAssignmentType]
    yield
    close()


def close() -> None:
    """Leave the group, where all have come to the same place."""
    global _patient
    if _patient is not None:
        wait()  # gloo at times aborts a process that takes its group down before the others are done with it
        dist.destroy_process_group()
        _patient = None


def wait() -> None:
    """Go on when all processes are here."""
    if world() > 1:
        with _reaching_all():
            dist.barrier(group=_patient)


def exchange(value: Any) -> list[Any]:
    """What each process gives, in their order; anything that JSON can say."""
    if world() == 1:
        return [value]
    turn = next(_turns)
    with _reaching_all():
        _store().set(f"{turn} {dist.get_rank()}", json.dumps(value))
        wait()
        return [json.loads(_store().get(f"{turn} {rank}")) for rank in range(world())]


@contextmanager
def agreed() -> Iterator[None]:
    """Go on when all processes are through with what is inside; an `UnweaveError` of one is raised in all."""
    if world() == 1:
        yield
        return
    own: UnweaveError | None = None
    try:
        yield
    except LostError:
        raise
    except UnweaveError as error:
        own = error
    told = [text for text in exchange(own and str(own)) if text is not None]
    if own:
        raise own
    if told:
        raise UnweaveError(told[0])


@contextmanager
def in_turn() -> Iterator[None]:
    """The first process goes through what is inside, which may leave files to the others, then they do; as `agreed`."""
    if not first():
        with agreed():
            pass
    with agreed():
        yield
    if first():
        with agreed():
            pass


@contextmanager
def mourning(advice: str) -> Iterator[None]:
    """Where another process has ended, say so, with `advice`: at once, for torchrun soon ends this one too."""
    try:
        yield
    except LostError as error:
        line = f"{error}; {advice}"
        tell(f"unweave: {line}")
        raise UnweaveError(line) from None


def tell(line: str) -> None:
    """Print why the job ends on stderr, once: the first process that comes here does it."""
    try:
        before = _store().add("told", 1) > 1
    except RuntimeError:  # not even the store is left
        before = False
    if not before:
        print(line, file=sys.stderr, flush=True)


def check_batch(batch: int) -> None:
    """Raise `UnweaveError` where the processes cannot have equal shares of a batch."""
    if batch % world():
        raise UnweaveError(f"run.batch is {batch}, expected a multiple of {world()}: each process takes an equal share")


def check_device(device: torch.device) -> None:
    """Raise `UnweaveError` where the processes cannot each have such a device."""
    if world() == 1 or device.type == "cpu":
        return
    if device.type != "cuda" or device.index is not None:
        raise UnweaveError(f"run.device is {device}, expected cpu, or cuda, of which each process takes its own")
    wanted, there = int(os.environ["LOCAL_WORLD_SIZE"]), torch.cuda.device_count()
    if wanted > there:
        raise UnweaveError(f"{wanted} processes take a GPU each, but there are {there}; lower --nproc-per-node")


def own_threads(threads: int) -> int:
    """This process's share of the CPU threads of a machine, at least one."""
    return threads if world() == 1 else max(1, threads // int(os.environ["LOCAL_WORLD_SIZE"]))


def own_rows(batch: int) -> slice:
    """This process's share of the rows of a batch."""
    if world() == 1:
        return slice(0, batch)
    share = batch // world()
    return slice(dist.get_rank() * share, (dist.get_rank() + 1) * share)


def gather(own: Float[Tensor, "share *rest"]) -> Float[Tensor, "whole *rest"]:
    """The rows of all processes, in their order; gradients find their way back to whoever gave the row."""
    return own if world() == 1 else _Gather.apply(own)  # pyright: ignore[reportReturnType]


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, own: Tensor) -> Tensor:
        parts = [torch.empty_like(own, memory_format=torch.contiguous_format) for _ in range(world())]
        with _reaching_all():
            dist.all_gather(parts, own.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        whole = gradient.to(torch.promote_types(gradient.dtype, torch.float32), copy=True).contiguous()
        _sum(whole)
        return whole[own_rows(len(whole))].to(gradient.dtype)


def average_gradients(modules: Iterable[nn.Module]) -> None:
    """Replace all gradients by their means over the processes."""
    if world() == 1:
        return
    for module in modules:
        gradients = [p.grad for p in module.parameters() if p.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        _sum(flat)
        flat /= world()
        for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(mean.view_as(gradient))


def averaged(parts: Mapping[str, Float[Tensor, ""]]) -> dict[str, Tensor]:
    """Each part's mean over the processes."""
    if world() == 1:
        return dict(parts)
    values = torch.stack(list(parts.values()))
    _sum(values)
    return dict(zip(parts, values / world(), strict=True))


def greatest(value: int) -> int:
    """The greatest of all processes' values."""
    if world() == 1:
        return value
    most = torch.tensor(value)
    with _reaching_all():
        dist.all_reduce(most, dist.ReduceOp.MAX)
    return int(most)


def _sum(tensor: Tensor) -> None:
    with _reaching_all():
        dist.all_reduce(tensor)


@lru_cache(maxsize=1)
def _store() -> dist.Store:  # pyright: ignore[reportPrivateImportUsage]
    from torch.distributed.rendezvous import rendezvous  # not there in every build of torch

    store, _, _ = next(rendezvous("env://"))
    return store


@contextmanager
def _reaching_all() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise LostError(f"one of the {os.environ['WORLD_SIZE']} processes of this training has ended") from error
