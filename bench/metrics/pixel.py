"""PSNR, RMSE and L1 in grey levels, over the image and over the masked region.

All three come from integer sums over uint8 differences, so they are exact and the same in any
batch. A region without a pixel (an edit whose mask is empty) has no value: nan.
"""

from __future__ import annotations

import abc
import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.core.identity import Record
from bench.core.threads import side_by_side
from bench.core.transfers import ToHost, to_device
from bench.metrics.context import Context
from bench.metrics.facts import Better, MarginKind, Region
from bench.metrics.metric import Columns, PerEdit, PreparedReferences, References
from bench.networks.batches import in_turn
from bench.scene import Bool, UInt8

__all__ = ["L1", "PSNR", "RMSE", "Pixel", "l1", "psnr", "rmse"]

Int16 = NDArray[np.int16]


def psnr(reference: UInt8, result: UInt8, mask: Bool | None = None) -> float:
    """Peak signal-to-noise ratio in dB, 10 log10(255^2 / MSE); inf for identical pixels.

    >>> grey = np.full((8, 8, 3), 100, np.uint8)
    >>> round(psnr(grey, grey + np.uint8(5)), 2)
    34.15

    Args:
        reference: uint8 [H,W,3].
        result: uint8 [H,W,3].
        mask: bool [H,W]; only pixels where it is True count. None = the whole image.
    """
    return _psnr(_Sums.of(_difference(reference, result, mask)))


def rmse(reference: UInt8, result: UInt8, mask: Bool | None = None) -> float:
    """Root of the mean squared difference over pixels and channels, in grey levels (0..255).

    >>> grey = np.full((8, 8, 3), 100, np.uint8)
    >>> rmse(grey, grey + np.uint8(5))
    5.0
    """
    return _rmse(_Sums.of(_difference(reference, result, mask)))


def l1(reference: UInt8, result: UInt8, mask: Bool | None = None) -> float:
    """Mean absolute difference over pixels and channels, in grey levels (0..255).

    >>> grey, mask = np.full((8, 8, 3), 100, np.uint8), np.eye(8, dtype=bool)
    >>> result = grey + np.where(mask[..., None], 8, 0).astype(np.uint8)
    >>> l1(grey, result), l1(grey, result, mask)
    (1.0, 8.0)
    """
    return _l1(_Sums.of(_difference(reference, result, mask)))


def _difference(reference: UInt8, result: UInt8, mask: Bool | None) -> Int16:
    if mask is not None:
        reference, result = reference[mask], result[mask]
    return result.astype(np.int16) - reference


@dataclass(frozen=True)
class _Sums:
    """Sums over the differences of some pixels and channels, and how many these are."""

    squares: int
    absolutes: int
    size: int

    @classmethod
    def of(cls, difference: Int16) -> _Sums:
        wide = difference.astype(np.int32).ravel()
        squares, absolutes = (
            int(np.sum(each, dtype=np.int64)) for each in (wide * wide, np.abs(wide))
        )
        return cls(squares, absolutes, difference.size)


def _psnr(sums: _Sums) -> float:
    if sums.size == 0:
        return math.nan
    return math.inf if sums.squares == 0 else 10 * math.log10(255**2 / (sums.squares / sums.size))


def _rmse(sums: _Sums) -> float:
    return math.sqrt(sums.squares / sums.size) if sums.size else math.nan


def _l1(sums: _Sums) -> float:
    return sums.absolutes / sums.size if sums.size else math.nan


class Pixel(PerEdit):
    """A pixel-wise difference over the image ("NAME") and over the masked region ("NAME-hole")."""

    regions: ClassVar[tuple[Region, ...]] = ("image", "mask")
    formula: ClassVar[str]

    def __init__(self, context: Context | None = None) -> None:
        super().__init__(context)
        self.device = "cpu" if context is None else context.device

    def definition(self) -> Record:
        """The formula."""
        return {"formula": self.formula, "pixels": "uint8 RGB", "summary": "mean over edits"}

    def measure(
        self, references: References, prepared: PreparedReferences, results: UInt8
    ) -> Columns:
        """One number per edit and region."""
        del prepared
        if self.device == "cpu":
            sums = side_by_side(_sums, [*zip(references.images, results, references.mask)])
        else:
            sums = _sums_on(self.device, references, results)
        whole, masked = ([self._of(pair[i]) for pair in sums] for i in range(2))
        return {self.name: whole, f"{self.name}-hole": masked}

    @staticmethod
    @abc.abstractmethod
    def _of(sums: _Sums) -> float:
        """The value that sums stand for; nan for those of no pixel."""


def _sums(edit: tuple[UInt8, UInt8, Bool]) -> tuple[_Sums, _Sums]:
    """Over the image and over the masked region of a reference, a result and a mask."""
    reference, result, mask = edit
    difference = _difference(reference, result, None)
    whole = _Sums.of(difference)
    return whole, whole if mask.all() else _Sums.of(difference[mask])


def _sums_on(device: str, references: References, results: UInt8) -> list[tuple[_Sums, _Sums]]:
    """The same of every edit, on an accelerator; integers, so no digit differs."""
    import torch

    found = []
    for start in range(0, len(results), _MOST):
        part = slice(start, start + _MOST)
        with in_turn():
            sides = references.images[part], results[part]
            one, two = (to_device(images, device).short() for images in sides)
            difference = (two - one).int()
            mask = to_device(references.mask[part], device)[..., None]
            parts = [
                each.sum((1, 2, 3), dtype=torch.int64)
                for region in (difference, difference * mask)
                for each in (region * region, region.abs())
            ]
            found.append(ToHost(torch.stack(parts, dim=1)))
    size = results[0].size
    counts = [3 * int(np.count_nonzero(mask)) for mask in references.mask]
    rows = [row for sums in found for row in sums.array().tolist()]
    return [
        (_Sums(row[0], row[1], size), _Sums(row[2], row[3], count))
        for row, count in zip(rows, counts)
    ]


_MOST = 16
"""Pairs on an accelerator at a time."""


class PSNR(Pixel):
    """Peak signal-to-noise ratio, 10 log10(255^2 / mean squared difference), over uint8 RGB."""

    name = "psnr"
    family = "psnr"
    title = "PSNR"
    unit: ClassVar[str] = "dB"
    better: ClassVar[Better] = "higher"
    margin: ClassVar[float] = 0.1  # one step of the tables that papers print
    margin_kind: ClassVar[MarginKind] = "absolute"
    formula = "10 log10(255^2 / mean squared difference over pixels and channels)"
    floor = 0.0
    _of = staticmethod(_psnr)


class RMSE(Pixel):
    """Root of the mean squared difference of an edit's pixels and channels, of 255."""

    name = "rmse"
    title = "RMSE"
    unit: ClassVar[str] = "grey levels"
    formula = "root of the mean squared difference over pixels and channels, of 255"
    floor = 0.0

    _of = staticmethod(_rmse)


class L1(Pixel):
    """Mean absolute difference over pixels and channels, of 255."""

    name = "l1"
    title = "L1"
    unit: ClassVar[str] = "grey levels"
    formula = "mean absolute difference over pixels and channels, of 255"
    floor = 0.0
    _of = staticmethod(_l1)
