"""`siebench demo`: the shipped demo suite, from nothing to a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.terminal.faults import Debug

__all__ = ["demo"]


def demo(
    out: Annotated[Path, typer.Option(help="The run directory.")] = Path("runs/demo"),
    limit: Annotated[int | None, typer.Option(min=1, help="At most N scenes a dataset.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 ...")] = "auto",
    debug: Debug = False,
) -> None:
    """Run the shipped demo suite and write its report.

    It uses scenes that siebench draws itself: no data, no download.
    """
    del debug  # read at the edge, see faults.py
    from bench.cli.terminal.outcome import finish
    from bench.cli.terminal.progress import watching
    from bench.run.suite_run import run_suite

    with watching("demo") as watch:
        outcome = run_suite("demo", out=out, limit=limit, device=device, watch=watch)
    finish(outcome)
