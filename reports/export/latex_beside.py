"""The published table in LaTeX: ours, and in small type below what was published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from reports.beside import Beside, BesideCell, BesideRow, PublishedValue, beside
from reports.export.latex_text import ARROWS, escaped, line, ranked

if TYPE_CHECKING:
    from bench.run.reader import Run

__all__ = ["latex_beside"]

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


def latex_beside(run: Run, *, intervals: bool = False) -> list[str]:
    """One `table` environment for every few groups of columns; none without a published table.

    Args:
        run: the run.
        intervals: prints each interval in small type under its value.
    """
    table = beside(run)
    if table is None:
        return []
    return [_table(table, part, intervals) for part in _parts(table)]


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


def _table(table: Beside, part: range, intervals: bool) -> str:
    remarks = tuple(dict.fromkeys(_remarks(table, part)))
    lines = [
        r"\begin{table}[htbp]",
        r"\centering",
        rf"\caption{{{escaped('; '.join(table.papers))}: {escaped(table.name)}.}}",
        rf"\begin{{tabular}}{{l{'r' * len(part)}}}",
        r"\toprule",
        *_groups(table, part),
        line(["Method", *(_heading(table, i) for i in part)]),
        r"\midrule",
    ]
    for i, row in enumerate(table.rows):
        lines += [r"\addlinespace"] if i else []
        lines += _row(row, part, remarks, intervals)
    lines += [r"\bottomrule", r"\end{tabular}", _notes(table, part, remarks), r"\end{table}", ""]
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


def _heading(table: Beside, index: int) -> str:
    column = table.columns[index]
    return f"{escaped(column.title)}{ARROWS[column.better]}"


def _row(row: BesideRow, part: range, remarks: Sequence[str], intervals: bool) -> Iterator[str]:
    cells = [row.cells[i] for i in part]
    name = escaped(row.title) + (r"$^{\dagger}$" if row.sees_hidden else "")
    yield line([name, *(_ours(cell, remarks) for cell in cells)])
    if intervals and any(cell.interval for cell in cells):
        yield line(["", *(_small(escaped(cell.interval)) for cell in cells)])
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


def _notes(table: Beside, part: range, remarks: Sequence[str]) -> str:
    notes = [KEY]
    if any(row.sees_hidden for row in table.rows):
        notes.append(r"$^{\dagger}$ is shown the hidden pixels; not ranked.")
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
