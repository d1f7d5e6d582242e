"""Tables for a pull request: GitHub's Markdown, best bold, second underlined."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from reports.table import Cell, Column, Table, task_table

if TYPE_CHECKING:
    from bench.run.reader import Run

__all__ = ["markdown"]

SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~])")


def markdown(run: Run, *, intervals: bool = True) -> str:
    """A heading, a table and the reasons for missing values per task.

    Args:
        run: the run.
        intervals: prints each interval under its value.
    """
    tables = [task_table(run, task) for task in run.header.tasks]
    return "\n".join(_section(table, intervals) for table in tables)


def _section(table: Table, intervals: bool) -> str:
    lines = [f"### {_escaped(table.title)}", ""]
    if not table.columns:
        return "\n".join([*lines, "No scores yet.", ""])
    lines += _line(["Method", *(_heading(column) for column in table.columns)])
    lines += _line([":--", *("--:" for _ in table.columns)])
    for row in table.rows:
        name = _escaped(row.title) + (" ◐" if row.sees_hidden else "")
        lines += _line([name, *(_cell(cell, table, intervals) for cell in row.cells)])
    return "\n".join([*lines, "", *_notes(table), ""])


def _line(cells: Sequence[str]) -> list[str]:
    return [f"| {' | '.join(cells)} |"]


def _heading(column: Column) -> str:
    unit = f" ({_escaped(column.unit)})" if column.unit else ""
    return f"{_escaped(column.title)}{unit} {column.arrow}".rstrip()


def _cell(cell: Cell, table: Table, intervals: bool) -> str:
    if cell.value is None:
        return f"— <sup>{table.reasons.index(cell.reason) + 1}</sup>" if cell.reason else ""
    text = {0: cell.text, 1: f"**{cell.text}**", 2: f"<u>{cell.text}</u>"}[cell.rank]
    if intervals and cell.interval:
        text += f"<br><sub>{cell.interval}</sub>"
    return text if cell.n == table.n else f"{text}<br><sub>n = {cell.n}</sub>"


def _notes(table: Table) -> list[str]:
    notes = [f"n = {table.n} unless stated; **best**, <u>second</u>; intervals at 95 %."]
    if any(row.sees_hidden for row in table.rows):
        notes.append("◐ is shown the hidden pixels and is not ranked against methods that are not.")
    numbered = [f"<sup>{i}</sup> {_escaped(reason)}." for i, reason in enumerate(table.reasons, 1)]
    return ["  \n".join([*notes, *numbered])]


def _escaped(text: str) -> str:
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return SPECIAL.sub(r"\\\1", " ".join(plain.split()))
