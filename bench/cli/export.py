"""`siebench export` and `siebench figures`: a run's tables and figures, ready for a paper."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.terminal.targets import LATEX, Force

__all__ = ["Format", "export", "figures"]


class Format(str, Enum):
    """What a table is written as: `reports.export.Form`, spelt for the command line."""

    latex = "latex"
    markdown = "markdown"
    latex_document = "latex-document"
    csv = "csv"
    published_csv = "published-csv"


_SAME = 100
"""Characters by which a table of an earlier call is known."""


def export(
    run: Annotated[Path, typer.Argument(help="A run directory.")],
    form: Annotated[Format, typer.Option("--format", help="What to write.")] = Format.markdown,
    out: Annotated[Path | None, typer.Option(help="The file (default: standard output).")] = None,
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
    force: Force = False,
) -> None:
    """Write a run's tables for a paper or a pull request: LaTeX, Markdown or CSV.

    Where the suite has a published table, it comes first, with published values beside ours.
    """
    import re

    from bench.core.atomic import refuse_loss, write_text
    from reports import export as exports

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
