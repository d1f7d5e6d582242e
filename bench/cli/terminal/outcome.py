"""What a finished run tells the person who started it, and its exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bench.cli.terminal.faults import debugging
from bench.cli.terminal.scores import tell_scores
from bench.cli.terminal.tables import say
from bench.core.text import counted

if TYPE_CHECKING:
    from bench.run.outcome import Outcome

__all__ = ["finish", "finish_part", "tell_reasons"]

_REASONS = 12


def finish(outcome: Outcome) -> None:
    """Writes the report, says what came of the run, and ends with 1 where edits failed."""
    from bench.run.carried_out import unlike
    from reports.report import report as write_report

    page = write_report(outcome.folder)
    edits = counted(outcome.edits, "edit")
    typer.echo(f"{edits}, {outcome.impossible} impossible, {outcome.failed} failed")
    tell_reasons(outcome.reasons, "the report")
    if outcome.first_failure is not None:
        _tell_traceback(outcome.first_failure)
    _tell_kept(outcome)
    for line in unlike(outcome.header.workers):
        typer.echo(f"workers differ, so last digits may: {line}")
    if outcome.surplus:
        surplus = counted(outcome.surplus, "shard")
        typer.echo(f"thrown away: {surplus} that other workers had done beyond the verdict")
    tell_scores(outcome, outcome.missing)
    for line in outcome.idle:
        say(f"nothing to score: {line}")
    for found in outcome.notes:
        say(f"note: {found}")
    for found in outcome.suspect:
        say(f"suspect: {found}")
    for reason in outcome.missing:
        say(f"not computed: {reason}")
    typer.echo(f"report: {page}")
    if outcome.failed:
        raise typer.Exit(1)


def tell_reasons(reasons: Sequence[tuple[str, int]], others: str) -> None:
    """Why edits failed or could not be made, a line each.

    Args:
        reasons: each with how often, the most frequent first.
        others: where a reader finds those for which there is no room.
    """
    for reason, count in reasons[:_REASONS]:
        typer.echo(f"  {count}x {reason}")
    if len(reasons) > _REASONS:
        typer.echo(f"  and {counted(len(reasons) - _REASONS, 'other reason')}: see {others}")


def finish_part(out: Path) -> None:
    """Says what has become of a run whose tables somebody else makes or has made."""
    from bench.run.reader import read_run

    if read_run(out).header.state == "running":
        typer.echo(
            f"{out}: this part is done, and others are not; who comes last makes the tables "
            f"(`siebench status {out}`)"
        )
    else:
        typer.echo(f"{out}: done, with tables; `siebench report {out}` writes the report")


def _tell_kept(outcome: Outcome) -> None:
    """What an earlier call had left, and what of it was damaged."""
    for line in outcome.damaged[:_REASONS]:
        typer.echo(f"made again: {line}")
    if len(outcome.damaged) > _REASONS:
        typer.echo(f"made again: {len(outcome.damaged) - _REASONS} other files")
    kept = sum(outcome.kept.values())
    if kept:
        methods = ", ".join(name for name, count in outcome.kept.items() if count)
        results = counted(kept, "result")
        typer.echo(f"reused {results} of {methods}; carried out {outcome.carried_out}")
        if outcome.failed and not outcome.carried_out:
            typer.echo("failed edits stay failed; --retry-failed carries them out again")


def _tell_traceback(file: Path) -> None:
    """Where the first failed edit's traceback lies, or the traceback itself with `--debug`."""
    if debugging():
        typer.echo(f"{file}:\n{file.read_text(encoding='utf-8')}", err=True)
    else:
        typer.echo(f"traceback of the first failure: {file} (--debug prints it)")
