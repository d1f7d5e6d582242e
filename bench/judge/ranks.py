"""Spearman's rank correlation with weights, and its interval over scenes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.metrics.intervals import agreement_interval, scene_weights

__all__ = ["rank_correlation", "weighted_correlation"]

Float64 = NDArray[np.float64]


def rank_correlation(
    x: Float64, y: Float64, scenes: Sequence[object]
) -> tuple[float | None, float | None, float | None]:
    """Spearman's correlation with its interval over scenes; None where one of them does not vary.

    Args:
        x: float64 [n]; infinite values are allowed, ranks need no more.
        y: float64 [n].
        scenes: n of them, resampled as wholes.
    """
    places = {scene: i for i, scene in enumerate(dict.fromkeys(scenes))}
    codes = np.array([places[scene] for scene in scenes])
    value = float(weighted_correlation(x, y, np.ones((1, len(x))))[0])
    if not np.isfinite(value):
        return None, None, None
    replicates = weighted_correlation(x, y, scene_weights(len(places))[:, codes])
    return value, *agreement_interval(value, replicates, len(places))


def weighted_correlation(x: Float64, y: Float64, weights: Float64) -> Float64:
    """Pearson's correlation of mid-ranks of x and y [n] under weights [R,n], float64 [R]; nan for none."""
    a, b = _midranks(x, weights), _midranks(y, weights)
    total = weights.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        a = a - (weights * a).sum(axis=1, keepdims=True) / total
        b = b - (weights * b).sum(axis=1, keepdims=True) / total
        correlation: Float64 = (weights * a * b).sum(axis=1) / np.sqrt(
            (weights * a * a).sum(axis=1) * (weights * b * b).sum(axis=1)
        )
    return correlation


def _midranks(values: Float64, weights: Float64) -> Float64:
    _, group = np.unique(values, return_inverse=True)
    sums = np.zeros((len(weights), int(group.max()) + 1))
    for at, own in enumerate(group):
        sums[:, own] += weights[:, at]
    ranks: Float64 = (np.cumsum(sums, axis=1) - sums / 2)[:, group]
    return ranks
