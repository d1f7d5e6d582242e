"""`siebench trainings`: variants told apart beyond the spread of their trainings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.terminal.targets import TRAININGS, TRAININGS_LATEX, Force

__all__ = ["trainings"]


def trainings(
    runs: Annotated[
        list[Path],
        typer.Argument(help="A run directory; several for a curve, from the shortest training on."),
    ],
    reference: Annotated[
        str | None,
        typer.Option(help="The variant to compare the others with (default: the first)."),
    ] = None,
    examples: Annotated[
        str,
        typer.Option(help="Examples that the networks of each run had seen, with commas."),
    ] = "",
    markdown: Annotated[Path | None, typer.Option(help="Write a Markdown table here.")] = None,
    latex: Annotated[Path | None, typer.Option(help="Write the tables as LaTeX here.")] = None,
    figures: Annotated[
        Path | None,
        typer.Option(help="Draw the differences of every task into this folder, SVG and PDF."),
    ] = None,
    force: Force = False,
) -> None:
    """Compare variants that were trained several times: methods NAME, NAME-seed1, NAME-seed2, ...

    A difference counts only where it exceeds the spread of trainings and scenes together. With several
    runs and --examples it is compared at each stage of the training. What the networks' records say against
    a comparison is said too: other recipes, seeds and networks that are there twice.
    """
    from bench.cli.terminal.values import whole_numbers
    from bench.core.atomic import refuse_losses, write_text
    from bench.core.errors import BadInput
    from bench.judge.compare import (
        compare_trainings,
        misnumbered_stages,
        repeated_trainings,
        training_curve,
        unlike_trainings,
        unscored_trainings,
    )
    from bench.judge.compare.training_curve import (
        CURVE_LEVEL,
        curve_lines,
        curve_tables,
        unmoved_methods,
    )
    from bench.judge.compare.trainings import (
        LEVEL,
        tables_markdown,
        training_lines,
        training_tables,
    )
    from bench.judge.run_scores import scores_of_run

    outs = {"--markdown": (markdown, TRAININGS), "--latex": (latex, TRAININGS_LATEX)}
    refuse_losses(outs, inputs=runs, force=force)
    seen = whole_numbers(examples, "--examples")
    if len(runs) > 1 and not seen:
        raise BadInput(
            f"{len(runs)} runs: say how many examples the networks of each had seen, as --examples 8000,16000"
        )
    known = [scores_of_run(run) for run in runs]
    last = known[-1].run
    assert last is not None
    if seen:
        curve = training_curve(known, seen, reference)
        tables, level, lines = curve_tables(curve), CURVE_LEVEL, curve_lines(curve)
    else:
        changes = compare_trainings(known[0], reference)
        tables, level, lines = training_tables(changes), LEVEL, training_lines(changes)
    said = [
        sentence
        for one in known
        for sentence in (*repeated_trainings(one), *unlike_trainings(one, reference))
    ]
    said += [*unmoved_methods(known), *misnumbered_stages(known, seen)]
    against = list(dict.fromkeys(said))
    unscored = dict.fromkeys(one for run in known for one in unscored_trainings(run))
    warnings = [*unscored, *against]
    if markdown is not None:
        write_text(markdown, tables_markdown(tables, level, warnings))
    if latex is not None:
        from reports.export.trainings import trainings_latex

        write_text(latex, trainings_latex(tables, level, warnings))
    if figures is not None:
        from reports.figures import write_curve_figures, write_training_figures

        drawn = (
            write_curve_figures(curve, last, figures, notes=against, force=force)
            if seen
            else write_training_figures(changes, last, figures, notes=against, force=force)
        )
        for path in drawn:
            typer.echo(str(path))
    for sentence in warnings:
        typer.echo(sentence, err=True)
    typer.echo("\n".join(lines))
