"""Are results their references in another guise? Told by pixels that a result shares with its reference.

OpenCV reads and writes BGR, a lost EXIF orientation turns images, padding and cropping shift them. A result
that was saved in such a way still gets scores, which say nothing of the method.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bench.scene import Bool, UInt8

__all__ = ["Guise", "guise_notices"]

_CLEARLY = 0.5
"""Another guise fits clearly better where its error is below this much of the error as it is."""

_GREY_LEVELS = 1.0
"""Results that are nearer to their references than this are in no other guise."""

_SHARE = 0.9
"""Of the pairs that have to agree."""

_POINTS = 32
"""Points a side at which images are compared: one is in a guise everywhere or nowhere, and nine guises of
twice as many take 1 ms of every pair in place of 0.3. A shorter side is compared at all its pixels."""


@dataclass(frozen=True)
class _Kind:
    """One guise: how to say it, and the pixels of a result that lie on those of its reference.

    Attributes:
        seen: what the results seem to be.
        back: how they are nearer.
        advice: what to do.
        undone: the result as it was before.
        there: the part of the reference that this shows.
    """

    seen: str
    back: str
    advice: str
    undone: Callable[[UInt8], UInt8]
    there: tuple[slice, slice] = np.s_[:, :]


_SHIFT = "look for what pads, crops or scales them"

_KINDS = (
    _Kind(
        "red and blue seem exchanged",
        "as BGR",
        "save them as RGB",
        lambda fake: fake[..., ::-1],
    ),
    _Kind(
        "they seem mirrored from left to right",
        "mirrored back",
        "save them as the references lie",
        lambda fake: fake[:, ::-1],
    ),
    _Kind(
        "they seem mirrored from top to bottom",
        "mirrored back",
        "save them as the references lie",
        lambda fake: fake[::-1],
    ),
    _Kind(
        "they seem turned by 180 degrees",
        "turned back",
        "save them as the references lie",
        lambda fake: fake[::-1, ::-1],
    ),
    _Kind(
        "they seem to be negatives",
        "inverted",
        "save them with 0 = black",
        lambda fake: 255 - fake,
    ),
    _Kind(
        "they seem shifted by a pixel to the right",
        "shifted back",
        _SHIFT,
        lambda fake: fake[:, 1:],
        np.s_[:, :-1],
    ),
    _Kind(
        "they seem shifted by a pixel to the left",
        "shifted back",
        _SHIFT,
        lambda fake: fake[:, :-1],
        np.s_[:, 1:],
    ),
    _Kind(
        "they seem shifted by a pixel downwards",
        "shifted back",
        _SHIFT,
        lambda fake: fake[1:],
        np.s_[:-1, :],
    ),
    _Kind(
        "they seem shifted by a pixel upwards",
        "shifted back",
        _SHIFT,
        lambda fake: fake[:-1],
        np.s_[1:, :],
    ),
)


@dataclass(frozen=True)
class Guise:
    """How far a result is from its reference, in grey levels on average.

    Attributes:
        as_it_is: as the file has it.
        undone: with each guise undone, by its words; empty where the two are near as it is.
    """

    as_it_is: float
    undone: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, real: UInt8, fake: UInt8, mask: Bool) -> Guise:
        """The pair's, over known pixels on a coarse grid; over all of the grid where none of it is known.

        Args:
            real: uint8 [H,W,3].
            fake: uint8 [H,W,3].
            mask: bool [H,W], True = edited, or not known to be kept.
        """
        as_it_is = _apart(real, fake, mask)
        if as_it_is <= _GREY_LEVELS or min(mask.shape) < 2:
            return cls(as_it_is)
        undone = {
            kind.seen: _apart(real[kind.there], kind.undone(fake), mask[kind.there])
            for kind in _KINDS
        }
        return cls(as_it_is, undone)


def _apart(real: UInt8, fake: UInt8, mask: Bool) -> float:
    rows, columns = (max(1, side // _POINTS) for side in mask.shape)
    grid = np.s_[::rows, ::columns]
    apart = np.abs(np.subtract(fake[grid], real[grid], dtype=np.int16))
    known = ~mask[grid]
    return float(apart[known].mean() if known.any() else apart.mean())


def guise_notices(results: Path, guises: Iterable[Guise]) -> list[str]:
    """One sentence where the results fit clearly better with one guise undone; else none.

    Args:
        results: their folder.
        guises: of all pairs.
    """
    telling = [one for one in guises if one.undone]
    found = []
    for kind in _KINDS:
        turned = [one for one in telling if one.undone[kind.seen] < _CLEARLY * one.as_it_is]
        if turned and len(turned) >= _SHARE * len(telling):
            undone, as_it_is = (
                sum(errors) / len(turned)
                for errors in zip(*((one.undone[kind.seen], one.as_it_is) for one in turned))
            )
            said = (
                f"{results}: {kind.seen}: {len(turned)} of {len(telling)} results are nearer to their "
                f"references {kind.back} (mean difference {undone:.2f} grey levels; {as_it_is:.2f} as "
                f"they are); {kind.advice}"
            )
            found.append((undone, said))
    return [said for _, said in sorted(found)[:1]]
