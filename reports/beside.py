"""The paper's table with this run's values beside the published ones, ready to print."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from bench.core.errors import BadInput
from reports.numbers import decimals_for, printed
from reports.table import ARROWS, Better, Rank, ranks

if TYPE_CHECKING:
    from bench.run.reader import Run
    from bench.suite.table import TableColumn, TableLayout

__all__ = ["Beside", "BesideCell", "BesideColumn", "BesideRow", "PublishedValue", "beside"]

SIGNS = {
    "reproduced": "✓",
    "not reproduced": "✗",
    "not comparable": "≠",
    "not measured": "",
    "nothing published": "",
}
"""A sign for each verdict, so that none needs colour."""


@dataclass(frozen=True)
class PublishedValue:
    """One source's value of a cell, what kind of source it is, and the verdict on ours beside it."""

    text: str
    kind: str
    source: str
    note: str
    difference: str
    verdict: str
    words: str

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

    `rank` is among this run's methods: 1 = best, 2 = second best, 0 = neither.
    """

    text: str
    interval: str
    n: int
    protocol: str
    reason: str
    rank: Rank
    published: tuple[PublishedValue, ...]


@dataclass(frozen=True)
class BesideColumn:
    """A column's heading; `unstated` is what no source says about its published values."""

    group: str
    title: str
    better: Better
    unstated: str

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


@dataclass(frozen=True)
class Beside:
    """A published table: `groups` are (heading, number of columns)."""

    papers: tuple[str, ...]
    name: str
    note: str
    groups: tuple[tuple[str, int], ...]
    columns: tuple[BesideColumn, ...]
    rows: tuple[BesideRow, ...]

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
    peeking = {method.name for method in run.header.methods if method.sees_hidden}
    return _beside(layout, join_published(run).to_dict("records"), peeking)


def _beside(
    layout: TableLayout, records: Sequence[Mapping[Any, Any]], peeking: Collection[str]
) -> Beside:
    cells: dict[tuple[int, int], list[Mapping[Any, Any]]] = {}
    for record in records:
        cells.setdefault((record["row"], record["column"]), []).append(record)
    hidden = [row.method in peeking for row in layout.rows]
    columns = [
        _column(column, [cells[i, j] for i in range(len(layout.rows))], hidden)
        for j, column in enumerate(layout.columns)
    ]
    rows = tuple(
        BesideRow(row.title, hidden[i], tuple(column[i] for column in columns))
        for i, row in enumerate(layout.rows)
    )
    return Beside(
        papers=layout.papers,
        name=layout.name,
        note=layout.note,
        groups=tuple(
            (group, len(list(members)))
            for group, members in groupby(column.group for column in layout.columns)
        ),
        columns=tuple(
            BesideColumn(column.group, column.title, column.better, "; ".join(column.unstated))
            for column in layout.columns
        ),
        rows=rows,
    )


def _column(
    column: TableColumn, records: Sequence[Sequence[Mapping[Any, Any]]], hidden: Sequence[bool]
) -> list[BesideCell]:
    """The column's cells; published values are printed as they were published."""
    own = [float(of[0]["value"]) if _there(of[0]["value"]) else None for of in records]
    decimals = decimals_for([value for value in own if value is not None])
    everyone_peeks = all(peeks for peeks, value in zip(hidden, own) if value is not None)
    fair = [value if everyone_peeks or not peeks else None for peeks, value in zip(hidden, own)]
    ranked = ranks(fair, column.better, decimals)
    return [_cell(of, decimals, rank) for of, rank in zip(records, ranked)]


def _cell(records: Sequence[Mapping[Any, Any]], decimals: int, rank: Rank) -> BesideCell:
    first = records[0]
    measured = _there(first["value"])
    ends = [first[end] for end in ("low", "high")]
    interval = " – ".join(printed(end, decimals) for end in ends)  # noqa: RUF001
    return BesideCell(
        text=printed(first["value"], decimals) if measured else "",
        interval=interval if measured and all(map(_there, ends)) else "",
        n=int(first["n"]),
        protocol=str(first["protocol"]),
        reason="" if measured else str(first["reason"]),
        rank=rank,
        published=tuple(_published(r, decimals) for r in records if _there(r["published"])),
    )


def _published(record: Mapping[Any, Any], decimals: int) -> PublishedValue:
    difference = record["difference"] if _there(record["difference"]) else None
    sign = "+" if difference is not None and difference > 0 else ""
    return PublishedValue(
        text=f"{record['published']:g}",
        kind=record["kind"],
        source=record["source"],
        note=record["note"],
        difference="" if difference is None else sign + printed(difference, decimals),
        verdict=record["verdict"],
        words=record["words"],
    )


def _there(value: Any) -> bool:
    return value is not None and not math.isnan(value)
