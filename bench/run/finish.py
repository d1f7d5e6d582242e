"""The end of a run: its tables from those of its shards, its notices, and what came of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.core.device import kind_of
from bench.core.errors import BadInput
from bench.core.text import counted, now
from bench.run.canaries.checks import read_checks
from bench.run.canaries.notices import (
    belonging_notices,
    check_notices,
    doubt_notices,
    order_notices,
    unrecognised_notices,
)
from bench.run.canaries.outputs import output_notices
from bench.run.carried_out import workers_of
from bench.run.environment import commit, hardware, harness_commit, versions
from bench.run.job import Job
from bench.run.kept import Standing
from bench.run.layout import RunFolder
from bench.run.measure import TaskMetrics
from bench.run.methods import Method
from bench.run.outcome import Outcome, all_missing, all_reasons, task_outcome
from bench.run.plan import Task
from bench.run.portable import portable_header
from bench.run.presence import living
from bench.run.record import RunRecord
from bench.run.reduce import (
    Reduced,
    cost_rows,
    reduce_canaries,
    reduce_task,
    reference_rows,
    with_tracebacks,
)
from bench.run.schema import Git, RunNotice, WorkersRow, all_noticed, write_header
from bench.run.shards import ShardRef
from bench.run.table_files import read_tables, write_table
from bench.run.tables import (
    CANARIES,
    COSTS,
    INFLUENCE,
    OUTPUTS,
    REPLICATES,
    ROSETTA,
    SAMPLES,
    SCORES,
    StoredTable,
)
from bench.run.worker import Worker

__all__ = ["finish_run", "lacking", "refuse_unfinished"]

_LISTED = 3  # of the shards that are not done


def lacking(
    worker: Worker, needed: Callable[[ShardRef], bool] = lambda _: True
) -> Iterator[ShardRef]:
    """The shards of a run that are needed and not there, whoever was to carry them out."""
    for task in worker.plan.tasks:
        for shard in task.shards():
            one = ShardRef(task.name, shard.number)
            if not worker.written(one) and needed(one):
                yield one


def refuse_unfinished(
    folder: RunFolder, worker: Worker, needed: Callable[[ShardRef], bool] = lambda _: True
) -> None:
    """Refuses to make the tables of a run that lacks shards.

    Raises:
        BadInput: naming some of them, and what to do.
    """
    shards = [f"{one.task} {one.number}" for one in lacking(worker, needed)]
    if not shards:
        return
    more = f" and {len(shards) - _LISTED} more" if len(shards) > _LISTED else ""
    at_work = len(living(folder))
    raise BadInput(
        f"{folder.root}: {counted(len(shards), 'shard')} not done ({', '.join(shards[:_LISTED])}{more}); "
        + (
            f"{counted(at_work, 'worker')} at work: the last one makes the tables"
            if at_work
            else "`siebench run` with the same suite and --out carries them out"
        )
    )


def finish_run(
    job: Job,
    worker: Worker,
    record: RunRecord,
    started: str,
    began: float,
    found: Collection[Standing],
) -> Outcome:
    """Makes the tables of the run from those of its shards, and ends it.

    Args:
        job: the run.
        worker: this process's worker of it.
        record: what the run is made of.
        started: when it was begun, as `run.json` writes times.
        began: `time.perf_counter()` at the start of this call.
        found: what was there of each shard before.
    """
    folder, plan, methods = job.folder, worker.plan, worker.methods
    metrics = {
        task.name: with_tracebacks(folder, task, worker.metrics[task.name]) for task in plan.tasks
    }
    ended = [_end_of_task(folder, task, methods, metrics[task.name]) for task in plan.tasks]
    _write_ended(folder, ended)
    _write_rows(folder.table("costs"), COSTS, cost_rows(folder, plan, methods, worker.device))
    tasks = {task.name: task_outcome(folder, task, methods) for task in plan.tasks}
    outputs = {
        task.name: read_tables(folder.shards("outputs", task.slug), OUTPUTS) for task in plan.tasks
    }
    notices = [notice for one in ended for notice in one.notices] + output_notices(outputs)
    whole = all(
        folder.shard("samples", task.slug, shard.number).is_file()
        for task in plan.tasks
        for shard in task.shards()
    )
    workers = workers_of(folder, [task.slug for task in plan.tasks])
    repository, harness = commit(job.home), harness_commit()
    header = record.header(tasks).model_copy(
        update={
            "notices": tuple(notices),
            "state": "done" if whole else "decided",
            "started": started,
            "finished": now(),
            "seconds": round(time.perf_counter() - began, 3),
            "versions": versions(),
            "git": None if repository is None else Git(**repository),
            "harness": None if harness is None else Git(**harness),
            "hardware": _hardware(worker.device, workers),
            "workers": workers,
        }
    )
    header = portable_header(header)
    write_header(folder.record, header)
    kept: Counter[str] = sum((Counter(one.kept) for one in found), Counter())
    failures = [one.first_failure for one in tasks.values() if one.first_failure is not None]
    return Outcome(
        folder=folder.root,
        header=header,
        edits=sum(len(one.made) for one in tasks.values()),
        failed=sum(one.failed for one in tasks.values()),
        impossible=sum(len(one.impossible) for one in tasks.values()),
        missing=all_missing(methods, metrics.values()),
        reasons=all_reasons(tasks),
        suspect=all_noticed(notices, "bad"),
        notes=all_noticed(header.news, "note"),
        idle=tuple(f"{name}: {line}" for name, one in tasks.items() for line in one.idle),
        first_failure=failures[0] if failures else None,
        kept=kept,
        carried_out=max(0, sum(one.results for one in tasks.values()) - sum(kept.values())),
        damaged=tuple(line for one in found for line in one.damaged),
    )


def _hardware(device: str, workers: Sequence[WorkersRow]) -> dict[str, Any]:
    """This machine, and the devices that editors ran on, wherever that was."""
    found = hardware(device)
    kinds = dict.fromkeys(row.device for row in workers)
    if kinds and kind_of(device) not in kinds:
        found["device"] = ", ".join(kinds)
        found["device_name"] = ", ".join(dict.fromkeys(row.device_name for row in workers))
    return found


@dataclass(frozen=True)
class _Ended:
    """What the shards of a task tell.

    Attributes:
        reduced: the rows of its scores, and of what lies beside them.
        canaries: rows of the canaries table.
        notices: what its canaries, its real images and the second look at every method found out.
    """

    reduced: Reduced
    canaries: list[dict[str, Any]]
    notices: list[RunNotice]


def _end_of_task(
    folder: RunFolder, task: Task, methods: Sequence[Method], metrics: TaskMetrics
) -> _Ended:
    """What the shards of a task tell; its reference side, with all features, is read once and let go."""
    own = [method for method in methods if method.edits(task)]
    needs = {method.name: method.needs for method in methods}
    references = reference_rows(folder, task, metrics)
    reduced = reduce_task(folder, task, metrics, own, references)
    scores = reduce_canaries(folder, task, metrics, references)
    canaries = [
        {"task": task.name, "method": canary, **asdict(score)}
        for (_, canary), score in scores.items()
    ]
    notices = [
        *order_notices(task.name, metrics.ready, scores),
        *doubt_notices(task.name, metrics.ready, references),
        *unrecognised_notices(task, methods),
        *check_notices(task.name, read_checks(folder, task.slug), needs),
    ]
    elsewhere = [method.name for method in own if method.keeps_known]
    if elsewhere:
        samples = read_tables(folder.shards("samples", task.slug), SAMPLES)
        for name in elsewhere:
            notices += belonging_notices(task.name, name, samples)
    return _Ended(reduced, canaries, notices)


def _write_ended(folder: RunFolder, ended: Sequence[_Ended]) -> None:
    """The scores last: a run has them once everything else is there."""
    beside = (
        (folder.table("replicates"), REPLICATES, [one.reduced.replicates for one in ended]),
        (folder.table("rosetta"), ROSETTA, [one.reduced.rosetta for one in ended]),
        (folder.table("influence"), INFLUENCE, [one.reduced.influence for one in ended]),
    )
    for path, table, tasks in beside:
        rows = [row for own in tasks for row in own]
        if rows:
            _write_rows(path, table, rows)
        else:
            path.unlink(missing_ok=True)  # of results that have been carried out again
    _write_rows(folder.table("canaries"), CANARIES, [row for one in ended for row in one.canaries])
    _write_rows(
        folder.table("scores"), SCORES, [row for one in ended for row in one.reduced.scores]
    )


def _write_rows(path: Path, table: StoredTable, rows: list[dict[str, Any]]) -> None:
    write_table(path, table, {name: [row[name] for row in rows] for name in table.names})
