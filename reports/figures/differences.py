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

__all__ = ["differences", "paired"]


def differences(run: Run, task: str, metric: str, against: str) -> Figure:
    """Mean per-edit difference of every method to `against`, with 95 % intervals over scenes.

    The differences are paired: only edits count that both methods carried out. Two infinite values (the
    PSNR of exact results) are equal; where one alone is, the edit has no place and is counted below.

    Raises:
        BadInput: an unknown name, or no edit with a finite difference.
    """
    column, row, base = run.metric(metric), run.task(task), run.method(against)
    found = paired(run, task, metric, against)
    if not found:
        raise BadInput(
            f"task {task!r} has no edit whose {column.title} has a finite difference to {base.title}; "
            "choose another score or method"
        )
    styles = styled(run)
    with look():
        drawn, axes = one_axes(4.6, 0.9 + 0.3 * len(found))
        for place, (name, (value, low, high, _)) in enumerate(found.items()):
            axes.hlines(place, low, high, color=styles[name]["color"], linewidth=1.6)
            axes.plot(value, place, linestyle="", **styles[name])
        axes.axvline(0, color="#5d666c", linewidth=0.8)
        axes.set_yticks(range(len(found)), [styles[name]["label"] for name in found])
        axes.invert_yaxis()
        axes.set_xlabel(f"{axis_title(column)}, difference to {base.title}")
        axes.set_title(row.title, fontsize=9)
        infinite = {name: count for name, (*_, count) in found.items()}
        return warned(drawn, run, {against, *found}, infinite)


def paired(
    run: Run, task: str, metric: str, against: str
) -> dict[str, tuple[float, float, float, int]]:
    """By method the mean difference, its interval's ends, and how many edits differ infinitely.

    A method that has no edit with a finite difference is left out.
    """
    samples = run.samples(task)
    if metric not in samples:
        return {}
    wide = samples.pivot(index="edit", columns="method", values=metric).astype(float)
    if against not in wide:
        return {}
    scenes = samples.drop_duplicates("edit").set_index("edit")["scene"].reindex(wide.index)
    base = wide[against].to_numpy()
    found = {}
    for name in styled(run):
        if name in wide and name != against:
            own = wide[name].to_numpy()
            with np.errstate(invalid="ignore"):
                difference = np.where(own == base, 0.0, own - base)
            infinite = np.isinf(difference)
            difference[infinite] = np.nan
            estimate = mean_estimate(metric, difference, [str(scene) for scene in scenes])
            if estimate.value is not None:
                ends = estimate.ends(0.95) or (estimate.value, estimate.value)
                found[name] = (estimate.value, *ends, int(infinite.sum()))
    return found
