"""`siebench history`: the runs of a folder over time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.terminal.targets import HISTORY, Force
from bench.core.text import counted

__all__ = ["history"]


def history(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder with runs below it.")],
    out: Annotated[
        Path | None, typer.Option(help="The page to write (default: DIR/history.html).")
    ] = None,
    force: Force = False,
) -> None:
    """Show the runs of a folder over time: which commit moved which metric."""
    from bench.core.atomic import refuse_loss
    from bench.judge.history import read_history
    from reports.history import write_history

    target = out or folder / "history.html"
    refuse_loss(target, ours=HISTORY, force=force)
    found = read_history(folder)
    page = write_history(found, target)
    moved = sum(bool(series.moves) for series in found.series)
    runs, scores = counted(len(found.runs), "run"), counted(len(found.series), "score")
    typer.echo(f"{runs}, {scores}, {moved} moved")
    typer.echo(f"history: {page}")
