"""Values with their replicates over scenes, and the scores that are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.metrics.intervals import bootstrap_interval, jackknife_interval, scene_weights

__all__ = ["Estimate", "Score", "cluster", "mean_estimate"]

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """One row of the scores table.

    Attributes:
        metric: the metric's name, as in "psnr" or "psnr-hole".
        value: the summary, or None where there is none (then `reason` says why).
        low, high: the interval's ends at `level`, or None where there is none.
        n: the number of edits behind the value.
        clusters: the number of independent scenes behind it.
        of: "all", or the class that a per-class value is of.
        level: the interval's confidence level.
        interval: how it was made ("bootstrap over scenes", "jackknife, both sides", ...).
        reason: why there is no value (or no interval), one sentence.
    """

    metric: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    clusters: int = 0
    of: str = "all"
    level: float = 0.95
    interval: str = ""
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Estimate:
    """A metric's value on a set of edits, with what it would have been on other sets.

    Attributes:
        metric, of, n, reason: as in `Score`.
        value: the summary, or None where there is none.
        scenes: the scenes behind it, in the order of the table: the clusters.
        kind: how the replicates were made: "bootstrap" resamples `scenes` with the keyed weights of
            `scene_weights`, so that two methods on the same scenes share them; "jackknife" leaves
            one of `scenes` out at a time, in their order.
        replicates: float64 [R] or [len(scenes)], or None where no interval can be had.
        interval: in words, for the reader.
        floor, ceiling: the smallest and the largest value there is, None = no bound; no interval
            reaches beyond.
        bears: bool [len(scenes)], which scenes the value is of where it is not of all, as a class is of
            those that show it; they alone tell its spread.
    """

    metric: str
    value: float | None
    n: int = 0
    scenes: tuple[str, ...] = ()
    kind: Literal["bootstrap", "jackknife"] = "bootstrap"
    replicates: Float64 | None = None
    interval: str = ""
    of: str = "all"
    reason: str = ""
    floor: float | None = None
    ceiling: float | None = None
    bears: NDArray[np.bool_] | None = None

    def ends(self, level: float) -> tuple[float, float] | None:
        """The interval's ends at `level`, or None."""
        if self.value is None or self.replicates is None:
            return None
        if self.kind == "jackknife":
            own = self.replicates if self.bears is None else self.replicates[self.bears]
            found = jackknife_interval(self.value, own, level)
        else:
            found = bootstrap_interval(self.value, self.replicates, len(self.scenes), level)
        if found is None:
            return None
        low, high = found
        # A value that rounding has brought beyond them keeps its place in the interval.
        if self.floor is not None:
            low = max(low, min(self.floor, self.value))
        if self.ceiling is not None:
            high = min(high, max(self.ceiling, self.value))
        return low, high

    def score(self, level: float = 0.95) -> Score:
        """The row of the scores table."""
        ends = self.ends(level)
        clusters = len(self.scenes) if self.bears is None else int(self.bears.sum())
        reason = self.reason
        if self.value is not None and ends is None and not reason:
            reason = "no interval: " + (
                "it takes edits of at least two scenes"
                if clusters < 2
                else "without one of its scenes there is no value"
            )
        return Score(
            metric=self.metric,
            value=self.value,
            low=None if ends is None else ends[0],
            high=None if ends is None else ends[1],
            n=self.n,
            clusters=clusters,
            of=self.of,
            level=level,
            interval="" if ends is None else self.interval,
            reason=reason,
        )


def cluster(scenes: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The distinct scenes in order of appearance, and for each edit the index of its scene."""
    order: dict[str, int] = {}
    codes = [order.setdefault(scene, len(order)) for scene in scenes]
    return tuple(order), np.asarray(codes, dtype=np.int64)


def mean_estimate(
    metric: str,
    values: Float64,
    scenes: Sequence[str],
    floor: float | None = None,
    ceiling: float | None = None,
) -> Estimate:
    """The mean over edits of a per-edit value, resampled over scenes.

    Args:
        metric: the score's name.
        values: float64 [n], nan where an edit has no value; such edits are left out.
        scenes: n scene ids.
        floor, ceiling: the smallest and the largest possible value; None = no bound.
    """
    there = ~np.isnan(values)
    if not there.any():
        return Estimate(metric, None, reason="no edit has a value")
    kept = values[there]
    distinct, codes = cluster([scene for scene, keep in zip(scenes, there) if keep])
    if np.isinf(kept).any():
        count = int(np.isinf(kept).sum())
        if kept.min() == -kept.max():
            reason = f"{count} of {len(kept)} edits have infinite values of both signs, which have no mean"
            return Estimate(metric, None, n=len(kept), reason=reason)
        return Estimate(
            metric,
            float(kept.mean()),
            n=len(kept),
            scenes=distinct,
            reason=f"{count} of {len(kept)} edits have an infinite value (identical images), "
            "so there is no interval",
        )
    sums = np.bincount(codes, weights=kept)
    counts = np.bincount(codes).astype(np.float64)
    weights = scene_weights(len(distinct))
    return Estimate(
        metric,
        float(kept.mean()),
        n=len(kept),
        scenes=distinct,
        replicates=(weights @ sums) / (weights @ counts),
        interval="bootstrap over scenes",
        floor=floor,
        ceiling=ceiling,
    )
