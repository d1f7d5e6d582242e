"""run.json: what a run is made of, and whether a folder holds the same run already."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.core.atomic import write_json
from bench.core.errors import BadInput
from bench.core.identity import Record, differences, record_hash, said
from bench.core.text import now
from bench.metrics import ScoreInfo
from bench.run.header import FORMAT
from bench.run.methods import Method
from bench.run.plan import Plan, Task
from bench.run.reduce import TaskMetrics, protocol_record
from bench.run.store import RunFolder

__all__ = ["RunRecord", "take_up"]


@dataclass(frozen=True, eq=False)
class RunRecord:
    """A run's plan, methods and metrics as JSON."""

    plan: Plan
    methods: Sequence[Method]
    metrics: Mapping[str, TaskMetrics]

    def key(self) -> dict[str, Any]:
        """What must be equal for a run to go on: everything that its numbers follow from."""
        return {
            "format": FORMAT,
            "suite": self.plan.suite.model_dump(mode="json"),
            **({"order": "shuffled"} if self.plan.shuffled else {}),
            "tasks": {task.name: dict(task.record) for task in self.plan.tasks},
            "methods": {method.name: dict(method.record) for method in self.methods},
            "metrics": {
                name: [dict(metric.definition()) for metric in both.ready]
                for name, both in self.metrics.items()
            },
        }

    def json(self, outcomes: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The part of run.json that does not depend on the clock or the machine."""
        suite = self.plan.suite
        return {
            "format": FORMAT,
            "key": record_hash(self.key()),
            "name": suite.name,
            "title": suite.title or suite.name,
            "description": suite.description,
            "suite": suite.model_dump(mode="json"),
            "tasks": [self._task(task, outcomes) for task in self.plan.tasks],
            "methods": [_method(method) for method in self.methods],
            "metrics": self._metrics(),
            "protocols": self._protocols(),
        }

    def _task(self, task: Task, outcomes: Mapping[str, Any] | None) -> dict[str, Any]:
        space = task.dataset.space
        outcome = outcomes[task.name] if outcomes is not None else None
        return {
            "name": task.name,
            "slug": task.slug,
            "title": task.title,
            "dataset": task.dataset.name,
            "protocol": task.protocol.key,
            "operation": task.protocol.operation,
            "n": 0 if outcome is None else len(outcome.made),
            "planned": task.planned,
            "size": None if task.fit.size is None else list(task.fit.size),
            "space": {
                "name": space.name,
                "classes": list(space.classes),
                "palette": [list(colour) for colour in space.palette],
            },
            "impossible": [] if outcome is None else list(outcome.impossible),
            "unreadable": [] if outcome is None else list(outcome.unreadable),
            "record": dict(task.record),
        }

    def _metrics(self) -> list[dict[str, Any]]:
        shown: dict[str, dict[str, Any]] = {}
        for both in self.metrics.values():
            for metric in both.ready:
                for score in metric.scores:
                    shown[score.name] = {"metric": metric.name, **asdict(score)}
        for both in self.metrics.values():
            for name in both.missing:
                lacking = ScoreInfo(name, name, family=name)
                shown.setdefault(name, {"metric": name, **asdict(lacking)})
        return list(shown.values())

    def _protocols(self) -> dict[str, Record]:
        """The readable record behind every protocol hash of the scores table."""
        found: dict[str, Record] = {}
        for task in self.plan.tasks:
            both = self.metrics[task.name]
            records = [protocol_record(task, metric, metric.name) for metric in both.ready]
            records += [protocol_record(task, None, name) for name in both.missing]
            found |= {record_hash(record): record for record in records}
        return found


def take_up(folder: RunFolder, record: RunRecord) -> str:
    """Begins a run in `folder`, or goes on with the same one; gives when it was begun.

    Raises:
        BadInput: the folder holds another run (with the fields that differ) or other files.
    """
    if not folder.record.exists():
        if folder.root.is_dir() and any(folder.root.iterdir()):
            raise BadInput(f"{folder.root} holds files but no run; choose an empty folder as --out")
        began = now()
        begun = {"state": "running", "started": began, "finished": None}
        write_json(folder.record, {**record.json(), **begun})
        return began
    try:
        old = json.loads(folder.record.read_text(encoding="utf-8"))
        same, began = old["key"] == record_hash(record.key()), str(old["started"])
    except (ValueError, KeyError, OSError) as error:
        raise BadInput(f"{folder.record}: damaged ({error!r}); choose another --out") from None
    if not same:
        raise BadInput(
            f"{folder.root} holds another run: {_what_differs(old, record.json())}; "
            "choose another --out"
        )
    return began


def _what_differs(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Every field of the suite that differs; where none does, of what lies behind it."""
    found = differences(old.get("suite", {}), new["suite"])
    if not found:
        before, now = _behind(old), _behind(new)
        found = [one for part in now for one in differences(before[part], now[part], f"{part} ")]
    words = [f"{one.path} is {said(one.right)} here and {said(one.left)} there" for one in found]
    return ", ".join(words) or "its scenes come in another order"


def _behind(run: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What a run's numbers follow from beside its suite: data, weights and code, metrics."""
    metrics = (record["metric"] for record in run.get("protocols", {}).values())
    return {
        "task": {task["name"]: task["record"] for task in run.get("tasks", ())},
        "method": {method["name"]: method["record"] for method in run.get("methods", ())},
        "metric": {metric["name"]: metric for metric in metrics},
    }


def _method(method: Method) -> dict[str, Any]:
    return {
        "name": method.name,
        "slug": method.slug,
        "title": method.title,
        "editor": method.entry.editor,
        "options": dict(method.entry.options),
        "needs": sorted(method.needs),
        "hash": method.hash,
        "record": dict(method.record),
        "problem": method.problem,
    }
