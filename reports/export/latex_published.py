"""A published table for a paper: ours, and below it in small type what was published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from reports.beside import Beside, BesideCell, BesideRow, PublishedValue
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
from reports.findings import LEVEL

__all__ = ["published_tables"]

MARKS = {
    "reproduced": r"$\surd$",
    "not reproduced": r"$\times$",
    "not comparable": r"$\neq$",
    "not measured": "",
    "nothing published": "",
}

KEY = (
    r"Ours, and below it what was published, its kind of source, and the difference where the two can "
    r"be compared. $\surd$ reproduced within the tolerance, $\times$ not reproduced, $\neq$ not "
    r"comparable."
)


def published_tables(table: Beside, *, intervals: bool = False) -> list[str]:
    """One `table` environment for every few groups of columns.

    Args:
        table: what was published, and ours.
        intervals: prints each interval in small type under its value.
    """
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
        *grouped(_groups(table, part)),
        line(["Method", *(_beside_heading(table, i) for i in part)]),
        r"\midrule",
    ]
    for i, row in enumerate(table.rows):
        lines += [r"\addlinespace"] if i else []
        lines += _beside_row(table, row, part, remarks, intervals)
    caption = f"{escaped('; '.join(table.papers))}: {escaped(table.name)}."
    said = intervals and any(row.cells[i].interval for row in table.rows for i in part)
    notes = [KEY, *([INTERVALS] if said else []), *_beside_notes(table, part, remarks)]
    return environment(caption, len(part), lines, notes)


def _remarks(table: Beside, part: range) -> Iterator[str]:
    for row in table.rows:
        for i in part:
            cell = row.cells[i]
            found = [cell.reason, *(value.remark for value in cell.published)]
            yield from (remark for remark in found if remark)


def _groups(table: Beside, part: range) -> list[tuple[str, int]]:
    """The headings that span the part's columns, with their n."""
    found, place = [], 0
    for group, count in table.groups:
        if place in part:
            n = table.group_n(place)
            found.append((escaped(group) + (f" ($n={n}$)" if n else ""), count))
        place += count
    return found


def _beside_heading(table: Beside, index: int) -> str:
    column = table.columns[index]
    return heading(column.title, ARROWS[column.better], n=table.heading_n(index))


def _beside_row(
    table: Beside, row: BesideRow, part: range, remarks: Sequence[str], intervals: bool
) -> Iterator[str]:
    cells = [row.cells[i] for i in part]
    name = escaped(row.title) + (r"$^{\dagger}$" if row.sees_hidden else "")
    name += " (context)" if row.context else ""
    yield line([name, *(_ours(row.cells[i], table.n_of(i), remarks) for i in part)])
    if intervals and any(cell.interval for cell in cells):
        yield line(["", *(small(escaped(cell.interval)) for cell in cells)])
    if any(cell.on for cell in cells):
        yield line(["", *(small(escaped(cell.on)) for cell in cells)])
    published = [[_published(value, remarks) for value in cell.published] for cell in cells]
    for values in zip_longest(*published, fillvalue=""):
        yield line(["", *map(small, values)])


def _ours(cell: BesideCell, n: int, remarks: Sequence[str]) -> str:
    if not cell.text:
        return f"--{_number(cell.reason, remarks)}"
    marked = ranked(cell.text, cell.rank, level=cell.level)
    return marked if cell.n == n else rf"{marked}$_{{n={cell.n}}}$"


def _published(value: PublishedValue, remarks: Sequence[str]) -> str:
    difference = f", {escaped(value.difference)}" if value.difference else ""
    judged = f"{difference} {MARKS[value.verdict]}" if value.sign else ""
    return f"{value.kind} {escaped(value.text)}{judged}{_number(value.remark, remarks)}"


def _number(remark: str, remarks: Sequence[str]) -> str:
    return f"$^{{{remarks.index(remark) + 1}}}$" if remark else ""


def _beside_notes(table: Beside, part: range, remarks: Sequence[str]) -> list[str]:
    notes = []
    if any(row.cells[i].level for row in table.rows for i in part):
        notes.append(rf"$^{{\approx}}$ {escaped(LEVEL)}.")
    if any(row.sees_hidden for row in table.rows):
        notes.append(r"$^{\dagger}$ sees the hidden pixels; not ranked.")
    found = dict.fromkeys(text for i in part for text in table.columns[i].suspect)
    notes += [rf"\textbf{{Suspect}}: {escaped(text)}." for text in found]
    if table.context:
        notes.append("Context: values of papers that this table is not of; never judged.")
    notes += [escaped(text) for text in table.unlike]
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
    return notes
