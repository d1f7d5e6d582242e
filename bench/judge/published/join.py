"""A run's table with what was published beside what was measured.

One row per cell and published value, in the table's order: a cell for which several sources speak
has several rows, one that nobody published still has one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from bench.core.text import counted
from bench.judge.published.results import (
    Published,
    context_methods,
    context_papers,
    find_published,
)
from bench.judge.published.verdict import protocol_differences, verdict
from bench.metrics import Score
from bench.run.tables import COST_COLUMNS, stored_number
from bench.suite.table import REAL, TableColumn, TableLayout, TableRow

if TYPE_CHECKING:
    import pandas as pd

    from bench.run.reader import Run

__all__ = ["COLUMNS", "join_published", "table_of"]

COLUMNS = (
    "row", "column", "row_title", "group", "title", "better", "task", "method", "metric",
    "published", "source", "kind", "context", "paper", "table", "note", "unstated",
    "value", "low", "high", "n", "protocol", "reason",
    "difference", "verdict", "words",
)  # fmt: skip
"""The columns of the joined table.

`value`, `low` and `high` are in the published unit; `row` and `column` count from 0 in the table's
order; `kind` is one of `PROVENANCE`, `verdict` one of `VERDICTS`. `context` marks another paper's
value, which is never judged.
"""


_TIMES = {column.name for column in COST_COLUMNS if column.unit == "ms"}


def table_of(run: Run) -> TableLayout | None:
    """The published table that the run's suite reproduces, or None.

    Where it is to show other papers' values for context, their methods are rows after its own.

    Raises:
        pydantic.ValidationError: where another version of siebench wrote it in another form.
    """
    table = run.header.suite.get("table")
    if table is None:
        return None
    layout = TableLayout.model_validate(table)
    return _in_context(layout) if layout.context else layout


def _in_context(layout: TableLayout) -> TableLayout:
    quantities = [
        (key.dataset, key.task, key.metric) for column in layout.columns for key in column.published
    ]
    there = {method for row in layout.rows for method in row.published}
    others = [method for method in context_methods(quantities) if method not in there]
    rows = tuple(TableRow(title=method, published=(method,)) for method in others)
    return layout.model_copy(update={"rows": (*layout.rows, *rows)})


def join_published(run: Run) -> pd.DataFrame:
    """The run's table as rows (see `COLUMNS`); empty where the suite has no published table."""
    import pandas as pd

    layout = table_of(run)
    rows = [] if layout is None else list(_rows(run, layout))
    joined: pd.DataFrame = pd.DataFrame(rows, columns=list(COLUMNS))
    return joined


def _rows(run: Run, layout: TableLayout) -> Iterator[dict[str, Any]]:
    for i, row in enumerate(layout.rows):
        for j, column in enumerate(layout.columns):
            measured, protocol = _measured(run, row, column)
            known: list[Published | None] = [*_published(layout, row, column)]
            for published in known or [None]:
                place = {"row": i, "column": j}
                yield place | _row(run, row, column, published, measured, protocol)


def _published(layout: TableLayout, row: TableRow, column: TableColumn) -> list[Published]:
    papers = (*layout.papers, *(context_papers() if layout.context else ()))
    return [
        found
        for key in column.published
        for method in row.published
        for found in find_published(
            dataset=key.dataset,
            task=key.task,
            method=method,
            metric=key.metric,
            papers=papers,
        )
    ]


def _row(
    run: Run,
    row: TableRow,
    column: TableColumn,
    published: Published | None,
    measured: Score,
    protocol: str,
) -> dict[str, Any]:
    differences = _differences(run, row, column, measured, protocol)
    if published is not None and published.context:
        differences = ["the value is another paper's, for context"]
    judged = verdict(published, measured, column.tolerance, differences, scale=column.scale)
    return {
        "row_title": row.title,
        "group": column.group,
        "title": column.title,
        "better": column.better,
        "task": column.task or "",
        "method": row.method or "",
        "metric": measured.metric,
        "published": None if published is None else published.value,
        "source": "" if published is None else published.source,
        "kind": "" if published is None else published.provenance,
        "context": published is not None and published.context,
        "paper": "" if published is None else published.paper,
        "table": "" if published is None else published.table,
        "note": "" if published is None else published.note,
        "unstated": "; ".join(column.unstated),
        "value": _scaled(measured.value, column.scale),
        "low": _scaled(measured.low, column.scale),
        "high": _scaled(measured.high, column.scale),
        "n": measured.n,
        "protocol": protocol,
        "reason": measured.reason,
        "difference": judged.difference,
        "verdict": judged.kind,
        "words": judged.words,
    }


def _differences(
    run: Run, row: TableRow, column: TableColumn, measured: Score, protocol: str
) -> list[str]:
    """Why a measured value cannot be held against published ones, in sentence parts."""
    found = [] if row.instead is None else [f"the method here is {row.instead}"]
    if column.task is None:
        return found
    if not column.expects:
        found.append("the table does not say how it was published: `expects` is empty")
    record: Mapping[str, Any] = run.task(column.task).record
    if protocol and protocol in run.header.protocols:
        record = run.header.protocols[protocol]
    found += protocol_differences(record, column.expects)
    return found + _missing_edits(run, row, column, measured)


def _missing_edits(run: Run, row: TableRow, column: TableColumn, measured: Score) -> list[str]:
    """What a value lacks that the published one has: edits that failed, or that could not be read."""
    if column.task is None or column.metric is None or measured.value is None:
        return []
    task = run.task(column.task)
    found = []
    if task.unreadable:
        found.append(f"{len(task.unreadable)} of {task.planned} edits could not be read here")
    if measured.n < task.n and row.method != REAL:
        samples = run.samples(task.name)
        mine = samples[samples["method"] == row.method]
        failed = int((mine["status"] == "failed").sum())
        if failed:
            found.append(f"{failed} of {counted(task.n, 'edit')} failed here")
    return found


def _measured(run: Run, row: TableRow, column: TableColumn) -> tuple[Score, str]:
    """This run's value of a cell (unscaled), and its protocol hash."""
    name = column.metric or column.cost or ""
    if column.task is None:
        return Score(name, None, reason="no run measures this; it is shown as published"), ""
    if row.method is None:
        return Score(name, None, reason="this method is not part of the suite"), ""
    if column.cost is not None:
        return _cost(run, row.method, column.task, column.cost), ""
    scores = run.scores
    mine = scores[
        (scores["task"] == column.task)
        & (scores["method"] == row.method)
        & (scores["metric"] == name)
        & (scores["of"] == "all")
    ]
    if mine.empty:
        reason = "the run has no such score yet"
        if row.method == REAL:
            reason = "real images are scored by a segmenter alone"
        return Score(name, None, reason=reason), ""
    found = mine.iloc[0]
    value, low, high = (stored_number(found[field]) for field in ("value", "low", "high"))
    score = Score(name, value, low, high, n=int(found["n"]), reason=str(found["reason"] or ""))
    return score, str(found["protocol"])


def _cost(run: Run, method: str, task: str, cost: str) -> Score:
    costs = run.costs
    mine = costs[(costs["task"] == task) & (costs["method"] == method)]
    if mine.empty or cost not in mine:
        return Score(cost, None, reason=f"the run has no {json.dumps(cost)} among its costs")
    value = stored_number(mine.iloc[0][cost])
    # The column `device` says why a time is not there; nothing else is missing for that reason.
    why = str(mine.iloc[0].get("device") or "not timed") if cost in _TIMES else "not counted"
    reason = "" if value is not None else run.method(method).problem or why
    return Score(cost, value, n=run.task(task).n, reason=reason)


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None else value * scale
