"""A batch at a network's own size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from baselines.layers.neighbourhoods import resize_nearest
from bench.batch import EditBatch, Reference

__all__ = ["fit_batch", "fit_images", "fit_lanczos", "fit_reference"]


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

    A cell that the mask touches belongs to the mask, so that no known cell mixes in hidden pixels.
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
    fitted: Tensor = resize_nearest(plane, size).to(torch.int64)
    return fitted
