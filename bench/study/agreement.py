"""How far raters agree: Krippendorff's alpha.

1 is perfect agreement, 0 what chance would give (Krippendorff, "Computing Krippendorff's alpha-reliability",
2011). It takes any number of raters and missing answers.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.metrics.intervals import agreement_interval, scene_weights

__all__ = ["Alpha", "AlphaLevel", "krippendorff_alpha"]

Float64 = NDArray[np.float64]

AlphaLevel = Literal["nominal", "ordinal", "interval"]


@dataclass(frozen=True)
class Alpha:
    """Agreement.

    Attributes:
        value: alpha, or None where nothing could differ.
        low, high: its 95 % interval over scenes, or None.
        units: questions that at least two raters answered.
    """

    value: float | None
    low: float | None
    high: float | None
    units: int


def krippendorff_alpha(
    units: Sequence[Mapping[int, int]],
    values: int,
    level: AlphaLevel = "nominal",
    *,
    scenes: Sequence[Hashable] | None = None,
) -> Alpha:
    """Alpha over units.

    Args:
        units: of every unit how many raters gave each value, by value 0 .. `values` - 1.
        values: how many values there are.
        level: "nominal", "ordinal" or "interval": how far two values lie apart.
        scenes: of every unit its scene, over which the interval is; each its own where None.
    """
    counts = np.zeros((len(units), values))
    for row, unit in zip(counts, units):
        for place, count in unit.items():
            row[place] = count
    paired = counts.sum(axis=1) >= 2
    counts = counts[paired]
    if not len(counts):
        return Alpha(None, None, None, 0)
    names = list(scenes or range(len(units)))
    scene = _codes([names[i] for i in np.flatnonzero(paired)])
    sceneries = int(scene.max()) + 1
    # Coincidences, scene by scene: their sums are all that alpha needs.
    observed = np.zeros((sceneries, values, values))
    for row, place in zip(counts, scene):
        observed[place] += (np.outer(row, row) - np.diag(row)) / (row.sum() - 1)
    value = float(_alpha(observed.sum(axis=0)[None], level)[0])
    if not np.isfinite(value):
        return Alpha(None, None, None, len(counts))
    resampled = np.tensordot(scene_weights(sceneries), observed, axes=1)
    low, high = agreement_interval(value, _alpha(resampled, level), sceneries)
    return Alpha(value, low, high, len(counts))


def _codes(names: Sequence[Hashable]) -> NDArray[np.int64]:
    places = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return np.array([places[name] for name in names], dtype=np.int64)


def _alpha(pairs: Float64, level: AlphaLevel) -> Float64:
    """Alpha of coincidences, [R, values, values] -> [R]; nan where nothing differs."""
    marginals = pairs.sum(axis=2)  # [R, values]
    total = marginals.sum(axis=1)
    apart = _distances(marginals, level)  # [R, values, values]
    observed = np.einsum("rab,rab->r", pairs, apart)
    chance = np.einsum("ra,rb,rab->r", marginals, marginals, apart)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = chance / (total - 1)
        alpha: Float64 = np.where(expected > 0, 1 - observed / expected, np.nan)
    return alpha


def _distances(marginals: Float64, level: AlphaLevel) -> Float64:
    """Squared distances of values, [R, values] -> [R, values, values]."""
    repeats, values = marginals.shape
    if level == "nominal":
        return np.broadcast_to(1 - np.eye(values), (repeats, values, values))
    if level == "interval":
        steps = np.arange(values, dtype=float)
        return np.broadcast_to((steps[:, None] - steps) ** 2, (repeats, values, values))
    # Ordinal: the answers that lie between two values, half of either end's own.
    middle = np.cumsum(marginals, axis=1) - marginals / 2
    distances: Float64 = (middle[:, :, None] - middle[:, None, :]) ** 2
    return distances
