"""PSNR, RMSE and L1 in grey levels, over the image and over the masked region.

All three come from integer sums over uint8 differences, so they are exact and the same in any
batch. A region without a pixel (an edit whose mask is empty) has no value: nan.
"""

from __future__ import annotations

import abc
import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.core.identity import Record
from bench.metrics.facts import Better, MarginKind, Region
from bench.metrics.metric import Columns, PerEdit, PreparedReferences, References
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
    return _psnr(_difference(reference, result, mask))


def rmse(reference: UInt8, result: UInt8, mask: Bool | None = None) -> float:
    """Root of the mean squared difference over pixels and channels, in grey levels (0..255).

    >>> grey = np.full((8, 8, 3), 100, np.uint8)
    >>> rmse(grey, grey + np.uint8(5))
    5.0
    """
    return math.sqrt(_mean_square(_difference(reference, result, mask)))


def l1(reference: UInt8, result: UInt8, mask: Bool | None = None) -> float:
    """Mean absolute difference over pixels and channels, in grey levels (0..255).

    >>> grey, mask = np.full((8, 8, 3), 100, np.uint8), np.eye(8, dtype=bool)
    >>> result = grey + np.where(mask[..., None], 8, 0).astype(np.uint8)
    >>> l1(grey, result), l1(grey, result, mask)
    (1.0, 8.0)
    """
    return _mean_absolute(_difference(reference, result, mask))


def _difference(reference: UInt8, result: UInt8, mask: Bool | None) -> Int16:
    if mask is not None:
        reference, result = reference[mask], result[mask]
    return result.astype(np.int16) - reference


def _mean_square(difference: Int16) -> float:
    if difference.size == 0:
        return math.nan
    wide = difference.astype(np.int32).ravel()
    return int(np.sum(wide * wide, dtype=np.int64)) / difference.size


def _mean_absolute(difference: Int16) -> float:
    if difference.size == 0:
        return math.nan
    return int(np.sum(np.abs(difference), dtype=np.int64)) / difference.size


def _psnr(difference: Int16) -> float:
    square = _mean_square(difference)
    return math.inf if square == 0 else 10 * math.log10(255**2 / square)


class Pixel(PerEdit):
    """A pixel-wise difference over the image ("NAME") and over the masked region ("NAME-hole")."""

    regions: ClassVar[tuple[Region, ...]] = ("image", "mask")
    formula: ClassVar[str]

    def definition(self) -> Record:
        """The formula."""
        return {"formula": self.formula, "pixels": "uint8 RGB", "summary": "mean over edits"}

    def measure(
        self, references: References, prepared: PreparedReferences, results: UInt8
    ) -> Columns:
        """One number per edit and region."""
        del prepared
        whole: list[float] = []
        masked: list[float] = []
        for reference, mask, result in zip(references.images, references.mask, results):
            difference = _difference(reference, result, None)
            whole.append(self._of(difference))
            masked.append(self._of(difference[mask]))
        return {self.name: whole, f"{self.name}-hole": masked}

    @staticmethod
    @abc.abstractmethod
    def _of(difference: Int16) -> float:
        """The value of int16 differences (result minus reference) of any shape; nan for none."""


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
    _of = staticmethod(_psnr)


class RMSE(Pixel):
    """Root of the mean squared difference of an edit's pixels and channels, of 255."""

    name = "rmse"
    title = "RMSE"
    unit: ClassVar[str] = "grey levels"
    formula = "root of the mean squared difference over pixels and channels, of 255"
    floor = 0.0

    @staticmethod
    def _of(difference: Int16) -> float:
        return math.sqrt(_mean_square(difference))


class L1(Pixel):
    """Mean absolute difference over pixels and channels, of 255."""

    name = "l1"
    title = "L1"
    unit: ClassVar[str] = "grey levels"
    formula = "mean absolute difference over pixels and channels, of 255"
    floor = 0.0
    _of = staticmethod(_mean_absolute)
