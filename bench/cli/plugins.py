"""`siebench plugins`: everything that has a name, where it comes from, and whether it conforms."""

from __future__ import annotations

import inspect
import traceback
from typing import Annotated

import typer

from bench.cli.terminal.faults import debugging
from bench.cli.terminal.options import TrustPlugin
from bench.core.text import counted

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    help="Editors, metrics, datasets and the other things that may come from outside.",
)

Kind = Annotated[str, typer.Argument(help="editors, metrics, datasets, protocols ...")]
Name = Annotated[str, typer.Argument(help="A name, or package.module:attribute with --trust.")]


@app.command("list")
def list_plugins(
    kind: Annotated[str | None, typer.Argument(help="Only this kind; all where left out.")] = None,
) -> None:
    """List everything that is registered; a plugin that cannot be used is listed with its reason."""
    from bench.plugins.kinds import REGISTRIES, registry_of

    chosen = REGISTRIES if kind is None else {kind: registry_of(kind)}
    for name, registry in chosen.items():
        typer.echo(name)
        for plugin in registry.plugins():
            about = (
                plugin.summary if plugin.problem is None else f"cannot be used: {plugin.problem}"
            )
            typer.echo(f"  {plugin.name}: {about}" if about else f"  {plugin.name}")
            typer.echo(f"      from {plugin.source} ({plugin.target})")


@app.command()
def show(kind: Kind, name: Name, trust: TrustPlugin = False) -> None:
    """Show one plugin: where it comes from, its description and its options."""
    from bench.plugins.kinds import registry_of
    from bench.plugins.options import option_lines

    plugin = registry_of(kind).find(name, trust=trust)
    value = plugin.usable()
    typer.echo(f"{plugin.kind} {plugin.name} ({plugin.target}, from {plugin.source})\n")
    typer.echo((inspect.getdoc(value) if callable(value) else None) or plugin.summary)
    if callable(value):
        typer.echo("\noptions:")
        typer.echo("\n".join(f"  {line}" for line in option_lines(value)) or "  none")


@app.command()
def check(
    kind: Kind,
    name: Name,
    trust: TrustPlugin = False,
    options: Annotated[
        str | None,
        typer.Option(metavar="YAML", help="An editor's options, as in '{weights: v1.pt}'."),
    ] = None,
    classes: Annotated[
        int | None, typer.Option(min=1, help="Classes of the edits that an editor is tried on.")
    ] = None,
    size: Annotated[int | None, typer.Option(min=32, help="Their pixels a side.")] = None,
) -> None:
    """Try a plugin against its contract; says what does not conform (exit code 1).

    A segmenter and a feature network are named as in a suite, with what stands behind the colon:
    onnx:FILE, dinov2:FOLDER.
    """
    from bench.core.errors import BadInput
    from bench.plugins.foreign import Raised
    from bench.plugins.kinds import EDITORS, NETWORKS, SEGMENTERS, registry_of

    registry = registry_of(kind)
    if options is not None and registry is not EDITORS:
        raise BadInput("--options are for an editor; leave them out")
    if registry is SEGMENTERS:
        from bench.networks.segmenters import untried_segmenter

        value: object = untried_segmenter(name, trust=trust)
    elif registry is NETWORKS:
        from bench.networks.feature_network import untried_network

        value = untried_network(name, trust=trust)
    elif options is not None:
        from bench.core.documents import parse_yaml
        from bench.plugins.editors import create_editor

        given = parse_yaml(options, "--options")
        if not isinstance(given, dict):
            raise BadInput(f"--options {options}: write a mapping, as in '{{weights: v1.pt}}'")
        value = create_editor(name, given, trust=trust)
    else:
        value = registry.find(name, trust=trust).usable()
    problems = registry.check(value, classes=classes, size=size)
    for problem in problems:
        typer.echo(f"{registry.kind} {name}: {problem}")
        if debugging() and isinstance(problem, Raised):
            traceback.print_exception(problem.cause)
    if problems:
        typer.echo(counted(len(problems), "problem"))
        raise typer.Exit(1)
    typer.echo(f"{registry.kind} {name}: conforms")
