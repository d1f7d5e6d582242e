"""Editors of a few lines: the original itself, one colour, the nearest known pixel."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from bench.batch import EditBatch

__all__ = ["Copy", "MeanColour", "Nearest"]


class Copy:
    """The original image, hidden pixels and all: what a perfect result scores."""

    needs: ClassVar[frozenset[str]] = frozenset({"original"})

    def edit(self, batch: EditBatch) -> Tensor:
        """The originals, float32 [B,3,H,W] in [-1,1]."""
        assert batch.original is not None
        return batch.original


class MeanColour:
    """The mean colour of the known pixels; mid grey where nothing is known."""

    needs: ClassVar[frozenset[str]] = frozenset()

    def edit(self, batch: EditBatch) -> Tensor:
        """Masked regions filled with one colour an image, float32 [B,3,H,W] in [-1,1]."""
        known = 1 - batch.mask  # [B,1,H,W]
        count = known.sum(dim=(2, 3), keepdim=True).clamp(min=1)
        mean = (batch.masked * known).sum(dim=(2, 3), keepdim=True) / count  # [B,3,1,1]
        return batch.masked + mean * batch.mask


class Nearest:
    """The nearest known pixel's colour (Euclidean distance); mid grey where nothing is known."""

    needs: ClassVar[frozenset[str]] = frozenset()

    def edit(self, batch: EditBatch) -> Tensor:
        """Masked regions filled from their border, float32 [B,3,H,W] in [-1,1]."""
        images = batch.masked.cpu().numpy()
        masks = batch.masked_region[:, 0].cpu().numpy()
        filled = np.stack([_fill(image, mask) for image, mask in zip(images, masks)])
        return torch.from_numpy(filled).to(batch.masked.device)


def _fill(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    if mask.all():
        return np.zeros_like(image)
    from scipy import ndimage

    rows, columns = ndimage.distance_transform_edt(
        mask, return_distances=False, return_indices=True
    )
    return np.asarray(image[:, rows, columns])
