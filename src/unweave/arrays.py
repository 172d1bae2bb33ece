"""Tensors of torch's and arrays of NumPy's treated alike: an exported model works where there is no torch."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

if TYPE_CHECKING or find_spec("jaxtyping"):
    from jaxtyping import Bool as Bool
    from jaxtyping import Float as Float
    from jaxtyping import Int as Int
    from jaxtyping import UInt8 as UInt8
else:  # an exported model is used without it, and unchecked

    class Float:
        """What stands in an annotation: the array, then its shape."""

        def __class_getitem__(cls, _: object) -> Any:
            return Any

    Bool = Int = UInt8 = Float

if TYPE_CHECKING:
    from torch import Tensor as Tensor
    from torch import device as Device
else:
    Tensor = Device = Any
"""A tensor of torch's, or where a model is an exported one, an array of NumPy's."""


def is_tensor(value: object) -> TypeGuard[Tensor]:
    """Whether it is a tensor of torch's: there are none where torch was never imported."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def as_numpy(array: Tensor | np.ndarray) -> np.ndarray:
    """The values in float32, on the CPU, apart from any gradient."""
    if isinstance(array, np.ndarray):
        return array.astype(np.float32, copy=False)
    return array.detach().float().cpu().numpy()


def concat(arrays: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Several of one kind joined along an axis."""
    if is_tensor(arrays[0]):
        import torch

        return torch.cat(list(arrays), axis)
    return np.concatenate(arrays, axis)  # pyright: ignore[reportCallIssue, reportArgumentType, reportReturnType]
