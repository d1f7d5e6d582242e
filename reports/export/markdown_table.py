"""Tables for a pull request: GitHub's Markdown, best bold, second underlined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.export.markdown_beside import markdown_beside
from reports.export.markdown_text import escaped, line, ranked
from reports.table import Cell, Column, Table, task_table

if TYPE_CHECKING:
    from bench.run.reader import Run

__all__ = ["markdown"]


def markdown(run: Run, *, intervals: bool = True) -> str:
    """The published table, if the suite answers to one, then a table with its reasons per task.

    Args:
        run: the run.
        intervals: prints each interval under its value.
    """
    own = [_section(task_table(run, task), intervals) for task in run.header.tasks]
    return "\n".join([*markdown_beside(run, intervals=intervals), *own])


def _section(table: Table, intervals: bool) -> str:
    lines = [f"### {escaped(table.title)}", ""]
    if not table.columns:
        return "\n".join([*lines, "No scores yet.", ""])
    lines.append(line(["Method", *(_heading(column) for column in table.columns)]))
    lines.append(line([":--", *("--:" for _ in table.columns)]))
    for row in table.rows:
        name = escaped(row.title) + (" ◐" if row.sees_hidden else "")
        lines.append(line([name, *(_cell(cell, table, intervals) for cell in row.cells)]))
    return "\n".join([*lines, "", *_notes(table), ""])


def _heading(column: Column) -> str:
    unit = f" ({escaped(column.unit)})" if column.unit else ""
    return f"{escaped(column.title)}{unit} {column.arrow}".rstrip()


def _cell(cell: Cell, table: Table, intervals: bool) -> str:
    if cell.value is None:
        return f"— <sup>{table.reasons.index(cell.reason) + 1}</sup>" if cell.reason else ""
    text = ranked(cell.text, cell.rank)
    if intervals and cell.interval:
        text += f"<br><sub>{cell.interval}</sub>"
    return text if cell.n == table.n else f"{text}<br><sub>n = {cell.n}</sub>"


def _notes(table: Table) -> list[str]:
    notes = [f"n = {table.n} unless stated; **best**, <u>second</u>; intervals at 95 %."]
    if any(row.sees_hidden for row in table.rows):
        notes.append("◐ is shown the hidden pixels and is not ranked against methods that are not.")
    notes += [f"**Suspect**: {escaped(text)}." for text in table.suspect]
    numbered = [f"<sup>{i}</sup> {escaped(reason)}." for i, reason in enumerate(table.reasons, 1)]
    return ["  \n".join([*notes, *numbered])]
