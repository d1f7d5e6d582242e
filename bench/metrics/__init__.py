"""Metrics: pure functions below, accumulators above; one file per family."""

from bench.metrics.context import Context
from bench.metrics.estimate import Estimate, Score
from bench.metrics.facts import (
    FORMER_SCORES,
    Against,
    Better,
    MarginKind,
    Region,
    ScoreInfo,
    Summary,
)
from bench.metrics.foreign import (
    check_columns,
    checked_estimates,
    doubts,
    from_elsewhere,
    full_definition,
    guarded,
    made_elsewhere,
)
from bench.metrics.make import (
    look_up_metric,
    make_metric,
    metric_names,
    refuse_shared_scores,
)
from bench.metrics.metric import (
    Column,
    Columns,
    Metric,
    Missing,
    PerEdit,
    PreparedReferences,
    References,
)

__all__ = [
    "FORMER_SCORES",
    "Against",
    "Better",
    "Column",
    "Columns",
    "Context",
    "Estimate",
    "MarginKind",
    "Metric",
    "Missing",
    "PerEdit",
    "PreparedReferences",
    "References",
    "Region",
    "Score",
    "ScoreInfo",
    "Summary",
    "check_columns",
    "checked_estimates",
    "doubts",
    "from_elsewhere",
    "full_definition",
    "guarded",
    "look_up_metric",
    "made_elsewhere",
    "make_metric",
    "metric_names",
    "refuse_shared_scores",
]
