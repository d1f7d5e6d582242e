"""Dilation and the nearest known pixel, exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from masks.spec import Bool

__all__ = ["border", "dilate", "nearest_known"]

Int64 = NDArray[np.int64]

PAIRS = 1 << 22
"""(pixel, column) pairs that are compared at once; bounds memory, not the outcome."""


def dilate(mask: Bool, radius: int) -> Bool:
    """Every pixel at distance `radius` or less from a pixel of `mask`, as bool [H,W].

    Works on columns: a pixel is reached from column x + u where some pixel of that column lies at
    most sqrt(radius**2 - u**2) rows away.
    """
    grown: Bool = mask.copy()
    width = mask.shape[1]
    for u in range(-radius, radius + 1):
        if abs(u) >= width:
            continue
        tall = _dilate_rows(mask, _floor_root(radius * radius - u * u))
        if u >= 0:
            grown[:, u:] |= tall[:, : width - u]
        else:
            grown[:, :u] |= tall[:, -u:]
    return grown


def nearest_known(wanted: Bool, known: Bool) -> tuple[Int64, Int64]:
    """For each wanted pixel, the known pixel nearest to it.

    Distances are Euclidean and compared as integers; of several known pixels at the same distance
    the one with the smallest row is taken, and of those the one with the smallest column.

    Args:
        wanted: bool [H,W].
        known: bool [H,W], with at least one pixel.

    Returns:
        Rows and columns of the known pixels, int64 [N], N wanted pixels in row-major order.
    """
    if not known.any():
        raise ValueError("no known pixel to take from")
    by_column = _nearest_row_in_column(known)
    rows, columns = np.nonzero(wanted)
    width = known.shape[1]
    found_rows, found_columns = np.empty_like(rows), np.empty_like(columns)
    chunk = max(1, PAIRS // width)
    for start in range(0, len(rows), chunk):
        part = slice(start, start + chunk)
        y, x = rows[part], columns[part]
        # No farther than the nearest pixel of the own column, where that has one.
        own = by_column[y, x]
        bound = int(np.where(own < 0, width, abs(own - y)).max())
        left, right = max(0, x.min() - bound), min(width, x.max() + bound + 1)
        source = by_column[y, left:right]  # (n, columns): the best row of each column
        across = (x[:, None] - np.arange(left, right)) ** 2
        distance = np.where(source < 0, _FAR, across + (source - y[:, None]) ** 2)
        tied = distance == distance.min(axis=1, keepdims=True)
        best = np.argmin(np.where(tied, source, _FAR), axis=1)  # argmin: the smallest column
        found_rows[part] = np.take_along_axis(source, best[:, None], axis=1)[:, 0]
        found_columns[part] = best + left
    return found_rows, found_columns


def border(mask: Bool) -> int:
    """The length of the mask's outline in pixel edges; the rim of the canvas counts."""
    padded = np.pad(mask, 1)
    down = padded[1:] != padded[:-1]
    across = padded[:, 1:] != padded[:, :-1]
    return int(down.sum()) + int(across.sum())


_FAR = np.int64(1) << 60


def _nearest_row_in_column(known: Bool) -> Int64:
    """The nearest known row of the same column, the upper of two, or -1: int64 [H,W]."""
    height = known.shape[0]
    rows = np.arange(height)[:, None]
    upper = np.maximum.accumulate(np.where(known, rows, -_FAR), axis=0)
    lower = np.minimum.accumulate(np.where(known, rows, _FAR)[::-1], axis=0)[::-1]
    nearest = np.where(rows - upper <= lower - rows, upper, lower)
    return np.where((nearest < 0) | (nearest >= height), -1, nearest)


def _dilate_rows(mask: Bool, radius: int) -> Bool:
    """Every pixel with a pixel of `mask` at most `radius` rows above or below it."""
    total = np.cumsum(np.pad(mask, ((1, 0), (0, 0))), axis=0, dtype=np.int32)
    rows = np.arange(mask.shape[0])
    top = np.maximum(rows - radius, 0)
    bottom = np.minimum(rows + radius + 1, mask.shape[0])
    reached: Bool = total[bottom] > total[top]
    return reached


def _floor_root(value: int) -> int:
    return int(np.floor(np.sqrt(value)))
