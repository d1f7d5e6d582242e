"""`siebench export` and `siebench figures`: a run's tables and figures, ready for a paper."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["Format", "export", "figures"]


class Format(str, Enum):
    """What a table is written as."""

    latex = "latex"
    markdown = "markdown"
    latex_document = "latex-document"
    csv = "csv"
    published_csv = "published-csv"


def export(
    run: Annotated[Path, typer.Argument(help="A run directory.")],
    form: Annotated[Format, typer.Option("--format", help="What to write.")] = Format.markdown,
    out: Annotated[Path | None, typer.Option(help="The file (default: standard output).")] = None,
    intervals: Annotated[
        bool, typer.Option("--intervals/--plain", help="Cells with their intervals, or without.")
    ] = True,
) -> None:
    """Write a run's tables for a paper or a pull request: LaTeX, Markdown or CSV.

    Where the suite answers to a published table, that one comes first, published values beside ours.
    """
    from bench.core.atomic import write_text
    from bench.run.reader import read_run
    from reports import export as exports

    read = read_run(run)
    text = {
        Format.latex: lambda: exports.latex(read, intervals=intervals),
        Format.latex_document: lambda: exports.latex_document(read, intervals=intervals),
        Format.markdown: lambda: exports.markdown(read, intervals=intervals),
        Format.csv: lambda: exports.csv(read),
        Format.published_csv: lambda: exports.published_csv(read),
    }[form]()
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_text(out, text)
        typer.echo(str(out))


def figures(
    run: Annotated[Path, typer.Argument(help="A run directory.")],
    out: Annotated[Path | None, typer.Option(help="Their folder (default: RUN/figures).")] = None,
    against: Annotated[
        str | None, typer.Option(help="The method that the others are compared with.")
    ] = None,
) -> None:
    """Draw a run's figures as SVG and PDF: grids, quality and cost, classes, areas, differences."""
    from reports.figures import write_figures

    for path in write_figures(run, out, against=against):
        typer.echo(str(path))
