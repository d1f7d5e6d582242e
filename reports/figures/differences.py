"""Differences to one method, edit by edit: what an ablation changes and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.core.errors import BadInput
from bench.metrics.estimate import mean_estimate
from reports.figures.style import axis_title, look, one_axes, styled, warned

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bench.run.reader import Run

__all__ = ["differences"]


def differences(run: Run, task: str, metric: str, against: str) -> Figure:
    """Mean per-edit difference of every method to `against`, with 95 % intervals over scenes.

    The differences are paired: only edits count that both methods carried out.

    Raises:
        BadInput: an unknown name, or a score without per-edit values.
    """
    column, row, base = run.metric(metric), run.task(task), run.method(against)
    found = _paired(run, task, metric, against)
    if not found:
        raise BadInput(f"task {task!r} has no {column.title} per edit; choose another score")
    styles = styled(run)
    with look():
        drawn, axes = one_axes(4.6, 0.9 + 0.3 * len(found))
        for place, (name, (value, low, high)) in enumerate(found.items()):
            axes.hlines(place, low, high, color=styles[name]["color"], linewidth=1.6)
            axes.plot(value, place, linestyle="", **styles[name])
        axes.axvline(0, color="#5d666c", linewidth=0.8)
        axes.set_yticks(range(len(found)), [styles[name]["label"] for name in found])
        axes.invert_yaxis()
        axes.set_xlabel(f"{axis_title(column)}, difference to {base.title}")
        axes.set_title(row.title, fontsize=9)
        return warned(drawn, run, {against, *found})


def _paired(
    run: Run, task: str, metric: str, against: str
) -> dict[str, tuple[float, float, float]]:
    """Mean difference and its interval's ends, by method; none where no edit has both values."""
    samples = run.samples(task)
    if metric not in samples:
        return {}
    wide = samples.pivot(index="edit", columns="method", values=metric).astype(float)
    if against not in wide:
        return {}
    scenes = samples.drop_duplicates("edit").set_index("edit")["scene"].reindex(wide.index)
    finite = wide.where(np.isfinite(wide))
    found = {}
    for name in styled(run):
        if name in wide and name != against:
            difference = (finite[name] - finite[against]).to_numpy()
            estimate = mean_estimate(metric, difference, [str(scene) for scene in scenes])
            if estimate.value is not None:
                ends = estimate.ends(0.95) or (estimate.value, estimate.value)
                found[name] = (estimate.value, *ends)
    return found
