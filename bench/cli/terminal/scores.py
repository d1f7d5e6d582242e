"""The scores of a run as a table in the terminal, and which differences are sure."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import typer

from bench.core.errors import BadInput

if TYPE_CHECKING:
    from bench.judge.compare.change import Change
    from bench.run.reader import Run
    from reports.table import Table

__all__ = ["tell_scores"]

_BEST = "*"


def tell_scores(run: Run) -> None:
    """Prints, task by task, the main scores with their intervals, and what is sure about the best.

    The best value is marked among values of the same edits only (`reports.ranking`).
    """
    from reports.overview import overview
    from reports.table import task_table

    tables = [task_table(run, task) for task in run.header.tasks]
    chosen = [column.name for column in overview(run, tables).columns] or _one_a_family(run)
    changes = list(_judged(run, tables, chosen))
    for table in tables:
        head, rows = _cells(table, chosen)
        if len(head) > 1 and rows:
            _tell_table(f"{table.title} (n = {table.n})", head, rows)
            for line in table.unequal:
                typer.echo(f"  {line}")
            for line in _verdicts(table, changes):
                typer.echo(f"  {line}")
    if changes:
        typer.echo(
            f"{_BEST} best of the same edits; differences are paired over scenes, p values corrected "
            f"for all {len(changes)} comparisons (Holm)"
        )


def _one_a_family(run: Run) -> list[str]:
    """The first score of each family, where no two methods can be ranked."""
    families: dict[str, str] = {}
    for metric in run.header.metrics:
        families.setdefault(metric.family, metric.name)
    return list(families.values())


def _cells(table: Table, chosen: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """The heading and the rows, value [low, high]."""
    shown = [at for at, column in enumerate(table.columns) if column.name in chosen]
    head = ["method", *(f"{table.columns[at].title} {table.columns[at].arrow}" for at in shown)]
    rows = []
    for row in table.rows:
        cells = [row.title]
        for at in shown:
            cell = row.cells[at]
            mark = _BEST if cell.rank == 1 else ""
            interval = f" [{cell.interval}]" if cell.interval else ""
            n = f", n = {cell.n}" if cell.text and cell.n != table.n else ""
            common = f", {cell.ranked_by}" if cell.ranked_by else ""
            cells.append(f"{cell.text or '-'}{interval}{n}{common}{mark}")
        rows.append(cells)
    return head, rows


def _tell_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table as RichTable
        from rich.text import Text

        drawn = RichTable(title=Text(title), title_justify="left")
        for cell in head:
            drawn.add_column(Text(cell))
        for row in rows:
            drawn.add_row(*(Text(cell, "bold" if cell.endswith(_BEST) else "") for cell in row))
        Console().print(drawn)
        return
    widths = [max(map(len, column)) for column in zip(head, *rows)]
    typer.echo(title)
    for row in (head, *rows):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths))
        typer.echo(f"  {line.rstrip()}")


def _judged(run: Run, tables: Sequence[Table], chosen: Sequence[str]) -> Iterator[Change]:
    """The best method of each task and score against each other one, all corrected together."""
    from bench.judge.compare.change import judge
    from bench.judge.pairing import PairedScore, difference_of
    from bench.judge.run_scores import scores_of_run
    from bench.judge.scores import ScoreKey

    if run.header.state != "done":
        return  # a run that stopped when its verdict was sure has no fair sample for others
    known = scores_of_run(run).scores
    found = []
    for table in tables:
        for at, column in enumerate(table.columns):
            best = [row.name for row in table.rows if row.cells[at].rank == 1]
            if column.name not in chosen or not best:
                continue
            compared = {
                row.name: known[ScoreKey(table.task, row.name, column.name)]
                for row in table.rows
                if row.cells[at].compared
            }
            common = set.intersection(*(set(one.units) for one in compared.values()))
            after = compared[best[0]].on(common)
            for name, one in compared.items():
                if name in best:
                    continue
                before = one.on(common)
                try:
                    found.append(PairedScore(before, after, difference_of(before, after)))
                except BadInput:  # they cannot be paired, so nothing is said of them
                    continue
    yield from judge(found) if found else ()


def _verdicts(table: Table, changes: Sequence[Change]) -> Iterator[str]:
    """A sentence for each score: whom the best method surely beats, and whom not."""
    titles = {row.name: row.title for row in table.rows}
    for column in table.columns:
        own = [
            one.pair
            for one in changes
            if (one.pair.key.task, one.pair.key.metric) == (table.task, column.name)
        ]
        if not own:
            continue
        sure = [
            titles[one.pair.before.key.method]
            for one in changes
            if one.pair in own and one.verdict == "better"
        ]
        unsure = [
            titles[pair.before.key.method]
            for pair in own
            if titles[pair.before.key.method] not in sure
        ]
        parts = [f"better than {', '.join(sure)}"] if sure else []
        parts += [f"not told apart from {', '.join(unsure)}"] if unsure else []
        yield f"{column.title}: {titles[own[0].key.method]} is {'; '.join(parts)}"
