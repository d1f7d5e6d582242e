"""Tables for a paper: LaTeX with booktabs, best bold, second underlined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reports.export.latex_beside import latex_beside
from reports.export.latex_text import ARROWS, escaped, line, ranked
from reports.table import Cell, Column, Table, task_table

if TYPE_CHECKING:
    from bench.run.reader import Run

__all__ = ["latex", "latex_document"]

PREAMBLE = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{booktabs}
\setlength{\textwidth}{17cm}
\setlength{\oddsidemargin}{-0.5cm}
\begin{document}
"""


def latex(run: Run, *, intervals: bool = False) -> str:
    r"""The published table, if the suite answers to one, then a `table` environment per task.

    The paper needs `\usepackage{booktabs}` and T1 fonts.

    Args:
        run: the run.
        intervals: prints each interval in small type under its value.
    """
    tables = [task_table(run, task) for task in run.header.tasks]
    own = [_table(table, intervals) for table in tables if table.columns]
    return "\n".join([*latex_beside(run, intervals=intervals), *own])


def latex_document(run: Run, *, intervals: bool = False) -> str:
    """The tables as a whole document that compiles as it is."""
    return f"{PREAMBLE}{latex(run, intervals=intervals)}\\end{{document}}\n"


def _table(table: Table, intervals: bool) -> str:
    lines = [
        r"\begin{table}[htbp]",
        r"\centering",
        rf"\caption{{{escaped(table.title)} ($n = {table.n}$).}}",
        rf"\begin{{tabular}}{{l{'r' * len(table.columns)}}}",
        r"\toprule",
        line(["Method", *(_heading(column) for column in table.columns)]),
        r"\midrule",
    ]
    for row in table.rows:
        name = escaped(row.title) + (r"$^{\dagger}$" if row.sees_hidden else "")
        lines += _row(name, row.cells, table, intervals)
    lines += [r"\bottomrule", r"\end{tabular}", *_notes(table), r"\end{table}", ""]
    return "\n".join(lines)


def _heading(column: Column) -> str:
    arrow = ARROWS[column.better]
    unit = f" ({escaped(column.unit)})" if column.unit else ""
    return f"{escaped(column.title)}{unit}{arrow}"


def _row(name: str, cells: Sequence[Cell], table: Table, intervals: bool) -> list[str]:
    lines = [line([name, *(_value(cell, table) for cell in cells)])]
    if intervals and any(cell.interval for cell in cells):
        below = [
            rf"{{\scriptsize {escaped(cell.interval)}}}" if cell.interval else "" for cell in cells
        ]
        lines.append(line(["", *below]))
    return lines


def _value(cell: Cell, table: Table) -> str:
    if cell.value is None:
        return f"--$^{{{table.reasons.index(cell.reason) + 1}}}$" if cell.reason else ""
    marked = ranked(cell.text, cell.rank)
    return marked if cell.n == table.n else rf"{marked}$_{{n={cell.n}}}$"


def _notes(table: Table) -> list[str]:
    notes = [rf"\textbf{{Suspect}}: {escaped(text)}." for text in table.suspect]
    notes += [f"$^{{{i}}}$ {escaped(reason)}." for i, reason in enumerate(table.reasons, 1)]
    if any(row.sees_hidden for row in table.rows):
        notes.insert(0, r"$^{\dagger}$ is shown the hidden pixels; not ranked.")
    return [rf"\par\smallskip{{\footnotesize\raggedright {' '.join(notes)}\par}}"] if notes else []
