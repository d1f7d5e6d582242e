"""`siebench reduce`: the tables of a run whose shards were carried out elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.terminal.faults import Debug
from bench.cli.terminal.options import Data, Fetch, SuiteFile, TrustSuite

__all__ = ["reduce"]


def reduce(
    out: Annotated[Path, typer.Argument(help="A run directory with every shard done.")],
    data: Data = None,
    suite: SuiteFile = None,
    fetch: Fetch = False,
    trust: TrustSuite = False,
    debug: Debug = False,
) -> None:
    """Make the tables and the report of a run whose shards are all done.

    The last worker of a run does so unasked. This is for a run whose last worker could not, and needs
    no GPU. Give the suite's file where its paths are absolute or do not count from the working folder.
    """
    del debug  # read at the edge, see faults.py
    from bench.cli.terminal.outcome import finish
    from bench.run.data import parse_data
    from bench.run.reduce_run import reduce_run

    given = parse_data(data or [])
    finish(reduce_run(out, data=given, fetch=fetch, trust=trust, suite=suite))
