"""Tables for a paper: LaTeX with booktabs, best bold, second underlined.

Where the suite has a published table, it comes first: ours, and below it in small type what was
published.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.core.text import counted
from reports.beside import beside
from reports.export.latex_published import published_tables
from reports.export.latex_text import (
    ARROWS,
    INTERVALS,
    WIDEST,
    environment,
    escaped,
    grouped,
    heading,
    line,
    ranked,
    small,
)
from reports.findings import LEVEL, levelled
from reports.slices import slice_tables
from reports.table import Cell, Row, Table, region_groups, task_table

if TYPE_CHECKING:
    from bench.run.reader import Run

__all__ = ["latex", "latex_document"]

MARK = "% Written by siebench export, which replaces this file when it is called again.\n"
"""The first line, by which a later call knows what it may replace."""

PREAMBLE = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{booktabs}
\usepackage{graphicx}
\setlength{\textwidth}{17cm}
\setlength{\oddsidemargin}{-0.5cm}
\begin{document}
"""


def latex(
    run: Run,
    *,
    intervals: bool = False,
    columns: Sequence[str] | None = None,
    by: str | None = None,
) -> str:
    r"""The published table, where the suite has one, then the tables of each task.

    The paper needs `\usepackage{booktabs}`, `\usepackage{graphicx}` and T1 fonts. A table of more than
    `WIDEST` columns is cut into several, between its groups where they are not wider themselves.

    Args:
        run: the run.
        intervals: prints each interval in small type under its value.
        columns: names of the scores that are wanted, in their order; all where None.
        by: a table per task and score by slices instead, without published values.
    """
    return f"{MARK}{_tables(run, intervals, columns, by)}"


def latex_document(
    run: Run,
    *,
    intervals: bool = False,
    columns: Sequence[str] | None = None,
    by: str | None = None,
) -> str:
    """The tables as a whole document that compiles as it is."""
    return f"{MARK}{PREAMBLE}{_tables(run, intervals, columns, by)}\\end{{document}}\n"


def _tables(run: Run, intervals: bool, columns: Sequence[str] | None, by: str | None) -> str:
    if by is not None:
        tables = slice_tables(run, by, columns)
        return "\n".join(
            _table(table, part, intervals) for table in tables for part in _parts(table)
        )
    published = beside(run)
    parts: list[str] = []
    if published is not None:
        chosen = published if columns is None else published.only(columns)
        parts += published_tables(chosen, intervals=intervals) if chosen.columns else []
    for table in levelled(run, [task_table(run, task, columns) for task in run.header.tasks]):
        parts += [_table(table, part, intervals) for part in _parts(table)]
    return "\n".join(parts)


def _parts(table: Table) -> list[range]:
    """The columns of each part: whole regions, but one that is wider than a part fills several."""
    ends: list[int] = []
    begin = place = 0
    for _, count in table.groups or (("", len(table.columns)),):
        if place > begin and count <= WIDEST < place + count - begin:
            ends.append(place)
            begin = place
        place += count
        while place - begin > WIDEST:
            begin += WIDEST
            ends.append(begin)
    ends.append(place)
    return [range(first, last) for first, last in zip([0, *ends], ends) if last > first]


def _table(table: Table, part: range, intervals: bool) -> str:
    reasons = list(table.reasons_in(part))
    groups = region_groups(table.columns[at].region for at in part)
    lines = [
        *grouped([(escaped(group), count) for group, count in groups]),
        line(["Method", *(_heading(table, at) for at in part)]),
        r"\midrule",
    ]
    for row in table.rows:
        lines += _row(table, row, part, reasons, intervals)
    caption = f"{escaped(table.title)} ($n = {table.n}$)."
    said = intervals and any(row.cells[at].interval for row in table.rows for at in part)
    notes = [*([INTERVALS] if said else []), *_notes(table, part)]
    return environment(caption, len(part), lines, notes)


def _heading(table: Table, at: int) -> str:
    column, n = table.columns[at], table.n_of(at)
    return heading(column.short, ARROWS[column.better], column.unit, 0 if n == table.n else n)


def _row(table: Table, row: Row, part: range, reasons: Sequence[str], intervals: bool) -> list[str]:
    cells = [row.cells[at] for at in part]
    name = escaped(row.title) + (r"$^{\dagger}$" if row.sees_hidden else "")
    lines = [line([name, *(_value(row.cells[at], table.n_of(at), reasons) for at in part)])]
    if intervals and any(cell.interval for cell in cells):
        lines.append(line(["", *(small(escaped(cell.interval)) for cell in cells)]))
    if any(cell.ranked_by for cell in cells):
        lines.append(line(["", *(small(escaped(cell.ranked_by)) for cell in cells)]))
    return lines


def _value(cell: Cell, n: int, reasons: Sequence[str]) -> str:
    if cell.value is None:
        return f"--$^{{{reasons.index(cell.reason) + 1}}}$" if cell.reason else ""
    marked = ranked(cell.text, cell.rank, level=cell.level)
    return marked if cell.n == n else rf"{marked}$_{{n={cell.n}}}$"


def _notes(table: Table, part: range) -> list[str]:
    reasons = table.reasons_in(part)
    level = any(row.cells[at].level for row in table.rows for at in part)
    notes = [rf"$^{{\approx}}$ {escaped(LEVEL)}."] if level else []
    notes += [rf"\textbf{{Suspect}}: {escaped(text)}." for text in table.suspect]
    notes += [escaped(text) for text in table.unlike]
    notes += [f"{escaped(text)}." for text in table.unequal]
    notes += [
        f"$^{{{i}}}$ {escaped(reason)} ({counted(count, 'value')})."
        for i, (reason, count) in enumerate(reasons.items(), 1)
    ]
    if any(row.sees_hidden for row in table.rows):
        notes.insert(0, r"$^{\dagger}$ sees the hidden pixels; not ranked.")
    return notes
