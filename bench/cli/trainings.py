"""`siebench trainings`: variants told apart beyond the spread of their trainings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.terminal.targets import TRAININGS, Force

__all__ = ["trainings"]


def trainings(
    run: Annotated[Path, typer.Argument(help="A run directory.")],
    reference: Annotated[
        str | None,
        typer.Option(help="The variant to compare the others with (default: the first)."),
    ] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write a Markdown table here.")] = None,
    figures: Annotated[
        Path | None,
        typer.Option(help="Draw the differences of every task into this folder, SVG and PDF."),
    ] = None,
    force: Force = False,
) -> None:
    """Compare variants that were trained several times: methods NAME, NAME-seed1, NAME-seed2, ...

    A difference counts only where it exceeds the spread of trainings and scenes together.
    """
    from bench.core.atomic import refuse_loss, write_text
    from bench.judge.compare import compare_trainings, unscored_trainings
    from bench.judge.compare.trainings import training_lines, training_markdown
    from bench.judge.run_scores import scores_of_run

    if markdown is not None:
        refuse_loss(markdown, inputs=[run], ours=TRAININGS, force=force)
    known = scores_of_run(run)
    assert known.run is not None
    changes = compare_trainings(known, reference)
    if markdown is not None:
        write_text(markdown, training_markdown(changes))
    if figures is not None:
        from reports.figures import write_training_figures

        for path in write_training_figures(changes, known.run, figures, force=force):
            typer.echo(str(path))
    for sentence in unscored_trainings(known):
        typer.echo(sentence, err=True)
    typer.echo("\n".join(training_lines(changes)))
