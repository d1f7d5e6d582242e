"""What a metric says in the end: a row of the scores table, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Missing", "Score"]


@dataclass(frozen=True)
class Missing:
    """A metric that cannot be computed, with its reason in one sentence."""

    reason: str


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
