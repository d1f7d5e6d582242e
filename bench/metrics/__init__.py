"""Metrics: pure functions below, accumulators above; one file per family."""

from bench.metrics.context import Context
from bench.metrics.estimate import Estimate
from bench.metrics.metric import (
    Against,
    Better,
    Column,
    Columns,
    Metric,
    Missing,
    Prepared,
    References,
    Score,
)
from bench.metrics.registry import make_metric, metric_names

__all__ = [
    "Against",
    "Better",
    "Column",
    "Columns",
    "Context",
    "Estimate",
    "Metric",
    "Missing",
    "Prepared",
    "References",
    "Score",
    "make_metric",
    "metric_names",
]
