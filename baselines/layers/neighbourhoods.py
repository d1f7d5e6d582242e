"""The distinct 3x3 neighbourhoods of a map of integers, found exactly (no hashing)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from baselines.layers.pointwise import compilable, compiling

__all__ = ["Neighbourhoods", "identify", "resize_nearest"]

_LARGEST = 2**62
_BLOCK = 4096
"""Rows that a CPU spreads at once: small enough that a block stays in its cache."""


@dataclass(frozen=True, eq=False)
class Neighbourhoods:
    """Which 3x3 neighbourhoods a map has, and where each stands.

    Attributes:
        ids: int64 [B,H,W], which neighbourhood stands around each pixel.
        neighbours: int64 [m,9], the nine values of each in reading order; one more than the largest
            value of the map stands for outside the image.
    """

    ids: Tensor
    neighbours: Tensor

    @classmethod
    def of(cls, values: Tensor, bound: int) -> Neighbourhoods:
        """The neighbourhoods of a map [B,H,W] of integers 0..bound-1."""
        height, width = values.shape[-2:]
        padded = F.pad(values, (1, 1, 1, 1), value=bound)
        shifts = [
            padded[:, y : y + height, x : x + width].reshape(-1) for y in range(3) for x in range(3)
        ]
        ids, first = identify(shifts)
        neighbours = torch.stack([shift[first] for shift in shifts], dim=1)
        return cls(ids.reshape(values.shape), neighbours)

    @property
    def count(self) -> int:
        """How many distinct ones there are."""
        return len(self.neighbours)

    def spread(self, table: Tensor) -> Tensor:
        """Every neighbourhood's row of [m,C] at its pixels: [B,C,H,W], channels last in memory."""
        return F.embedding(self.ids, table).permute(0, 3, 1, 2)

    def modulate(self, x: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
        """X * gain + bias, with one row of `gain` and `bias` [m,C] for each neighbourhood.

        Args:
            x: [B,C,H,W].

        Returns:
            [B,C,H,W], channels last in memory. The spread tables never exist as a whole.
        """
        batch, channels, height, width = x.shape
        rows = x.permute(0, 2, 3, 1).reshape(-1, channels)
        places = self.ids.reshape(-1)
        out = (_modulated if compiling() else _modulated_in_blocks)(rows, places, gain, bias)
        return out.reshape(batch, height, width, channels).permute(0, 3, 1, 2)


@compilable
def _modulated(rows: Tensor, places: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
    return torch.addcmul(F.embedding(places, bias), rows, F.embedding(places, gain))


def _modulated_in_blocks(rows: Tensor, places: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
    out = torch.empty_like(rows)
    step = _BLOCK if rows.device.type == "cpu" else len(rows)
    for start in range(0, len(rows), step):
        block = slice(start, start + step)
        here = places[block]
        torch.addcmul(F.embedding(here, bias), rows[block], F.embedding(here, gain), out=out[block])
    return out


def identify(planes: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Numbers the distinct columns of equally long planes of non-negative integers.

    Returns:
        ids int64 [N] of each column, and for each id the index of one column that has it.
    """
    key, bound = planes[0].long(), int(planes[0].max()) + 1
    for plane in planes[1:]:
        size = int(plane.max()) + 1
        if bound >= _LARGEST // size:
            distinct, key = torch.unique(key, return_inverse=True)
            bound = len(distinct)
        key, bound = key * size + plane, bound * size
    distinct, ids = torch.unique(key, return_inverse=True)
    first = torch.empty(len(distinct), dtype=torch.long, device=key.device)
    first.scatter_(0, ids, torch.arange(len(ids), device=key.device))
    return ids, first


def resize_nearest(values: Tensor, size: tuple[int, int]) -> Tensor:
    """Integers or bools [B,H,W] resized nearest as `F.interpolate` does it (the top left of each cell).

    A view of them where sides shrink by whole numbers.
    """
    height, width = values.shape[1:]
    if height % size[0] == 0 and width % size[1] == 0:
        return values[:, :: height // size[0], :: width // size[1]]
    planes = values.unsqueeze(1).double()  # exact up to 2**53
    return F.interpolate(planes, size=size, mode="nearest").squeeze(1).to(values.dtype)
