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
    """Save the values that a later run is compared with, without images.

    It says what no gate will judge by it, and what makes the run suspect.
    """
    from bench.cli.terminal.tables import say
    from bench.core.atomic import refuse_loss
    from bench.judge.baseline import read_scores, save_baseline
    from bench.judge.gate.notes import notes
    from bench.judge.policy import Policy

    refuse_loss(out, inputs=[run], ours=BASELINE, force=force)
    kept = read_scores(run)
    save_baseline(kept, out)
    for note in notes(kept, kept, Policy(), kept.methods):
        say(str(note))
    typer.echo(f"baseline: {out} ({out.stat().st_size / 1000:.0f} kB)")
