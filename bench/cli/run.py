"""`siebench run`: a suite carried out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.terminal.faults import Debug

__all__ = ["run"]


def run(
    suite: Annotated[str, typer.Argument(help="A shipped suite's name or a YAML file.")],
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=PATH", help="Where a dataset lies; may be given often."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The run directory (default: runs/SUITE).")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most N scenes a dataset.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="In place of the suite's seed.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 ...")] = "auto",
    batch_size: Annotated[
        int | None, typer.Option(min=1, max=256, help="In place of the suite's batch size.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Threads that read and draw ahead.")
    ] = None,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Fetch missing weights from their official address.")
    ] = False,
    trust: Annotated[
        bool,
        typer.Option(
            "--trust",
            help="Run what the suite names: programs, modules, files that carry code.",
        ),
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Carry out failed edits again.")
    ] = False,
    fresh: Annotated[
        list[str] | None,
        typer.Option(metavar="METHOD", help="Carry this method out again; all for every one."),
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="What --until-decided judges against: a file or a run.")
    ] = None,
    policy: Annotated[Path | None, typer.Option(help="Margins of --until-decided, YAML.")] = None,
    until_decided: Annotated[
        bool, typer.Option("--until-decided", help="Stop when the per-edit verdict is sure.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Carry out a suite; where the run directory holds it already, go on with what is missing.

    A suite with more methods, metrics, tasks or scenes (--limit) adds to the run; results that are
    there stay.
    """
    del debug  # read at the edge, see faults.py
    from bench.cli.terminal.early import finish_early, judging
    from bench.cli.terminal.outcome import finish
    from bench.cli.terminal.progress import watching
    from bench.run.plan import parse_data
    from bench.run.suite_run import run_suite
    from bench.suite.schema import load_suite

    name = load_suite(suite).name
    early = judging(baseline, policy, until_decided)
    with watching(name) as watch:
        outcome = run_suite(
            suite,
            out=out or Path("runs") / name,
            data=parse_data(data or []),
            limit=limit,
            seed=seed,
            device=device,
            batch_size=batch_size,
            workers=workers,
            fetch=fetch,
            trust=trust,
            watch=watch,
            until=early,
            retry_failed=retry_failed,
            fresh=fresh or (),
        )
    finish(outcome)
    if early is not None:
        finish_early(early)
