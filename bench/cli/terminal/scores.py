"""The scores of a run as tables in the terminal, and in sentences what they say."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

import typer

from bench.cli.terminal.tables import Cell, Heading, fits, in_parts, say, show

if TYPE_CHECKING:
    from bench.run.reader import Run
    from reports.findings import Standing
    from reports.table import Cell as Score
    from reports.table import Row, Table

__all__ = ["tell_scores"]

_BEST, _OPEN, _PEEKS = "*", "~", "◐"


def tell_scores(run: Run, told: Sequence[str] = ()) -> None:
    """Prints the main scores of every task, what is sure about them, and which of all scores are missing.

    What speaks against comparing them is said too. Values are marked as `reports.ranking` ranks them and
    `bench.judge.leaders` judges them. Intervals stand in the table where it has room for them.

    Args:
        run: the run.
        told: sentences that are said elsewhere; a reason that is in one of them is not said here.
    """
    from bench.core.text import without_folders
    from reports.findings import caveat, findings, standings
    from reports.notices import missing
    from reports.overview import main_scores, one_a_family, uncounted
    from reports.table import task_table

    tables = [task_table(run, task) for task in run.header.tasks]
    # Where no two methods can be ranked, those that have a value.
    valued = {
        c.name
        for t in tables
        for i, c in enumerate(t.columns)
        if any(r.cells[i].text for r in t.rows)
    }
    others = one_a_family(metric for metric in run.header.metrics if metric.name in valued)
    chosen = [column.name for column in main_scores(run, tables) or others]
    found = standings(run, tables, chosen)
    shown = [table for table in tables if any(c.name in chosen for c in table.columns)]
    for table in shown:
        _tell(table, chosen, [one for one in found if one.task == table.task])
    for line in _legend(shown, chosen, found) if shown else ():
        say(line, "dim")
    for line in dict.fromkeys(text for table in shown for text in table.unlike):
        say(line)
    for one in findings(found, uncounted(run, tables)):
        say(f"{one.label}: {one.text}")
    elsewhere = " ".join(without_folders(sentence) for sentence in told)
    known = [reason for table in tables for reason in table.reasons if reason in elsewhere]
    for notice in missing(tables, known):
        say(f"Missing: {notice.text}")
    if found:
        say(caveat(found), "dim")


def _tell(table: Table, chosen: Collection[str], found: Sequence[Standing]) -> None:
    with_text = [
        at for at in range(len(table.columns)) if any(r.cells[at].text for r in table.rows)
    ]
    places = [at for at in with_text if table.columns[at].name in chosen]
    if not places:
        return
    kept = [at for at in with_text if not table.columns[at].ranked]
    open_ = {(one.score, gap.method) for one in found for gap in one.open}
    for shown, intervals in (
        ([*places, *kept], True),
        (places, True),
        ([*places, *kept], False),
        (places, False),
    ):
        headings = [Heading("method", right=False), *(_heading(table, at) for at in shown)]
        rows = [
            [_name(row), *(_score(table, at, row, open_, intervals) for at in shown)]
            for row in table.rows
        ]
        if fits(headings, rows):
            break
    title = f"{table.title} (n = {table.n})"
    for part in in_parts(headings, rows):
        show(part, title)
        title = ""
    for line in table.unequal:
        say(f"  {line}")
    if not set(kept) <= set(shown):
        for line in _known_pixels(table, kept):
            say(f"  {line}", "dim")
    typer.echo()


def _known_pixels(table: Table, places: Sequence[int]) -> Iterator[str]:
    """The columns of the known pixels in words, where the table has no room for them."""
    for at in places:
        column = table.columns[at]
        told = [f"{row.title} {row.cells[at].text}" for row in table.rows if row.cells[at].text]
        unit = f" ({column.unit})" if column.unit else ""
        yield f"{column.name}{unit}: {', '.join(told)}"


def _heading(table: Table, at: int) -> Heading:
    column = table.columns[at]
    # The known pixels' have no heading of their region above them: their names say it.
    title = column.short if column.ranked else column.name
    words = f"{title} {column.arrow}".rstrip()
    if table.common(at):
        return Heading(f"{words} on {table.common(at)}")
    return Heading(words if table.n_of(at) == table.n else f"{words} n={table.n_of(at)}")


def _name(row: Row) -> Cell:
    return Cell(f"{row.title} {_PEEKS}" if row.sees_hidden else row.title)


def _score(
    table: Table, at: int, row: Row, open_: Collection[tuple[str, str]], intervals: bool
) -> Cell:
    """The value by which the method is ranked, with its mark; of others the value as it is."""
    cell: Score = row.cells[at]
    if not cell.text:
        return Cell("-", "dim")
    if cell.common:
        text = cell.common
    else:
        text = f"{cell.text} [{cell.interval}]" if intervals and cell.interval else cell.text
        # What is ranked on common edits, or has other edits than the column's, says on how many.
        expected = table.common(at) or table.n_of(at)
        text = text if cell.n == expected else f"{text} (n={cell.n})"
    if cell.rank == 1:
        return Cell(f"{text}{_BEST}", "bold")
    near = (table.columns[at].name, row.title) in open_
    return Cell(f"{text}{_OPEN}" if near else f"{text} ")


def _legend(
    tables: Sequence[Table], chosen: Collection[str], found: Sequence[Standing]
) -> Iterator[str]:
    """What the marks mean, and where the scores look."""
    from bench.metrics.facts import REGION_TITLES

    columns = {c.name: c for table in tables for c in table.columns if c.name in chosen}
    marks = [f"{_BEST} best of the same edits"]
    if found:
        marks.append(f"{_OPEN} not told apart from it")
    if any(row.sees_hidden for table in tables for row in table.rows):
        marks.append(f"{_PEEKS} sees the hidden pixels, not ranked")
    yield "; ".join(marks)
    regions = dict.fromkeys(column.region for column in columns.values())
    if set(regions) != {"image"}:
        yield "; ".join(
            f"{REGION_TITLES[region].lower()}: "
            + ", ".join(column.short for column in columns.values() if column.region == region)
            for region in regions
        )
    if any(not column.ranked for table in tables for column in table.columns):
        yield "leak, psnr-known: of the known pixels before compositing, not ranked"
