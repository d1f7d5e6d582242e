"""SPMPGAN's brush: one stroke, drawn from 22 random words, for many masks at once.

Source: docs/protocol/editing.md, D.4 (type 0); lengths and widths at other sizes: section G. Every
quantity has the published distribution, in fixed point: angles in 2**-32 turns, lengths in 2**-16
pixels. The published code's two flips, which it decides and throws away, are left out.
"""

from __future__ import annotations

from math import isqrt

import numpy as np
from numpy.typing import NDArray

from masks.streams import scaled
from masks.tables import TURN, cosine, normal, sine

__all__ = ["WORDS", "paths"]

UInt64 = NDArray[np.uint64]
Int64 = NDArray[np.int64]

MOST = 8
"""Segments for which words are set aside in every mask."""

WORDS = 6 + 2 * MOST
"""Words of a stream that one mask uses: count, two angle bounds, start, width, angles, lengths."""

ONE = 1 << 16
"""One pixel in the fixed point of lengths."""


def paths(
    words: UInt64,
    size: tuple[int, int],
    segments: tuple[int, int],
    widths: tuple[float, float],
) -> tuple[Int64, Int64, Int64]:
    """Strokes for B masks.

    Args:
        words: uint64 [B, WORDS].
        size: (H, W).
        segments: least and most segments of a stroke, both included.
        widths: least and most width at 256x256, in pixels.

    Returns:
        Vertices int64 [B, MOST + 1, 2] as (x, y), number of segments int64 [B], width int64 [B].
    """
    height, width = size
    scale = isqrt((height * width) << 32) >> 8  # size / 256, in units of 2**-16
    count = scaled(words[:, 0], segments[0], segments[1] + 1)
    angles = _angles(words)
    lengths = _lengths(words[:, 6 + MOST :], scale)
    vertices = np.empty((len(words), MOST + 1, 2), dtype=np.int64)
    vertices[:, 0, 0] = scaled(words[:, 3], 0, width + 1)
    vertices[:, 0, 1] = scaled(words[:, 4], 0, height + 1)
    steps = np.stack([lengths * cosine(angles) >> 30, lengths * sine(angles) >> 30], axis=-1)
    corner = np.array([width * ONE, height * ONE])
    for i in range(MOST):
        vertices[:, i + 1] = np.clip(vertices[:, i] * ONE + steps[:, i], 0, corner) // ONE
    low, high = (round(bound * ONE) * scale // ONE for bound in widths)
    thick = (low + _share(words[:, 5], high - low)) // ONE
    return vertices, count, np.maximum(thick, 1)


def _angles(words: UInt64) -> Int64:
    """Directions in 2**-32 turns, about -72 and +72 degrees in turn: int64 [B, MOST]."""
    low = TURN // 5 - _share(words[:, 1:2], TURN // 15)
    high = TURN // 5 + _share(words[:, 2:3], TURN // 15)
    within = (words[:, 6 : 6 + MOST] >> np.uint64(33)).astype(np.int64) * (high - low) >> 31
    turns: Int64 = low + within
    turns[:, ::2] = TURN - turns[:, ::2]
    return turns


def _lengths(words: UInt64, scale: int) -> Int64:
    """Lengths in 2**-16 pixels, int64 [B, MOST]: Normal(R, 22) in 0..2R, R = 256 sqrt(2) / 8."""
    mean = isqrt(2048 << 32) * scale // ONE
    spread = 22 * scale  # floor(R / 2) at 256x256
    lengths: Int64 = np.clip(mean + (normal(words) * spread >> 16), 0, 2 * mean)
    return lengths


def _share(words: UInt64, span: int) -> Int64:
    """A uniform part of `span` (below 2**32), one for each word."""
    part = (words >> np.uint64(32)) * np.uint64(span) >> np.uint64(32)
    share: Int64 = part.astype(np.int64)
    return share
