"""`siebench truth`: which of a run's scores agree with what drawn scenes know to be true."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.terminal.targets import TRUTH, Force

__all__ = ["truth"]


def truth(
    run: Annotated[Path, typer.Argument(help="A finished run over drawn scenes.")],
    by: Annotated[
        str,
        typer.Option(
            "--by", metavar="SCORE", help="What is taken for the truth: style, removed ..."
        ),
    ] = "style",
    tasks: Annotated[
        list[str] | None,
        typer.Option("--task", metavar="TASK", help="Only this task; repeatable."),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="METHOD", help="Leave this method out; repeatable."),
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option(help="Write the table here, as Markdown.")
    ] = None,
    force: Force = False,
) -> None:
    """Say how well a run's scores agree with the truth that drawn scenes know.

    Rank correlations, 1 = always: over the methods of one edit, over the edits of one method, and of the
    methods' scores, each with its interval over scenes.
    """
    from bench.cli.terminal.tables import Cell, Heading, drawn, say, show
    from bench.core.atomic import refuse_loss, write_text
    from bench.judge.against_truth import against_truth
    from reports.export.truth_table import agreement_text, truth_markdown

    if markdown is not None:
        refuse_loss(markdown, inputs=[run], ours=TRUTH, force=force)
    found = against_truth(run, by, tasks=tasks or (), without=without or ())
    if markdown is not None:
        write_text(markdown, truth_markdown(found))
    headings = [
        Heading("score", right=False),
        Heading("of one edit"),
        Heading("of one method"),
        Heading("of methods"),
    ]
    rows = [
        [
            Cell(one.score if one.against == "original" else f"{one.score} ●"),
            *(Cell(agreement_text(part)) for part in (one.of_edits, one.of_methods, one.of_tables)),
        ]
        for one in found
    ]
    show(drawn(headings, rows), f"Agreement with {by}")
    say("● compares with the ground truth, which a photograph may not have", "dim")
    if markdown is not None:
        typer.echo(str(markdown))
