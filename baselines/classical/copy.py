"""The oracle: gives the image back as it was."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from bench.batch import EditBatch

__all__ = ["Copy"]


class Copy:
    """The original image, hidden pixels and all: what a perfect result scores."""

    needs: ClassVar[frozenset[str]] = frozenset({"original"})

    def edit(self, batch: EditBatch) -> Tensor:
        """The originals, float32 [B,3,H,W] in [-1,1]."""
        assert batch.original is not None
        return batch.original
