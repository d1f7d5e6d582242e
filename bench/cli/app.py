"""The commands, gathered. Nothing heavy is imported before a command runs.

Plugins contribute others (`bench.cli.contributed`).
"""

from __future__ import annotations

from typing import Annotated

import typer

from bench import __version__
from bench.cli import (
    baseline,
    certify,
    compare,
    datasets,
    demo,
    doctor,
    export,
    gate,
    history,
    masks,
    models,
    plugins,
    reduce,
    report,
    run,
    score,
    status,
    study,
    suites,
    train,
    trainings,
    truth,
    verify,
    view,
    weights,
)
from bench.cli.contributed import Contributed
from bench.cli.terminal.faults import Debug

__all__ = ["app"]

app = typer.Typer(
    name="siebench",
    cls=Contributed,
    help="Measures semantic image editing: the same masks, exact metrics, honest intervals.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help needs no rich, which takes longer to import than all of ours
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
    debug: Debug = False,
) -> None:
    del version, debug


app.command("demo")(demo.demo)
app.command("run")(run.run)
app.command("status")(status.status)
app.command("reduce")(reduce.reduce)
app.command("certify")(certify.certify)
app.command("verify")(verify.verify)
app.command("score")(score.score)
app.command("report")(report.report)
app.command("view")(view.view)
app.command("export")(export.export)
app.command("figures")(export.figures)
app.command("compare")(compare.compare)
app.command("trainings")(trainings.trainings)
app.command("truth")(truth.truth)
app.command("gate")(gate.gate)
app.command("history")(history.history)
app.command("train")(train.train)
app.command("doctor")(doctor.doctor)
app.add_typer(baseline.app, name="baseline")
app.add_typer(masks.app, name="masks")
app.add_typer(models.app, name="models")
app.add_typer(plugins.app, name="plugins")
app.add_typer(datasets.app, name="datasets")
app.add_typer(study.app, name="study")
app.add_typer(suites.app, name="suites")
app.add_typer(weights.app, name="weights")
