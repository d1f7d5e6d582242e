"""`run_suite`: a suite carried out, from YAML to a run directory with scores."""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import masks
from bench.core.device import choose_device
from bench.core.errors import BadInput, unknown
from bench.plugins.kinds import DATASETS, EDITORS, EXECUTORS, METRICS, PROTOCOLS
from bench.plugins.registry import Registry
from bench.run.finish import finish_run
from bench.run.job import Executor, Job, ShardRef, Shards
from bench.run.kept import Again, Standing
from bench.run.layout import RunFolder
from bench.run.outcome import Outcome
from bench.run.plan import Plan, Task, narrowed, plan_run
from bench.run.record import RunRecord, go_on, take_up
from bench.run.schema import Header
from bench.run.worker import Worker
from bench.suite.check import suite_problems
from bench.suite.schema import MethodEntry, MetricEntry, Suite, read_suite

__all__ = ["Outcome", "Stopping", "Watch", "run_suite"]


@dataclass(frozen=True)
class Watch:
    """Who is told how far a run is, in results: an edit counts once for every method.

    `start(results)` once, `advance(results)` whenever some more are there, at least after each shard.
    """

    start: Callable[[int], None] = lambda _: None
    advance: Callable[[int], None] = lambda _: None


class Stopping(Protocol):
    """Decides, after every shard, whether a task has edits enough."""

    def begin(self, folder: RunFolder, header: Header) -> None:
        """Looks at the run before its first shard.

        Args:
            folder: the run directory, whose samples grow shard by shard.
            header: what `run.json` says of the run: tasks, methods, metrics, protocols.

        Raises:
            BadInput: where nothing can be decided about this run.
        """
        ...

    def enough(self, task: str) -> bool:
        """Whether the task's verdict is certain; reads the shards that were written since."""
        ...


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
    executor: str | Executor = "local",
    editors: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Any] | None = None,
    datasets: Mapping[str, Any] | None = None,
    protocols: Mapping[str, type[masks.Protocol]] | None = None,
    retry_failed: bool = False,
    fresh: Collection[str] = (),
) -> Outcome:
    """Carries out a suite and writes the run directory; goes on where an earlier call stopped.

    Results that are there stay, once their files have been looked at; a run grows by tasks, methods,
    metrics and scenes without carrying out again what it has.

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
        trust: whether foreign code may be run (a command, a file that can carry code) and imported
            (`package.module:attribute` in the suite).
        watch: who is told how far the run is.
        until: who ends tasks early; scenes then come in a keyed random order.
        executor: who decides where shards are carried out, by name or as an object.
        editors: objects by name, beside the installed plugins; one that the suite does not name joins
            it as a further method.
        metrics: objects by name; one that the suite does not name joins it as a further score.
        datasets: objects by the names that the suite gives them.
        protocols: objects by the names that the suite gives them.
        retry_failed: whether failed edits are carried out again.
        fresh: names of methods that are carried out again, "all" for every one; such a method may be
            another one than before.

    Raises:
        BadInput: wrong suite, data, options; a method that cannot do any edit of a task; `out`
            holds another run or other files; or an executor that cannot use objects.
    """
    with contextlib.ExitStack() as held:
        given: tuple[tuple[Registry[Any], Mapping[str, Any] | None], ...] = (
            (EDITORS, editors),
            (METRICS, metrics),
            (DATASETS, datasets),
            (PROTOCOLS, protocols),
        )
        for registry, objects in given:
            held.enter_context(registry.offering(objects))
        offered = [
            f"{registry.kind} {name!r}" for registry, objects in given for name in objects or ()
        ]
        chosen = _executor(executor, offered, until, trust)
        checked = _joined(_checked(suite, trust), editors or {}, metrics or {})
        checked = narrowed(checked, limit=limit, seed=seed, batch_size=batch_size)
        job = Job(
            suite=checked,
            out=Path(out),
            data=dict(data or {}),
            device=device,
            shuffled=until is not None,
            threads=workers if workers is not None else min(8, max(1, (os.cpu_count() or 2) - 1)),
            fetch=fetch,
            trust=trust,
            home=_home(suite),
            again=Again(retry_failed, _fresh(checked, fresh)),
        )
        held.enter_context(contextlib.closing(job))
        name = executor if isinstance(executor, str) else type(executor).__name__.lower()
        return _run(job, chosen, name, watch or Watch(), until)


def _fresh(suite: Suite, names: Collection[str]) -> frozenset[str]:
    known = {method.name for method in suite.methods}
    for name in names:
        if name not in known and name != "all":
            raise unknown("method", name, known)
    return frozenset(known if "all" in names else names)


def _home(suite: Suite | str | Path) -> Path:
    """The folder of the suite's file; the working folder where it is shipped or made in Python."""
    path = None if isinstance(suite, Suite) else Path(suite)
    return Path.cwd() if path is None or not path.is_file() else path.resolve().parent


def _checked(suite: Suite | str | Path, trust: bool) -> Suite:
    """The suite, once every name in it has been looked up."""
    if isinstance(suite, Suite):
        checked, text, source = suite, "", f"suite {suite.name!r}"
    else:
        checked, text, source = read_suite(suite)
    problems = suite_problems(checked, text, source, trust=trust)
    if problems:
        raise BadInput(problems[0])
    return checked


def _joined(suite: Suite, editors: Iterable[str], metrics: Iterable[str]) -> Suite:
    """The suite with the objects of the Python API that it does not name."""
    used = {method.editor for method in suite.methods}
    methods = [MethodEntry(name=n, editor=n) for n in editors if n not in used]
    scores = [MetricEntry(name=n) for n in metrics if n not in {one.name for one in suite.metrics}]
    taken = {method.name for method in suite.methods}
    for method in methods:
        if method.name in taken:
            raise BadInput(
                f"editor {method.name!r} is given here, and suite {suite.name!r} has another method "
                "of that name; give yours another name"
            )
    return suite.model_copy(
        update={"methods": [*suite.methods, *methods], "metrics": [*suite.metrics, *scores]}
    )


def _executor(
    executor: str | Executor, offered: list[str], until: Stopping | None, trust: bool
) -> Executor:
    chosen: Executor = (
        EXECUTORS.get(executor, trust=trust)() if isinstance(executor, str) else executor
    )
    if not chosen.here and offered:
        raise BadInput(
            f"executor {executor!r} works in other processes, which cannot use {offered[0]} that was "
            "handed over as an object; write it in the suite as package.module:attribute"
        )
    if not chosen.here and until is not None:
        raise BadInput(
            f"executor {executor!r} carries out shards in any order, but --until-decided looks at "
            "them one after the other; use the executor local"
        )
    return chosen


def _run(job: Job, executor: Executor, name: str, watch: Watch, until: Stopping | None) -> Outcome:
    began = time.perf_counter()
    worker = job.worker(choose_device(job.device))
    record = RunRecord(worker.plan, worker.methods, worker.metrics, name)
    if until is not None:
        until.begin(job.folder, record.header())
    fresh = job.again.methods | {one.name for one in worker.methods if not one.recognised}
    started = take_up(job.folder, record, fresh, lambda suite: _replan(job, suite))
    found = _survey(worker, job.threads)
    sizes = {
        ShardRef(task.name, shard.number): len(shard.pairs) * _methods_of(worker, task)
        for task in worker.plan.tasks
        for shard in task.shards()
    }
    told: Counter[ShardRef] = Counter()

    def carried_out(shard: ShardRef, results: int) -> None:
        told[shard] += results
        watch.advance(results)

    def done(shard: ShardRef) -> None:
        watch.advance(sizes[shard] - told.pop(shard, 0))

    def needed(shard: ShardRef) -> bool:
        return until is None or not until.enough(shard.task)

    watch.start(sum(sizes.values()))
    waiting = [shard for shard in sizes if not found[shard].done]
    for shard in sizes:
        if found[shard].done:
            done(shard)
    if waiting:
        go_on(job.folder, record, started)
    worker.told = carried_out
    executor.run(job, Shards(iter(waiting), needed), done)
    return finish_run(job, worker, record, started, began, found.values())


def _replan(job: Job, suite: Suite) -> Plan:
    known = {*suite.datasets, *(entry.dataset for entry in suite.datasets.values())}
    data = {name: path for name, path in job.data.items() if name in known}
    moved = suite.read_from(job.suite.home)
    return plan_run(moved, data=data, shuffled=job.shuffled, trust=job.trust)


def _methods_of(worker: Worker, task: Task) -> int:
    return sum(one.editor is not None and one.edits(task) for one in worker.methods)


def _survey(worker: Worker, threads: int) -> dict[ShardRef, Standing]:
    """What is there of every shard, its images read in threads."""
    shards = [
        ShardRef(task.name, shard.number) for task in worker.plan.tasks for shard in task.shards()
    ]
    with ThreadPoolExecutor(max(1, threads)) as pool:
        return dict(zip(shards, pool.map(worker.standing, shards)))
