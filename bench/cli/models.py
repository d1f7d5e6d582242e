"""`siebench models`: the registered editors, and official checkpoints made into weights files."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.terminal.option_lines import option_lines
from bench.cli.terminal.values import named_values

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Registered editors and their weights.")


@app.command("list")
def list_models() -> None:
    """List the registered editors and what they need; a broken one stands with its reason."""
    from bench.plugins.editors import declared_needs, declared_variants
    from bench.plugins.kinds import EDITORS

    for editor in EDITORS.plugins():
        about = editor.summary if editor.problem is None else f"cannot be used: {editor.problem}"
        needs = sorted(declared_needs(editor.value))
        more = f"  [needs {', '.join(needs)}]" if needs else ""
        typer.echo(f"{editor.name}: {about}{more}")
        variants = declared_variants(editor.value)
        if variants:
            typer.echo(f"    variants: {', '.join(variants)}")
        typer.echo(f"    from {editor.source} ({editor.target})")


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="An editor's name.")],
    cost: Annotated[
        str | None,
        typer.Option(
            metavar="NAME[=PATH]", help="Measure what an edit of this dataset's scenes takes."
        ),
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Of the editor; YAML values.")
    ] = None,
    size: Annotated[int, typer.Option(min=16, max=2048, help="Pixels a side, for --cost.")] = 256,
    device: Annotated[str, typer.Option(help="cpu, cuda ..., for --cost.")] = "cpu",
    trust: Annotated[bool, typer.Option("--trust", help="Let it run foreign code.")] = False,
) -> None:
    """Show one editor: where it comes from, what it needs, its options and, on demand, its costs."""
    from bench.plugins.editors import declared_needs, declared_variants
    from bench.plugins.kinds import EDITORS

    editor = EDITORS.find(name, trust=trust)
    factory = editor.usable()
    typer.echo(f"{editor.name} ({editor.target}, from {editor.source})\n")
    typer.echo(inspect.getdoc(factory) or "")
    needs = ", ".join(sorted(declared_needs(factory)))
    typer.echo(f"\nneeds: {needs or 'nothing but the masked image'}")
    variants = declared_variants(factory)
    if variants:
        typer.echo(f"variants: {', '.join(variants)}")
    typer.echo("options:")
    typer.echo("\n".join(f"  {line}" for line in option_lines(factory)) or "  none")
    if cost is not None:
        from bench.run.trial import measure_costs

        given = named_values(option or [], "--option")
        dataset, _, path = cost.partition("=")
        taken = measure_costs(
            name, given, dataset=dataset, path=path or None, size=size, device=device, trust=trust
        )
        typer.echo(f"costs of one edit at {size}x{size} on {device}:")
        for what, value in taken.items():
            typer.echo(f"  {what}: {value}")


@app.command("import")
def import_weights(
    system: Annotated[str, typer.Argument(help="The published system, as in `sesame`.")],
    file: Annotated[Path, typer.Argument(help="The official checkpoint; nothing in it is run.")],
    out: Annotated[Path, typer.Option(help="The safetensors file to write.")],
    variant: Annotated[
        str | None, typer.Option(help="The system's form; its first if left out.")
    ] = None,
    label_space: Annotated[
        str | None, typer.Option(help="The labels the network counts in.")
    ] = None,
    style_codes: Annotated[
        Path | None, typer.Option(help="SEAN's folder of mean codes, or DivSem's style bank.")
    ] = None,
    field: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE of the configuration (YAML), repeatable.")
    ] = None,
) -> None:
    """Check an official checkpoint name by name and write it as a weights file with a card."""
    from bench.plugins.importers import find_importer

    card = find_importer(system)(
        system,
        file,
        out,
        variant=variant,
        label_space=label_space,
        style_codes=style_codes,
        options=named_values(field or [], "--field"),
    )
    typer.echo(f"{out}")
    for name, value in card.model_dump().items():
        typer.echo(f"  {name}: {value}")


@app.command()
def score(
    run: Annotated[Path, typer.Argument(help="A finished run of the networks and their rivals.")],
    cards: Annotated[Path, typer.Option(help="The folder with NAME.json beside NAME.safetensors.")],
    by: Annotated[
        str, typer.Option(help="Scores by which a network must beat every rival, with commas.")
    ] = "lpips-alex,miou-hole",
) -> None:
    """Write a run's scores into the cards of its networks, and whether each beats its rivals."""
    from bench.judge.compare.cards import write_card_scores

    said = {True: "beats every rival", False: "does not beat every rival", None: "not judged"}
    for card, beats in write_card_scores(run, cards, by.split(",")).items():
        typer.echo(f"{card}: {said[beats]}")
