"""`siebench export` and `siebench figures`: a run's tables and figures, ready for a paper."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.terminal.targets import LATEX, Force

__all__ = ["Destination", "Format", "export", "figures"]


class Format(str, Enum):
    """What a table is written as: `reports.export.Form`, spelt for the command line."""

    latex = "latex"
    markdown = "markdown"
    latex_document = "latex-document"
    csv = "csv"
    published_csv = "published-csv"


class Destination(str, Enum):
    """Where results are kept: `reports.destinations.Destination`, spelt for the command line."""

    mlflow = "mlflow"
    wandb = "wandb"
    tensorboard = "tensorboard"
    hf_card = "hf-card"
    croissant = "croissant"


_SAME = 100
"""Characters by which a table of an earlier call is known."""


def export(
    run: Annotated[Path, typer.Argument(help="A run directory.")],
    form: Annotated[
        Format | None, typer.Option("--format", help="What tables are written as (markdown).")
    ] = None,
    to: Annotated[
        Destination | None, typer.Option("--to", help="Bring scores, costs and gallery there.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The file (default: standard output); with --to its store, folder or file."
        ),
    ] = None,
    intervals: Annotated[
        bool, typer.Option("--intervals/--plain", help="Cells with their intervals, or without.")
    ] = True,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SCORES", help="Scores by name, with commas between them, in this order."
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Scores of slices: by coverage, class, operation, or a column of the samples.",
        ),
    ] = None,
    methods: Annotated[
        list[str] | None,
        typer.Option(
            "--method", metavar="NAME", help="With --to: a method that is wanted; repeatable."
        ),
    ] = None,
    force: Force = False,
) -> None:
    """Write a run's tables for a paper or a pull request, or bring it to where results are kept.

    Where the suite has a published table, it comes first, with published values beside ours.

    With --to, scores with intervals, costs and a gallery go to MLflow (--out: a SQLite file; else
    MLFLOW_TRACKING_URI), W&B (offline, unless WANDB_MODE=online), TensorBoard's event files, a model card
    for each method, or a Croissant description of the run.
    """
    import re

    from bench.core.atomic import refuse_loss, write_text
    from bench.core.errors import BadInput
    from reports import export as exports

    if to is not None:
        tables = {"--format": form, "--by": by, "--columns": columns}
        given = [name for name, value in tables.items() if value]
        if given:
            raise BadInput(f"{given[0]} is for tables; leave it out, or leave out --to")
        from reports.destinations import export_to

        for text in export_to(run, to.value, out, methods=methods or None, force=force):
            typer.echo(text)
        return
    if methods:
        raise BadInput("--method goes with --to; leave it out")
    form = form or Format.markdown

    names = [name.strip() for part in columns or [] for name in part.split(",")]
    wanted = list(dict.fromkeys(name for name in names if name)) if columns else None
    text = exports.export(run, form.value, intervals=intervals, columns=wanted, by=by)
    if out is None:
        typer.echo(text, nl=False)
        return
    # Markdown and CSV bear no mark; a table of the same run begins with the same words.
    same = rb"\A" + re.escape(text[:_SAME].encode())
    refuse_loss(out, ours=LATEX if form.value.startswith("latex") else same, force=force)
    write_text(out, text)
    typer.echo(str(out))


def figures(
    run: Annotated[Path, typer.Argument(help="A run directory.")],
    out: Annotated[Path | None, typer.Option(help="Their folder (default: RUN/figures).")] = None,
    against: Annotated[
        str | None, typer.Option(help="The method to compare the others with.")
    ] = None,
    force: Force = False,
) -> None:
    """Draw a run's figures as SVG and PDF: grids, quality against cost, classes, areas, differences."""
    from reports.figures import write_figures

    for path in write_figures(run, out, against=against, force=force):
        typer.echo(str(path))
