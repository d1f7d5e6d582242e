"""Tables for a paper: LaTeX with booktabs, best bold, second underlined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reports.table import Cell, Column, Table, task_table

if TYPE_CHECKING:
    from bench.run.reader import Run

__all__ = ["latex", "latex_document"]

SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "`": r"\textasciigrave{}",
    '"': r"\textquotedbl{}", "\N{MINUS SIGN}": "$-$", "\N{INFINITY}": r"$\infty$",
    "\N{EN DASH}": "--", "\N{EM DASH}": "---", "\N{MULTIPLICATION SIGN}": r"$\times$",
}  # fmt: skip

PREAMBLE = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{booktabs}
\setlength{\textwidth}{17cm}
\setlength{\oddsidemargin}{-0.5cm}
\begin{document}
"""


def latex(run: Run, *, intervals: bool = False) -> str:
    r"""One `table` environment per task; the paper needs `\usepackage{booktabs}` and T1 fonts.

    Args:
        run: the run.
        intervals: prints each interval in small type under its value.
    """
    tables = [task_table(run, task) for task in run.header.tasks]
    return "\n".join(_table(table, intervals) for table in tables if table.columns)


def latex_document(run: Run, *, intervals: bool = False) -> str:
    """The tables as a whole document that compiles as it is."""
    return f"{PREAMBLE}{latex(run, intervals=intervals)}\\end{{document}}\n"


def _table(table: Table, intervals: bool) -> str:
    lines = [
        r"\begin{table}[htbp]",
        r"\centering",
        rf"\caption{{{_escaped(table.title)} ($n = {table.n}$).}}",
        rf"\begin{{tabular}}{{l{'r' * len(table.columns)}}}",
        r"\toprule",
        _line(["Method", *(_heading(column) for column in table.columns)]),
        r"\midrule",
    ]
    for row in table.rows:
        name = _escaped(row.title) + (r"$^{\dagger}$" if row.sees_hidden else "")
        lines += _row(name, row.cells, table, intervals)
    lines += [r"\bottomrule", r"\end{tabular}", *_notes(table), r"\end{table}", ""]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"{' & '.join(cells)} \\\\"


def _heading(column: Column) -> str:
    arrow = {"higher": r" $\uparrow$", "lower": r" $\downarrow$", "neither": ""}[column.better]
    unit = f" ({_escaped(column.unit)})" if column.unit else ""
    return f"{_escaped(column.title)}{unit}{arrow}"


def _row(name: str, cells: Sequence[Cell], table: Table, intervals: bool) -> list[str]:
    lines = [_line([name, *(_value(cell, table) for cell in cells)])]
    if intervals and any(cell.interval for cell in cells):
        below = [
            rf"{{\scriptsize {_escaped(cell.interval)}}}" if cell.interval else "" for cell in cells
        ]
        lines.append(_line(["", *below]))
    return lines


def _value(cell: Cell, table: Table) -> str:
    if cell.value is None:
        return f"--$^{{{table.reasons.index(cell.reason) + 1}}}$" if cell.reason else ""
    text = _escaped(cell.text)
    marked = {0: text, 1: rf"\textbf{{{text}}}", 2: rf"\underline{{{text}}}"}[cell.rank]
    return marked if cell.n == table.n else rf"{marked}$_{{n={cell.n}}}$"


def _notes(table: Table) -> list[str]:
    notes = [f"$^{{{i}}}$ {_escaped(reason)}." for i, reason in enumerate(table.reasons, 1)]
    if any(row.sees_hidden for row in table.rows):
        notes.insert(0, r"$^{\dagger}$ is shown the hidden pixels; not ranked.")
    return [rf"\par\smallskip{{\footnotesize {' '.join(notes)}\par}}"] if notes else []


def _escaped(text: str) -> str:
    return "".join(SPECIAL.get(letter, letter) for letter in " ".join(text.split()))
