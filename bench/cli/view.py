"""`siebench view`: a page over a folder of runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["view"]


def view(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder that holds runs, at any depth.")
    ] = Path("runs"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 = any that is free.")] = 8765,
) -> None:
    """Show a folder of runs in the browser and follow them while they go, until Ctrl+C.

    Filter them, put two side by side, open each report. It is served to this machine alone, and writes
    nothing. For a machine elsewhere: ssh -L 8765:127.0.0.1:8765 HOST.
    """
    from reports.view import ViewServer

    server = ViewServer(folder, port)
    typer.echo(f"runs: {server.address}")
    try:
        server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        typer.echo("")
    finally:
        server.server_close()
