"""`siebench report`: the report of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.terminal.targets import Force

__all__ = ["report"]


def report(
    run: Annotated[Path, typer.Argument(help="A run directory.")],
    out: Annotated[
        Path | None, typer.Option(help="The folder to write to (default: RUN/report).")
    ] = None,
    single_file: Annotated[
        bool, typer.Option("--single-file", help="Write one file to mail, with thumbnails in it.")
    ] = False,
    bundle: Annotated[
        bool,
        typer.Option("--bundle", help="Write a folder for a static host (RUN/bundle), or OUT.zip."),
    ] = False,
    study: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A human study, from `study read --json`; repeatable."),
    ] = None,
    force: Force = False,
) -> None:
    """Write a run's report again."""
    from reports.report import report as write_report

    page = write_report(
        run, out, single_file=single_file, bundle=bundle, studies=study or (), force=force
    )
    typer.echo(f"report: {page}")
