"""What cannot be foreseen, at the edge of every command: one sentence, a file, exit code 70."""

from __future__ import annotations

import datetime
import errno
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Annotated

import typer

from bench.core.errors import BadInput, PluginFailed, named_line
from bench.core.text import shortened

__all__ = ["FAULT", "Debug", "bad_input", "debugging", "kept_traceback", "tell_fault"]

FAULT = 70
"""The exit code of a fault that nobody foresaw (EX_SOFTWARE of sysexits.h)."""

Debug = Annotated[
    bool, typer.Option("--debug", help="Print the traceback of what went wrong first.")
]
"""The option `--debug` of a command."""


def debugging() -> bool:
    """Whether the user asked for tracebacks; known even where the command line is not understood."""
    return "--debug" in sys.argv[1:]


_OF_PLACES = frozenset(
    {
        errno.EACCES,
        errno.EDQUOT,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.ENOSPC,
        errno.ENOTDIR,
        errno.EPERM,
        errno.EROFS,
    }
)
"""What a file system says of a place that a user chose; a file that is missing may be our fault."""


def bad_input(error: BaseException) -> str | None:
    """What is wrong with the user's input, in one sentence; None for a fault of siebench's own.

    A path that no file system can hold, or may not be used, is bad input wherever it is noticed.
    """
    if isinstance(error, PluginFailed):
        # A plugin's own code is at fault: a sentence is not enough to mend it.
        return f"{shortened(str(error))} (traceback: {kept_traceback(error)})"
    if isinstance(error, BadInput):
        return shortened(str(error))
    if isinstance(error, OSError) and error.filename and error.errno in _OF_PLACES:
        place = shortened(os.fsdecode(error.filename), 200)
        return f"{place}: {error.strerror}; choose another file or folder"
    if isinstance(error, ValueError) and str(error).startswith("embedded null"):
        return "a path holds a NUL character; write it without"
    if isinstance(error, RuntimeError) and str(error).startswith("Symlink loop"):
        return f"{shortened(str(error))}: links that lead to themselves; choose another path"
    return None


def tell_fault(error: BaseException) -> None:
    """Writes the traceback to a file and says on standard error what happened and where it lies."""
    sys.stderr.write(
        f"siebench: unexpected fault ({shortened(named_line(error))}); this is an error of siebench "
        f"or of a plugin, not of your input: report it with {kept_traceback(error)}\n"
    )
    if debugging():
        sys.stderr.write(_text(error))


def _text(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def kept_traceback(error: BaseException) -> str:
    """The file that the traceback was written to; where no folder takes it, how to see it."""
    import platformdirs

    text = _text(error)
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S-%f")
    for folder in (Path(platformdirs.user_log_dir("siebench")), Path(tempfile.gettempdir())):
        path = folder / f"fault-{stamp}.txt"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError:
            continue
        return str(path)
    return "what --debug prints"
