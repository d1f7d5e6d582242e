"""`siebench run`: a suite carried out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bench.cli.terminal.faults import Debug
from bench.cli.terminal.options import Data, Fetch, TrustSuite

__all__ = ["run"]


def run(
    suite: Annotated[str, typer.Argument(help="A shipped suite's name or a YAML file.")],
    data: Data = None,
    out: Annotated[
        Path | None, typer.Option(help="The run directory (default: runs/SUITE).")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most N scenes a dataset.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="In place of the suite's seed.")] = None,
    device: Annotated[
        str,
        typer.Option(help="auto, cpu, cuda, cuda:1; for several workers cuda:0,cuda:1 or cpu:4."),
    ] = "auto",
    executor: Annotated[
        str | None,
        typer.Option(
            help="Who decides where shards are carried out: local, processes, ray, slurm."
        ),
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(metavar="K/N", help="Carry out every N-th shard, from the K-th on."),
    ] = None,
    claim: Annotated[
        bool,
        typer.Option("--claim", help="Work on the run together with others in the same folder."),
    ] = False,
    no_wait: Annotated[
        bool,
        typer.Option("--no-wait", help="Submit the executor's jobs and leave them (slurm)."),
    ] = False,
    batch_size: Annotated[
        int | None, typer.Option(min=1, max=256, help="In place of the suite's batch size.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Threads of each worker that read and draw ahead.")
    ] = None,
    fetch: Fetch = False,
    trust: TrustSuite = False,
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
    there stay. With --claim or --part any number of workers, on any machines that share the folder,
    carry out one run; who comes last makes its tables.
    """
    del debug  # read at the edge, see faults.py
    from bench.cli.terminal.early import exit_code, judging, tell_early
    from bench.cli.terminal.outcome import finish, finish_part
    from bench.cli.terminal.progress import watching
    from bench.run.data import parse_data
    from bench.run.suite_run import run_part, run_suite
    from bench.suite.schema import load_suite

    name = load_suite(suite).name
    early = judging(baseline, policy, until_decided)
    place = out or Path("runs") / name
    shared = _part(part, claim, no_wait, again=retry_failed or bool(fresh))
    with watching(name) as watch:
        given: dict[str, Any] = {
            "out": place,
            "data": parse_data(data or []),
            "limit": limit,
            "seed": seed,
            "device": device,
            "batch_size": batch_size,
            "workers": workers,
            "fetch": fetch,
            "trust": trust,
            "watch": watch,
            "until": early,
            "executor": executor,
        }
        outcome = (
            run_suite(suite, **given, retry_failed=retry_failed, fresh=fresh or ())
            if shared is None
            else run_part(suite, **given, part=shared, wait=not no_wait)
        )
    if outcome is None:
        finish_part(place)
        return
    try:
        finish(outcome)
    finally:  # edits that failed end it with 1, and the verdict is told all the same
        if early is not None:
            tell_early(early)
    if early is not None:
        raise typer.Exit(exit_code(early))


def _part(part: str | None, claim: bool, no_wait: bool, *, again: bool) -> str | None:
    """The worker's part in a run with others, None for a run of one's own.

    Raises:
        BadInput: both options, or what would be done once by each worker.
    """
    from bench.core.errors import BadInput

    for option, given in (("--claim", claim), ("--no-wait", no_wait)):
        if given and part is not None:
            raise BadInput(
                f"--part names this worker's shards and {option} takes any; give one of them"
            )
    if part is None and not (claim or no_wait):
        return None
    if again:
        raise BadInput(
            "--retry-failed and --fresh carry out again what is there, which every worker would do; "
            "give them without --part, --claim and --no-wait"
        )
    return part or "1/1"
