"""`siebench report`: the report of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["report"]


def report(
    run: Annotated[Path, typer.Argument(help="A run directory.")],
    out: Annotated[
        Path | None, typer.Option(help="The folder to write to (default: RUN/report).")
    ] = None,
    single_file: Annotated[
        bool, typer.Option("--single-file", help="Write one file to mail, with thumbnails in it.")
    ] = False,
) -> None:
    """Write a run's report again."""
    from reports.report import report as write_report

    typer.echo(f"report: {write_report(run, out, single_file=single_file)}")
