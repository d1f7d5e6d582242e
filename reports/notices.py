"""What a reader must know before trusting a number: the warnings on the first screen."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import TYPE_CHECKING, Literal

from bench.core.text import counted, without_folders

if TYPE_CHECKING:
    from bench.run.reader import Run
    from bench.run.schema import TaskRow
    from reports.failures import FailureGroup
    from reports.table import Table

__all__ = ["Notice", "missing", "notices"]

KINDS = ("bad", "missing", "note")
"""As they are shown."""

MOST_LETTERS = 110
"""Of a reason on the first screen."""


@dataclass(frozen=True)
class Notice:
    """One warning and where it leads.

    "bad": numbers, or what is concluded from them, are affected; "missing": values that are not there,
    and what to do; "note": good to know.
    """

    kind: Literal["bad", "missing", "note"]
    text: str
    link: str = ""


def notices(
    run: Run, tables: Sequence[Table], failed: Mapping[str, Sequence[FailureGroup]]
) -> list[Notice]:
    """All warnings of a run, those that affect numbers first."""
    found = [*_state(run), *_methods(run), *_watched(run)]
    for task in run.header.tasks:
        found += _task(task, failed[task.name])
    unlike = dict.fromkeys(text for table in tables for text in table.unlike)
    found += [Notice("bad", text) for text in unlike]
    found += missing(tables, [without_folders(m.problem) for m in run.header.methods if m.problem])
    for what, git in (("The repository", run.header.git), ("siebench", run.header.harness)):
        if git is not None and git.dirty:
            text = f"{what} had uncommitted changes when this was run."
            found.append(Notice("note", text, "page-provenance"))
    return sorted(found, key=lambda notice: KINDS.index(notice.kind))


def _state(run: Run) -> list[Notice]:
    if run.header.state == "running":
        return [Notice("bad", "This run is not finished; the report shows what is there so far.")]
    if run.header.state == "decided":
        text = "This run stopped early, when its verdict was certain; not every edit was made."
        return [Notice("note", text)]
    return []


def _methods(run: Run) -> list[Notice]:
    found = [
        Notice("bad", f"{method.title} could not be run: {_short(method.problem)}")
        for method in run.header.methods
        if method.problem
    ]
    peeking = [method.title for method in run.header.methods if method.sees_hidden]
    if peeking:
        names = ", ".join(peeking)
        text = (
            f"These methods see the hidden pixels and are not ranked with the others (◐): {names}."
        )
        found.append(Notice("note", text))
    return found


def _watched(run: Run) -> list[Notice]:
    """What canaries and a second look at the editors found, once for all tasks that share it."""
    tasks: dict[tuple[Literal["bad", "note"], str], list[str]] = {}
    for notice in run.header.news:
        tasks.setdefault((notice.kind, notice.text), []).append(notice.task)
    titles = {task.name: task.title for task in run.header.tasks}
    found = []
    for (kind, text), names in tasks.items():
        where = (
            "every task"
            if len(names) == len(titles)
            else _some([titles[n] for n in names], len(titles))
        )
        found.append(Notice(kind, f"{text} ({where})."))
    return found


def _task(task: TaskRow, failed: Sequence[FailureGroup]) -> list[Notice]:
    found = []
    counts: dict[str, int] = {}
    for failure in failed:
        counts[failure.method] = counts.get(failure.method, 0) + len(failure.edits)
    for method, count in counts.items():
        text = f"{task.title}: {method} failed at {count} of {counted(task.n, 'edit')}."
        found.append(Notice("bad", text, "page-failures"))
    if task.impossible:
        edits = counted(len(task.impossible), "edit")
        text = f"{task.title}: {edits} could not be drawn."
        found.append(Notice("note", text, "page-failures"))
    if task.unreadable:
        edits = counted(len(task.unreadable), "edit")
        text = f"{task.title}: {edits} could not be read."
        found.append(Notice("bad", text, "page-failures"))
    return found


def missing(tables: Sequence[Table], told: Collection[str] = ()) -> list[Notice]:
    """One note per reason, however many metrics and tasks share it; of methods where others have values.

    Args:
        tables: every task's.
        told: reasons that stand elsewhere.
    """
    seen: dict[tuple[str, str], dict[str, dict[str, None]]] = {}
    titles: dict[str, str] = {}
    for table in tables:
        for index, column in enumerate(table.columns):
            for reason, methods in _lacking(table, index).items():
                if reason not in told:
                    titles.setdefault(column.metric, column.short)
                    tasks = seen.setdefault((reason, methods), {}).setdefault(column.metric, {})
                    tasks[table.title] = None
    return [
        Notice(
            "missing",
            f"No {', '.join(titles[metric] for metric in metrics)}{methods} for "
            f"{_some(tasks, len(tables))}: {_short(reason)}",
        )
        for (reason, methods), metrics_of in seen.items()
        for tasks, metrics in _together(metrics_of)
    ]


def _lacking(table: Table, at: int) -> dict[str, str]:
    """Why values of a column are missing: for each reason " of METHODS", or "" where no method has one."""
    rows = [row for row in table.rows if not row.real]
    whose: dict[str, list[str]] = {}
    for row in rows:
        cell = row.cells[at]
        if cell.value is None and cell.reason:
            whose.setdefault(cell.reason, []).append(row.title)
    if all(row.cells[at].value is None for row in rows):
        return dict.fromkeys(whose, "")
    return {
        reason: f" of {', '.join(names) if len(names) < 4 else counted(len(names), 'method')}"
        for reason, names in whose.items()
    }


def _together(metrics: Mapping[str, Iterable[str]]) -> list[tuple[list[str], list[str]]]:
    """(tasks, metrics) with the metrics that miss the same tasks together."""
    by_tasks: dict[tuple[str, ...], list[str]] = {}
    for metric, tasks in metrics.items():
        by_tasks.setdefault(tuple(tasks), []).append(metric)
    return [(list(tasks), found) for tasks, found in by_tasks.items()]


def _short(reason: str) -> str:
    """The reason's beginning, whole clauses where there are some; tables have the whole of it."""
    text = without_folders(reason).rstrip(".")
    if len(text) > MOST_LETTERS and "; " in text[:MOST_LETTERS]:
        text = text[:MOST_LETTERS].rpartition("; ")[0]
    return shorten(f"{text}.", width=MOST_LETTERS, placeholder=" …")


def _some(tasks: Sequence[str], count: int) -> str:
    if len(tasks) == count > 1:
        return "any task"
    return ", ".join(tasks) if len(tasks) < 4 else f"{len(tasks)} of {count} tasks"
