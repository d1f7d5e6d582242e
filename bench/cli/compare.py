"""`siebench compare`: two runs, or two methods of one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.terminal.options import Allow, JsonFile
from bench.cli.terminal.targets import COMPARISON, COMPARISON_JSON, Force

__all__ = ["compare"]


def compare(
    before: Annotated[Path, typer.Argument(metavar="RUN_A", help="A run or a baseline file.")],
    after: Annotated[
        Path | None,
        typer.Argument(
            metavar="RUN_B", help="Another one; left out, methods of RUN_A are compared."
        ),
    ] = None,
    methods: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="Compare method A with method B, in one run or in two."),
    ] = None,
    policy: Annotated[Path | None, typer.Option(help="A YAML file with margins.")] = None,
    allow: Allow = None,
    markdown: Annotated[
        Path | None, typer.Option(help="Write a table here, with crops/ beside it.")
    ] = None,
    json_file: JsonFile = None,
    force: Force = False,
) -> None:
    """Compare two runs (methods of equal name), two methods of one run, or all of one run's.

    With one run and nothing else it prints the tables that `siebench run` ends with: the best method of
    each score against every other one.
    """
    from bench.cli.terminal.scores import tell_scores
    from bench.cli.terminal.tables import say
    from bench.cli.terminal.verdicts import tell_comparison
    from bench.core.atomic import refuse_losses
    from bench.judge import compare as comparing
    from bench.judge.compare import outputs
    from bench.judge.run_scores import refuse_unfinished
    from bench.run.reader import read_run
    from bench.run.schema import all_noticed

    if not before.is_file() and not any((after, methods, policy, allow, markdown, json_file)):
        run = read_run(before)
        refuse_unfinished(run)
        tell_scores(run)
        for found in all_noticed(run.header.notices, "bad"):
            say(f"suspect: {found}")
        return
    outs = {"--markdown": (markdown, COMPARISON), "--json": (json_file, COMPARISON_JSON)}
    refuse_losses(outs, inputs=[before, after, policy], force=force)
    comparison = comparing.compare(
        before,
        after,
        methods=None if methods is None else [methods],
        policy=policy,
        allow=allow or (),
    )
    if markdown is not None:
        outputs.write_comparison_markdown(comparison, markdown, force=force)
    if json_file is not None:
        outputs.write_comparison_json(comparison, json_file)
    tell_comparison(comparison)
