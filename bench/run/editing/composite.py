"""From a raw output to a result: composite and quantise, once for every method.

Raw outputs come as float32 in [-1,1]; results are uint8. What a suite may choose is part of the
protocol hash, since it moves every number a little (docs/protocol/editing.md, D.5).
"""

from __future__ import annotations

import numpy as np

from bench.scene import Bool, Float32, UInt8
from bench.suite.schema import Composite, Quantise

__all__ = ["compose", "quantised"]


def quantised(raw: Float32, quantise: Quantise) -> UInt8:
    """uint8 of a raw output in [-1,1]: (x+1)/2*255 in float32, clipped, rounded half up or truncated."""
    grey: Float32 = np.clip((raw + np.float32(1)) / np.float32(2) * np.float32(255), 0, 255)
    if quantise == "round":
        grey = np.floor(grey + np.float32(0.5))
    return grey.astype(np.uint8)


def compose(
    raw: Float32, original: UInt8, mask: Bool, composite: Composite, quantise: Quantise
) -> UInt8:
    """The result that every metric sees.

    Args:
        raw: float32 [...,H,W,3] in [-1,1], what the editor gave.
        original: uint8 [...,H,W,3], the image before the edit.
        mask: bool [...,H,W], True = edited.
        composite: "known-bytes" copies known pixels byte for byte; "published" blends in float32
            as the papers' code does, so that with truncation known grey levels 1..63 come back
            one lower; "none" takes the raw output alone.
        quantise: "round" or "truncate".
    """
    if composite == "none":
        return quantised(raw, quantise)
    region = mask[..., None]
    if composite == "known-bytes":
        result: UInt8 = np.where(region, quantised(raw, quantise), original)
        return result
    m = region.astype(np.float32)
    known = (original.astype(np.float32) / np.float32(255) - np.float32(0.5)) / np.float32(0.5)
    return quantised(m * raw + (np.float32(1) - m) * known, quantise)
