"""`sebench models`: the registered editors."""

from __future__ import annotations

import inspect
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
