"""`siebench demo`: the shipped demo suite, from nothing to a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["demo"]


def demo(
    out: Annotated[Path, typer.Option(help="The run directory.")] = Path("runs/demo"),
) -> None:
    """Run the shipped demo suite and write its report.

    Uses scenes that siebench draws itself: no data, no download.
    """
    from bench.cli.terminal.outcome import finish
    from bench.cli.terminal.progress import watching
    from bench.run.suite_run import run_suite

    with watching("demo") as watch:
        outcome = run_suite("demo", out=out, watch=watch)
    finish(outcome)
