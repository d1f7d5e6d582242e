"""Telea's fast marching inpainting, by OpenCV."""

from __future__ import annotations

from types import ModuleType
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from bench.batch import EditBatch
from bench.core.errors import Unavailable

__all__ = ["Telea"]


class Telea:
    """Fast marching from the mask's border inwards (Telea 2004), as OpenCV implements it.

    Args:
        radius: neighbourhood in pixels from which a hidden pixel's colour is made.

    Raises:
        Unavailable: where OpenCV is not installed.
    """

    needs: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, radius: float = 3.0) -> None:
        self.radius = radius
        self._cv2 = _opencv()

    def edit(self, batch: EditBatch) -> Tensor:
        """Masked regions filled, float32 [B,3,H,W] in [-1,1]."""
        grey = ((batch.masked + 1) * 127.5).round().byte().permute(0, 2, 3, 1).cpu().numpy()
        masks = batch.masked_region[:, 0].cpu().numpy().astype(np.uint8)
        filled = [
            self._cv2.inpaint(np.ascontiguousarray(g), h, self.radius, self._cv2.INPAINT_TELEA)
            for g, h in zip(grey, masks)
        ]
        images = torch.from_numpy(np.stack(filled)).permute(0, 3, 1, 2)
        return (images.float() / 127.5 - 1).to(batch.masked.device)


def _opencv() -> ModuleType:
    try:
        import cv2
    except ImportError:
        raise Unavailable(
            "editor 'telea' needs OpenCV: run `pip install opencv-python-headless`"
        ) from None
    module: ModuleType = cv2
    return module
