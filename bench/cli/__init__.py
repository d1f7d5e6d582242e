"""The command line: one small file per command, thin over the Python API."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """The `siebench` command.

    Bad input is one sentence and exit code 2. What nobody foresaw is one sentence that names the file
    with its traceback, and exit code 70; a user never reads a bare traceback.
    """
    from typer import Abort

    from bench.cli.app import app
    from bench.cli.terminal.faults import FAULT, bad_input, debugging, tell_fault

    try:
        app(prog_name="siebench")
    except SystemExit as stop:
        # Typer ends with 1, which is a verdict here, where it was interrupted or nobody reads its output.
        codes = {Abort: 130, BrokenPipeError: 141}
        ended = (code for kind, code in codes.items() if isinstance(stop.__context__, kind))
        raise SystemExit(next(ended, stop.code)) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BaseException as error:  # the edge: nothing may pass it as a bare traceback
        sentence = bad_input(error)
        if sentence is None:
            tell_fault(error)
            raise SystemExit(FAULT) from None
        if debugging():
            import traceback

            traceback.print_exc()
        sys.stderr.write(f"siebench: {sentence}\n")
        raise SystemExit(2) from None
