"""One colour for the masked region: the mean of the known pixels."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from bench.batch import EditBatch

__all__ = ["MeanColour"]


class MeanColour:
    """The mean colour of the known pixels; mid grey where nothing is known."""

    needs: ClassVar[frozenset[str]] = frozenset()

    def edit(self, batch: EditBatch) -> Tensor:
        """Masked regions filled with one colour an image, float32 [B,3,H,W] in [-1,1]."""
        known = 1 - batch.mask  # [B,1,H,W]
        count = known.sum(dim=(2, 3), keepdim=True).clamp(min=1)
        mean = (batch.masked * known).sum(dim=(2, 3), keepdim=True) / count  # [B,3,1,1]
        return batch.masked + mean * batch.mask
