"""Whether a run may go on as another suite asks: it grows, and what is there stays true.

A run grows by tasks, methods, metrics and scenes. Nothing that it has may be taken away or mean something
else, except a method that is carried out again (`--fresh`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from bench.core.errors import BadInput
from bench.core.identity import Record, differences, record_hash, said
from bench.run.plan import Plan
from bench.run.portable import portable_header, restored
from bench.run.schema import Header, TaskRow
from bench.suite.schema import Suite

__all__ = ["obstacles", "without_timeouts"]

_SCENES = ("fingerprint", "scenes", "n_scenes")
"""The fields of a task's record that move when it takes more scenes."""


def obstacles(
    old: Header,
    new: Header,
    plan: Plan,
    fresh: Collection[str],
    replan: Callable[[Suite], Plan],
) -> list[str]:
    """Why the run cannot go on as `new`; empty where it can.

    Args:
        old: what the folder holds.
        new: what is asked for.
        plan: behind `new`.
        fresh: names of methods that are carried out again.
        replan: the plan of a suite with the data that is here now.
    """
    if old.key == new.key:
        return []
    # A run that is there may have its paths whole, as former versions kept them, or cut.
    old, new = portable_header(old), portable_header(new)
    if old.order != new.order:
        return ["its scenes come in another order"]
    found = [*_name(old, new), *_methods(old, new, fresh), *_tasks(old, new)]
    found = found or [*dict.fromkeys(_metrics(old, new))]  # a metric of many tasks is said once
    if found:
        return [*_in_the_suite(old, new, fresh), *_gone(old, new)] or found
    grown = _grown(old, new)
    if not grown:
        return []
    if new.order == "shuffled":
        return ["a run of --until-decided takes no more scenes"]
    return list(_scenes(old, grown, plan, replan))


def _in_the_suite(old: Header, new: Header, fresh: Collection[str]) -> Iterator[str]:
    """The fields of the suite that differ, in the words of its author, without what only adds.

    Nor are options named of a method that is the same: its files only lie elsewhere.
    """
    hashes = {method.name: method.hash for method in (*old.methods, *new.methods)}
    same = {method.name for method in old.methods if hashes.get(method.name) == method.hash}
    for one in differences(without_timeouts(old.suite), without_timeouts(new.suite)):
        part, _, rest = one.path.partition(".")
        # A method's name may have points itself ("v1.5").
        names = (known for known in hashes if f"{rest}.".startswith(f"{known}."))
        name = max(names, key=len, default="")
        if part in ("title", "description") or (one.left is None and part != "datasets"):
            continue
        if one.path == "tasks":  # without names they are one long list; `_gone` says which
            continue
        if part == "methods" and name in fresh:
            continue
        if part == "methods" and name in same and rest.startswith(f"{name}.options."):
            continue
        more = one.left is not None and (one.right is None or one.right > one.left)
        if part == "datasets" and rest.endswith(".limit") and more:
            continue
        inside = part == "methods" and one.right is not None and rest != name
        advice = f" (`--fresh {name}` carries the method out again)" if inside else ""
        yield f"{one.path} is {said(one.right)} here and {said(one.left)} there{advice}"


def without_timeouts(suite: Record) -> dict[str, Any]:
    """A plain suite without what changes no number."""
    methods = [
        {field: value for field, value in method.items() if field != "timeout"}
        for method in suite.get("methods", ())
    ]
    return {**suite, "methods": methods}


def _name(old: Header, new: Header) -> Iterator[str]:
    if old.name != new.name:
        yield f"name is {said(new.name)} here and {said(old.name)} there"


def _methods(old: Header, new: Header, fresh: Collection[str]) -> Iterator[str]:
    here = {method.name: method for method in new.methods}
    before, now = _datasets(old), _datasets(new)
    for method in old.methods:
        if method.name not in here:
            yield f"method {method.name} is there and not here"
            continue
        had, wanted = before[method.name], now[method.name]
        if wanted is not None and (had is None or not set(had) <= set(wanted)):
            yield f"method {method.name} edits fewer datasets here than there"
        changed = method.problem is None and method.name not in fresh
        if changed and here[method.name].hash != method.hash:
            fields = _fields(method.record, here[method.name].record, f"method {method.name}")
            advice = f"(`--fresh {method.name}` carries the method out again)"
            # Equal as far as they are kept: what differs is a part of a path that was cut.
            elsewhere = f"a path of method {method.name} leads elsewhere"
            yield f"{', '.join(fields) or elsewhere} {advice}"


def _datasets(run: Header) -> dict[str, list[str] | None]:
    return {one["name"]: one.get("datasets") for one in run.suite.get("methods", ())}


def _tasks(old: Header, new: Header) -> Iterator[str]:
    yield from _gone(old, new)
    here = {task.name: task for task in new.tasks}
    for task in old.tasks:
        if task.name not in here:
            continue
        record = here[task.name].record
        more = record["n_scenes"] > task.record["n_scenes"]
        ignored = _SCENES if more else ()
        yield from _fields(task.record, record, f"task {task.name}", ignored)


def _gone(old: Header, new: Header) -> Iterator[str]:
    here = {task.name for task in new.tasks}
    return (
        f"task {task.name} is there and not here" for task in old.tasks if task.name not in here
    )


def _metrics(old: Header, new: Header) -> Iterator[str]:
    """Metrics by what their values follow from; scenes are looked at apart."""
    here = {_without_scenes(record): record for record in new.protocols.values()}
    by_name: dict[str, Mapping[str, Any]] = {}
    for record in new.protocols.values():
        by_name.setdefault(record["metric"]["name"], record["metric"])
    for record in old.protocols.values():
        metric = record["metric"]
        if len(metric) == 1 or _without_scenes(record) in here:
            continue
        now = by_name.get(metric["name"])
        if now is None:
            yield f"metric {metric['name']} is there and not here"
        elif len(now) == 1:
            yield f"metric {metric['name']} can be computed there and not here"
        else:
            yield from _fields(metric, now, f"metric {metric['name']}")


def _without_scenes(record: Record) -> str:
    return record_hash({name: value for name, value in record.items() if name not in _SCENES})


def _fields(
    before: Record, now: Record, where: str, ignored: Collection[str] = ()
) -> Iterator[str]:
    for one in differences(before, now, f"{where}."):
        if one.path.removeprefix(f"{where}.") not in ignored:
            yield f"{one.path} is {said(one.right)} here and {said(one.left)} there"


def _grown(old: Header, new: Header) -> dict[str, TaskRow]:
    """The old tasks that take more scenes now."""
    here = {task.name: task for task in new.tasks}
    return {
        task.name: task
        for task in old.tasks
        if task.name in here and task.record["n_scenes"] < here[task.name].record["n_scenes"]
    }


def _scenes(
    old: Header, grown: Mapping[str, TaskRow], plan: Plan, replan: Callable[[Suite], Plan]
) -> Iterator[str]:
    """Whether the scenes that the run has are still what they were, and come first."""
    try:
        suite = Suite.model_validate(restored(old.suite, plan.suite.model_dump(mode="json")))
        former = {task.name: task for task in replan(suite).tasks}
    except (BadInput, ValueError) as error:
        yield f"its scenes cannot be looked at again ({error})"
        return
    now = {task.name: task for task in plan.tasks}
    for name, task in grown.items():
        yield from _fields(task.record, former[name].record, f"task {name}")
        if now[name].scenes[: len(former[name].scenes)] != former[name].scenes:
            yield f"task {name}: its first scenes are others here than there"
