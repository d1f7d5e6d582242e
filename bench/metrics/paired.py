"""Two methods on the same edits: the paired difference with its interval.

Both methods saw the same scenes, so most of what makes a score uncertain is common to both and
drops out of the difference. Replicates are made of the same resamples (bootstrap) or the same
left-out scenes (jackknife) for both and subtracted, so the interval is of the difference itself.
Only edits that both methods have are compared, and what is left out is told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bench.metrics.estimate import Estimate
from bench.metrics.metric import Metric

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Difference", "paired_differences"]


@dataclass(frozen=True)
class Difference:
    """The first method's score minus the second's, on the edits that both have.

    Attributes:
        metric, of: as in `Score`.
        value: the difference, or None where there is none (then `reason` says why).
        first, second: the two scores on these edits.
        low, high: the interval's ends at `level`, or None where there is none.
        n: the number of edits compared.
        clusters: the number of scenes behind them.
        left_out: edits that only one of the methods has (or has a value for).
        level, interval, reason: as in `Score`.
    """

    metric: str
    value: float | None
    first: float | None = None
    second: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    clusters: int = 0
    left_out: int = 0
    of: str = "all"
    level: float = 0.95
    interval: str = ""
    reason: str = ""


def paired_differences(
    metric: Metric,
    first: pd.DataFrame,
    second: pd.DataFrame,
    references: pd.DataFrame,
    level: float = 0.95,
) -> list[Difference]:
    """The differences of everything that `metric` shows, first minus second.

    Args:
        metric: whose columns the tables have.
        first: one method's samples, one row per edit, as for `Metric.summarise`.
        second: the other's.
        references: the reference side, with at least the edits of both.
        level: the intervals' confidence level.
    """
    found: list[Difference] = []
    for name in metric.shows:
        edits = _common(first, second, name)
        left_out = len({*first["edit"], *second["edit"]}) - len(edits)
        reference = _rows(references, edits)
        sides = [
            {
                (estimate.metric, estimate.of): estimate
                for estimate in metric.estimates(_rows(samples, edits), reference)
                if estimate.metric == name
            }
            for samples in (first, second)
        ]
        found += [
            replace(_difference(one, sides[1][key], level), left_out=left_out)
            for key, one in sides[0].items()
            if key in sides[1]
        ]
    return found


def _common(first: pd.DataFrame, second: pd.DataFrame, name: str) -> list[str]:
    """The edits that both have a value for, in the first's order."""
    theirs = set(_valued(second, name))
    return [edit for edit in _valued(first, name) if edit in theirs]


def _valued(samples: pd.DataFrame, name: str) -> list[str]:
    if name not in samples:
        return list(samples["edit"])
    values = samples[name].to_numpy(dtype=np.float64, na_value=np.nan)
    return list(samples["edit"][~np.isnan(values)])


def _rows(table: pd.DataFrame, edits: list[str]) -> pd.DataFrame:
    rows: pd.DataFrame = table.set_index("edit", drop=False).loc[edits].reset_index(drop=True)
    return rows


def _difference(one: Estimate, two: Estimate, level: float) -> Difference:
    empty = Difference(one.metric, None, one.value, two.value, n=one.n, of=one.of, level=level)
    if one.value is None or two.value is None:
        return replace(empty, reason=one.reason or two.reason)
    if not (math.isfinite(one.value) and math.isfinite(two.value)):
        return replace(empty, reason="a score is infinite (identical pictures)")
    apart = replace(
        one,
        value=one.value - two.value,
        replicates=None
        if one.replicates is None or two.replicates is None
        else one.replicates - two.replicates,
        floor=-math.inf,
        ceiling=math.inf,
    )
    score = apart.score(level)
    return replace(
        empty,
        value=score.value,
        low=score.low,
        high=score.high,
        clusters=score.clusters,
        interval=score.interval and f"paired {score.interval}",
        reason=score.reason,
    )
