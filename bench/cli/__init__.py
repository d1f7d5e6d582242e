"""The command line: one small file per command, thin over the Python API."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """The `siebench` command. Bad input is one sentence and exit code 2, never a traceback."""
    from bench.cli.app import app
    from bench.core.errors import BadInput

    try:
        app(prog_name="siebench")
    except BadInput as error:
        sys.stderr.write(f"siebench: {error}\n")
        raise SystemExit(2) from None
