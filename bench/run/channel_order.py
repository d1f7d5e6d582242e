"""Are the red and blue of the results exchanged? Told by pixels that a result shares with its reference.

OpenCV reads and writes BGR. A result that was saved the other way round still gets scores, which say
nothing of the method.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.scene import Bool, UInt8

__all__ = ["ChannelOrder", "channel_notices"]

_CLEARLY = 0.5
"""Exchanged channels fit clearly better where their error is below this much of the error as it is."""

_GREY_LEVELS = 1.0
"""Results that are nearer to their references than this are not exchanged, or have no colours."""

_SHARE = 0.9
"""Of the pairs that have to agree."""

_EVERY = 4
"""Rows and columns of which one is looked at: channels are exchanged everywhere or nowhere, and all pixels
of 256x256 would take 2 ms of every pair."""


@dataclass(frozen=True)
class ChannelOrder:
    """How far a result is from its reference, in grey levels on average.

    Attributes:
        as_it_is: as the file has it.
        exchanged: with its red and blue exchanged.
    """

    as_it_is: float
    exchanged: float

    @classmethod
    def of(cls, real: UInt8, fake: UInt8, mask: Bool) -> ChannelOrder:
        """The pair's, over known pixels on a coarse grid; over all of the grid where none of it is known.

        Args:
            real: uint8 [H,W,3].
            fake: uint8 [H,W,3].
            mask: bool [H,W], True = edited, or not known to be kept.
        """
        grid = np.s_[::_EVERY, ::_EVERY]
        real, fake, mask = real[grid], fake[grid], mask[grid]
        known = ~mask if not mask.all() else mask
        true, given = real[known].astype(np.int16), fake[known]
        as_it_is, exchanged = (np.abs(one - true).mean() for one in (given, given[:, ::-1]))
        return cls(float(as_it_is), float(exchanged))


def channel_notices(results: Path, orders: Iterable[ChannelOrder]) -> list[str]:
    """One sentence where the results fit clearly better with red and blue exchanged; else none.

    Args:
        results: their folder.
        orders: of all pairs.
    """
    telling = [one for one in orders if one.as_it_is > _GREY_LEVELS]
    turned = [one for one in telling if one.exchanged < _CLEARLY * one.as_it_is]
    if not telling or len(turned) < _SHARE * len(telling):
        return []
    as_it_is, exchanged = (
        sum(errors) / len(turned) for errors in zip(*((o.as_it_is, o.exchanged) for o in turned))
    )
    return [
        f"{results}: red and blue seem exchanged: {len(turned)} of {len(telling)} results are nearer to "
        f"their references as BGR (mean difference {exchanged:.2f} grey levels; {as_it_is:.2f} as they "
        "are); save them as RGB"
    ]
