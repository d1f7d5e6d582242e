"""`siebench weights`: the networks that metrics look through."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="The networks that metrics look through.")


@app.command("list")
def list_weights() -> None:
    """List the networks: address, size, what is known of the hash, licence, found or not."""
    from bench.networks.weights import target, verify

    for status in verify():
        entry = status.network
        size = "size unknown" if entry.megabytes is None else f"{entry.megabytes:g} MiB"
        typer.echo(f"{entry.name}: {entry.purpose}")
        typer.echo(f"  {entry.paper}; licence {entry.licence}")
        typer.echo(f"  {entry.url} ({size}, SHA-256 begins with {entry.sha256_prefix})")
        if status.identity is None:
            typer.echo(f"  not found; it belongs at {target(entry)}")
        else:
            kind = "the official file" if status.official else "its tensors, in another file"
            typer.echo(f"  found: {status.path} ({kind}; tensors {status.identity[:16]})")


@app.command()
def fetch(name: Annotated[str, typer.Argument(help="A network's name.")]) -> None:
    """Fetch a network's official file and verify it as far as its hash is known."""
    from rich.console import Console
    from rich.progress import DownloadColumn, Progress, TransferSpeedColumn

    from bench.networks.weights import fetch as fetch_weights

    with Progress(
        *Progress.get_default_columns(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    ) as bar:
        line = bar.add_task(name, total=None)
        path = fetch_weights(name, lambda done, size: bar.update(line, completed=done, total=size))
    typer.echo(str(path))


@app.command()
def verify() -> None:
    """Check that every file which bears an official name is what it claims (exit code 1 if not)."""
    from bench.networks.weights import verify as verify_weights

    found = verify_weights()
    for status in found:
        for problem in status.problems:
            typer.echo(problem)
        if status.path is not None and not status.problems:
            typer.echo(f"{status.path}: good")
    if any(status.problems for status in found):
        raise typer.Exit(1)
