"""Cut-outs of a scene's picture, for protocols that see a window of it (SESAME's)."""

from __future__ import annotations

import numpy as np

from bench.scene import Bool, UInt8

__all__ = ["cut_scene"]


def cut_scene(image: UInt8, window: tuple[int, int, int, int], mask: Bool) -> UInt8:
    """The picture inside `window` (top, left, bottom, right), bicubic to the mask's size."""
    from PIL import Image

    top, left, bottom, right = window
    height, width = mask.shape
    cut = Image.fromarray(image[top:bottom, left:right])
    return np.asarray(cut.resize((width, height), Image.Resampling.BICUBIC))
