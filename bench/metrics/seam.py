"""Seam: how much harder a result's edge is along the masked region's border than the original's."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from bench.core.identity import Record
from bench.metrics.facts import Against, Better, Region
from bench.metrics.metric import Columns, PerEdit, PreparedReferences, References
from bench.scene import Bool, UInt8

__all__ = ["Seam", "ring_jump", "seam"]


def ring_jump(image: UInt8, mask: Bool) -> float:
    """Mean absolute step across the masked region's border, in grey levels; nan where it has none.

    Over all pairs of 4-neighbours of which one is inside the mask and one outside, and channels.

    Args:
        image: uint8 [H,W,3].
        mask: bool [H,W].
    """
    down = mask[1:] != mask[:-1]
    across = mask[:, 1:] != mask[:, :-1]
    pairs = int(down.sum()) + int(across.sum())
    if not pairs:
        return math.nan
    wide = image.astype(np.int16)
    total = int(np.abs(wide[1:][down] - wide[:-1][down]).sum(dtype=np.int64))
    total += int(np.abs(wide[:, 1:][across] - wide[:, :-1][across]).sum(dtype=np.int64))
    return total / (3 * pairs)


def seam(original: UInt8, result: UInt8, mask: Bool) -> float:
    """The result's step across the border minus the original's, in grey levels.

    Above 0 the border shows; below 0 it is smoother than the image was there; 0 is best.

    >>> flat, mask = np.full((8, 8, 3), 100, np.uint8), np.zeros((8, 8), bool)
    >>> mask[2:6, 2:6] = True
    >>> seam(flat, np.where(mask[..., None], np.uint8(130), flat), mask)
    30.0
    """
    return ring_jump(result, mask) - ring_jump(original, mask)


class Seam(PerEdit):
    """The gradient jump around the masked region against the original's own."""

    name = "seam"
    title = "Seam"
    unit: ClassVar[str] = "grey levels"
    better: ClassVar[Better] = "neither"
    against: Against = "original"
    zero_is_best: ClassVar[bool] = True
    regions: ClassVar[tuple[Region, ...]] = ("border",)

    def definition(self) -> Record:
        """The formula."""
        return {
            "formula": "mean absolute step between 4-neighbours across the hole's border, result "
            "minus original, of 255",
            "summary": "mean over edits",
        }

    def prepare(self, references: References) -> PreparedReferences:
        """The originals' own steps."""
        pairs = zip(references.images, references.mask)
        return PreparedReferences(
            memory=[ring_jump(image, mask) for image, mask in pairs], by_edit=True
        )

    def measure(
        self, references: References, prepared: PreparedReferences, results: UInt8
    ) -> Columns:
        """One number per edit."""
        triples = zip(results, references.mask, prepared.memory)
        return {self.name: [ring_jump(result, mask) - own for result, mask, own in triples]}
