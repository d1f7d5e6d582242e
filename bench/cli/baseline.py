"""`siebench baseline`: a run kept as one small file in git."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.terminal.targets import BASELINE, Force

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="A run kept as one small file in git.")


@app.callback()
def _root() -> None:
    """A run kept as one small file in git."""


@app.command()
def save(
    run: Annotated[Path, typer.Argument(help="A run directory.")],
    out: Annotated[Path, typer.Option(help="The file to write.")] = Path("baseline.json"),
    force: Force = False,
) -> None:
    """Save the values that a later run is compared with, without images."""
    from bench.core.atomic import refuse_loss
    from bench.judge.baseline import save_baseline

    refuse_loss(out, inputs=[run], ours=BASELINE, force=force)
    save_baseline(run, out)
    typer.echo(f"baseline: {out} ({out.stat().st_size / 1000:.0f} kB)")
