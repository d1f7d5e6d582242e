"""From the tables of shards to those of the run: scores with their hashes, canaries, costs."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bench.core.errors import BadInput, PluginFailed
from bench.core.identity import Record, record_hash
from bench.core.text import slug
from bench.metrics import Metric, Missing, Score, checked_estimates, full_definition, guarded
from bench.metrics.estimate import Estimate
from bench.run.carried_out import timed_on
from bench.run.editing.failures import failure_of, write_failures
from bench.run.layout import RunFolder, ShardTable
from bench.run.measure import TaskMetrics
from bench.run.methods import Method
from bench.run.plan import Plan, Task
from bench.run.schema import REAL
from bench.run.table_files import read_tables
from bench.run.tables import CANARY_SAMPLES, REFERENCES, SAMPLES, TIMES, StoredTable

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Reduced",
    "cost_rows",
    "protocol_record",
    "reduce_canaries",
    "reduce_task",
    "reference_rows",
    "with_tracebacks",
]


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

    def add(self, other: Reduced) -> None:
        """Takes the other's rows behind its own."""
        for name, rows in vars(other).items():
            getattr(self, name).extend(rows)


def protocol_record(task: Task, metric: Metric | None, name: str) -> Record:
    """The readable side of a score's protocol hash."""
    definition = {"name": name} if metric is None else {"name": name, **full_definition(metric)}
    return {**task.record, "metric": definition}


def reference_rows(folder: RunFolder, task: Task, metrics: TaskMetrics) -> pd.DataFrame:
    """The reference side of a task's edits, with the columns of its metrics.

    Raises:
        BadInput: a damaged table, or a task of which no shard is done.
    """
    return _shards(folder, task, "references", REFERENCES, metrics)


def reduce_task(
    folder: RunFolder,
    task: Task,
    metrics: TaskMetrics,
    methods: Sequence[Method],
    references: pd.DataFrame,
) -> Reduced:
    """The task's rows of the scores, replicates, rosetta and influence tables.

    Args:
        folder: the run.
        task: of the plan.
        metrics: the task's.
        methods: those that take part in it.
        references: its `reference_rows`.

    Raises:
        BadInput: a damaged table, or a task of which no shard is done.
    """
    samples = _shards(folder, task, "samples", SAMPLES, metrics)
    reduced = Reduced()
    for metric in metrics.ready:
        try:
            with guarded(metric, "reading its columns"):
                own = _reduced(task, metric, methods, samples, references)
        except PluginFailed as error:
            own = _without_scores(folder, task, metric, methods, error)
        reduced.add(own)
    for name, missing in metrics.missing.items():
        protocol = record_hash(protocol_record(task, None, name))
        for method in methods:
            score = Score(name, None, reason=missing.text)
            reduced.scores.append(_row(task, method.name, method.hash, protocol, score))
    return reduced


def _reduced(
    task: Task,
    metric: Metric,
    methods: Sequence[Method],
    samples: pd.DataFrame,
    references: pd.DataFrame,
) -> Reduced:
    """One metric's rows."""
    reduced = Reduced()
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
    return reduced


def _without_scores(
    folder: RunFolder,
    task: Task,
    metric: Metric,
    methods: Sequence[Method],
    error: PluginFailed,
) -> Reduced:
    """The rows of a metric whose own code failed, with the reason; its traceback goes into the run."""
    file = _traceback(folder, task, metric.name, error.__cause__ or error)
    reason = Missing(str(error), traceback=file).text
    protocol = record_hash(protocol_record(task, metric, metric.name))
    return Reduced(
        scores=[
            _row(task, method.name, method.hash, protocol, Score(name, None, reason=reason))
            for method in methods
            for name in metric.score_names
        ]
    )


def with_tracebacks(folder: RunFolder, task: Task, metrics: TaskMetrics) -> TaskMetrics:
    """The task's metrics; of those that code from elsewhere keeps from being made the run has a traceback."""
    missing = {
        name: one
        if one.cause is None
        else replace(one, traceback=_traceback(folder, task, name, one.cause))
        for name, one in metrics.missing.items()
    }
    return replace(metrics, missing=missing)


def _traceback(folder: RunFolder, task: Task, metric: str, error: BaseException) -> str:
    """Writes what foreign code raised into the run, and gives the file's path there; "" where it has none."""
    failure = failure_of(error, [])  # type: ignore[arg-type]  # foreign code's
    write_failures(folder, task.slug, slug(metric), [failure])
    file = folder.failure(task.slug, slug(metric), failure.name)
    return folder.relative(file) if failure.name else ""


def reduce_canaries(
    folder: RunFolder, task: Task, metrics: TaskMetrics, references: pd.DataFrame
) -> dict[tuple[str, str], Score]:
    """The canaries' scores over all classes, by (score's name, canary); empty without an edit.

    Args and Raises: as `reduce_task`.
    """
    if not folder.shards("canaries", task.slug):
        return {}
    samples = _shards(folder, task, "canaries", CANARY_SAMPLES, metrics)
    found: dict[tuple[str, str], Score] = {}
    for canary, mine in samples.groupby("method", sort=False):
        for metric in metrics.ready:
            # What it fails on here is told where the run's own scores are made.
            with contextlib.suppress(PluginFailed), guarded(metric, "estimates()"):
                for estimate in _estimates_of(metric, mine, references) or ():
                    if estimate.of == "all":
                        found[estimate.metric, str(canary)] = estimate.score()
    return found


def cost_rows(
    folder: RunFolder, plan: Plan, methods: Sequence[Method], device: str
) -> list[dict[str, Any]]:
    """One row per (task, method) of the costs table; its columns say how each was measured.

    A task so short that every batch was a warm-up has no times, and neither has one whose workers
    shared their device. A method whose results were made elsewhere has no costs: reading a file is none.
    Where a time is not there, the column `device` ends in the reason.
    """
    return [
        {"task": task.name, "method": method.name, **_cost(times, plan, method, *where)}
        for task in plan.tasks
        for times in [_shards(folder, task, "times", TIMES)]
        for where in [timed_on(folder, task.slug, device)]
        for method in methods
        if method.edits(task)
    ]


def _cost(
    times: pd.DataFrame, plan: Plan, method: Method, device: str, untimed: str
) -> dict[str, Any]:
    if method.reads_results:
        times, device, untimed = times.iloc[:0], "made elsewhere", ": not timed"
    mine = times[times["method"] == method.name]
    ms = mine["ms"].astype(float).dropna()
    if not len(ms) and method.editor is not None:
        untimed = untimed or "; no edit after the warm-up: not timed"
    batch = plan.suite.batch_size
    return {
        "ms": float(ms.median()) if len(ms) else None,
        "ms_p90": float(ms.quantile(0.9)) if len(ms) else None,
        "peak_mib": _highest(mine["peak_bytes"], 2**20),
        "macs": _highest(mine["macs"], batch),
        "parameters": _parameters(method),
        "timed": len(ms),
        "batch": batch,
        "device": device + untimed,
    }


def _highest(values: pd.Series, unit: float) -> float | None:
    known = values.astype(float).dropna()
    return float(known.max()) / unit if len(known) else None


def _parameters(method: Method) -> int | None:
    network: Any = getattr(method.editor, "network", None)
    if network is None:
        return None
    return sum(int(parameter.numel()) for parameter in network.parameters())


def _shards(
    folder: RunFolder,
    task: Task,
    name: ShardTable,
    table: StoredTable,
    metrics: TaskMetrics | None = None,
) -> pd.DataFrame:
    """All shards of a task in plan order, with the states of the metrics."""
    files = folder.shards(name, task.slug)
    if not files:
        raise BadInput(
            f"{folder.root}: no shard of task {task.name!r} is done; run the suite first"
        )
    ready = () if metrics is None else metrics.ready
    states = [state for metric in ready for state in (metric.name, *metric.score_names)]
    return read_tables(files, table, states=states)


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
    if found is None and metric.observes:
        return none(
            "nothing was seen of it while the edits were carried out; "
            f"`siebench run` with --fresh {method.name} carries them out again"
        )
    if found is not None:
        return found
    truthless = metric.against == "ground-truth" and mine["no_ground_truth"].fillna("").all()
    return none(f"no edit of this task has {'a ground truth' if truthless else metric.needs}")


def _estimates_of(
    metric: Metric, samples: pd.DataFrame, references: pd.DataFrame
) -> list[Estimate] | None:
    """The estimates on the rows of one method, or None where the metric measured none of them."""
    both = _aligned(metric, samples, references)
    return None if both is None else checked_estimates(metric, metric.estimates(*both))


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
