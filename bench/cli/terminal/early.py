"""What `siebench run --until-decided` adds: its judge, and its verdict as exit code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bench.core.errors import BadInput

if TYPE_CHECKING:
    from bench.judge.gate.early import EarlyVerdict

__all__ = ["exit_code", "judging", "tell_early"]


def judging(baseline: Path | None, policy: Path | None, asked: bool) -> EarlyVerdict | None:
    """Who ends the run early, where that was asked for.

    Raises:
        BadInput: one of the three options without the others that it needs.
    """
    if asked != (baseline is not None) or (policy is not None and not asked):
        raise BadInput(
            "--until-decided needs --baseline, and --baseline and --policy need --until-decided"
        )
    if baseline is None:
        return None
    from bench.judge.baseline import read_scores
    from bench.judge.gate.early import EarlyVerdict
    from bench.judge.policy import read_policy

    return EarlyVerdict(read_scores(baseline), read_policy(policy))


def tell_early(early: EarlyVerdict) -> None:
    """Says what was decided after how many edits."""
    typer.echo("\n".join(early.lines()))


def exit_code(early: EarlyVerdict) -> int:
    """0 passed, 1 worse, 3 undecided."""
    from bench.judge.gate.judgement import EXIT_CODES

    return EXIT_CODES[early.overall]
