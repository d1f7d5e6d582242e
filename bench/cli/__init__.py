"""The command line: one small file per command, thin over the Python API."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """The `sebench` command. Bad input is one sentence and exit code 2, never a traceback."""
    from bench.cli.app import app
    from bench.errors import BadInput

    try:
        app(prog_name="sebench")
    except BadInput as error:
        sys.stderr.write(f"sebench: {error}\n")
        raise SystemExit(2) from None
