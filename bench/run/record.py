"""What a run is made of, as its header, and whether a folder holds the same run already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.core.errors import BadInput
from bench.core.identity import Record, differences, record_hash, said
from bench.core.text import now
from bench.metrics import ScoreInfo
from bench.run.layout import RunFolder
from bench.run.measure import TaskMetrics
from bench.run.methods import Method
from bench.run.outcome import TaskOutcome
from bench.run.plan import Plan, Task
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

__all__ = ["RunRecord", "take_up"]


@dataclass(frozen=True, eq=False)
class RunRecord:
    """A run's plan, methods and metrics, and who carries it out."""

    plan: Plan
    methods: Sequence[Method]
    metrics: Mapping[str, TaskMetrics]
    executor: str = "local"

    def key(self) -> dict[str, Any]:
        """What must be equal for a run to go on: everything that its numbers follow from."""
        return {
            "format": FORMAT,
            "suite": _without_timeouts(_plain(self.plan.suite)),
            **({"order": "shuffled"} if self.plan.shuffled else {}),
            "tasks": {task.name: dict(task.record) for task in self.plan.tasks},
            "methods": {method.name: dict(method.record) for method in self.methods},
            "metrics": {
                name: [dict(metric.definition()) for metric in both.ready]
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
                lacking = asdict(ScoreInfo(name, name, family=name))
                columns.setdefault(name, MetricColumn(metric=name, **lacking))
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


def take_up(folder: RunFolder, record: RunRecord) -> str:
    """Begins a run in `folder`, or goes on with the same one; gives when it was begun.

    Raises:
        BadInput: the folder holds another run (with the fields that differ), one of an older
            format, or other files.
    """
    if not folder.record.exists():
        if folder.root.is_dir() and any(folder.root.iterdir()):
            raise BadInput(f"{folder.root} holds files but no run; choose an empty folder as --out")
        began = now()
        header = record.header().model_copy(update={"started": began})
        write_header(folder.record, header)
        return began
    old, new = read_header(folder.record), record.header()
    if old.format != FORMAT:
        raise BadInput(
            f"{folder.root} holds a run of format {old.format}, which can be read but not gone on "
            "with, since its tables have other columns; choose another --out"
        )
    if old.key != new.key:
        raise BadInput(
            f"{folder.root} holds another run: {_what_differs(old, new)}; choose another --out"
        )
    return old.started or now()


def _what_differs(old: Header, new: Header) -> str:
    """Every field of the suite that differs; where none does, of what lies behind it."""
    found = differences(_without_timeouts(old.suite), _without_timeouts(new.suite))
    if not found:
        before, after = _behind(old), _behind(new)
        found = [
            one for part in after for one in differences(before[part], after[part], f"{part} ")
        ]
    words = [f"{one.path} is {said(one.right)} here and {said(one.left)} there" for one in found]
    return ", ".join(words) or "its scenes come in another order"


def _behind(run: Header) -> dict[str, dict[str, Any]]:
    """What a run's numbers follow from beside its suite: data, weights and code, metrics."""
    metrics = (record["metric"] for record in run.protocols.values())
    return {
        "task": {task.name: task.record for task in run.tasks},
        "method": {method.name: method.record for method in run.methods},
        "metric": {metric["name"]: metric for metric in metrics},
    }


def _plain(suite: Suite) -> dict[str, Any]:
    return suite.model_dump(mode="json")


def _without_timeouts(suite: Record) -> dict[str, Any]:
    """A plain suite without what changes no number."""
    methods = [
        {field: value for field, value in method.items() if field != "timeout"}
        for method in suite.get("methods", ())
    ]
    return {**suite, "methods": methods}


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
        problem=method.problem,
    )
