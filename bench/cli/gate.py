"""`siebench gate`: a run judged against a baseline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.terminal.options import Allow, JsonFile
from bench.cli.terminal.targets import GATE, GATE_JSON, JUNIT, Force

__all__ = ["gate"]


def gate(
    run: Annotated[Path, typer.Argument(help="A run directory.")],
    baseline: Annotated[Path, typer.Option(help="A baseline file or another run directory.")],
    policy: Annotated[
        Path | None, typer.Option(help="A YAML file with margins and limits.")
    ] = None,
    allow: Allow = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML.")] = None,
    markdown: Annotated[
        Path | None, typer.Option(help="Write a summary here, with crops/ beside it.")
    ] = None,
    json_file: JsonFile = None,
    annotations: Annotated[
        bool, typer.Option("--annotations", help="Also print GitHub annotations.")
    ] = False,
    force: Force = False,
) -> None:
    """Judge a run against a baseline.

    Exit codes: 0 passed, 1 worse, 2 bad input, 3 undecided.
    """
    from bench.cli.terminal.verdicts import tell_judgement
    from bench.core.atomic import refuse_losses
    from bench.core.errors import BadInput
    from bench.judge import gate as judging
    from bench.judge.gate import ci, refusal, report

    outs = {
        "--junit": (junit, JUNIT),
        "--markdown": (markdown, GATE),
        "--json": (json_file, GATE_JSON),
    }
    refuse_losses(outs, inputs=[run, baseline, policy], force=force)
    try:
        judgement = judging.gate(run, baseline, policy, allow=allow or ())
    except BadInput as error:
        if annotations:  # a CI system shows nobody the log of a step unasked
            typer.echo(ci.github_annotation("error", refusal.NO_VERDICT, str(error)))
        if run.exists():  # else a file of its gate would take the folder from the run to come
            refusal.write_refusal(str(error), junit=junit, markdown=markdown, json_file=json_file)
        raise
    if junit is not None:
        ci.write_junit(judgement, junit)
    if markdown is not None:
        report.write_markdown(judgement, markdown, force=force)
    if json_file is not None:
        ci.write_gate_json(judgement, json_file)
    tell_judgement(judgement)
    for line in ci.github_annotations(judgement) if annotations else ():
        typer.echo(line)
    raise typer.Exit(judgement.exit_code)
