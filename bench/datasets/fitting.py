"""Bringing an image and its label planes to a suite's size.

Images are scaled bicubic with Pillow (antialiased when shrinking); labels and instances nearest,
by integer arithmetic, taking the source pixel under each target pixel's centre. Planes may come at
another resolution than the image (CelebAMask-HQ: 1024 against 512): each is scaled once, straight
to the final grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from bench.datasets.dataset import Fit
from bench.scene import Float32, Int32, UInt8

__all__ = ["Grid", "fit_image", "fit_plane", "fit_values", "grid_of", "nearest", "same_shape"]


@dataclass(frozen=True)
class Grid:
    """Scale to `scaled` (height, width), then keep `box` (top, left, bottom, right)."""

    scaled: tuple[int, int]
    box: tuple[int, int, int, int]


def grid_of(size: tuple[int, int], fit: Fit) -> Grid:
    """The grid onto which an image of `size` (height, width) is brought.

    Raises:
        ValueError: for a fit that scales but has no size.
    """
    if fit.mode == "native":
        return Grid(size, (0, 0, *size))
    if fit.size is None:
        raise ValueError(f"fit {fit.mode!r} needs a size")
    height, width = fit.size
    if fit.mode == "resize":
        return Grid(fit.size, (0, 0, height, width))
    covering = _covering(size, fit.size)
    top, left = (covering[0] - height) // 2, (covering[1] - width) // 2
    return Grid(covering, (top, left, top + height, left + width))


def fit_image(image: UInt8, grid: Grid) -> UInt8:
    """The image, uint8 [H,W,3], on the grid: bicubic, then cut."""
    top, left, bottom, right = grid.box
    if image.shape[:2] == grid.scaled:
        return np.ascontiguousarray(image[top:bottom, left:right])
    height, width = grid.scaled
    scaled = Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(scaled.crop((left, top, right, bottom)), dtype=np.uint8)


def fit_values(plane: Float32, grid: Grid) -> Float32:
    """A plane of values, float32 [h,w], on the grid as one channel of `fit_image`, without rounding."""
    top, left, bottom, right = grid.box
    if plane.shape == grid.scaled:
        return np.ascontiguousarray(plane[top:bottom, left:right])
    height, width = grid.scaled
    scaled = Image.fromarray(plane).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(scaled.crop((left, top, right, bottom)), dtype=np.float32)


def fit_plane(plane: Int32, grid: Grid) -> Int32:
    """A label plane, int32 [h,w] of any resolution, on the grid: nearest, then cut."""
    top, left, bottom, right = grid.box
    rows = nearest(plane.shape[0], grid.scaled[0])[top:bottom]
    columns = nearest(plane.shape[1], grid.scaled[1])[left:right]
    return np.ascontiguousarray(plane[rows[:, None], columns[None, :]])


def same_shape(image: tuple[int, int], plane: tuple[int, int]) -> bool:
    """Whether two (height, width) show the same frame: equal aspect, to one pixel of rounding."""
    (height, width), (rows, columns) = image, plane
    slack = max(height, width, rows, columns) if image != plane else 0
    return abs(height * columns - width * rows) <= slack


def _covering(size: tuple[int, int], target: tuple[int, int]) -> tuple[int, int]:
    """The smallest size of the same aspect that covers `target`, sides rounded half up."""
    (height, width), (rows, columns) = size, target
    if height * columns <= width * rows:  # the height decides
        return rows, max(columns, (2 * width * rows + height) // (2 * height))
    return max(rows, (2 * height * columns + width) // (2 * width)), columns


def nearest(source: int, target: int) -> Int32:
    """The index of the source pixel under each of `target` pixels' centres, int32 [target]."""
    return ((2 * np.arange(target, dtype=np.int64) + 1) * source // (2 * target)).astype(np.int32)
