"""`run_suite`: a suite carried out, from YAML to a run directory with scores."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.core.atomic import write_json
from bench.core.device import choose_device
from bench.core.text import now
from bench.metrics import Context, Metric, Missing, make_metric
from bench.run.canary_shard import read_checks
from bench.run.checking import check_tasks
from bench.run.costs import cost_rows
from bench.run.early import Stopping
from bench.run.environment import commit, hardware, versions
from bench.run.execute import Execution, execute
from bench.run.header import RunNotice
from bench.run.methods import Method, make_methods
from bench.run.notices import check_notices, order_notices
from bench.run.outcome import Outcome, all_missing, all_reasons, all_suspect, outcomes_of
from bench.run.paint import Painter
from bench.run.plan import Plan, Task, plan_run
from bench.run.record import RunRecord, take_up
from bench.run.reduce import TaskMetrics, reduce_canaries, reduce_task
from bench.run.store import RunFolder, write_table
from bench.suite.schema import Suite, load_suite

__all__ = ["Outcome", "Watch", "run_suite"]


@dataclass(frozen=True)
class Watch:
    """Who is told how far a run is: `start(planned edits)` once, `advance(edits)` after each shard."""

    start: Callable[[int], None] = lambda _: None
    advance: Callable[[int], None] = lambda _: None


def run_suite(
    suite: Suite | str | Path,
    *,
    out: Path | str,
    data: Mapping[str, Path] | None = None,
    limit: int | None = None,
    seed: int | None = None,
    device: str = "auto",
    batch_size: int | None = None,
    workers: int | None = None,
    fetch: bool = False,
    trust: bool = False,
    watch: Watch | None = None,
    until: Stopping | None = None,
) -> Outcome:
    """Carries out a suite and writes the run directory; goes on where an earlier call stopped.

    Args:
        suite: a checked suite, a shipped one's name, or a YAML file.
        out: the run directory, made where it is missing.
        data: folders by the suite's dataset names.
        limit: at most this many scenes a dataset.
        seed: in place of the suite's seed.
        device: "auto" (a GPU where there is one), "cpu", "cuda", "cuda:1" ...
        batch_size: in place of the suite's batch size; part of every method's hash.
        workers: threads that read and draw ahead; changes no number. One less than the cores, at
            most 8, where None.
        fetch: whether missing weights may be fetched from their official address.
        trust: whether methods may run foreign code (a command, a file that can carry code).
        watch: who is told how far the run is.
        until: who ends tasks early; scenes then come in a keyed random order.

    Raises:
        BadInput: wrong suite, data, options; a method that cannot do any edit of a task; or `out`
            holds another run or other files.
    """
    began = time.perf_counter()
    checked = suite if isinstance(suite, Suite) else load_suite(suite)
    if batch_size is not None:
        checked = checked.model_copy(update={"batch_size": batch_size})
    plan = plan_run(
        checked, data=data, limit=limit, seed=seed, shuffled=until is not None, trust=trust
    )
    where = choose_device(device)
    folder = RunFolder(Path(out))
    methods = make_methods(
        plan.suite.methods, device=where, batch_size=plan.suite.batch_size, trust=trust
    )
    check_tasks(plan.tasks, methods)
    metrics = {task.name: _metrics(plan.suite, task, where, fetch) for task in plan.tasks}
    record = RunRecord(plan, methods, metrics)
    if until is not None:
        until.begin(folder, record.json())
    started = take_up(folder, record)
    watch = watch or Watch()
    watch.start(plan.planned)
    execute(
        Execution(
            plan=plan,
            methods=methods,
            metrics={name: both.ready for name, both in metrics.items()},
            folder=folder,
            painter=Painter(plan.suite.batch_size, where),
            workers=workers if workers is not None else min(8, max(1, (os.cpu_count() or 2) - 1)),
            advance=watch.advance,
            enough=lambda task: until is not None and until.enough(task.name),
        )
    )
    _write_scores(folder, plan, metrics, methods)
    _write_rows(folder.costs, cost_rows(folder, plan, methods, where))
    counts = {task.name: outcomes_of(folder, task) for task in plan.tasks}
    notices = _notices(folder, plan, metrics, methods)
    write_json(
        folder.record,
        {
            **record.json(counts),
            "notices": [notice.model_dump() for notice in notices],
            "state": "done" if _complete(folder, plan) else "decided",
            "started": started,
            "finished": now(),
            "seconds": round(time.perf_counter() - began, 3),
            "versions": versions(),
            "git": commit(),
            "hardware": hardware(where),
        },
    )
    return Outcome(
        folder=folder.root,
        edits=sum(len(count.made) for count in counts.values()),
        failed=sum(count.failed for count in counts.values()),
        impossible=sum(len(count.impossible) for count in counts.values()),
        missing=all_missing(methods, metrics.values()),
        reasons=all_reasons(counts),
        suspect=all_suspect(notices),
        idle=tuple(f"{name}: {line}" for name, found in counts.items() for line in found.idle),
    )


def _complete(folder: RunFolder, plan: Plan) -> bool:
    """Whether every planned shard was carried out."""
    return all(
        folder.table("samples", task.slug, shard.file_name).is_file()
        for task in plan.tasks
        for shard in task.shards()
    )


def _metrics(suite: Suite, task: Task, device: str, fetch: bool) -> TaskMetrics:
    context = Context(device=device, segmenter=task.segmenter, fetch=fetch)
    ready: list[Metric] = []
    missing: dict[str, Missing] = {}
    for entry in suite.metrics:
        metric = make_metric(entry.name, entry.options, context)
        if isinstance(metric, Missing):
            missing[entry.name] = metric
        else:
            ready.append(metric)
    return TaskMetrics(tuple(ready), missing)


def _write_scores(
    folder: RunFolder,
    plan: Plan,
    metrics: Mapping[str, TaskMetrics],
    methods: tuple[Method, ...],
) -> None:
    reduced = [
        reduce_task(folder, task, metrics[task.name], [m for m in methods if m.edits(task)])
        for task in plan.tasks
    ]
    for table in ("replicates", "rosetta", "influence", "scores"):
        rows = [row for one in reduced for row in getattr(one, table)]
        if rows:
            _write_rows(folder.root / f"{table}.parquet", rows)


def _notices(
    folder: RunFolder,
    plan: Plan,
    metrics: Mapping[str, TaskMetrics],
    methods: tuple[Method, ...],
) -> list[RunNotice]:
    """Scores the canaries, and says what they and the second look at every method found out."""
    rows: list[dict[str, Any]] = []
    found: list[RunNotice] = []
    needs = {method.name: method.needs for method in methods}
    for task in plan.tasks:
        scores = reduce_canaries(folder, task, metrics[task.name])
        rows += [
            {"task": task.name, "method": canary, **asdict(score)}
            for (_, canary), score in scores.items()
        ]
        found += order_notices(task.name, metrics[task.name].ready, scores)
        found += check_notices(task.name, read_checks(folder, task.slug), needs)
    _write_rows(folder.canaries, rows)
    return found


def _write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    names = list(rows[0]) if rows else []
    write_table(path, {name: [row[name] for row in rows] for name in names})
