"""From samples to scores: every metric's summary, per task and method, with its hashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from bench.core.identity import Record, record_hash
from bench.metrics import Metric, Missing, Score
from bench.metrics.estimate import Estimate
from bench.run.header import REAL
from bench.run.methods import Method
from bench.run.plan import Task
from bench.run.store import RunFolder
from bench.run.tables import read_shards

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Reduced", "TaskMetrics", "protocol_record", "reduce_canaries", "reduce_task"]


@dataclass(frozen=True, eq=False)
class TaskMetrics:
    """A task's metrics: those that can be computed, and those that cannot with their reasons."""

    ready: tuple[Metric, ...]
    missing: Mapping[str, Missing]


@dataclass(frozen=True)
class Reduced:
    """A task reduced.

    Attributes:
        scores: rows of the scores table.
        replicates: rows of the replicates table: for every score of a whole set, its scenes and its
            values without each of them, which is what pairs it with another run's.
        rosetta: what other tools would have said of the same features and counts.
        influence: for every score of a whole set, how much each edit adds to it.
    """

    scores: list[dict[str, Any]] = field(default_factory=list)
    replicates: list[dict[str, Any]] = field(default_factory=list)
    rosetta: list[dict[str, Any]] = field(default_factory=list)
    influence: list[dict[str, Any]] = field(default_factory=list)


def protocol_record(task: Task, metric: Metric | None, name: str) -> Record:
    """The readable side of a score's protocol hash."""
    definition = {"name": name} if metric is None else {"name": name, **metric.definition()}
    return {**task.record, "metric": definition}


def reduce_task(
    folder: RunFolder, task: Task, metrics: TaskMetrics, methods: Sequence[Method]
) -> Reduced:
    """The task's rows of the scores and replicates tables."""
    prefixes = [name for metric in metrics.ready for name in (metric.name, *metric.score_names)]
    samples = read_shards(folder.root / "samples" / task.slug, prefixes)
    references = read_shards(folder.root / "references" / task.slug, prefixes)
    reduced = Reduced()
    for metric in metrics.ready:
        protocol = record_hash(protocol_record(task, metric, metric.name))
        real = metric.summarise_references(_with_values(metric, references))
        reduced.scores.extend(_row(task, REAL, "", protocol, score) for score in real)
        for method in methods:
            for estimate in _estimates(metric, method, samples, references):
                score = estimate.score()
                reduced.scores.append(_row(task, method.name, method.hash, protocol, score))
                if estimate.kind == "jackknife" and estimate.replicates is not None:
                    reduced.replicates.append(_replicates(task, method.name, estimate))
            _look_aside(reduced, task, metric, method, samples, references)
    for name, missing in metrics.missing.items():
        protocol = record_hash(protocol_record(task, None, name))
        for method in methods:
            score = Score(name, None, reason=missing.reason)
            reduced.scores.append(_row(task, method.name, method.hash, protocol, score))
    return reduced


def reduce_canaries(
    folder: RunFolder, task: Task, metrics: TaskMetrics
) -> dict[tuple[str, str], Score]:
    """The canaries' scores over all classes, by (score's name, canary); empty without an edit."""
    place = folder.root / "canaries" / task.slug
    if not place.is_dir():
        return {}
    prefixes = [name for metric in metrics.ready for name in (metric.name, *metric.score_names)]
    samples = read_shards(place, prefixes)
    references = read_shards(folder.root / "references" / task.slug, prefixes)
    return {
        (estimate.metric, str(canary)): estimate.score()
        for canary, mine in samples.groupby("method", sort=False)
        for metric in metrics.ready
        for estimate in _estimates_of(metric, mine, references) or ()
        if estimate.of == "all"
    }


def _estimates(
    metric: Metric, method: Method, samples: pd.DataFrame, references: pd.DataFrame
) -> list[Estimate]:
    def none(reason: str) -> list[Estimate]:
        return [Estimate(name, None, reason=reason) for name in metric.score_names]

    if method.problem is not None:
        return none(method.problem)
    mine = _carried_out(samples, method)
    if mine.empty:
        return none("no edit was carried out")
    found = _estimates_of(metric, mine, references)
    what = "true picture" if metric.against == "ground-truth" else "picture to compare with"
    return none(f"no edit of this task has a {what}") if found is None else found


def _estimates_of(
    metric: Metric, samples: pd.DataFrame, references: pd.DataFrame
) -> list[Estimate] | None:
    """The estimates on the rows of one method, or None where the metric measured none of them."""
    both = _aligned(metric, samples, references)
    return None if both is None else metric.estimates(*both)


def _look_aside(
    reduced: Reduced,
    task: Task,
    metric: Metric,
    method: Method,
    samples: pd.DataFrame,
    references: pd.DataFrame,
) -> None:
    """Adds what other tools would have said, and what each edit adds."""
    both = _aligned(metric, _carried_out(samples, method), references)
    if both is None:
        return
    where = {"task": task.name, "method": method.name}
    for score in metric.other_tools(*both):
        reduced.rosetta.append({**where, **asdict(score)})
    for name, values in metric.influence(*both).items():
        reduced.influence.extend(
            {**where, "metric": name, "edit": edit, "influence": float(value)}
            for edit, value in zip(both[0]["edit"], values)
        )


def _carried_out(samples: pd.DataFrame, method: Method) -> pd.DataFrame:
    mine: pd.DataFrame = samples[(samples["method"] == method.name) & (samples["status"] == "ok")]
    return mine


def _aligned(
    metric: Metric, samples: pd.DataFrame, references: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """The rows that the metric measured, and the reference side of the same edits."""
    mine = _with_values(metric, samples)
    if mine.empty:
        return None
    at = references.set_index("edit").loc[mine["edit"]].reset_index()
    return mine.reset_index(drop=True), at


def _replicates(task: Task, method: str, estimate: Estimate) -> dict[str, Any]:
    return {
        "task": task.name,
        "method": method,
        "metric": estimate.metric,
        "of": estimate.of,
        "scenes": estimate.scenes,
        "values": estimate.replicates,
    }


def _with_values(metric: Metric, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows in which the metric measured anything."""
    names = (metric.name, *metric.score_names)
    own = [
        column
        for column in frame.columns
        if column in names or any(column.startswith(f"{name}.") for name in names)
    ]
    kept: pd.DataFrame = frame[frame[own].notna().any(axis=1)]
    return kept


def _row(task: Task, method: str, method_hash: str, protocol: str, score: Score) -> dict[str, Any]:
    return {
        "task": task.name,
        "method": method,
        **asdict(score),
        "protocol": protocol,
        "method_hash": method_hash,
    }
