"""A score over what is edited: by class, and by the area of the masked region."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.core.errors import BadInput
from bench.metrics.estimate import mean_estimate
from reports.figures.style import axis_title, legend, look, one_axes, styled, warned

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from bench.run.reader import Run
    from bench.run.schema import MetricColumn

__all__ = ["per_class", "per_mask_area"]

CLASS_LINE = 0.17
"""Inches from one class to the next."""

LEAST_PER_BIN = 2
"""Fewer edits than this times the bins make fewer bins."""


def per_class(run: Run, task: str, metric: str) -> Figure:
    """A line a class with a mark for each method; the class with the best score of all stands first.

    Raises:
        BadInput: where the run has no values per class of this score.
    """
    column, row = run.metric(metric), run.task(task)
    scores = run.scores
    own = scores[(scores["task"] == task) & (scores["metric"] == metric) & (scores["of"] != "all")]
    if own.empty:
        raise BadInput(f"task {task!r} has no {column.title} per class; choose another score")
    wide = own.pivot(index="of", columns="method", values="value").astype(float)
    lower = column.better == "lower"
    fair = wide[[name for name in styled(run) if name in wide]]
    best = fair.min(axis=1) if lower else fair.max(axis=1)
    wide = wide.loc[best.sort_values(ascending=lower).index]
    places = np.arange(len(wide))
    with look():
        drawn, axes = one_axes(5.4, 0.9 + CLASS_LINE * len(wide))
        for name, style in styled(run).items():
            if name in wide:
                axes.plot(wide[name], places, linestyle="", alpha=0.85, **style)
        axes.set_yticks(places, list(wide.index))
        axes.set_ylim(len(wide) - 0.5, -0.5)
        axes.set_xlabel(axis_title(column))
        axes.set_title(row.title, fontsize=9)
        legend(drawn)
        return warned(drawn, run, set(fair))


def per_mask_area(run: Run, task: str, metric: str, bins: int = 5) -> Figure:
    """The mean per-edit score over the part of the image that is masked, with 95 % intervals.

    Bins hold equally many edits; a point stands at its bin's mean area. Infinite values (the PSNR of an
    exact result) have no place; how many there are stands below.

    Raises:
        BadInput: where the run has no per-edit values of this score.
    """
    column, row = run.metric(metric), run.task(task)
    samples = run.samples(task)
    if metric not in samples or samples[metric].notna().sum() == 0:
        raise BadInput(f"task {task!r} has no {column.title} per edit; choose another score")
    with look():
        drawn, axes = one_axes(5.4)
        infinite: dict[str, int] = {}
        for name, style in styled(run).items():
            own = samples[samples["method"] == name]
            infinite[name] = int(np.isinf(own[metric].astype(float)).sum())
            points = _binned(own, column, bins)
            if len(points):
                area, value, low, high = points.T
                axes.plot(100 * area, value, linewidth=1, **style)
                axes.vlines(100 * area, low, high, color=style["color"], linewidth=1)
        axes.set_xlabel("Masked part of the image (%)")
        axes.set_ylabel(axis_title(column))
        axes.set_title(row.title, fontsize=9)
        legend(drawn)
        return warned(drawn, run, styled(run).keys() & set(samples["method"]), infinite)


def _binned(samples: pd.DataFrame, metric: MetricColumn, bins: int) -> np.ndarray:
    """float64 [bins, 4]: mean area, mean score and its interval's ends, by increasing area."""
    there = samples[np.isfinite(samples[metric.name].astype(float))].sort_values("coverage")
    points = []
    most = min(bins, max(1, len(there) // LEAST_PER_BIN))
    for part in np.array_split(np.arange(len(there)), most) if len(there) else ():
        edits = there.iloc[part]
        estimate = mean_estimate(
            metric.name,
            edits[metric.name].to_numpy(float),
            [str(scene) for scene in edits["scene"]],
            metric.floor,
            metric.ceiling,
        )
        low, high = estimate.ends(0.95) or (estimate.value, estimate.value)
        points.append((edits["coverage"].mean(), estimate.value, low, high))
    return np.array(points, dtype=float).reshape(-1, 4)
