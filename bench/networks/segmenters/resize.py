"""Into a segmenter's size and back: bilinear, without antialiasing, as the field's segmenters do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bench.scene import Int32, UInt8

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["best_class", "scaled_input"]


def scaled_input(
    picture: UInt8, size: tuple[int, int], mean: Sequence[float], std: Sequence[float]
) -> Tensor:
    """float32 [1,3,*size] of uint8 [H,W,3]: (RGB / 255 - mean) / std."""
    import torch
    from torch.nn import functional as F

    planes = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None].float()
    if planes.shape[2:] != tuple(size):
        planes = F.interpolate(planes, size=tuple(size), mode="bilinear", align_corners=False)
    centre = torch.tensor(mean).view(1, 3, 1, 1)
    spread = torch.tensor(std).view(1, 3, 1, 1)
    return (planes / 255 - centre) / spread


def best_class(logits: Tensor, size: tuple[int, int]) -> Int32:
    """int32 [*size]: the class of the largest logit, float32 [1,K,h,w] scaled up bilinearly."""
    import torch
    from torch.nn import functional as F

    with torch.inference_mode():
        if logits.shape[2:] != tuple(size):
            logits = F.interpolate(
                logits.float(), size=tuple(size), mode="bilinear", align_corners=False
            )
        labels: Int32 = logits[0].argmax(dim=0).cpu().numpy().astype(np.int32)
    return labels
