"""Edits at the size of a pipeline, and its images back at theirs.

- "resize": both sides are scaled to the size, each by its own factor.
- "pad": the edit is scaled evenly until it just fits into the size (not at all where the size is only
  the next one that a pipeline takes) and lies in its upper left corner. The rest repeats the edit's last
  row and column, is known, and is cut off afterwards.

Images are scaled bilinear with anti-aliasing, labels nearest; a pixel that the mask touches belongs to
the mask.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor

from baselines.adapters.fitting import fit_batch, fit_images
from bench.batch import EditBatch

__all__ = ["Fit", "laid_out", "rounded_up"]

Fit = Literal["resize", "pad"]

Size = tuple[int, int]


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
    known = torch.zeros(size, dtype=torch.bool, device=batch.labels.device)
    known[inside[0] :] = True
    known[:, inside[1] :] = True
    wide = replace(
        fitted,
        masked=_extended(fitted.masked, size),
        mask=_extended(fitted.mask, size) * ~known,
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
