"""`siebench compare`: two runs, or two methods of one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["compare"]


def compare(
    before: Annotated[Path, typer.Argument(metavar="RUN_A", help="A run or a baseline file.")],
    after: Annotated[
        Path | None, typer.Argument(metavar="RUN_B", help="Another; left out with --methods.")
    ] = None,
    methods: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="Compare these two methods, inside RUN_A or across."),
    ] = None,
    policy: Annotated[Path | None, typer.Option(help="Margins, YAML.")] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD", help="A protocol field that may differ; may be given often."),
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option(help="Write a table, with crops/ beside it.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write everything as JSON.")
    ] = None,
) -> None:
    """Compare two runs (methods paired by name), or two methods of one run."""
    from bench.core.errors import BadInput
    from bench.judge import compare as comparing
    from bench.judge.baseline import read_scores
    from bench.judge.compare import outputs
    from bench.judge.gate import Policy, load_policy

    if after is None and methods is None:
        raise BadInput("compare needs a second run, or --methods A B to compare inside one")
    old = read_scores(before)
    new = old if after is None else read_scores(after)
    chosen = load_policy(policy) if policy is not None else Policy()
    chosen.check(old)
    comparison = comparing.compare(
        old,
        new,
        methods=None if methods is None else [methods],
        allow=allow or (),
        margin_of=chosen.margin,
        judges=chosen.judges,
        alpha=chosen.alpha,
    )
    if markdown is not None:
        outputs.write_comparison_markdown(comparison, markdown)
    if json_file is not None:
        outputs.write_comparison_json(comparison, json_file)
    typer.echo("\n".join(outputs.lines(comparison)))
