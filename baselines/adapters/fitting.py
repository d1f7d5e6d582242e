"""A batch at a network's own size, and images back at theirs.

Images are scaled bilinear with anti-aliasing, labels nearest; a cell that the mask touches belongs to the
mask. There are two ways to a size of another shape:

- "resize": both sides are scaled to the size, each by its own factor.
- "pad": the edit is scaled evenly until it just fits into the size (not at all where the size is only
  the next one that a network takes) and lies in its upper left corner. The rest repeats the edit's last
  row and column, their mask too, and is cut off afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from baselines.layers.neighbourhoods import resize_nearest
from bench.batch import EditBatch, Reference

__all__ = [
    "Fit",
    "fit_batch",
    "fit_images",
    "fit_lanczos",
    "fit_reference",
    "laid_out",
    "rounded_up",
]

Fit = Literal["resize", "pad"]

Size = tuple[int, int]


def fit_images(images: Tensor, size: tuple[int, int]) -> Tensor:
    """[B,3,H,W] brought to `size`, bilinear with anti-aliasing; as they are where nothing changes."""
    if tuple(images.shape[2:]) == size:
        return images
    return F.interpolate(images, size=size, mode="bilinear", align_corners=False, antialias=True)


def fit_lanczos(images: Tensor, side: int) -> Tensor:
    """[B,3,H,W] in [-1,1] brought to side x side as Pillow does it with Lanczos, in grey levels."""
    if tuple(images.shape[2:]) == (side, side):
        return images
    levels = ((images + 1) * 127.5).round().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy()
    method = Image.Resampling.LANCZOS
    small = [np.asarray(Image.fromarray(one).resize((side, side), method)) for one in levels]
    planes = torch.from_numpy(np.stack(small)).to(images.device).permute(0, 3, 1, 2)
    return planes.to(images.dtype) / 127.5 - 1


def fit_batch(batch: EditBatch, size: tuple[int, int]) -> EditBatch:
    """The batch at `size` (height, width): images bilinear, labels and instances nearest.

    A cell that the mask touches belongs to the mask. The known one beside it still mixes in some of the
    grey that hidden pixels have: an eighth at a straight border where the image shrinks, up to a half
    where it grows.
    """
    if tuple(batch.labels.shape[1:]) == size:
        return batch
    mask = (F.adaptive_max_pool2d(batch.mask, size) > 0).float()
    return replace(
        batch,
        masked=fit_images(batch.masked, size) * (1 - mask),
        mask=mask,
        labels=_fit_map(batch.labels, size),
        instances=None if batch.instances is None else _fit_map(batch.instances, size),
        original=None if batch.original is None else fit_images(batch.original, size),
    )


def fit_reference(reference: Reference, size: tuple[int, int]) -> Reference:
    """The reference at `size`, resized as `fit_batch` does it."""
    labels = _fit_map(reference.labels[None], size)[0]
    instances = None
    if reference.instances is not None:
        instances = _fit_map(reference.instances[None], size)[0]
    image = fit_images(reference.image[None], size)[0]
    return replace(reference, image=image, labels=labels, instances=instances)


def _fit_map(plane: Tensor, size: tuple[int, int]) -> Tensor:
    if tuple(plane.shape[1:]) == size:
        return plane
    return resize_nearest(plane, size)


def laid_out(
    batch: EditBatch, size: Size, fit: Fit, *, scaled: bool = True
) -> tuple[EditBatch, Callable[[Tensor], Tensor]]:
    """The batch at a pipeline's size, and what brings images [B,3,H,W] of it back.

    Args:
        batch: edits of any size.
        size: (height, width).
        fit: see above.
        scaled: whether "pad" may scale; else the batch is no larger than the size.
    """
    given = (int(batch.labels.shape[1]), int(batch.labels.shape[2]))
    if fit == "resize":
        return fit_batch(batch, size), lambda images: fit_images(images, given)
    factor = min(size[0] / given[0], size[1] / given[1]) if scaled else 1.0
    inside = (
        min(size[0], max(1, round(given[0] * factor))),
        min(size[1], max(1, round(given[1] * factor))),
    )
    fitted = fit_batch(batch, inside)
    wide = replace(
        fitted,
        masked=_extended(fitted.masked, size),
        mask=_extended(fitted.mask, size),
        labels=_extended(fitted.labels, size),
        instances=None if fitted.instances is None else _extended(fitted.instances, size),
        original=None if fitted.original is None else _extended(fitted.original, size),
    )
    return wide, lambda images: fit_images(images[..., : inside[0], : inside[1]], given)


def rounded_up(size: Size, multiple: int) -> Size:
    """The smallest size that covers another one and has sides of that multiple."""
    return -(-size[0] // multiple) * multiple, -(-size[1] // multiple) * multiple


def _extended(plane: Tensor, size: Size) -> Tensor:
    """[...,h,w] to [...,H,W], its last row and column repeated."""
    rows = torch.arange(size[0], device=plane.device).clamp(max=plane.shape[-2] - 1)
    columns = torch.arange(size[1], device=plane.device).clamp(max=plane.shape[-1] - 1)
    return plane[..., rows[:, None], columns]
