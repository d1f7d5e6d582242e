"""What single scenes do to the score of a whole set ("these twelve scenes cost 1.9").

A scene's influence is the score with it minus the score without it, from the leave-one-scene-out
values that the run keeps for every score of a whole set (FID, KID, mIoU). Influences add up to the
joint effect of several scenes only to first order, which is said wherever a sum is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reports.numbers import decimals_for, printed

if TYPE_CHECKING:
    from bench.run.reader import Run
    from bench.run.schema import MetricColumn, TaskRow

__all__ = ["DOZEN", "Costly", "Influence", "costly", "influences"]

DOZEN = 12
"""Scenes that are named as the most costly, at most."""


@dataclass(frozen=True)
class Influence:
    """A score's influences: `by_method[method][scene]`, in the score's unit."""

    metric: MetricColumn
    by_method: dict[str, dict[str, float]]

    @property
    def column(self) -> MetricColumn:
        """How the gallery names these values."""
        title = f"{self.metric.title}, influence"
        return self.metric.model_copy(
            update={"name": f"{self.metric.name}-influence", "title": title}
        )


@dataclass(frozen=True)
class Costly:
    """The scenes that spoil a method's score most: their number, the sum, and their first edits."""

    metric: str
    method: str
    value: str
    cost: str
    edits: tuple[str, ...]


def influences(run: Run, task: TaskRow) -> list[Influence]:
    """One per score of a whole set that has leave-one-scene-out values, in the run's order."""
    replicates = run.replicates
    own = replicates[(replicates["task"] == task.name) & (replicates["of"] == "all")]
    values = _values(run, task)
    found = []
    for metric in run.header.metrics:
        rows = own[own["metric"] == metric.name].to_dict("records")
        by_method = {
            str(row["method"]): _influence(row, values[str(row["method"]), metric.name])
            for row in rows
            if (str(row["method"]), metric.name) in values
        }
        if by_method and metric.better != "neither":
            found.append(Influence(metric, by_method))
    return found


def costly(run: Run, found: list[Influence], edits: dict[str, str], task: TaskRow) -> list[Costly]:
    """The most costly scenes, a dozen at most, of every score and method that has more scenes than that.

    Args:
        run: the run.
        found: the task's influences.
        edits: the first edit of each scene.
        task: the task.
    """
    values = _values(run, task)
    rows = []
    for one in found:
        sign = 1 if one.metric.better == "lower" else -1
        for method, by_scene in one.by_method.items():
            costs = {scene: sign * own for scene, own in by_scene.items() if sign * own > 0}
            worst = sorted(costs, key=lambda scene: -costs[scene])[:DOZEN]
            if len(by_scene) <= DOZEN or not worst:
                continue
            total = sum(costs[scene] for scene in worst)
            value = values[method, one.metric.name]
            decimals = decimals_for([value])
            rows.append(
                Costly(
                    metric=one.metric.title,
                    method=run.method(method).title,
                    value=printed(value, decimals),
                    cost=printed(total, decimals),
                    edits=tuple(edits[scene] for scene in worst if scene in edits),
                )
            )
    return rows


def _values(run: Run, task: TaskRow) -> dict[tuple[str, str], float]:
    scores = run.scores
    own = scores[(scores["task"] == task.name) & (scores["of"] == "all") & scores["value"].notna()]
    return {
        (str(row["method"]), str(row["metric"])): float(row["value"])
        for row in own.to_dict("records")
    }


def _influence(row: dict[Any, Any], value: float) -> dict[str, float]:
    without = np.asarray(row["values"], dtype=float)
    return {str(scene): float(value - one) for scene, one in zip(row["scenes"], without)}
