"""A score over what is edited: by class, and by the area of the masked region."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.core.errors import BadInput
from bench.metrics.estimate import mean_estimate
from reports.figures.style import axis_title, legend, look, one_axes, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from bench.run.reader import Run

__all__ = ["per_class", "per_mask_area"]

LEAST_PER_BIN = 2
"""Fewer edits than this times the bins make fewer bins."""


def per_class(run: Run, task: str, metric: str) -> Figure:
    """One line per method over the classes, which stand in the order of the best method's score.

    Raises:
        BadInput: where the run has no values per class of this score.
    """
    column, row = run.metric(metric), run.task(task)
    scores = run.scores
    own = scores[(scores["task"] == task) & (scores["metric"] == metric) & (scores["of"] != "all")]
    if own.empty:
        raise BadInput(f"task {task!r} has no {column.title} per class; choose another score")
    wide = own.pivot(index="of", columns="method", values="value").astype(float)
    wide = wide.loc[wide.max(axis=1).sort_values(ascending=False).index]
    places = np.arange(len(wide))
    with look():
        drawn, axes = one_axes(max(5.4, 1.4 + 0.28 * len(wide)), 3.2)
        for name, style in styled(run).items():
            if name in wide:
                axes.plot(places, wide[name], linewidth=1, **style)
        axes.set_xticks(places, list(wide.index), rotation=60, ha="right")
        axes.set_ylabel(axis_title(column))
        axes.set_title(row.title, fontsize=9)
        legend(drawn)
    return drawn


def per_mask_area(run: Run, task: str, metric: str, bins: int = 5) -> Figure:
    """The mean per-edit score over the part of the image that is masked, with 95 % intervals.

    Bins hold equally many edits; a point stands at its bin's mean area.

    Raises:
        BadInput: where the run has no per-edit values of this score.
    """
    column, row = run.metric(metric), run.task(task)
    samples = run.samples(task)
    if metric not in samples or samples[metric].notna().sum() == 0:
        raise BadInput(f"task {task!r} has no {column.title} per edit; choose another score")
    with look():
        drawn, axes = one_axes(5.4)
        for name, style in styled(run).items():
            points = _binned(samples[samples["method"] == name], metric, bins)
            if len(points):
                area, value, low, high = points.T
                axes.plot(100 * area, value, linewidth=1, **style)
                axes.vlines(100 * area, low, high, color=style["color"], linewidth=1)
        axes.set_xlabel("Masked part of the image (%)")
        axes.set_ylabel(axis_title(column))
        axes.set_title(row.title, fontsize=9)
        legend(drawn)
    return drawn


def _binned(samples: pd.DataFrame, metric: str, bins: int) -> np.ndarray:
    """float64 [bins, 4]: mean area, mean score and its interval's ends, by increasing area."""
    there = samples[np.isfinite(samples[metric].astype(float))].sort_values("coverage")
    points = []
    most = min(bins, max(1, len(there) // LEAST_PER_BIN))
    for part in np.array_split(np.arange(len(there)), most) if len(there) else ():
        edits = there.iloc[part]
        estimate = mean_estimate(
            metric, edits[metric].to_numpy(float), [str(scene) for scene in edits["scene"]]
        )
        low, high = estimate.ends(0.95) or (estimate.value, estimate.value)
        points.append((edits["coverage"].mean(), estimate.value, low, high))
    return np.array(points, dtype=float).reshape(-1, 4)
