"""What a run is made of, as its header, and whether a folder holds the same run already."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.core.errors import BadInput
from bench.core.identity import record_hash
from bench.core.text import now
from bench.metrics import FORMER_SCORES, ScoreInfo, full_definition
from bench.run.environment import versions
from bench.run.growth import obstacles, without_timeouts
from bench.run.layout import RunFolder
from bench.run.measure import TaskMetrics
from bench.run.methods import Method
from bench.run.outcome import TaskOutcome
from bench.run.plan import Plan, Task, plan_run
from bench.run.portable import portable_suite
from bench.run.reduce import protocol_record
from bench.run.schema import (
    FORMAT,
    Header,
    MethodRow,
    MetricColumn,
    Space,
    TaskRow,
    read_header,
    write_header,
)
from bench.suite.schema import Suite

__all__ = ["RunRecord", "go_on", "refuse_unlike", "take_up"]


@dataclass(frozen=True, eq=False)
class RunRecord:
    """A run's plan, methods and metrics, and who carries it out."""

    plan: Plan
    methods: Sequence[Method]
    metrics: Mapping[str, TaskMetrics]
    executor: str = "local"

    def key(self) -> dict[str, Any]:
        """What must be equal for a run to go on: everything that its numbers follow from.

        Where its files lie is none of it: what data, weights and masks hold is in the other records.
        """
        return {
            "format": FORMAT,
            "suite": without_timeouts(portable_suite(_plain(self.plan.suite))),
            **({"order": "shuffled"} if self.plan.shuffled else {}),
            "tasks": {task.name: dict(task.record) for task in self.plan.tasks},
            "methods": {method.name: dict(method.record) for method in self.methods},
            "metrics": {
                name: [full_definition(metric) for metric in both.ready]
                for name, both in self.metrics.items()
            },
        }

    def header(self, outcomes: Mapping[str, TaskOutcome] | None = None) -> Header:
        """The part of `run.json` that does not depend on the clock or the machine.

        Args:
            outcomes: what became of each task's edits, where the run is done.
        """
        suite = self.plan.suite
        return Header(
            format=FORMAT,
            key=record_hash(self.key()),
            name=suite.name,
            title=suite.title or suite.name,
            description=suite.description,
            executor=self.executor,
            order="shuffled" if self.plan.shuffled else "dataset",
            suite=_plain(suite),
            tasks=tuple(_task(task, (outcomes or {}).get(task.name)) for task in self.plan.tasks),
            methods=tuple(_method(method) for method in self.methods),
            metrics=self._metrics(),
            protocols=self._protocols(),
        )

    def _metrics(self) -> tuple[MetricColumn, ...]:
        columns: dict[str, MetricColumn] = {}
        for both in self.metrics.values():
            for metric in both.ready:
                for score in metric.scores:
                    columns[score.name] = MetricColumn(metric=metric.name, **asdict(score))
        for both in self.metrics.values():
            for name in both.missing:
                # One that cannot be made says nothing of itself; of most it is known all the same.
                known = FORMER_SCORES.get(name, ScoreInfo(name, name, family=name))
                columns.setdefault(name, MetricColumn(metric=name, **asdict(known)))
        return tuple(columns.values())

    def _protocols(self) -> dict[str, dict[str, Any]]:
        """The readable record behind every protocol hash of the scores table."""
        found: dict[str, dict[str, Any]] = {}
        for task in self.plan.tasks:
            both = self.metrics[task.name]
            records = [protocol_record(task, metric, metric.name) for metric in both.ready]
            records += [protocol_record(task, None, name) for name in both.missing]
            found |= {record_hash(record): dict(record) for record in records}
        return found


def take_up(
    folder: RunFolder,
    record: RunRecord,
    fresh: Collection[str] = (),
    replan: Callable[[Suite], Plan] = plan_run,
) -> str:
    """Begins a run in `folder`, or goes on with the same one; gives when it was begun.

    A run also goes on where it grows: by tasks, methods, metrics and scenes.

    Args:
        folder: the run.
        record: what it is to be.
        fresh: names of methods that are carried out again, which may be other ones than before.
        replan: the plan of a suite with the data that is here now.

    Raises:
        BadInput: the folder holds another run (with the fields that differ), one of an older
            format, or other files.
    """
    if not folder.record.exists():
        # Of workers that begin one run together each may see what another has just written.
        if _foreign(folder) and not folder.record.exists():
            raise BadInput(f"{folder.root} holds files but no run; choose an empty folder as --out")
        began = now()
        write_header(folder.record, _begun(record, began))
        return began
    old, new = read_header(folder.record), record.header()
    if old.format != FORMAT:
        raise BadInput(
            f"{folder.root} holds a run of format {old.format}, which can be read but not gone on "
            "with, since its tables have other columns; choose another --out"
        )
    found = obstacles(old, new, record.plan, fresh, replan)
    if found:
        raise BadInput(f"{folder.root} holds another run: {', '.join(found)}; choose another --out")
    return old.started or now()


def go_on(folder: RunFolder, record: RunRecord, started: str) -> None:
    """Says that the run is under way again; it has no scores before all its shards are done.

    Nor has it a certificate: that was of the results of before.
    """
    write_header(folder.record, _begun(record, started))
    for file in (folder.table("scores"), folder.certificate):
        file.unlink(missing_ok=True)


def refuse_unlike(folder: RunFolder, record: RunRecord, *, versions_too: bool = True) -> None:
    """Refuses a worker that would carry out another run than its folder holds, or with other versions.

    Args:
        folder: the run, begun.
        record: what the worker would carry out.
        versions_too: whether other versions of libraries are refused, which move last digits.

    Raises:
        BadInput: naming the fields that differ.
    """
    old, new = read_header(folder.record), record.header()
    if old.key != new.key:
        found = obstacles(old, new, record.plan, (), lambda _: record.plan)
        # Neither has what the other lacks where data or weights only lie elsewhere.
        if found or obstacles(new, old, record.plan, (), lambda _: record.plan):
            raise BadInput(
                f"this worker would not carry out the run that {folder.root} holds: "
                f"{', '.join(found) or 'the run grows here'}; give every worker the same suite, data and "
                "weights"
            )
    here = versions()
    differing = [
        f"{name} is {here.get(name, 'not there')} here and {old.versions.get(name, 'not there')} there"
        for name in sorted({*here, *old.versions} - {"python"})
        if old.versions and here.get(name) != old.versions.get(name)
    ]
    if versions_too and differing:
        raise BadInput(
            f"this worker has other versions than the run in {folder.root}, which would move last "
            f"digits: {', '.join(differing)}; use the same environment for every worker"
        )


def _begun(record: RunRecord, started: str) -> Header:
    return record.header().model_copy(update={"started": started, "versions": versions()})


def _foreign(folder: RunFolder) -> bool:
    """Whether the folder holds files that are no run's beginning."""
    if not folder.root.is_dir():
        return False
    ours = f".{folder.record.name}."
    return any(
        path != folder.claims and not path.name.startswith(ours) for path in folder.root.iterdir()
    )


def _plain(suite: Suite) -> dict[str, Any]:
    return suite.model_dump(mode="json")


def _task(task: Task, outcome: TaskOutcome | None) -> TaskRow:
    space = task.dataset.space
    return TaskRow(
        name=task.name,
        slug=task.slug,
        title=task.title,
        dataset=task.dataset.name,
        protocol=task.protocol.key,
        operation=task.protocol.operation,
        planned=task.planned,
        n=0 if outcome is None else len(outcome.made),
        size=task.fit.size,
        space=Space(name=space.name, classes=space.classes, palette=space.palette),
        impossible=() if outcome is None else outcome.impossible,
        unreadable=() if outcome is None else outcome.unreadable,
        record=dict(task.record),
    )


def _method(method: Method) -> MethodRow:
    return MethodRow(
        name=method.name,
        slug=method.slug,
        title=method.title,
        editor=method.entry.editor,
        options=dict(method.entry.options),
        needs=tuple(sorted(method.needs)),
        hash=method.hash,
        record=dict(method.record),
        recipe=dict(method.recipe),
        problem=method.problem,
    )
