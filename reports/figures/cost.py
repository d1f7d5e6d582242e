"""Quality against cost: what a better score takes in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.run.tables import COST_COLUMNS
from reports.figures.style import axis_title, legend, look, one_axes, styled, warned

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bench.run.reader import Run

__all__ = ["COST", "quality_against_cost"]

COST = "ms"
"""The cost on the axis: the time per edit."""


def quality_against_cost(run: Run, task: str, metric: str) -> Figure:
    """Each method's score with its interval over its median milliseconds per edit (log scale).

    Methods without a time or a score are left out.

    Raises:
        BadInput: an unknown task or score.
    """
    from matplotlib.ticker import LogLocator

    cost = next(column for column in COST_COLUMNS if column.name == COST)
    column, row = run.metric(metric), run.task(task)
    scores = _values(run, task, metric)
    costs = run.costs[run.costs["task"] == row.name].set_index("method")[cost.name].dropna()
    with look():
        drawn, axes = one_axes(5.4)
        for name, style in styled(run).items():
            if name not in scores or name not in costs:
                continue
            value, below, above = scores[name]
            axes.errorbar(
                costs[name], value, yerr=[[below], [above]], linestyle="", capsize=2, **style
            )
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter("")
        axes.set_xlabel(f"{cost.title} ({cost.unit}), log scale")
        axes.set_ylabel(axis_title(column))
        axes.set_title(row.title, fontsize=9)
        legend(drawn)
        return warned(drawn, run, scores.keys() & set(costs.index))


def _values(run: Run, task: str, metric: str) -> dict[str, tuple[float, float, float]]:
    """Value and the lengths of its interval below and above (0 where there is none), by method."""
    scores = run.scores
    own = scores[(scores["task"] == task) & (scores["metric"] == metric) & (scores["of"] == "all")]
    found = {}
    for record in own.to_dict("records"):
        value, low, high = (
            float(record[key] if record[key] is not None else np.nan)
            for key in ("value", "low", "high")
        )
        if np.isfinite(value):
            ends = (value - low, high - value) if np.isfinite(low + high) else (0.0, 0.0)
            found[str(record["method"])] = (value, *ends)
    return found
