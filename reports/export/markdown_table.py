"""Tables for a pull request: GitHub's Markdown, best bold, second underlined.

Where the suite has a published table, it comes first: ours above, what was published below, a
verdict each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from reports.beside import Beside, BesideCell, BesideColumn, PublishedValue, beside
from reports.ranking import Rank
from reports.table import Cell, Column, Table, task_table

if TYPE_CHECKING:
    from bench.run.reader import Run

__all__ = ["markdown"]

SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~])")

KEY = (
    "Ours above, published below with its kind of source. ✓ reproduced within the tolerance, "
    "✗ not reproduced, ≠ not comparable. **Best**, <u>second</u> of ours; intervals at 95 %."
)

CONTEXT = "Context: values of papers that this table is not of, for orientation; never judged."


def markdown(run: Run, *, intervals: bool = True) -> str:
    """The published table, where the suite has one, then a table with its reasons per task.

    Args:
        run: the run.
        intervals: prints each interval under its value.
    """
    own = [_section(task_table(run, task), intervals) for task in run.header.tasks]
    return "\n".join([*_beside(run, intervals=intervals), *own])


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
    if cell.n != table.n:
        text += f"<br><sub>n = {cell.n}</sub>"
    return f"{text}<br><sub>{cell.ranked_by}</sub>" if cell.ranked_by else text


def _notes(table: Table) -> list[str]:
    notes = [f"n = {table.n} unless stated; **best**, <u>second</u>; intervals at 95 %."]
    if any(row.sees_hidden for row in table.rows):
        notes.append("◐ sees the hidden pixels and is not ranked with the methods that do not.")
    notes += [f"{escaped(text)}." for text in table.unequal]
    notes += [f"**Suspect**: {escaped(text)}." for text in table.suspect]
    numbered = [f"<sup>{i}</sup> {escaped(reason)}." for i, reason in enumerate(table.reasons, 1)]
    return ["  \n".join([*notes, *numbered])]


def _beside(run: Run, *, intervals: bool = True) -> list[str]:
    """The section as one text; empty where the run's suite has no published table.

    Args:
        run: the run.
        intervals: prints each interval under its value.
    """
    table = beside(run)
    return [] if table is None else [_beside_section(table, intervals)]


def _beside_section(table: Beside, intervals: bool) -> str:
    about = f"{'; '.join(table.papers)}: {table.name}. {table.note}".strip()
    lines = [
        "### Beside the paper",
        "",
        escaped(about),
        "",
        line(["Method", *map(_beside_heading, table.columns)]),
        line([":--", *("--:" for _ in table.columns)]),
    ]
    for row in table.rows:
        name = escaped(row.title) + (" ◐" if row.sees_hidden else "")
        name += " (context)" if row.context else ""
        lines.append(line([name, *(_beside_cell(cell, table, intervals) for cell in row.cells)]))
    return "\n".join([*lines, "", _beside_notes(table), "", *_verdicts(table), ""])


def _beside_heading(column: BesideColumn) -> str:
    return f"{escaped(column.name)} {column.arrow}".rstrip()


def _beside_cell(cell: BesideCell, table: Beside, intervals: bool) -> str:
    if cell.text:
        parts = [ranked(cell.text, cell.rank)]
        if intervals and cell.interval:
            parts.append(f"<sub>{cell.interval}</sub>")
        parts.append(f"<sub>n = {cell.n}</sub>")
        if cell.on:
            parts.append(f"<sub>{cell.on}</sub>")
    else:
        parts = [f"—{_number(cell.reason, table)}"]
    return "<br>".join([*parts, *(_published(value, table) for value in cell.published)])


def _published(value: PublishedValue, table: Beside) -> str:
    judged = f" {value.sign} {value.difference}" if value.sign else ""
    return f"{value.kind} {value.text}{judged}{_number(value.remark, table)}"


def _number(remark: str, table: Beside) -> str:
    return f" <sup>{table.remarks.index(remark) + 1}</sup>" if remark else ""


def _beside_notes(table: Beside) -> str:
    notes = [KEY]
    if any(row.sees_hidden for row in table.rows):
        notes.append("◐ sees the hidden pixels and is not ranked with the methods that do not.")
    if table.context:
        notes.append(CONTEXT)
    notes += [f"<sup>{i}</sup> {escaped(remark)}." for i, remark in enumerate(table.remarks, 1)]
    return "  \n".join(notes)


def _verdicts(table: Beside) -> Iterator[str]:
    """Every published value with its source and the verdict in words, folded away."""
    yield "<details><summary>Every verdict in words, with its source</summary>"
    yield ""
    for row in table.rows:
        for column, cell in zip(table.columns, row.cells):
            for value in cell.published:
                where = f"{escaped(row.title)}, {escaped(column.name)}"
                yield f"- {where}: {_judged(value, cell)}"
    for column in table.columns:
        if column.unstated:
            yield f"- {escaped(column.name)}: no source states {escaped(column.unstated)}."
    yield ""
    yield "</details>"


def _judged(value: PublishedValue, cell: BesideCell) -> str:
    found = f"{value.text} ({value.kind}: {escaped(value.source)}). {value.verdict.capitalize()}"
    found += f": {escaped(value.words)}." if value.sign else "."
    if cell.text and cell.protocol:
        found += f" Our protocol: `{cell.protocol[:12]}`."
    return f"{found} {escaped(value.note)}".rstrip()


def escaped(text: str) -> str:
    """The text as Markdown shows it, on one line, with no HTML in it."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return SPECIAL.sub(r"\\\1", " ".join(plain.split()))


def line(cells: Sequence[str]) -> str:
    """A table's line."""
    return f"| {' | '.join(cells)} |"


def ranked(text: str, rank: Rank) -> str:
    """A value: the best bold, the second underlined."""
    return {0: text, 1: f"**{text}**", 2: f"<u>{text}</u>"}[rank]
