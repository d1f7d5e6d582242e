"""The table of one task: methods in rows, scores in columns, as every output format prints it.

Best and second are judged at the printed precision, so that two values which look alike are marked
alike, and on the same edits (`reports.ranking`). A method that sees the hidden pixels is not ranked
with methods that do not, and the real images' own score is never ranked.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from bench.core.text import counted, without_folders
from bench.judge.compare.recipes import unlike_networks
from bench.metrics.facts import REGION_TITLES, Better, Region, short_title
from bench.run.preservation import PRESERVATION
from bench.run.reader import REAL
from bench.run.tables import stored_number
from reports.numbers import decimals_for, printed, printed_interval
from reports.ranking import Rank, Ranking, ScoredEdits, Side, rank

if TYPE_CHECKING:
    import pandas as pd

    from bench.run.reader import Run
    from bench.run.schema import MethodRow, MetricColumn, TaskRow

__all__ = [
    "ARROWS",
    "CROWDED",
    "Better",
    "Cell",
    "Column",
    "Row",
    "Table",
    "class_tables",
    "region_groups",
    "score_table",
    "task_table",
]

ARROWS: Mapping[Better, str] = {"higher": "↑", "lower": "↓", "neither": ""}
"""Which way is better, behind a heading."""


CROWDED = 8
"""Columns that fit on a screen with their intervals."""


@dataclass(frozen=True)
class Cell:
    """One score.

    Attributes:
        value: the summary, or None (then `reason` says why).
        low, high: the interval's ends, or None.
        text, interval: both as printed; empty where there is none.
        n: the number of edits behind the value.
        rank: 1 = best, 2 = second best.
        compared: whether it is among the values of the same edits that are ranked.
        level: whether it is ranked and not told apart from the best (`reports.findings.levelled`).
        common: the value on the edits that all ranked methods have, as printed, where it is ranked
            by that one; else empty.
        common_n: how many edits that is.
        reason: why there is no value, or no interval.
        how: how the interval was made.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    text: str = ""
    interval: str = ""
    n: int = 0
    rank: Rank = 0
    compared: bool = False
    level: bool = False
    common: str = ""
    common_n: int = 0
    reason: str = ""
    how: str = ""

    @property
    def ranked_by(self) -> str:
        """As in "21.30 on 9 common edits"; empty where the value itself is ranked."""
        return f"{self.common} on {counted(self.common_n, 'common edit')}" if self.common else ""


@dataclass(frozen=True)
class Column:
    """A score's name and how to read it; `metric` is the metric that it belongs to.

    `short` is the title below a heading that says the `region`, `unit` ends with what is best of a score
    whose arrow cannot. `decimals` are those it is printed with, `span` is the range of its ranked values
    and intervals, None where they print alike. `ranked` is whether methods are ranked by it: not by what
    they did to the known pixels.
    """

    name: str
    title: str
    short: str
    region: Region
    unit: str
    better: Better
    metric: str
    decimals: int
    span: tuple[float, float] | None
    ranked: bool = True

    @property
    def arrow(self) -> str:
        """↑ or ↓, the direction that is better; empty where neither is."""
        return ARROWS[self.better]

    def place(self, value: float) -> float:
        """Where a value lies in the column's range, in percent."""
        if self.span is None:
            return 50.0
        low, high = self.span
        return round(100 * min(1.0, max(0.0, (value - low) / (high - low))), 2)


@dataclass(frozen=True)
class Row:
    """A method's cells, one per column; `ranked` is whether it may be best."""

    name: str
    title: str
    sees_hidden: bool
    real: bool
    ranked: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """`title` is the task's (or the class table's), `task` its name, `n` the edits drawn.

    `suspect` is what the canaries found wrong with its numbers, in words. `unequal` says, where
    methods have different edits, on which they are ranked and which are not, and of slices that they are
    not judged. `unlike` is a sentence for each editor whose networks were not trained alike.
    """

    task: str
    title: str
    n: int
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    suspect: tuple[str, ...] = ()
    unequal: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()

    def n_of(self, at: int) -> int:
        """The number of edits behind a column: that of most of its values, of two the larger."""
        counts = Counter(row.cells[at].n for row in self.rows if row.cells[at].value is not None)
        return max(counts, key=lambda n: (counts[n], n), default=self.n)

    def folded(self, at: int) -> bool:
        """Whether a crowded page hides the column at first: the same metric's masked region is there."""
        own = self.columns[at]
        twins = [c for c in self.columns if c.metric == own.metric and c.region == "mask"]
        return len(self.columns) > CROWDED and own.region == "image" and bool(twins)

    def common(self, at: int) -> int:
        """How many common edits a column is ranked on; 0 where by its values as they are."""
        return max((row.cells[at].common_n for row in self.rows), default=0)

    @property
    def groups(self) -> tuple[tuple[str, int], ...]:
        """(heading, columns) of each region; empty where all scores are of the whole image."""
        return region_groups(column.region for column in self.columns)

    @property
    def reasons(self) -> Mapping[str, int]:
        """Every reason for missing values once, in reading order, with how many it explains."""
        return self.reasons_in(range(len(self.columns)))

    def reasons_in(self, places: Iterable[int]) -> Mapping[str, int]:
        """The reasons in some of the columns."""
        chosen = list(places)
        cells = [row.cells[at] for row in self.rows for at in chosen]
        return Counter(cell.reason for cell in cells if cell.value is None and cell.reason)


def region_groups(regions: Iterable[Region]) -> tuple[tuple[str, int], ...]:
    """(heading, columns) of regions in a row; empty where all are of the whole image."""
    found = [(region, len(list(own))) for region, own in groupby(regions)]
    if all(region == "image" for region, _ in found):
        return ()
    return tuple((REGION_TITLES[region], count) for region, count in found)


def task_table(run: Run, task: TaskRow, columns: Sequence[str] | None = None) -> Table:
    """The scores over all classes of one task, and beside them what became of the known pixels.

    Args:
        run: the run.
        task: one of its tasks.
        columns: names of the scores that are wanted, in their order; all where None, the masked
            region's first.
    """
    import pandas as pd

    frame = run.scores[(run.scores["task"] == task.name) & (run.scores["of"] == "all")]
    shown = [metric for metric in run.header.metrics if (frame["metric"] == metric.name).any()]
    if shown:
        kept = run.preservation[run.preservation["task"] == task.name]
        shown += [column for column in PRESERVATION if (kept["metric"] == column.name).any()]
        frame = frame if kept.empty else pd.concat([frame, kept])
    order = list(REGION_TITLES)
    names = {m.name: m for m in sorted(shown, key=lambda m: order.index(m.region))}
    if columns is not None:
        names = {name: names[name] for name in columns if name in names}
    return score_table(
        run, task, task.title, frame, "metric", names, ScoredEdits.of_task(run, task)
    )


def class_tables(run: Run, task: TaskRow) -> list[Table]:
    """One table per score that has values per class: methods in rows, classes in columns."""
    frame = run.scores[(run.scores["task"] == task.name) & (run.scores["of"] != "all")]
    edits = ScoredEdits.of_task(run, task)
    tables = []
    for metric in run.header.metrics:
        own = frame[frame["metric"] == metric.name]
        classes = {name: metric.model_copy(update={"title": name}) for name in own["of"].unique()}
        if classes:
            tables.append(score_table(run, task, metric.title, own, "of", classes, edits))
    return tables


def score_table(
    run: Run,
    task: TaskRow,
    title: str,
    frame: pd.DataFrame,
    key: str,
    shown: Mapping[str, MetricColumn],
    edits: ScoredEdits,
) -> Table:
    """A table of rows of scores, with the methods ranked in each column.

    Args:
        run: the run.
        task: what the scores are of.
        title: the table's.
        frame: rows with `method`, `value`, `low`, `high`, `n`, `interval`, `reason` and the column `key`.
        key: which column says where in the table a row belongs: "metric", "of" (a class) or "slice".
        shown: the columns of the table: the score of each entry of `key`, in order.
        edits: the edits behind the scores.
    """
    records = {(row["method"], row[key]): row for row in frame.to_dict("records")}
    methods = [m for m in run.header.methods if any((m.name, name) in records for name in shown)]
    everyone_peeks = all(method.sees_hidden for method in methods)
    ranked = {m.name for m in methods if everyone_peeks or not m.sees_hidden}
    columns = tuple(_column(metric, name, records, ranked) for name, metric in shown.items())
    rows = [_row(method, columns, records, method.name in ranked) for method in methods]
    if any((REAL, name) in records for name in shown):
        cells = tuple(_cell(records.get((REAL, column.name)), column) for column in columns)
        rows.append(Row(REAL, "Real images", False, True, False, cells))
    bad = [one.text for one in run.header.notices if one.task == task.name and one.kind == "bad"]
    rankings = [
        _ranking(rows, index, column, shown[column.name], key, edits)
        for index, column in enumerate(columns)
    ]
    return Table(
        task.name,
        title,
        task.n,
        columns,
        tuple(_ranked(rows, columns, rankings)),
        tuple(bad),
        tuple(_unequal(rows, columns, rankings)),
        tuple(unlike_networks(methods)),
    )


def _column(
    metric: MetricColumn, name: str, records: dict[Any, Any], ranked: Collection[str]
) -> Column:
    own = {method: record for (method, key), record in records.items() if key == name}
    values = [
        v for v in (stored_number(record["value"]) for record in own.values()) if v is not None
    ]
    fair = [record for method, record in own.items() if method in ranked]
    ends = [stored_number(record[end]) for record in fair for end in ("value", "low", "high")]
    decimals = decimals_for(values)
    span = [v for v in ends if v is not None and math.isfinite(v)]
    if len({printed(v, decimals) for v in span}) < 2:
        span = []  # a strip would show a spread that no digit has
    nearest = "0 is best" if metric.zero_is_best else ""
    return Column(
        name=name,
        title=metric.title,
        short=short_title(metric.title, metric.region),
        region=metric.region,
        unit=", ".join(filter(None, (metric.unit, nearest))),
        better=metric.better,
        metric=metric.metric,
        decimals=decimals,
        span=(min(span), max(span)) if span else None,
        ranked=metric not in PRESERVATION,
    )


def _row(
    method: MethodRow, columns: Sequence[Column], records: dict[Any, Any], ranked: bool
) -> Row:
    cells = tuple(_cell(records.get((method.name, column.name)), column) for column in columns)
    return Row(method.name, method.title, method.sees_hidden, False, ranked, cells)


def _cell(record: Mapping[Any, Any] | None, column: Column) -> Cell:
    if record is None:
        return Cell(reason="")
    value, low, high = (stored_number(record[name]) for name in ("value", "low", "high"))
    if value is None:
        return Cell(reason=without_folders(str(record["reason"] or "no reason given")))
    return Cell(
        value=value,
        low=low,
        high=high,
        text=printed(value, column.decimals),
        interval=printed_interval(low, high, column.decimals),
        n=int(record["n"]),
        reason=without_folders(str(record["reason"] or "")),
        how=str(record.get("interval") or ""),
    )


def _ranking(
    rows: Sequence[Row],
    index: int,
    column: Column,
    metric: MetricColumn,
    key: str,
    edits: ScoredEdits,
) -> Ranking:
    of = "all" if key == "metric" else column.name
    sides: list[Side | None] = []
    for row in rows:
        cell = row.cells[index]
        judged = column.ranked and column.better != "neither"
        ranked = row.ranked and cell.value is not None and judged
        sides.append(
            edits.side(row.name, metric, cell.value, cell.n, of=of)
            if ranked and cell.value is not None
            else None
        )
    return rank(sides, column.better, column.decimals)


def _ranked(
    rows: Sequence[Row], columns: Sequence[Column], rankings: Sequence[Ranking]
) -> list[Row]:
    def marked(cell: Cell, column: Column, ranking: Ranking, position: int) -> Cell:
        common = printed(ranking.common[position], column.decimals)
        return replace(
            cell,
            rank=ranking.ranks[position],
            compared=ranking.compared[position],
            common=common,
            common_n=ranking.n if common else 0,
        )

    return [
        replace(
            row,
            cells=tuple(
                marked(cell, column, ranking, position)
                for cell, column, ranking in zip(row.cells, columns, rankings)
            ),
        )
        for position, row in enumerate(rows)
    ]


def _unequal(
    rows: Sequence[Row], columns: Sequence[Column], rankings: Sequence[Ranking]
) -> list[str]:
    """Each thing that must be said once, with the scores that it holds for."""
    said: dict[str, list[str]] = {}
    for index, (column, ranking) in enumerate(zip(columns, rankings)):
        if ranking.n:
            what = f"ranked on {counted(ranking.n, 'common edit')}, since methods failed at others"
            said.setdefault(what, []).append(column.title)
        for position in ranking.left_out:
            row = rows[position]
            what = (
                f"{row.title} is not ranked, since it has {counted(row.cells[index].n, 'edit')} and "
                f"others have {ranking.of}"
                if row.cells[index].n != ranking.of
                else f"{row.title} is not ranked, since it has other edits than the others"
            )
            said.setdefault(what, []).append(column.title)
    return [f"{'; '.join(titles)}: {what}" for what, titles in said.items()]
