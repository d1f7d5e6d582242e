"""Every hidden pixel takes the colour of the nearest known one."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from bench.batch import EditBatch

__all__ = ["Nearest"]


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
    rows, columns = ndimage.distance_transform_edt(
        mask, return_distances=False, return_indices=True
    )
    return np.asarray(image[:, rows, columns])
