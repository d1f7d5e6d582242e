"""`run_suite` and `run_part`: a suite carried out, alone or with others, from YAML to a run directory."""

from __future__ import annotations

import contextlib
import inspect
import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import masks
from bench.core.device import names_several
from bench.core.errors import BadInput, unknown
from bench.plugins.foreign import foreign
from bench.plugins.kinds import DATASETS, EDITORS, EXECUTORS, METRICS, PROTOCOLS
from bench.plugins.options import check_options
from bench.plugins.registry import Registry
from bench.run.carry_out import Watch, carry_out, parse_part
from bench.run.job import Executor, Job, Stopping
from bench.run.kept import Again
from bench.run.outcome import Outcome
from bench.run.plan import narrowed
from bench.run.take_part import refuse_unpicklable
from bench.suite.check import refuse_alike, suite_problems
from bench.suite.schema import MethodEntry, MetricEntry, Suite, read_suite

__all__ = ["Outcome", "Stopping", "Watch", "run_part", "run_suite"]


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
    executor: str | Executor | None = None,
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
        device: "auto" (a GPU where there is one), "cpu", "cuda", "cuda:1"; several for several workers:
            "cuda:0,cuda:1", or "cpu:4" for four of one thread.
        batch_size: in place of the suite's batch size; part of every method's hash.
        workers: threads that read and draw ahead; changes no number. One less than the cores, at
            most 8, where None.
        fetch: whether missing weights may be fetched from their official address.
        trust: whether foreign code may be run (a command, a file that can carry code) and imported
            (`package.module:attribute` in the suite).
        watch: who is told how far the run is.
        until: who ends tasks early; scenes then come in a keyed random order.
        executor: who decides where shards are carried out, by name or as an object; None = the suite's,
            or "processes" where `device` names several, or "local".
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
        checked = _joined(_checked(suite, trust), editors or {}, metrics or {})
        checked = narrowed(checked, limit=limit, seed=seed, batch_size=batch_size)
        job = Job(
            suite=checked,
            out=Path(out),
            data=dict(data or {}),
            device=device,
            shuffled=until is not None,
            threads=_threads(workers),
            fetch=fetch,
            trust=trust,
            home=_home(suite),
            again=Again(retry_failed, _fresh(checked, fresh)),
            until=until,
        )
        held.enter_context(contextlib.closing(job))
        name, chosen = _executor(executor, job, offered)
        outcome = carry_out(job, chosen, name, watch or Watch())
    assert outcome is not None
    return outcome


def run_part(
    suite: Suite | str | Path,
    *,
    out: Path | str,
    part: str = "1/1",
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
    executor: str | Executor | None = None,
    wait: bool = True,
) -> Outcome | None:
    """Works on a run together with others: on any number of machines that share the folder `out`.

    Every worker gives the same suite and options. Shards are taken one by one by claims in the folder;
    one whose worker dies is taken by another. Who comes last makes the tables.

    Args:
        suite: as `run_suite` takes it, and so are all others but `part` and `wait`.
        out: the run directory, which every worker sees.
        part: "3/16" for every sixteenth shard, from the third on; "1/1" for any shard.
        data: folders by the suite's dataset names.
        limit: at most this many scenes a dataset.
        seed: in place of the suite's seed.
        device: what this worker computes on; several devices start several workers.
        batch_size: in place of the suite's batch size.
        workers: threads that read and draw ahead.
        fetch: whether missing weights may be fetched from their official address.
        trust: whether foreign code may be run and imported.
        watch: who is told how far the run is, others' shards among it.
        until: who ends tasks early.
        executor: who decides where this worker's shards are carried out.
        wait: whether an executor that submits jobs (`slurm`) stays until they are done; where it does
            not, the last job makes the tables.

    Returns:
        what came of the run, for the one that made its tables; None for all others.

    Raises:
        BadInput: as `run_suite`; a part that is none; a run of another suite, other weights or other
            versions in `out`; a folder whose disk does not create files atomically.
    """
    chosen_part = parse_part(part)
    checked = narrowed(_checked(suite, trust), limit=limit, seed=seed, batch_size=batch_size)
    job = Job(
        suite=checked,
        out=Path(out),
        data=dict(data or {}),
        device=device,
        shuffled=until is not None,
        threads=_threads(workers),
        fetch=fetch,
        trust=trust,
        home=_home(suite),
        until=until,
    )
    with contextlib.closing(job):
        name, chosen = _executor(executor, job, [], {} if wait else {"wait": False})
        return carry_out(job, chosen, name, watch or Watch(), chosen_part)


def _threads(workers: int | None) -> int:
    return workers if workers is not None else min(8, max(1, (os.cpu_count() or 2) - 1))


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
    refuse_alike([*taken, *(method.name for method in methods)])
    return suite.model_copy(
        update={"methods": [*suite.methods, *methods], "metrics": [*suite.metrics, *scores]}
    )


def _executor(
    executor: str | Executor | None,
    job: Job,
    offered: list[str],
    asked: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[str, Executor]:
    """The executor, with the name that `run.json` gives it; `asked` are settings besides the suite's."""
    named, settings = _named_executor(job)
    executor = named if executor is None else executor
    if isinstance(executor, str):
        name = executor
        # The suite's settings are of the executor that it names.
        settings = {**(settings if name == named else {}), **asked}
        factory = EXECUTORS.get(name, trust=job.trust)
        if "wait" in asked and "wait" not in inspect.signature(factory).parameters:
            raise BadInput(
                f"executor {name!r} works until the run is done, so it cannot be left; --no-wait is for "
                "slurm, whose jobs go on alone"
            )
        check_options(f"executor {name!r}", factory, settings)
        with foreign(f"executor {name!r}: its constructor"):
            chosen: Executor = factory(**settings)
    else:
        name, chosen = type(executor).__name__.lower(), executor
    if not chosen.here and offered:
        raise BadInput(
            f"executor {name!r} works in other processes, which cannot use {offered[0]} that was "
            "handed over as an object; write it in the suite as package.module:attribute"
        )
    if not chosen.here:
        refuse_unpicklable(job)
    return name, chosen


def _named_executor(job: Job) -> tuple[str, Mapping[str, Any]]:
    """What the suite says, or what the devices ask for, with its settings."""
    named = job.suite.executor
    if named is None:
        return ("processes" if names_several(job.device) else "local"), {}
    if isinstance(named, str):
        return named, {}
    ((name, settings),) = named.items()
    return name, settings
