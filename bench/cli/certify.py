"""`siebench certify`: a part of a run again, in other circumstances."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.terminal.options import Data, SuiteFile, TrustSuite

__all__ = ["certify"]


def certify(
    run: Annotated[Path, typer.Argument(help="A finished run directory.")],
    limit: Annotated[int, typer.Option(min=1, help="At most N scenes a dataset.")] = 32,
    data: Data = None,
    suite: SuiteFile = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 ...")] = "auto",
    trust: TrustSuite = False,
) -> None:
    """Carry out a part of a run again in other circumstances; say which numbers are exact.

    Another process, batch size, number of threads and workers, and the methods in reverse order. The
    table is kept in the run as certificate.json, and the report shows it.
    """
    from bench.run.certify import certify as carry_out_again
    from bench.run.data import parse_data

    made = carry_out_again(
        run,
        limit=limit,
        data=parse_data(data or []),
        device=device,
        trust=trust,
        suite=suite,
    )
    rows = [("task", "method", "value", "edits", "largest deviation")]
    for one in made.deviations:
        largest = "no value on one side" if one.largest is None else f"{one.largest:.3g}"
        said = "exact" if one.exact else largest
        rows.append((one.task, one.method, one.metric, str(one.edits), said))
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
