"""The environment variables that siebench reads."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bench.core.errors import BadInput

__all__ = ["home_path", "variable"]

_NOTED: set[str] = set()


def variable(name: str) -> str | None:
    """The value of an environment variable, or None where it is not set.

    Until the project was renamed its variables began with SEBENCH_; those still work, and the first
    use of one says on standard error what to set instead.

    Args:
        name: "SIEBENCH_DATA", "SIEBENCH_WEIGHTS" or "SIEBENCH_CACHE".
    """
    value = os.environ.get(name)
    if value is not None:
        return value
    former = name.replace("SIEBENCH_", "SEBENCH_", 1)
    value = os.environ.get(former)
    if value is not None and former not in _NOTED:
        _NOTED.add(former)
        sys.stderr.write(f"siebench: {former} still works; set {name} instead\n")
    return value


def home_path(text: str, what: str) -> Path:
    """A path that may begin with `~`.

    Args:
        text: as the user wrote it.
        what: where it was written, as a message begins.

    Raises:
        BadInput: where nobody has the home folder that it begins with.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise BadInput(
            f"{what}: {text}: there is no such home folder; write the whole path"
        ) from None
