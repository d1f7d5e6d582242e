"""`sebench models`: the registered editors."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Registered editors.")


@app.command("list")
def list_models() -> None:
    """List the registered editors and what they need; a broken one stands with its reason."""
    from rich.console import Console
    from rich.table import Table

    from bench.editors import registered_editors

    table = Table("editor", "from", "sees beyond the hole's surround", "what it does")
    for editor in registered_editors():
        about = editor.summary if editor.problem is None else f"cannot be used: {editor.problem}"
        table.add_row(editor.name, editor.source, ", ".join(sorted(editor.needs)), about)
    Console().print(table)


@app.command()
def show(name: Annotated[str, typer.Argument(help="An editor's name.")]) -> None:
    """Show one editor: where it comes from, what it needs, its options."""
    from bench.editors import find_editor

    editor = find_editor(name)
    assert editor.factory is not None
    typer.echo(f"{editor.name} ({editor.target}, from {editor.source})\n")
    typer.echo(inspect.getdoc(editor.factory) or "")
    typer.echo(f"\nneeds: {', '.join(sorted(editor.needs)) or 'nothing but the masked picture'}")
    typer.echo("options:")
    for option in inspect.signature(editor.factory).parameters.values():
        typer.echo(f"  {option}")


@app.command("import")
def import_model(
    system: Annotated[str, typer.Argument(help="spade, sesame, sean, spmpgan, divsem or sae.")],
    file: Annotated[Path, typer.Argument(help="The official checkpoint; nothing in it is run.")],
    out: Annotated[Path, typer.Option(help="The safetensors file to write.")],
    variant: Annotated[
        str | None, typer.Option(help="The system's form, in its paper's words.")
    ] = None,
    label_space: Annotated[
        str | None, typer.Option(help="The label space that the network counts in.")
    ] = None,
    style_codes: Annotated[
        Path | None, typer.Option(help="SEAN's folder of mean codes, or DivSem's style bank.")
    ] = None,
    field: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE of the configuration (YAML), repeatable.")
    ] = None,
) -> None:
    """Turn an official checkpoint into safetensors with a card, checking every name and shape."""
    from bench.importers import find_importer

    importer = find_importer(system)
    card = importer(
        system,
        file,
        out,
        variant=variant,
        label_space=label_space,
        style_codes=style_codes,
        options=_fields(field or []),
    )
    typer.echo(f"{out}: {card.system}, {card.variant}; tensors {card.tensors_sha256[:16]}")
    typer.echo(f"licence: {card.licence}")
    if card.note:
        typer.echo(card.note)


def _fields(pairs: list[str]) -> dict[str, object]:
    import yaml

    from bench.errors import BadInput

    found = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise BadInput(f"--field {pair}: expected NAME=VALUE, as in ngf=32")
        found[name] = yaml.safe_load(text)
    return found
