"""`siebench report`: a run rendered again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["report"]


def report(
    run: Annotated[Path, typer.Argument(help="A run directory.")],
    out: Annotated[
        Path | None, typer.Option(help="Where the report goes (default: RUN/report).")
    ] = None,
    single_file: Annotated[
        bool, typer.Option("--single-file", help="One mailable file with thumbnails in it.")
    ] = False,
) -> None:
    """Render a run's report again."""
    from reports.report import report as write_report

    typer.echo(f"report: {write_report(run, out, single_file=single_file)}")
