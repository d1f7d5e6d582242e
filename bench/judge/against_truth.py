"""Metrics against the truth: which of a run's scores to believe where the truth is not known.

A score that a drawn scene makes exact (`style`, `removed`) is taken for the truth, and every other score
of the run is asked how well it agrees, in three ways. All are Spearman's rank correlations of values
that are turned so that higher is better:

- *of one edit*: over the methods that carried it out, then the mean over edits. Does the score choose
  the right method for an image?
- *of one method*: over its edits, then the mean over methods. Does it find the images that failed?
- *of methods*: over the methods' scores, then the mean over tasks. Does it rank a table rightly?

Scores of a whole set without a value per edit (FID) are asked the last alone; mIoU is an edit's own in the
first two. Intervals resample scenes (`bench.metrics.intervals`), the same ones for all scores and all
tasks of a dataset. A score of a whole set is moved along its leave-one-out values, which for a mean is
exact: value + sum of (weight - 1) (value - value without the scene) (n - 1) / n. One without such values
(P-IDS) has no interval.

A method that sees the hidden pixels is left out where they are the answer. In a removal they are not, and
who gives the image back unchanged belongs in the table: it is a remover that removes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.core.errors import BadInput
from bench.judge.ranks import weighted_correlation
from bench.judge.run_scores import refuse_unfinished
from bench.metrics.facts import Against
from bench.metrics.intervals import agreement_interval, scene_weights

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from bench.run.reader import Run
    from bench.run.schema import MetricColumn, TaskRow

__all__ = ["Agreement", "AgreementWithTruth", "against_truth"]

Float64 = NDArray[np.float64]

FEWEST = 3
"""Methods, or edits, that a rank correlation takes: of two it is always -1 or 1."""


@dataclass(frozen=True)
class Agreement:
    """A mean rank correlation: -1..1, its interval's ends at 95 %, and of how many it is the mean."""

    value: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class AgreementWithTruth:
    """How well one score agrees with the truth.

    Attributes:
        score, title: its name, and as a reader sees it.
        against: what it compares results with; "ground-truth" can only be had where there is one.
        of_edits: over the methods of an edit, the mean of all edits; None where it has no such value.
        of_methods: over the edits of a method, the mean of all methods; None likewise.
        of_tables: over the methods' scores, the mean of all tasks; None with fewer than `FEWEST`.
    """

    score: str
    title: str
    against: Against
    of_edits: Agreement | None
    of_methods: Agreement | None
    of_tables: Agreement | None


def against_truth(
    source: Run | Path | str,
    truth: str,
    *,
    tasks: Sequence[str] = (),
    without: Sequence[str] = (),
) -> tuple[AgreementWithTruth, ...]:
    """How well every other score of a run agrees with one, the best of them first.

    Args:
        source: a finished run, or its directory.
        truth: the name of a score with a value per edit, such as "style" or "removed".
        tasks: names of the tasks to look at; all that have the truth where empty.
        without: names of methods to leave out, as one that alone decides an order.

    Raises:
        BadInput: no such run, task, method or score; a run that is not finished; a truth without values per
            edit, without a direction, or with fewer than three methods.
    """
    from bench.run.reader import Run, read_run

    run = source if isinstance(source, Run) else read_run(source)
    refuse_unfinished(run)
    known = run.metric(truth)
    if known.summary != "mean" or _sign(known) is None:
        raise BadInput(
            f"score {truth!r} cannot be the truth: it needs a value per edit and a better direction"
        )
    chosen = [run.task(name) for name in tasks] or run.header.tasks
    left_out = frozenset(run.method(name).name for name in without)
    read = [_Values(run, task, left_out) for task in chosen]
    sides = [one for one in read if one.per_edit(known) is not None]
    if not sides:
        raise BadInput(
            f"{run.folder}: no edit has a value of {truth!r} in the tasks that were asked for; name "
            "it among the suite's metrics, over drawn scenes"
        )
    if max(len(one.methods) for one in sides) < FEWEST:
        raise BadInput(
            f"{run.folder}: a rank correlation takes {FEWEST} methods that do not see the hidden "
            "pixels, and no task has so many; add methods to the suite"
        )
    scenes = _Scenes(one for side in sides for one in side.scenes)
    found = [
        AgreementWithTruth(
            score.name,
            score.title,
            score.against,
            _of_edits(sides, scenes, known, score),
            _of_methods(sides, scenes, known, score),
            _of_tables(sides, scenes, known, score),
        )
        for score in run.header.metrics
        if score.metric != known.metric and _sign(score) is not None
    ]
    return tuple(sorted((one for one in found if one.of_edits or one.of_tables), key=_order))


def _order(one: AgreementWithTruth) -> tuple[bool, float]:
    """By edits; the scores of whole sets below, by tables."""
    first = one.of_edits or one.of_tables
    return one.of_edits is None, -(0.0 if first is None else first.value)


def _sign(score: MetricColumn) -> Callable[[Float64], Float64] | None:
    """Turns values so that higher is better; None where no direction is."""
    if score.better == "higher":
        return lambda values: values
    if score.better == "lower":
        return lambda values: -values
    return (lambda values: -np.abs(values)) if score.zero_is_best else None


class _Scenes:
    """The scenes of all tasks: which weights a resample gives each."""

    def __init__(self, scenes: Iterable[str]) -> None:
        self.places = {scene: i for i, scene in enumerate(dict.fromkeys(scenes))}
        self.weights = scene_weights(len(self.places))

    def of(self, scenes: Sequence[str]) -> Float64:
        """float64 [R,n], the weights of n of them."""
        return self.weights[:, [self.places[scene] for scene in scenes]]

    def agreement(self, values: Sequence[float], replicates: Sequence[Float64]) -> Agreement | None:
        """The mean of values, each with its replicates [R], where there are any."""
        kept = [i for i, value in enumerate(values) if np.isfinite(value)]
        if not kept:
            return None
        several = np.stack([replicates[i] for i in kept])
        there = np.isfinite(several)
        with np.errstate(invalid="ignore", divide="ignore"):
            means = np.where(there, several, 0).sum(axis=0) / there.sum(axis=0)
        if not there.any(axis=1).all():
            means = np.full_like(means, np.nan)  # of a part of the values alone
        value = float(np.mean([values[i] for i in kept]))
        low, high = agreement_interval(value, means, len(self.places))
        return Agreement(value, low, high, len(kept))


class _Values:
    """A task's values per edit and scores, of the methods that are compared."""

    def __init__(self, run: Run, task: TaskRow, left_out: frozenset[str]) -> None:
        self._run = run
        self._task = task
        removal = task.operation == "remove"
        named = {m.name for m in run.header.methods if removal or not m.sees_hidden} - left_out
        samples = run.samples(task.name)
        there = samples[(samples["status"] == "ok") & samples["method"].isin(named)]
        self._samples = there
        self.methods = [m.name for m in run.header.methods if (there["method"] == m.name).any()]
        rows = there.drop_duplicates("edit")
        self.edits = [str(edit) for edit in rows["edit"]]
        # Two tasks of one dataset have the same scenes.
        self.scenes = [f"{task.dataset}/{scene}" for scene in rows["scene"]]

    def per_edit(self, score: MetricColumn) -> Float64 | None:
        """float64 [edits, methods], higher = better, nan where there is no value; None for none at all."""
        turn = _sign(score)
        if turn is None or score.name not in self._samples:
            return None
        wide = self._samples.pivot(index="edit", columns="method", values=score.name)
        values = turn(
            wide.reindex(index=self.edits, columns=self.methods).to_numpy(
                np.float64, na_value=np.nan
            )
        )
        return None if np.isnan(values).all() else values

    def of_set(self, score: MetricColumn, weights: Float64) -> tuple[Float64, Float64] | None:
        """A score of each method, float64 [methods], and its replicates [R, methods]; higher = better.

        Args:
            score: whose.
            weights: float64 [R, scenes], by the position of `places`.
        """
        turn = _sign(score)
        if turn is None:
            return None
        if score.summary == "mean":
            values = self.per_edit(score)
            return None if values is None else _means(values, weights)
        found = [self._of_a_whole(score.name, method, weights) for method in self.methods]
        ends = [turn(np.append(value, moved)) for value, moved in found]
        both = np.stack(ends, axis=1)
        return None if np.isnan(both[0]).all() else (both[0], both[1:])

    def _of_a_whole(self, name: str, method: str, weights: Float64) -> tuple[float, Float64]:
        nothing = np.full(len(weights), np.nan)
        own = self._scores.get((name, method))
        if own is None or not np.isfinite(own):
            return np.nan, nothing
        kept = self._replicates.get((name, method))
        if kept is None:
            return own, nothing
        scenes, without = kept
        at = {scene: i for i, scene in enumerate(self.scenes)}
        mine = weights[:, [at[scene] for scene in scenes]]
        # As often as scenes of this score were drawn at all: its weights must sum to their number.
        mine = mine * (len(scenes) / np.maximum(mine.sum(axis=1, keepdims=True), 1))
        n = len(scenes)
        return own, own + (mine - 1) @ (own - without) * ((n - 1) / n)

    @cached_property
    def _scores(self) -> dict[tuple[str, str], float]:
        rows = self._mine(self._run.scores)
        return {
            (str(metric), str(method)): float(value)
            for metric, method, value in zip(rows["metric"], rows["method"], rows["value"])
            if value is not None
        }

    @cached_property
    def _replicates(self) -> Mapping[tuple[str, str], tuple[list[str], Float64]]:
        rows = self._mine(self._run.replicates)
        return {
            (str(metric), str(method)): (
                [f"{self._task.dataset}/{scene}" for scene in scenes],
                np.asarray(values, dtype=np.float64),
            )
            for metric, method, scenes, values in zip(
                rows["metric"], rows["method"], rows["scenes"], rows["values"]
            )
        }

    def _mine(self, table: pd.DataFrame) -> pd.DataFrame:
        if table.empty:
            return table
        rows: pd.DataFrame = table[(table["task"] == self._task.name) & (table["of"] == "all")]
        return rows


def _means(values: Float64, weights: Float64) -> tuple[Float64, Float64]:
    """The means over edits [edits, methods] with their replicates; of infinite ones no replicate moves."""
    there = ~np.isnan(values)
    plain = np.where(np.isfinite(values), values, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        own = np.where(there, values, 0).sum(axis=0) / there.sum(axis=0)
        moved = (weights @ plain) / (weights @ there.astype(np.float64))
    return own, np.where(np.isinf(own), own, moved)


def _of_edits(
    sides: Sequence[_Values], scenes: _Scenes, truth: MetricColumn, score: MetricColumn
) -> Agreement | None:
    """For each edit over methods; a resample counts an edit as often as its scene."""
    found: list[tuple[str, float]] = []
    for side in sides:
        known, given = side.per_edit(truth), side.per_edit(score)
        if known is None or given is None:
            continue
        for scene, x, y in zip(side.scenes, known, given):
            value = _over(x, y, np.ones((1, len(x))))[0]
            if np.isfinite(value):
                found.append((scene, float(value)))
    if not found:
        return None
    values = np.array([value for _, value in found])
    weights = scenes.of([scene for scene, _ in found])
    with np.errstate(invalid="ignore", divide="ignore"):
        means = (weights @ values) / weights.sum(axis=1)
    value = float(values.mean())
    low, high = agreement_interval(value, means, len(scenes.places))
    return Agreement(value, low, high, len(found))


def _of_methods(
    sides: Sequence[_Values], scenes: _Scenes, truth: MetricColumn, score: MetricColumn
) -> Agreement | None:
    """For each task and method over its edits."""
    values: list[float] = []
    replicates: list[Float64] = []
    for side in sides:
        known, given = side.per_edit(truth), side.per_edit(score)
        if known is None or given is None:
            continue
        weights = scenes.of(side.scenes)
        for x, y in zip(known.T, given.T):
            values.append(float(_over(x, y, np.ones((1, len(x))))[0]))
            replicates.append(_over(x, y, weights))
    return scenes.agreement(values, replicates)


def _of_tables(
    sides: Sequence[_Values], scenes: _Scenes, truth: MetricColumn, score: MetricColumn
) -> Agreement | None:
    """For each task over its methods' scores."""
    values: list[float] = []
    replicates: list[Float64] = []
    for side in sides:
        weights = scenes.of(side.scenes)
        known, given = side.of_set(truth, weights), side.of_set(score, weights)
        if known is None or given is None:
            continue
        both = ~(np.isnan(known[0]) | np.isnan(given[0]))
        values.append(float(_by_rows(known[0][None, both], given[0][None, both])[0]))
        replicates.append(_by_rows(known[1][:, both], given[1][:, both]))
    return scenes.agreement(values, replicates)


def _over(x: Float64, y: Float64, weights: Float64) -> Float64:
    """The weighted rank correlation where both have values, float64 [R]; nan for fewer than `FEWEST`."""
    both = ~(np.isnan(x) | np.isnan(y))
    if both.sum() < FEWEST:
        return np.full(len(weights), np.nan)
    return weighted_correlation(x[both], y[both], weights[:, both])


def _by_rows(x: Float64, y: Float64) -> Float64:
    """Spearman's correlation of each row of x and y [R,m], float64 [R]; nan where one has no value."""
    from scipy import stats

    if x.shape[1] < FEWEST:
        return np.full(len(x), np.nan)
    a, b = (stats.rankdata(side, axis=1) for side in (x, y))
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Float64 = (a * b).sum(axis=1) / np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    return found
