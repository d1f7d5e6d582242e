"""The first screen: who is best at what, task by task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.core.text import counted

if TYPE_CHECKING:
    from bench.run.reader import Run
    from bench.run.schema import MetricColumn
    from reports.table import Table

__all__ = ["Overview", "OverviewRow", "Winner", "overview"]

MOST_COLUMNS = 8
"""More do not fit on one screen beside a task's title."""


@dataclass(frozen=True)
class Winner:
    """The best methods of a task by one score (several where they print alike), or the reason.

    Where methods have different edits, `text` is the value on those that all have, `on` says how
    many, and there is no interval.
    """

    methods: tuple[str, ...] = ()
    text: str = ""
    interval: str = ""
    on: str = ""
    reason: str = ""


@dataclass(frozen=True)
class OverviewRow:
    """A task's winners, one per column of the overview, and the number of edits drawn."""

    task: str
    title: str
    n: int
    winners: tuple[Winner, ...]


@dataclass(frozen=True)
class Overview:
    """The scores chosen as columns, and a row per task."""

    columns: tuple[MetricColumn, ...]
    rows: tuple[OverviewRow, ...]


def overview(run: Run, tables: Sequence[Table]) -> Overview:
    """Winners by the scores that have a direction; those of the masked region stand for their metric."""
    columns = _columns(run, tables)
    rows = tuple(
        OverviewRow(
            table.task, table.title, table.n, tuple(_winner(table, c.name) for c in columns)
        )
        for table in tables
    )
    return Overview(columns, rows)


def _columns(run: Run, tables: Sequence[Table]) -> tuple[MetricColumn, ...]:
    """One score per family of metrics ("lpips-alex" and "lpips-vgg" are one family).

    The masked region's stands for its metric where it has one: the edit is what is judged.
    """
    valued = {
        column.name
        for table in tables
        for index, column in enumerate(table.columns)
        if column.better != "neither" and any(row.cells[index].rank == 1 for row in table.rows)
    }
    chosen: dict[str, MetricColumn] = {}
    for metric in run.header.metrics:
        if metric.name not in valued:
            continue
        first = chosen.setdefault(metric.family, metric)
        if metric.metric == first.metric and metric.region == "mask":
            chosen[metric.family] = metric
    return tuple(chosen.values())[:MOST_COLUMNS]


def _winner(table: Table, name: str) -> Winner:
    positions = {column.name: index for index, column in enumerate(table.columns)}
    if name not in positions:
        return Winner(reason="not asked for")
    index = positions[name]
    best = [row for row in table.rows if row.cells[index].rank == 1]
    if not best:
        cells = [row.cells[index] for row in table.rows]
        reasons = [cell.reason for cell in cells if cell.value is None and cell.reason]
        return Winner(reason=reasons[0] if reasons else "fewer than two methods of the same edits")
    cell = best[0].cells[index]
    titles = tuple(row.title for row in best)
    if cell.common:
        return Winner(titles, cell.common, on=f"on {counted(cell.common_n, 'common edit')}")
    return Winner(titles, cell.text, cell.interval)
