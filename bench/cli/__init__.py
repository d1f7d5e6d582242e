"""The command line: one small file per command, thin over the Python API."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """The `siebench` command.

    Bad input is one sentence and exit code 2. What nobody foresaw is one sentence that names the file
    with its traceback, and exit code 70; a user never reads a bare traceback.
    """
    from click.exceptions import Abort

    from bench.cli.app import app
    from bench.cli.terminal.faults import FAULT, debugging, kept_traceback, tell_fault
    from bench.core.errors import BadInput, PluginFailed
    from bench.core.text import shortened

    try:
        app(prog_name="siebench")
    except BadInput as error:
        if debugging():
            import traceback

            traceback.print_exc()
        # Where a plugin's own code is at fault, a sentence is not enough to mend it.
        where = f" (traceback: {kept_traceback(error)})" if isinstance(error, PluginFailed) else ""
        sys.stderr.write(f"siebench: {shortened(str(error))}{where}\n")
        raise SystemExit(2) from None
    except SystemExit as stop:
        # Click ends with 1 where it was interrupted; a shell expects 130.
        raise SystemExit(130 if isinstance(stop.__context__, Abort) else stop.code) from None
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more at exit.
        sys.stderr.close()
        raise SystemExit(0) from None
    except Exception as error:  # the edge: nothing may pass it as a bare traceback
        tell_fault(error)
        raise SystemExit(FAULT) from None
