"""The paper's table with this run's values beside the published ones, ready to print."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from bench.errors import BadInput
from reports.numbers import decimals_for, printed

if TYPE_CHECKING:
    from bench.run.reader import Run
    from bench.table import TableLayout

__all__ = ["Beside", "BesideCell", "BesideColumn", "PublishedValue", "beside"]

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


@dataclass(frozen=True)
class BesideCell:
    """This run's value in the published unit, or the reason; and what was published."""

    text: str
    interval: str
    n: int
    protocol: str
    reason: str
    published: tuple[PublishedValue, ...]


@dataclass(frozen=True)
class BesideColumn:
    """A column's heading; `unstated` is what no source says about its published values."""

    title: str
    arrow: str
    unstated: str


@dataclass(frozen=True)
class Beside:
    """A published table: `groups` are (heading, number of columns), `rows` are (title, cells)."""

    papers: tuple[str, ...]
    name: str
    note: str
    groups: tuple[tuple[str, int], ...]
    columns: tuple[BesideColumn, ...]
    rows: tuple[tuple[str, tuple[BesideCell, ...]], ...]


def beside(run: Run) -> Beside | None:
    """The table that the run's suite answers to, or None where it answers to none.

    Raises:
        BadInput: where another version of sebench wrote the table in another form.
    """
    from pydantic import ValidationError

    from bench.published.join import join_published, table_of

    try:
        layout = table_of(run)
    except ValidationError as error:
        raise BadInput(
            f"{run.folder / 'run.json'}: its table is of another form "
            f"({error.errors()[0]['msg']}); use the version of sebench that made the run"
        ) from error
    if layout is None:
        return None
    return _beside(layout, join_published(run).to_dict("records"))


def _beside(layout: TableLayout, records: Sequence[Mapping[Any, Any]]) -> Beside:
    cells: dict[tuple[int, int], list[Mapping[Any, Any]]] = {}
    for record in records:
        cells.setdefault((record["row"], record["column"]), []).append(record)
    decimals = [_decimals(records, j) for j in range(len(layout.columns))]
    rows = tuple(
        (row.title, tuple(_cell(cells[i, j], decimals[j]) for j in range(len(layout.columns))))
        for i, row in enumerate(layout.rows)
    )
    arrows = {"higher": "↑", "lower": "↓", "neither": ""}
    return Beside(
        papers=layout.papers,
        name=layout.name,
        note=layout.note,
        groups=tuple(
            (group, len(list(members)))
            for group, members in groupby(column.group for column in layout.columns)
        ),
        columns=tuple(
            BesideColumn(column.title, arrows[column.better], "; ".join(column.unstated))
            for column in layout.columns
        ),
        rows=rows,
    )


def _decimals(records: Sequence[Mapping[Any, Any]], column: int) -> int:
    """Decimals for our values; published ones are printed as they were published."""
    own = [record["value"] for record in records if record["column"] == column]
    return decimals_for([value for value in own if _there(value)])


def _cell(records: Sequence[Mapping[Any, Any]], decimals: int) -> BesideCell:
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
