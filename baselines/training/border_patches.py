"""Patches along the border of an edit, which SIEDOB's second background discriminator judges.

docs/protocol/rivals.md, A.8. Lengths are for an image of 256 pixels and scale with its longer side.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["border_patches", "border_pixels"]

PATCHES = 4
SIDES = (96, 160)
"""Least and most side, both included."""
SIDE = 160
"""What patches are brought to."""


def border_pixels(region: Tensor) -> Tensor:
    """Bool [H,W] or [B,H,W]: pixels of a region that its erosion by a 2x2 square takes away."""
    padded = F.pad(region.float().unsqueeze(-3), (1, 0, 1, 0), value=1.0)
    eroded = -F.max_pool2d(-padded, 2, 1).squeeze(-3) > 0.5
    return region & ~eroded


def border_patches(planes: Tensor, region: Tensor) -> Tensor | None:
    """Patches [N,C,S,S] around drawn border pixels, four an image; None where no image has a border.

    Draws from PyTorch's generator.

    Args:
        planes: [B,C,H,W], all that is cut at the same places.
        region: bool [B,H,W].
    """
    height, width = region.shape[1:]
    scale = max(height, width) / 256
    side = max(8, round(SIDE * scale))
    found = []
    # Places are drawn on the host, which waits for the device once.
    for image, pixels in zip(planes, border_pixels(region).cpu().numpy(), strict=True):
        border = np.argwhere(pixels).tolist()
        for _ in range(PATCHES if border else 0):
            y, x = border[int(torch.randint(len(border), (1,)))]
            drawn = int(torch.randint(SIDES[0], SIDES[1] + 1, (1,)))
            half = max(1, int(drawn * scale) // 2)
            rows, columns = _around(y, half, height), _around(x, half, width)
            patch = image[None, :, rows, columns]
            found.append(F.interpolate(patch, (side, side), mode="bilinear", align_corners=False))
    return torch.cat(found) if found else None


def _around(centre: int, half: int, length: int) -> slice:
    """2 `half` pixels around a centre, moved into the image (which loses its last pixel, as published)."""
    if centre < half:
        return slice(0, min(2 * half, length))
    if centre + half >= length - 1:
        return slice(max(0, length - 1 - 2 * half), length - 1)
    return slice(centre - half, centre + half)
