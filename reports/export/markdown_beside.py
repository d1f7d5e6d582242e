"""The published table in Markdown: ours above, what was published below, a verdict each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reports.beside import Beside, BesideCell, BesideColumn, PublishedValue, beside
from reports.export.markdown_text import escaped, line, ranked

if TYPE_CHECKING:
    from bench.run.reader import Run

__all__ = ["markdown_beside"]

KEY = (
    "Ours above, published below with its kind of source. ✓ reproduced within the tolerance, "
    "✗ not reproduced, ≠ not comparable. **Best**, <u>second</u> of ours; intervals at 95 %."
)


def markdown_beside(run: Run, *, intervals: bool = True) -> list[str]:
    """The section as one text; empty where the run's suite answers to no published table.

    Args:
        run: the run.
        intervals: prints each interval under its value.
    """
    table = beside(run)
    return [] if table is None else [_section(table, intervals)]


def _section(table: Beside, intervals: bool) -> str:
    about = f"{'; '.join(table.papers)}: {table.name}. {table.note}".strip()
    lines = [
        "### Beside the paper",
        "",
        escaped(about),
        "",
        line(["Method", *map(_heading, table.columns)]),
        line([":--", *("--:" for _ in table.columns)]),
    ]
    for row in table.rows:
        name = escaped(row.title) + (" ◐" if row.sees_hidden else "")
        lines.append(line([name, *(_cell(cell, table, intervals) for cell in row.cells)]))
    return "\n".join([*lines, "", _notes(table), "", *_verdicts(table), ""])


def _heading(column: BesideColumn) -> str:
    return f"{escaped(column.name)} {column.arrow}".rstrip()


def _cell(cell: BesideCell, table: Beside, intervals: bool) -> str:
    if cell.text:
        parts = [ranked(cell.text, cell.rank)]
        if intervals and cell.interval:
            parts.append(f"<sub>{cell.interval}</sub>")
        parts.append(f"<sub>n = {cell.n}</sub>")
    else:
        parts = [f"—{_number(cell.reason, table)}"]
    return "<br>".join([*parts, *(_published(value, table) for value in cell.published)])


def _published(value: PublishedValue, table: Beside) -> str:
    judged = f" {value.sign} {value.difference}" if value.sign else ""
    return f"{value.kind} {value.text}{judged}{_number(value.remark, table)}"


def _number(remark: str, table: Beside) -> str:
    return f" <sup>{table.remarks.index(remark) + 1}</sup>" if remark else ""


def _notes(table: Beside) -> str:
    notes = [KEY]
    if any(row.sees_hidden for row in table.rows):
        notes.append("◐ is shown the hidden pixels and is not ranked against methods that are not.")
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
