"""Codes: one tensor per attribute plus one for the rest, and the paper's arithmetic on them (Eq. 5, 11, 12)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite

from unweave.arrays import Device, Float, Tensor, concat
from unweave.errors import UnweaveError, did_you_mean

REST = "rest"
"""Name of the code z_0 of everything that has no label."""

Code = Float[Tensor, "batch channels height width"]


class Codes(Mapping[str, Tensor]):
    """Codes of a batch of images: attribute name -> code, in the order the decoder joins them.

    Every code has the shape (batch, channels, height, width) and all have the same; all are tensors of torch's, or all
    arrays of NumPy's (an exported model's). Codes are values: every method returns new ones.
    """

    def __init__(self, codes: Mapping[str, Code]):
        """Wrap `codes`; raises `ValueError` when there are none or when their shapes differ."""
        self._codes = dict(codes)
        shapes = {name: tuple(code.shape) for name, code in self._codes.items()}
        if len(set(shapes.values())) != 1:
            raise ValueError(f"codes need one common shape, got {shapes}")

    def __getitem__(self, name: str) -> Tensor:
        try:
            return self._codes[name]
        except KeyError:
            raise UnweaveError(unknown_name("attribute", name, self._codes)) from None

    def __contains__(self, name: object) -> bool:
        return name in self._codes

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)

    def __repr__(self) -> str:
        shape = "x".join(str(side) for side in next(iter(self.values())).shape)
        return f"Codes({', '.join(self)}: {shape})"

    @property
    def batch(self) -> int:
        """Number of images these codes came from."""
        return next(iter(self.values())).shape[0]

    def joined(self) -> Float[Tensor, "batch joined height width"]:
        """All codes side by side on the channels: what the decoder reads (Eq. 1)."""
        return concat(list(self.values()), axis=1)

    def to(self, device: Device | str) -> Codes:
        """The same codes on another device."""
        return Codes({name: code.to(device) for name, code in self.items()})

    def at(self, index: Tensor | slice | Sequence[int]) -> Codes:
        """The codes of some images of the batch, repeated or re-ordered as `index` says."""
        return Codes({name: code[index] for name, code in self.items()})

    def lend(self, lenders: Mapping[str, Tensor], pool: Mapping[str, Tensor] | None = None) -> Codes:
        """Attribute `name` of image i comes from image `lenders[name][i]` of the batch; the others stay.

        `pool`: the codes to lend from where these are a share of them.
        """
        pool = self if pool is None else pool
        return Codes({name: pool[name][lenders[name]] if name in lenders else code for name, code in self.items()})

    def shuffle(self, permutations: Mapping[str, Tensor], pool: Mapping[str, Tensor] | None = None) -> Codes:
        """Eq. 5: each attribute re-ordered within the batch by its own permutation, the rest kept."""
        return self.lend(permutations, pool)

    def swap(self, donor: Codes, strength: Mapping[str, float]) -> Codes:
        """Move some attributes towards the donor's: z + s (z_donor - z).

        `strength` maps attribute to s; 1 takes the donor's code, 0 keeps one's own, values outside [0, 1]
        extrapolate. A donor of one image serves the whole batch.
        """
        # Written so that the ends are exact; float(), as a number of NumPy's would turn arrays into float64.
        moved = {name: (1 - float(s)) * self[name] + float(s) * donor[name] for name, s in strength.items()}
        return Codes({**self, **moved})

    def lerp(self, other: Codes, t: float) -> Codes:
        """Eq. 12: the point at share `t` of the way from these codes to `other`, in every attribute."""
        return self.swap(other, dict.fromkeys(self, t))

    def mean(self) -> Codes:
        """The mean code of the batch, as codes of one image."""
        return Codes({name: code.mean(0)[None] for name, code in self.items()})

    @staticmethod
    def mix(codes: Sequence[Codes], weights: Sequence[float]) -> Codes:
        """Eq. 11: weighted sum of several images' codes, attribute by attribute.

        Raises `UnweaveError` unless there is one positive weight for each and they sum to 1 (within 1e-3).
        """
        if len(codes) != len(weights) or not codes:
            raise UnweaveError(f"a mixture needs one weight for each image, got {len(weights)} for {len(codes)}")
        if not all(map(is_finite, weights)) or min(weights) <= 0 or abs(sum(weights) - 1) > 1e-3:
            raise UnweaveError(f"the weights of a mixture must be above 0 and sum to 1, got {list(weights)}")
        return Codes({name: sum(float(w) * c[name] for w, c in zip(weights, codes, strict=True)) for name in codes[0]})  # pyright: ignore[reportArgumentType]

    @staticmethod
    def cat(codes: Sequence[Codes]) -> Codes:
        """Several batches of codes as one."""
        return Codes({name: concat([c[name] for c in codes]) for name in codes[0]})


def is_finite(value: object) -> bool:
    """Whether it is a number, and a finite one."""
    try:
        return isfinite(value)  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError, OverflowError, RuntimeError):
        return False


def unknown_name(kind: str, name: str, known: Iterable[str]) -> str:
    """One line for a name that is not among `known`: the nearest one and the list."""
    known = list(known)
    there = f"there {'is' if len(known) == 1 else 'are'} {', '.join(known)}"
    return f"unknown {kind} '{name}': " + f"{did_you_mean(name, known)} {there}".lstrip()
