"""`siebench gate`: a run judged against a baseline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["gate"]


def gate(
    run: Annotated[Path, typer.Argument(help="A run directory.")],
    baseline: Annotated[Path, typer.Option(help="A baseline file or another run directory.")],
    policy: Annotated[Path | None, typer.Option(help="Margins and limits, YAML.")] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD", help="A protocol field that may differ; may be given often."),
    ] = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML.")] = None,
    markdown: Annotated[
        Path | None, typer.Option(help="Write a summary, with crops/ beside it.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write everything as JSON.")
    ] = None,
    annotations: Annotated[
        bool, typer.Option("--annotations", help="Print GitHub annotations too.")
    ] = False,
) -> None:
    """Judge a run against a baseline.

    Exit codes: 0 passed, 1 worse, 2 bad input, 3 undecided.
    """
    from bench.judge import gate as judging
    from bench.judge.baseline import read_scores
    from bench.judge.compare import scores_of_run
    from bench.judge.gate import ci, report

    outcome = judging.gate(
        scores_of_run(run),
        read_scores(baseline),
        judging.load_policy(policy) if policy is not None else None,
        allow or (),
    )
    if junit is not None:
        ci.write_junit(outcome, junit)
    if markdown is not None:
        report.write_markdown(outcome, markdown)
    if json_file is not None:
        ci.write_gate_json(outcome, json_file)
    said = report.lines(outcome) + (ci.github_annotations(outcome) if annotations else [])
    typer.echo("\n".join(said))
    raise typer.Exit(outcome.exit_code)
