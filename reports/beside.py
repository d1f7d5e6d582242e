"""The paper's table with this run's values beside the published ones, ready to print."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from bench.core.errors import BadInput
from bench.core.text import counted, without_folders
from bench.judge.compare.recipes import unlike_networks
from bench.judge.leaders import Contest
from bench.suite.table import REAL
from reports.findings import level_with_best
from reports.numbers import decimals_for, printed, printed_interval
from reports.ranking import Rank, Ranking, ScoredEdits, Side, rank
from reports.table import ARROWS, Better

if TYPE_CHECKING:
    from bench.run.reader import Run
    from bench.suite.table import TableColumn, TableLayout, TableRow

__all__ = ["Beside", "BesideCell", "BesideColumn", "BesideRow", "PublishedValue", "beside"]

SIGNS = {
    "reproduced": "✓",
    "not reproduced": "✗",
    "not comparable": "≠",
    "not measured": "",
    "nothing published": "",
}
"""A sign for each verdict, so that none needs colour."""

CONTEXT = "context"
"""What the kind of another paper's value begins with."""


@dataclass(frozen=True)
class PublishedValue:
    """One source's value of a cell, what kind of source it is, and the verdict on ours beside it.

    `kind` begins with "context" where it is another paper's value, which is never judged.
    `difference` is empty where the two cannot be compared.
    """

    text: str
    kind: str
    source: str
    note: str
    difference: str
    verdict: str
    words: str

    @property
    def context(self) -> bool:
        """Whether it is another paper's value."""
        return self.kind.startswith(CONTEXT)

    @property
    def sign(self) -> str:
        """✓, ✗ or ≠; empty where there was nothing to judge."""
        return SIGNS[self.verdict]

    @property
    def remark(self) -> str:
        """Why ours cannot be compared with it; empty where it can."""
        return self.words if self.verdict == "not comparable" else ""


@dataclass(frozen=True)
class BesideCell:
    """This run's value in the published unit, or the reason; and what was published.

    `rank` is among this run's methods: 1 = best, 2 = second best, 0 = neither. `on` is the value by
    which it is ranked, where methods have different edits, and how many edits they share; or that
    it is not ranked. `level` is whether it is ranked and not told apart from the best.
    """

    text: str
    interval: str
    n: int
    protocol: str
    reason: str
    rank: Rank
    on: str
    published: tuple[PublishedValue, ...]
    level: bool = False


@dataclass(frozen=True)
class BesideColumn:
    """A column's heading; `score` is the run's, "" for a cost.

    `unstated` is what no source says about its published values, `suspect` what the canaries found wrong
    with ours, in sentences without their stop.
    """

    score: str
    group: str
    title: str
    better: Better
    unstated: str
    suspect: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Group and title, for a sentence."""
        return f"{self.group}, {self.title}" if self.group else self.title

    @property
    def arrow(self) -> str:
        """↑ or ↓, the direction that is better; empty where neither is."""
        return ARROWS[self.better]


@dataclass(frozen=True)
class BesideRow:
    """A method's cells, one per column; `sees_hidden` methods are not ranked beside others."""

    title: str
    sees_hidden: bool
    cells: tuple[BesideCell, ...]

    @property
    def context(self) -> bool:
        """Whether all that it shows are other papers' values."""
        values = [value for cell in self.cells for value in cell.published]
        others = all(value.context or value.kind == "user report" for value in values)
        return others and any(value.context for value in values) and not self.measured

    @property
    def measured(self) -> bool:
        """Whether the run has a value of it."""
        return any(cell.text for cell in self.cells)


@dataclass(frozen=True)
class Beside:
    """A published table: `groups` are (heading, number of columns); `unlike` as in `reports.table.Table`."""

    papers: tuple[str, ...]
    name: str
    note: str
    groups: tuple[tuple[str, int], ...]
    columns: tuple[BesideColumn, ...]
    rows: tuple[BesideRow, ...]
    unlike: tuple[str, ...] = ()

    def only(self, scores: Collection[str]) -> Beside:
        """The columns of these scores."""
        places = [at for at, column in enumerate(self.columns) if column.score in scores]
        columns = tuple(self.columns[at] for at in places)
        return replace(
            self,
            columns=columns,
            groups=_groups(columns),
            rows=tuple(
                replace(row, cells=tuple(row.cells[at] for at in places)) for row in self.rows
            ),
        )

    def n_of(self, at: int) -> int:
        """The edits behind a column: those of most of its values; 0 where it has none."""
        counts = Counter(row.cells[at].n for row in self.rows if row.cells[at].text)
        return max(counts, key=lambda n: (counts[n], n), default=0)

    def group_n(self, at: int) -> int:
        """The edits behind the named group that a column is in; 0 where its columns differ."""
        place = 0
        for group, count in self.groups:
            if at < place + count:
                numbers = {self.n_of(i) for i in range(place, place + count)} - {0}
                return numbers.pop() if group and len(numbers) == 1 else 0
            place += count
        raise IndexError(at)

    def heading_n(self, at: int) -> int:
        """What a column's own heading says of its edits: nothing where its group's does."""
        return 0 if self.group_n(at) else self.n_of(at)

    @property
    def suspect(self) -> tuple[str, ...]:
        """What the canaries found wrong with our values, each once."""
        return tuple(dict.fromkeys(text for column in self.columns for text in column.suspect))

    @property
    def context(self) -> bool:
        """Whether other papers' values stand in it."""
        return any(v.context for row in self.rows for cell in row.cells for v in cell.published)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Why values are missing or not comparable, each once, in reading order."""
        found = [cell.reason for row in self.rows for cell in row.cells]
        found += [
            value.remark for row in self.rows for cell in row.cells for value in cell.published
        ]
        return tuple(dict.fromkeys(remark for remark in found if remark))


def beside(run: Run) -> Beside | None:
    """The table that the run's suite reproduces, or None where it reproduces none.

    Raises:
        BadInput: where another version of siebench wrote the table in another form.
    """
    from pydantic import ValidationError

    from bench.judge.published.join import join_published, table_of

    try:
        layout = table_of(run)
    except ValidationError as error:
        raise BadInput(
            f"{run.folder / 'run.json'}: its table is of another form "
            f"({error.errors()[0]['msg']}); use the version of siebench that made the run"
        ) from error
    if layout is None:
        return None
    return _beside(run, layout, join_published(run).to_dict("records"))


def _beside(run: Run, layout: TableLayout, records: Sequence[Mapping[Any, Any]]) -> Beside:
    peeking = {method.name for method in run.header.methods if method.sees_hidden}
    cells: dict[tuple[int, int], list[Mapping[Any, Any]]] = {}
    for record in records:
        cells.setdefault((record["row"], record["column"]), []).append(record)
    hidden = [row.method in peeking for row in layout.rows]
    edits = {task.name: ScoredEdits.of_task(run, task) for task in run.header.tasks}
    both = [
        _column(run, column, [cells[i, j] for i in range(len(layout.rows))], hidden, edits)
        for j, column in enumerate(layout.columns)
    ]
    places = level_with_best(run, (contest for _, contest in both))
    columns = [
        [
            replace(cell, level=(contest.task, contest.score, row.method) in places)
            for cell, row in zip(column, layout.rows)
        ]
        for column, contest in both
    ]
    headings = tuple(
        BesideColumn(
            column.metric or "",
            column.group,
            column.title,
            column.better,
            "; ".join(column.unstated),
            tuple(_suspect(run, column, layout.rows)),
        )
        for column in layout.columns
    )
    rows = tuple(
        BesideRow(row.title, hidden[i], tuple(column[i] for column in columns))
        for i, row in enumerate(layout.rows)
    )
    named = {row.method for row in layout.rows}
    measured = [method for method in run.header.methods if method.name in named]
    return Beside(
        papers=layout.papers,
        name=layout.name,
        note=layout.note,
        groups=_groups(headings),
        columns=headings,
        rows=rows,
        unlike=tuple(unlike_networks(measured)),
    )


def _suspect(run: Run, column: TableColumn, rows: Sequence[TableRow]) -> Iterator[str]:
    """What is wrong with the column's values; a row that has another title than its method is named.

    A notice about a metric names one of those that it is about, so a column says all of its task.
    """
    titles = {row.method: row.title for row in rows if row.method is not None}
    for notice in run.header.notices:
        if notice.kind != "bad" or notice.task != column.task:
            continue
        if notice.what == "method" and notice.name in titles:
            title = titles[notice.name]
            yield notice.text if title == notice.name else f"{title}: {notice.text}"
        elif notice.what == "metric":
            yield notice.text


def _groups(columns: Sequence[BesideColumn]) -> tuple[tuple[str, int], ...]:
    return tuple(
        (group, len(list(own))) for group, own in groupby(column.group for column in columns)
    )


def _column(
    run: Run,
    column: TableColumn,
    records: Sequence[Sequence[Mapping[Any, Any]]],
    hidden: Sequence[bool],
    edits: Mapping[str, ScoredEdits],
) -> tuple[list[BesideCell], Contest]:
    """The column's cells, and who is best among whom; published values are printed as published."""
    firsts = [of[0] for of in records]
    own = [float(one["value"]) if _there(one["value"]) else None for one in firsts]
    decimals = decimals_for([value for value in own if value is not None])
    everyone_peeks = all(
        peeks or one["method"] == REAL
        for one, peeks, value in zip(firsts, hidden, own)
        if value is not None
    )
    sides = [
        _side(run, column, one, edits)
        if (everyone_peeks or not peeks) and one["method"] != REAL
        else None
        for one, peeks in zip(firsts, hidden)
    ]
    ranking = rank(sides, column.better, decimals)
    cells = [
        _cell(of, decimals, ranking.ranks[i], _on(ranking, i, decimals))
        for i, of in enumerate(records)
    ]
    names = [str(one["method"]) for one in firsts]
    best = [name for name, place in zip(names, ranking.ranks) if place == 1]
    among = [name for name, compared in zip(names, ranking.compared) if compared]
    # Costs have no values of single edits, by which methods could be told apart.
    contest = Contest(
        column.task or "",
        column.metric or "",
        tuple(dict.fromkeys(best)) if column.metric else (),
        tuple(dict.fromkeys(among)),
    )
    return cells, contest


def _side(
    run: Run, column: TableColumn, record: Mapping[Any, Any], edits: Mapping[str, ScoredEdits]
) -> Side | None:
    """This run's value in the published unit; what a method costs is of no edits."""
    if not _there(record["value"]):
        return None
    value, n = float(record["value"]), int(record["n"])
    if column.metric is None or column.task is None or column.task not in edits:
        return Side(value, n, frozenset())
    side = edits[column.task].side(str(record["method"]), run.metric(column.metric), value, n)
    mean_on = side.mean_on
    if mean_on is None:
        return side
    return replace(side, mean_on=lambda common: mean_on(common) * column.scale)


def _on(ranking: Ranking, at: int, decimals: int) -> str:
    if at in ranking.left_out:
        return "other edits, not ranked"
    common = printed(ranking.common[at], decimals)
    return f"{common} on {counted(ranking.n, 'common edit')}" if common else ""


def _cell(records: Sequence[Mapping[Any, Any]], decimals: int, place: Rank, on: str) -> BesideCell:
    first = records[0]
    measured = _there(first["value"])
    return BesideCell(
        text=printed(first["value"], decimals) if measured else "",
        interval=printed_interval(first["low"], first["high"], decimals) if measured else "",
        n=int(first["n"]),
        protocol=str(first["protocol"]),
        reason="" if measured else without_folders(str(first["reason"])),
        rank=place,
        on=on,
        published=tuple(_published(r, decimals) for r in records if _there(r["published"])),
    )


def _published(record: Mapping[Any, Any], decimals: int) -> PublishedValue:
    difference = record["difference"] if _there(record["difference"]) else None
    sign = "+" if difference is not None and difference > 0 else ""
    return PublishedValue(
        text=f"{record['published']:g}",
        kind=f"{CONTEXT}, {record['kind']}" if record["context"] else record["kind"],
        source=record["source"],
        note=record["note"],
        difference="" if difference is None else sign + printed(difference, decimals),
        verdict=record["verdict"],
        words=without_folders(record["words"]),
    )


def _there(value: Any) -> bool:
    return value is not None and not math.isnan(value)
