"""Tables for a pull request: GitHub's Markdown, best bold, second underlined.

Where the suite has a published table, it comes first: ours above, what was published below, a
verdict each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from bench.core.text import counted, markdown_text
from reports.beside import Beside, BesideCell, PublishedValue, beside
from reports.findings import LEVEL, levelled
from reports.ranking import Rank
from reports.slices import slice_tables
from reports.table import Cell, Table, task_table

if TYPE_CHECKING:
    from bench.run.reader import Run

__all__ = ["markdown"]

KEY = (
    "Ours above, published below with its kind of source. ✓ reproduced within the tolerance, "
    "✗ not reproduced, ≠ not comparable. **Best**, <u>second</u> of ours"
)

INTERVALS = "; intervals at 95 %"

CONTEXT = "Context: values of papers that this table is not of, for orientation; never judged."


def markdown(
    run: Run,
    *,
    intervals: bool = True,
    columns: Sequence[str] | None = None,
    by: str | None = None,
) -> str:
    """The published table, where the suite has one, a table per task, and why values are missing.

    Args:
        run: the run.
        intervals: prints each interval under its value.
        columns: names of the scores that are wanted, in their order; all where None.
        by: a table per task and score by slices instead, without published values.
    """
    tables = (
        levelled(run, [task_table(run, task, columns) for task in run.header.tasks])
        if by is None
        else slice_tables(run, by, columns)
    )
    reasons: Counter[str] = Counter()
    for table in tables:
        reasons.update(table.reasons)
    numbers = {reason: i for i, reason in enumerate(reasons, 1)}
    own = [_section(table, numbers, intervals) for table in tables]
    published = _beside(run, intervals, columns) if by is None else []
    return "\n".join([*published, *own, *_missing(reasons)])


def _missing(reasons: Mapping[str, int]) -> list[str]:
    """Every reason for missing values once, whichever tables share it."""
    if not reasons:
        return []
    numbered = [
        f"<sup>{i}</sup> {markdown_text(reason)} ({counted(count, 'value')})."
        for i, (reason, count) in enumerate(reasons.items(), 1)
    ]
    return ["**Missing values**", "", "  \n".join(numbered), ""]


def _section(table: Table, numbers: Mapping[str, int], intervals: bool) -> str:
    lines = [f"### {markdown_text(table.title)}", ""]
    if not table.columns:
        return "\n".join([*lines, "No scores yet.", ""])
    lines.append(line(["Method", *(_heading(table, at) for at in range(len(table.columns)))]))
    lines.append(line([":--", *("--:" for _ in table.columns)]))
    for row in table.rows:
        name = markdown_text(row.title) + (" ◐" if row.sees_hidden else "")
        cells = [_cell(table, at, cell, numbers, intervals) for at, cell in enumerate(row.cells)]
        lines.append(line([name, *cells]))
    return "\n".join([*lines, "", *_notes(table, intervals), ""])


def _heading(table: Table, at: int) -> str:
    column, n = table.columns[at], table.n_of(at)
    unit = f" ({markdown_text(column.unit)})" if column.unit else ""
    words = f"{markdown_text(column.title)}{unit} {column.arrow}".rstrip()
    return words if n == table.n else f"{words}<br><sub>n = {n}</sub>"


def _cell(table: Table, at: int, cell: Cell, numbers: Mapping[str, int], intervals: bool) -> str:
    if cell.value is None:
        return f"— <sup>{numbers[cell.reason]}</sup>" if cell.reason else ""
    text = ranked(cell.text, cell.rank) + (" ≈" if cell.level else "")
    if intervals and cell.interval:
        text += f"<br><sub>{cell.interval}</sub>"
    if cell.n != table.n_of(at):
        text += f"<br><sub>n = {cell.n}</sub>"
    return f"{text}<br><sub>{cell.ranked_by}</sub>" if cell.ranked_by else text


def _notes(table: Table, intervals: bool) -> list[str]:
    said = INTERVALS if intervals else ""
    notes = [f"n = {table.n} unless stated; **best**, <u>second</u>{said}."]
    if any(cell.level for row in table.rows for cell in row.cells):
        notes.append(f"≈ {LEVEL}.")
    if any(row.sees_hidden for row in table.rows):
        notes.append("◐ sees the hidden pixels and is not ranked with the methods that do not.")
    notes += [f"{markdown_text(text)}." for text in table.unequal]
    notes += [f"**Suspect**: {markdown_text(text)}." for text in table.suspect]
    notes += map(markdown_text, table.unlike)
    return ["  \n".join(notes)]


def _beside(run: Run, intervals: bool, columns: Sequence[str] | None) -> list[str]:
    """The section as one text; empty where the run's suite has no published table."""
    table = beside(run)
    if table is not None and columns is not None:
        table = table.only(columns)
    return [] if table is None or not table.columns else [_beside_section(table, intervals)]


def _beside_section(table: Beside, intervals: bool) -> str:
    about = f"{'; '.join(table.papers)}: {table.name}. {table.note}".strip()
    lines = [
        "### Beside the paper",
        "",
        markdown_text(about),
        "",
        line(["Method", *(_beside_heading(table, at) for at in range(len(table.columns)))]),
        line([":--", *("--:" for _ in table.columns)]),
    ]
    for row in table.rows:
        name = markdown_text(row.title) + (" ◐" if row.sees_hidden else "")
        name += " (context)" if row.context else ""
        cells = [_beside_cell(table, at, cell, intervals) for at, cell in enumerate(row.cells)]
        lines.append(line([name, *cells]))
    return "\n".join([*lines, "", _beside_notes(table, intervals), "", *_verdicts(table), ""])


def _beside_heading(table: Beside, at: int) -> str:
    column, n = table.columns[at], table.n_of(at)
    words = f"{markdown_text(column.name)} {column.arrow}".rstrip()
    return f"{words}<br><sub>n = {n}</sub>" if n else words


def _beside_cell(table: Beside, at: int, cell: BesideCell, intervals: bool) -> str:
    if cell.text:
        parts = [ranked(cell.text, cell.rank) + (" ≈" if cell.level else "")]
        if intervals and cell.interval:
            parts.append(f"<sub>{cell.interval}</sub>")
        if cell.n != table.n_of(at):
            parts.append(f"<sub>n = {cell.n}</sub>")
        if cell.on:
            parts.append(f"<sub>{cell.on}</sub>")
    else:
        parts = [f"—{_number(cell.reason, table)}"]
    return "<br>".join([*parts, *(_published(value, table) for value in cell.published)])


def _published(value: PublishedValue, table: Beside) -> str:
    judged = f" {value.sign} {value.difference}".rstrip() if value.sign else ""
    return f"{value.kind} {value.text}{judged}{_number(value.remark, table)}"


def _number(remark: str, table: Beside) -> str:
    return f" <sup>{table.remarks.index(remark) + 1}</sup>" if remark else ""


def _beside_notes(table: Beside, intervals: bool) -> str:
    notes = [f"{KEY}{INTERVALS if intervals else ''}."]
    if any(cell.level for row in table.rows for cell in row.cells):
        notes.append(f"≈ {LEVEL}.")
    if any(row.sees_hidden for row in table.rows):
        notes.append("◐ sees the hidden pixels and is not ranked with the methods that do not.")
    notes += [f"**Suspect**: {markdown_text(text)}." for text in table.suspect]
    if table.context:
        notes.append(CONTEXT)
    notes += map(markdown_text, table.unlike)
    notes += [
        f"<sup>{i}</sup> {markdown_text(remark)}." for i, remark in enumerate(table.remarks, 1)
    ]
    return "  \n".join(notes)


def _verdicts(table: Beside) -> Iterator[str]:
    """Every published value with its source and the verdict in words, folded away."""
    yield "<details><summary>Every verdict in words, with its source</summary>"
    yield ""
    for row in table.rows:
        for column, cell in zip(table.columns, row.cells):
            for value in cell.published:
                where = f"{markdown_text(row.title)}, {markdown_text(column.name)}"
                yield f"- {where}: {_judged(value, cell)}"
    for column in table.columns:
        if column.unstated:
            yield f"- {markdown_text(column.name)}: no source states {markdown_text(column.unstated)}."
    yield ""
    yield "</details>"


def _judged(value: PublishedValue, cell: BesideCell) -> str:
    found = (
        f"{value.text} ({value.kind}: {markdown_text(value.source)}). {value.verdict.capitalize()}"
    )
    found += f": {markdown_text(value.words)}." if value.sign else "."
    if cell.text and cell.protocol:
        found += f" Our protocol: `{cell.protocol[:12]}`."
    return f"{found} {markdown_text(value.note)}".rstrip()


def line(cells: Sequence[str]) -> str:
    """A table's line."""
    return f"| {' | '.join(cells)} |"


def ranked(text: str, rank: Rank) -> str:
    """A value: the best bold, the second underlined."""
    return {0: text, 1: f"**{text}**", 2: f"<u>{text}</u>"}[rank]
