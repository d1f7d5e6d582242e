"""Filled shapes as exact sets of pixels.

A pixel is its integer coordinate (x to the right, y down). A capsule of width w between two
integer points is every pixel whose distance from the segment is at most w / 2; a disc is the
capsule of a point. A capsule is convex, so on a column it is one run of pixels, whose ends have a
closed form. A batch of strokes is then a few array operations over all (segment, column) pairs, a
difference array, and one running sum down the rows of all canvases together.

All quantities are integers or halves of integers far below 2**52, on which float64 is exact;
square roots and quotients are correctly rounded and never close enough to an integer to be
floored wrongly. This holds for canvases up to `LARGEST` pixels a side.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["LARGEST", "box", "capsules", "runs", "union"]

Bool = NDArray[np.bool_]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]

LARGEST = 8192
"""The longest side of a canvas, in pixels, for which every step is exact."""


def box(size: tuple[int, int], top: int, left: int, bottom: int, right: int) -> Bool:
    """A box as bool [H,W]: rows top..bottom-1 and columns left..right-1, cut to the canvas."""
    mask = np.zeros(size, dtype=np.bool_)
    mask[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = True
    return mask


def capsules(size: tuple[int, int], count: int, owner: Int64, ends: Int64, widths: Int64) -> Bool:
    """Canvases as bool [count,H,W]: canvas k holds the union of the capsules whose owner is k.

    Args:
        size: (H, W).
        count: the number of canvases.
        owner: int64 [S], the canvas of each capsule.
        ends: int64 [S,4], x0, y0, x1, y1 of each segment; a point may lie outside of the canvas.
        widths: int64 [S], at least 1.
    """
    height, width = size
    if max(size) > LARGEST:
        raise ValueError(f"a canvas of {height}x{width} is larger than {LARGEST} pixels a side")
    reach = widths // 2
    first = np.maximum(np.minimum(ends[:, 0], ends[:, 2]) - reach, 0)
    last = np.minimum(np.maximum(ends[:, 0], ends[:, 2]) + reach, width - 1)
    columns = np.maximum(last - first + 1, 0)
    which = np.repeat(np.arange(len(owner)), columns)
    x = np.arange(len(which)) + (first - np.cumsum(columns) + columns)[which]
    top, bottom = _spans(x.astype(np.float64), which, ends, widths)
    lane = owner[which] * width + x
    return runs(size, count, lane, top, bottom)


def union(size: tuple[int, int], ends: Int64, widths: Int64) -> Bool:
    """The union of capsules on one canvas, bool [H,W]; `ends` and `widths` as in `capsules`."""
    owner = np.zeros(len(ends), dtype=np.int64)
    mask: Bool = capsules(size, 1, owner, ends, widths)[0]
    return mask


def runs(size: tuple[int, int], count: int, lane: Int64, top: Float64, bottom: Float64) -> Bool:
    """The union of vertical runs top..bottom, cut to the canvas: bool [count,H,W].

    Args:
        size: (H, W).
        count: the number of canvases.
        lane: int64 [R], canvas * W + column of each run.
        top: float64 [R] whole numbers, the first row.
        bottom: float64 [R] whole numbers, the last row; above `top` for an empty run.
    """
    height, width = size
    np.maximum(top, 0, out=top)
    np.minimum(bottom, height - 1, out=bottom)
    kept = top <= bottom
    lanes = count * width
    lane = lane[kept]
    change = np.zeros((height + 1) * lanes, dtype=np.int16)
    np.add.at(change, top[kept].astype(np.int64) * lanes + lane, np.int16(1))
    np.add.at(change, (bottom[kept].astype(np.int64) + 1) * lanes + lane, np.int16(-1))
    rows = change.reshape(height + 1, lanes)
    for above, row in pairwise(rows[:height]):
        np.add(above, row, out=row)
    covered = rows[:height].reshape(height, count, width) > 0
    return np.ascontiguousarray(covered.transpose(1, 0, 2))


def _spans(x: Float64, which: Int64, ends: Int64, widths: Int64) -> tuple[Float64, Float64]:
    """First and last row of capsule `which` on column x: two float64 [len(x)]."""
    x0, y0, x1, y1 = np.where(ends[:, 0] <= ends[:, 2], ends.T, ends.T[[2, 3, 0, 1]]).astype("f8")
    dx, dy = x1 - x0, y1 - y0  # dx >= 0
    square = dx * dx + dy * dy
    area = widths.astype(np.float64) ** 2
    # |cross product| <= cross and 0 <= dot product <= square, with bounds half way between
    # integers: the same pixels, and never nought over nought. A point has no body between its two
    # ends.
    cross = np.where(square > 0, np.floor(0.5 * np.sqrt(area * square)), -1) + 0.5
    u, v = x - x0[which], x - x1[which]
    dx, dy, y0, y1 = dx[which], dy[which], y0[which], y1[which]
    cross, square, area = cross[which], square[which], area[which]
    lean, along = u * dy, u * dx
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (-0.5 - along) / dy, (square + 0.5 - along) / dy
        top = np.ceil(np.maximum((lean - cross) / dx, np.minimum(one, other)))
        bottom = np.floor(np.minimum((lean + cross) / dx, np.maximum(one, other)))
        start = np.floor(0.5 * np.sqrt(area - 4 * u * u))
        end = np.floor(0.5 * np.sqrt(area - 4 * v * v))
    body = top <= bottom
    top[~body], bottom[~body] = np.nan, np.nan
    # fmin and fmax pass over what is not there.
    top = np.fmin(top + y0, np.fmin(y0 - start, y1 - end))
    bottom = np.fmax(bottom + y0, np.fmax(y0 + start, y1 + end))
    return top, bottom
