"""The first screen: who is best at what, task by task."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bench.core.text import counted
from bench.metrics.facts import REGION_TITLES
from reports.table import region_groups

if TYPE_CHECKING:
    from bench.run.reader import Run
    from bench.run.schema import MetricColumn
    from reports.findings import Standing
    from reports.table import Table

__all__ = [
    "Overview",
    "OverviewRow",
    "Winner",
    "main_scores",
    "one_a_family",
    "overview",
    "uncounted",
]

MOST_COLUMNS = 8
"""More do not fit on one screen beside a task's title."""

NAMED = 2
"""Methods that a cell names."""


@dataclass(frozen=True)
class Winner:
    """The best methods of a task by one score (several where they print alike), or the reason.

    Where methods have different edits, `text` is the value on those that all have, and there is no
    interval. `on` says how many edits are behind it where that is not the task's number. `sure` is whether
    every other method is worse beyond noise, None where that was not judged; `gap` is by how much the next
    is behind, or who is not told apart.
    """

    methods: tuple[str, ...] = ()
    text: str = ""
    interval: str = ""
    on: str = ""
    reason: str = ""
    sure: bool | None = None
    gap: str = ""


@dataclass(frozen=True)
class OverviewRow:
    """A task's winners, one per column of the overview, and the number of edits drawn."""

    task: str
    title: str
    n: int
    winners: tuple[Winner, ...]


@dataclass(frozen=True)
class Overview:
    """The scores chosen as columns, with what spans them, and a row per task."""

    columns: tuple[MetricColumn, ...]
    rows: tuple[OverviewRow, ...]

    @property
    def groups(self) -> tuple[tuple[str, int], ...]:
        """(heading, columns) of each region; empty where all scores are of the whole image."""
        return region_groups(column.region for column in self.columns)

    @property
    def n(self) -> int | None:
        """The number of edits of every task; None where they differ."""
        counts = {row.n for row in self.rows}
        return counts.pop() if len(counts) == 1 else None

    @property
    def judged(self) -> bool:
        """Whether any winner was judged."""
        return any(winner.sure is not None for row in self.rows for winner in row.winners)


def overview(run: Run, tables: Sequence[Table], found: Sequence[Standing] = ()) -> Overview:
    """Winners by the main scores.

    Args:
        run: the run.
        tables: its tasks' tables.
        found: what was judged of them.
    """
    columns = main_scores(run, tables)
    judged = {(one.task, one.score): one for one in found}
    rows = tuple(
        OverviewRow(
            table.task,
            table.title,
            table.n,
            tuple(_told(_winner(table, c.name), judged.get((table.task, c.name))) for c in columns),
        )
        for table in tables
    )
    return Overview(columns, rows)


def _told(winner: Winner, standing: Standing | None) -> Winner:
    if standing is None or not standing.gaps:
        return winner
    if standing.sure:
        next_ = standing.gaps[0]
        return replace(winner, sure=True, gap=f"by {next_.amount} over {next_.method}")
    names = [gap.method for gap in standing.open]
    more = f" +{len(names) - NAMED}" if len(names) > NAMED else ""
    return replace(winner, sure=False, gap=f"{', '.join(names[:NAMED])}{more}")


def main_scores(run: Run, tables: Sequence[Table]) -> tuple[MetricColumn, ...]:
    """One score a family, as `one_a_family` chooses, of those with a direction by which methods are ranked.

    Of more than `MOST_COLUMNS` families those are taken that the suite names first.
    """
    order = list(REGION_TITLES)
    most = _ranked(run, tables)[:MOST_COLUMNS]
    return tuple(sorted(most, key=lambda metric: order.index(metric.region)))


def uncounted(run: Run, tables: Sequence[Table]) -> tuple[str, ...]:
    """The titles of the scores that would be main ones if there were room."""
    return tuple(metric.title for metric in _ranked(run, tables)[MOST_COLUMNS:])


def one_a_family(metrics: Iterable[MetricColumn]) -> list[MetricColumn]:
    """The first score of each family ("lpips-alex" and "lpips-vgg" are one), in their order.

    The masked region's stands for its metric where it has one: the edit is what is judged.
    """
    chosen: dict[str, MetricColumn] = {}
    for metric in metrics:
        first = chosen.setdefault(metric.family, metric)
        if metric.metric == first.metric and (first.region, metric.region) == ("image", "mask"):
            chosen[metric.family] = metric
    return list(chosen.values())


def _ranked(run: Run, tables: Sequence[Table]) -> list[MetricColumn]:
    names = {
        column.name
        for table in tables
        for index, column in enumerate(table.columns)
        if column.better != "neither" and any(row.cells[index].rank == 1 for row in table.rows)
    }
    return one_a_family(metric for metric in run.header.metrics if metric.name in names)


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
    other = "" if cell.n == table.n else f"n = {cell.n}"
    return Winner(titles, cell.text, cell.interval, on=other)
