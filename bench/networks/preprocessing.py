"""What happens to an image before Inception sees it: each is a protocol of its own.

| name | resize to 299 | scale | channels |
| --- | --- | --- | --- |
| pytorch-fid | bilinear, not antialiased | x / 255 * 2 - 1 | RGB |
| bgr | as pytorch-fid | as pytorch-fid | BGR, as SPMPGAN and DivSem (docs/protocol/editing.md, D.6) |
| clean-fid | Pillow bicubic, each channel in float, clipped to 0..255 | (x - 128) / 128 | RGB |
| torchmetrics | bilinear, antialiased (torchmetrics from 1.8 on) | (x - 128) / 128 | RGB |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.core.device import upload
from bench.core.threads import side_by_side
from bench.core.transfers import to_device
from bench.scene import UInt8

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["PREPROCESSINGS", "SIDE", "Preprocessing", "each_resized", "planes"]

N = TypeVar("N", bound=np.generic)

Preprocessing = Callable[[UInt8, str], "Tensor"]
"""Turns uint8 [B,H,W,3] RGB into float32 [B,3,299,299] on a device, in about -1..1."""

SIDE = 299
"""The side of the square that Inception sees, in pixels."""


def _pytorch_fid(images: UInt8, device: str) -> Tensor:
    return _pytorch_fid_of(planes(images, device))


def _pytorch_fid_of(images: Tensor) -> Tensor:
    from torch.nn import functional as F

    scaled = images / 255
    resized = F.interpolate(scaled, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
    return 2 * resized - 1


def _bgr(images: UInt8, device: str) -> Tensor:
    return _pytorch_fid_of(planes(images, device).flip(1))


def _clean_fid(images: UInt8, device: str) -> Tensor:
    import torch

    resized = each_resized(images, _pillow_bicubic)
    return (upload(torch.from_numpy(resized), device) - 128) / 128


def _torchmetrics(images: UInt8, device: str) -> Tensor:
    from torch.nn import functional as F

    resized = F.interpolate(
        planes(images, device),
        size=(SIDE, SIDE),
        mode="bilinear",
        align_corners=False,
        antialias=True,
    )
    return (resized - 128) / 128


PREPROCESSINGS: Mapping[str, Preprocessing] = MappingProxyType(
    {
        "bgr": _bgr,
        "clean-fid": _clean_fid,
        "pytorch-fid": _pytorch_fid,
        "torchmetrics": _torchmetrics,
    }
)
"""The preprocessings by name."""


def planes(images: UInt8, device: str) -> Tensor:
    """float32 [B,3,H,W] in 0..255 on a device, of uint8 [B,H,W,3]."""
    return to_device(images, device).permute(0, 3, 1, 2).contiguous().float()


def each_resized(images: UInt8, resize: Callable[[UInt8], NDArray[N]]) -> NDArray[N]:
    """What Pillow makes of each of uint8 [B,H,W,3] images, [B,...].

    A GPU's batch has all cores, for the GPU waits for it; on a CPU images come one by one, side by side.
    """
    alone = len(images) == 1
    return np.stack([resize(images[0])] if alone else side_by_side(resize, list(images)))


def _pillow_bicubic(image: UInt8) -> NDArray[np.float32]:
    """float32 [3,299,299], clipped to 0..255: bicubic overshoots."""
    from PIL import Image

    planes = [
        np.asarray(
            Image.fromarray(image[:, :, channel].astype(np.float32)).resize(
                (SIDE, SIDE), resample=Image.Resampling.BICUBIC
            )
        )
        for channel in range(3)
    ]
    return np.asarray(np.clip(np.stack(planes), 0, 255))
