"""A run's tables for papers, pull requests and other programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from bench.core.atomic import write_text
from bench.core.errors import BadInput, unknown
from bench.run.reader import read_run
from reports.export.csv_table import csv, published_csv, slices_csv
from reports.export.latex_table import latex, latex_document
from reports.export.markdown_table import markdown

if TYPE_CHECKING:
    from bench.run.reader import Run

__all__ = ["FORMS", "Form", "csv", "export", "latex", "latex_document", "markdown", "published_csv"]

Form = Literal["markdown", "latex", "latex-document", "csv", "published-csv"]
"""What tables are written as."""

FORMS: tuple[Form, ...] = get_args(Form)


def export(
    run: Path | str,
    form: Form = "markdown",
    out: Path | str | None = None,
    *,
    intervals: bool = True,
    columns: Sequence[str] | None = None,
    by: str | None = None,
) -> str:
    """A run's tables as text, also written to a file where one is named.

        export("runs/demo", "latex", "tables.tex", columns=["psnr-hole", "fid", "miou"])

    Args:
        run: the run's directory.
        form: one of `FORMS`. Markdown and LaTeX begin with the published table where the suite has
            one.
        out: the file to write.
        intervals: prints intervals in cells; CSV always has them.
        columns: names of the scores that are wanted, in their order; all where None.
        by: gives the scores of slices in place of those of whole tasks: by "coverage", "class",
            "operation" or a column of the samples; see `siebench.Run.slices`.

    Raises:
        BadInput: no readable run, an unknown form, score or column, or a file that cannot be written.
    """
    if form not in FORMS:
        raise unknown("form", form, FORMS)
    opened = read_run(run)
    for name in columns or ():
        opened.metric(name)
    if by is not None and form == "published-csv":
        raise BadInput(
            "published values have no slices; leave out --by, or ask for another --format"
        )
    make: Mapping[Form, Callable[[Run], str]] = {
        "markdown": lambda one: markdown(one, intervals=intervals, columns=columns, by=by),
        "latex": lambda one: latex(one, intervals=intervals, columns=columns, by=by),
        "latex-document": lambda one: latex_document(
            one, intervals=intervals, columns=columns, by=by
        ),
        "csv": lambda one: csv(one, columns) if by is None else slices_csv(one, by, columns),
        "published-csv": lambda one: published_csv(one, columns),
    }
    text = make[form](opened)
    if out is not None:
        write_text(Path(out), text)
    return text
