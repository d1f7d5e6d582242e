"""Leak: how much an editor changed of what it was told to keep, before compositing mends it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.core.identity import Record
from bench.metrics.estimate import Estimate
from bench.metrics.facts import Against, Region
from bench.metrics.metric import Columns, PerEdit, PreparedReferences, References
from bench.scene import Bool, UInt8

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Leak", "leak"]


def leak(original: UInt8, raw: NDArray[np.float32], mask: Bool) -> float:
    """Mean absolute change of the known pixels, in grey levels; nan where no pixel is known.

    >>> original, mask = np.full((8, 8, 3), 100, np.uint8), np.eye(8, dtype=bool)
    >>> leak(original, np.full((8, 8, 3), 103, np.float32), mask)
    3.0

    Args:
        original: uint8 [H,W,3].
        raw: float32 [H,W,3] in grey levels, clipped to 0..255 here as any writer would.
        mask: bool [H,W], True = edited.
    """
    if mask.all():
        return math.nan
    change = np.clip(raw[~mask], 0, 255).astype(np.float64) - original[~mask]
    return float(np.abs(change).mean())


class Leak(PerEdit):
    """Known pixels changed before compositing: what a viewer would see of the raw output.

    Only a run can know it: it is stored with the samples and carried over when saved images are
    scored again, and the scores of a folder have no value for it.
    """

    name = "leak"
    title = "Leak"
    unit: ClassVar[str] = "grey levels"
    against: Against = "original"
    regions: ClassVar[tuple[Region, ...]] = ("known",)
    orders_canaries: ClassVar[bool] = False
    floor: ClassVar[float | None] = 0.0

    def definition(self) -> Record:
        """The formula."""
        return {
            "formula": "mean absolute change of known pixels before compositing, of 255",
            "summary": "mean over edits",
        }

    def observe(self, references: References, raw: NDArray[np.float32]) -> Columns:
        """One number per edit."""
        triples = zip(references.images, raw, references.mask)
        return {self.name: [leak(original, output, mask) for original, output, mask in triples]}

    def measure(
        self, references: References, prepared: PreparedReferences, results: UInt8
    ) -> Columns:
        """Nothing: a composite does not show it."""
        del references, prepared, results
        return {}

    def estimates(self, samples: pd.DataFrame, references: pd.DataFrame) -> list[Estimate]:
        """The mean, or the reason why finished images have none."""
        if self.name not in samples:
            reason = "only a run sees the raw output of an editor, before compositing"
            return [Estimate(self.name, None, n=len(samples), reason=reason)]
        return super().estimates(samples, references)
