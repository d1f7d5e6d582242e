"""`siebench verify`: every file of a run against its tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["verify"]


def verify(run: Annotated[Path, typer.Argument(help="A run directory.")]) -> None:
    """Check every file of a run against its tables; name each that is missing or damaged.

    Ends with 1 where something is wrong. `siebench run` with the same suite makes it again.
    """
    from bench.core.text import counted
    from bench.run.verify import verify_run

    found = verify_run(run)
    for line in found:
        typer.echo(line)
    if found:
        typer.echo(
            f"{counted(len(found), 'problem')}; `siebench run` with the same suite and --out makes "
            "what is missing again"
        )
        raise typer.Exit(1)
    typer.echo(f"{run}: good")
