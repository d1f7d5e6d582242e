"""Tables for a paper: LaTeX with booktabs, best bold, second underlined.

Where the suite has a published table, it comes first: ours, and below it in small type what was
published.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from reports.beside import Beside, BesideCell, BesideRow, PublishedValue, beside
from reports.ranking import Rank
from reports.table import Cell, Column, Table, task_table

if TYPE_CHECKING:
    from bench.run.reader import Run

__all__ = ["latex", "latex_document"]

MARK = "% Written by siebench export, which replaces this file when it is called again.\n"
"""The first line, by which a later call knows what it may replace."""

PREAMBLE = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{booktabs}
\setlength{\textwidth}{17cm}
\setlength{\oddsidemargin}{-0.5cm}
\begin{document}
"""

SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "`": r"\textasciigrave{}",
    '"': r"\textquotedbl{}", "\N{MINUS SIGN}": "$-$", "\N{INFINITY}": r"$\infty$",
    "\N{EN DASH}": "--", "\N{EM DASH}": "---", "\N{MULTIPLICATION SIGN}": r"$\times$",
    "\N{PLUS-MINUS SIGN}": r"$\pm$", "\N{RIGHTWARDS ARROW}": r"$\to$",
    "\N{LESS-THAN OR EQUAL TO}": r"$\leq$", "\N{GREATER-THAN OR EQUAL TO}": r"$\geq$",
}  # fmt: skip

ARROWS = {"higher": r" $\uparrow$", "lower": r" $\downarrow$", "neither": ""}
"""Which way is better, behind a heading."""

_LAST = 0x17F
"""The last letter that T1 fonts have: Latin with its extensions."""

WIDEST = 6
"""Columns that fit on a page; a wider table is cut between its groups."""

MARKS = {
    "reproduced": r"$\surd$",
    "not reproduced": r"$\times$",
    "not comparable": r"$\neq$",
    "not measured": "",
    "nothing published": "",
}

KEY = (
    r"Ours, and below it what was published, its kind of source, and the difference. $\surd$ "
    r"reproduced within the tolerance, $\times$ not reproduced, $\neq$ not comparable."
)


def latex(run: Run, *, intervals: bool = False) -> str:
    r"""The published table, where the suite has one, then a `table` environment per task.

    The paper needs `\usepackage{booktabs}` and T1 fonts.

    Args:
        run: the run.
        intervals: prints each interval in small type under its value.
    """
    return f"{MARK}{_tables(run, intervals)}"


def latex_document(run: Run, *, intervals: bool = False) -> str:
    """The tables as a whole document that compiles as it is."""
    return f"{MARK}{PREAMBLE}{_tables(run, intervals)}\\end{{document}}\n"


def _tables(run: Run, intervals: bool) -> str:
    tables = [task_table(run, task) for task in run.header.tasks]
    own = [_table(table, intervals) for table in tables if table.columns]
    return "\n".join([*_beside(run, intervals=intervals), *own])


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
    if any(cell.ranked_by for cell in cells):
        lines.append(line(["", *(_small(escaped(cell.ranked_by)) for cell in cells)]))
    return lines


def _value(cell: Cell, table: Table) -> str:
    if cell.value is None:
        return f"--$^{{{table.reasons.index(cell.reason) + 1}}}$" if cell.reason else ""
    marked = ranked(cell.text, cell.rank)
    return marked if cell.n == table.n else rf"{marked}$_{{n={cell.n}}}$"


def _notes(table: Table) -> list[str]:
    notes = [rf"\textbf{{Suspect}}: {escaped(text)}." for text in table.suspect]
    notes += [f"{escaped(text)}." for text in table.unequal]
    notes += [f"$^{{{i}}}$ {escaped(reason)}." for i, reason in enumerate(table.reasons, 1)]
    if any(row.sees_hidden for row in table.rows):
        notes.insert(0, r"$^{\dagger}$ sees the hidden pixels; not ranked.")
    return [rf"\par\smallskip{{\footnotesize\raggedright {' '.join(notes)}\par}}"] if notes else []


def _beside(run: Run, *, intervals: bool = False) -> list[str]:
    """One `table` environment for every few groups of columns; none without a published table.

    Args:
        run: the run.
        intervals: prints each interval in small type under its value.
    """
    table = beside(run)
    if table is None:
        return []
    return [_beside_table(table, part, intervals) for part in _parts(table)]


def _parts(table: Beside) -> list[range]:
    """The columns of each part: whole groups, at most `WIDEST` columns where a group allows it."""
    ends: list[int] = []
    begin = place = 0
    for _, count in table.groups:
        if place > begin and place + count - begin > WIDEST:
            ends.append(place)
            begin = place
        place += count
    ends.append(place)
    return [range(first, last) for first, last in zip([0, *ends], ends)]


def _beside_table(table: Beside, part: range, intervals: bool) -> str:
    remarks = tuple(dict.fromkeys(_remarks(table, part)))
    lines = [
        r"\begin{table}[htbp]",
        r"\centering",
        rf"\caption{{{escaped('; '.join(table.papers))}: {escaped(table.name)}.}}",
        rf"\begin{{tabular}}{{l{'r' * len(part)}}}",
        r"\toprule",
        *_groups(table, part),
        line(["Method", *(_beside_heading(table, i) for i in part)]),
        r"\midrule",
    ]
    for i, row in enumerate(table.rows):
        lines += [r"\addlinespace"] if i else []
        lines += _beside_row(row, part, remarks, intervals)
    lines += [
        r"\bottomrule",
        r"\end{tabular}",
        _beside_notes(table, part, remarks),
        r"\end{table}",
        "",
    ]
    return "\n".join(lines)


def _remarks(table: Beside, part: range) -> Iterator[str]:
    for row in table.rows:
        for i in part:
            cell = row.cells[i]
            found = [cell.reason, *(value.remark for value in cell.published)]
            yield from (remark for remark in found if remark)


def _groups(table: Beside, part: range) -> list[str]:
    """The headings that span columns, with their rules; nothing where none has a name."""
    headings, rules, place = [""], [], 0
    for group, count in table.groups:
        if place in part:
            first = place - part.start + 2
            headings.append(rf"\multicolumn{{{count}}}{{c}}{{{escaped(group)}}}")
            if group:
                rules.append(rf"\cmidrule(lr){{{first}-{first + count - 1}}}")
        place += count
    return [line(headings), "".join(rules)] if rules else []


def _beside_heading(table: Beside, index: int) -> str:
    column = table.columns[index]
    return f"{escaped(column.title)}{ARROWS[column.better]}"


def _beside_row(
    row: BesideRow, part: range, remarks: Sequence[str], intervals: bool
) -> Iterator[str]:
    cells = [row.cells[i] for i in part]
    name = escaped(row.title) + (r"$^{\dagger}$" if row.sees_hidden else "")
    name += " (context)" if row.context else ""
    yield line([name, *(_ours(cell, remarks) for cell in cells)])
    if intervals and any(cell.interval for cell in cells):
        yield line(["", *(_small(escaped(cell.interval)) for cell in cells)])
    if any(cell.on for cell in cells):
        yield line(["", *(_small(escaped(cell.on)) for cell in cells)])
    published = [[_published(value, remarks) for value in cell.published] for cell in cells]
    for values in zip_longest(*published, fillvalue=""):
        yield line(["", *map(_small, values)])


def _ours(cell: BesideCell, remarks: Sequence[str]) -> str:
    if not cell.text:
        return f"--{_number(cell.reason, remarks)}"
    return rf"{ranked(cell.text, cell.rank)}$_{{n={cell.n}}}$"


def _published(value: PublishedValue, remarks: Sequence[str]) -> str:
    judged = f", {escaped(value.difference)} {MARKS[value.verdict]}" if value.sign else ""
    return f"{value.kind} {escaped(value.text)}{judged}{_number(value.remark, remarks)}"


def _number(remark: str, remarks: Sequence[str]) -> str:
    return f"$^{{{remarks.index(remark) + 1}}}$" if remark else ""


def _small(text: str) -> str:
    return rf"{{\scriptsize {text}}}" if text else ""


def _beside_notes(table: Beside, part: range, remarks: Sequence[str]) -> str:
    notes = [KEY]
    if any(row.sees_hidden for row in table.rows):
        notes.append(r"$^{\dagger}$ sees the hidden pixels; not ranked.")
    if table.context:
        notes.append("Context: values of papers that this table is not of; never judged.")
    notes += [f"$^{{{i}}}$ {escaped(remark)}." for i, remark in enumerate(remarks, 1)]
    hashes = [
        rf"{escaped(table.columns[i].name)} \texttt{{{protocol[:12]}}}"
        for i in part
        for protocol in dict.fromkeys(row.cells[i].protocol for row in table.rows)
        if protocol
    ]
    if hashes:
        notes.append(f"Protocols: {'; '.join(hashes)}.")
    if table.note:
        notes.append(escaped(table.note))
    return rf"\par\smallskip{{\footnotesize\raggedright {' '.join(notes)}\par}}"


def escaped(text: str) -> str:
    """The text as LaTeX prints it; a letter that T1 fonts lack as its number, [U+65E5]."""
    return "".join(map(_letter, " ".join(text.split())))


def _letter(letter: str) -> str:
    if letter in SPECIAL:
        return SPECIAL[letter]
    known = letter.isprintable() and ord(letter) <= _LAST
    return letter if known else f"[U+{ord(letter):04X}]"


def line(cells: Sequence[str]) -> str:
    """A table's line."""
    return f"{' & '.join(cells)} \\\\"


def ranked(text: str, rank: Rank) -> str:
    """A value, escaped: the best bold, the second underlined."""
    plain = escaped(text)
    return {0: plain, 1: rf"\textbf{{{plain}}}", 2: rf"\underline{{{plain}}}"}[rank]
