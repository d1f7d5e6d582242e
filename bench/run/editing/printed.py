"""What an editor prints is kept apart: off the progress bar, and beside the traceback if it fails.

Standard output and error are heard for one thread only. Others go on writing to them, the progress bar
among them.
"""

from __future__ import annotations

import contextlib
import io
import sys
import threading
from collections.abc import Iterator
from typing import Any

__all__ = ["hearing", "listening"]

_HEARD = threading.local()


class _Stream:
    """Standard output or error, except for what a thread writes that is being heard."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Writes to the thread's own buffer where it has one."""
        target = getattr(_HEARD, "buffer", None) or self._stream
        return int(target.write(text) or 0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def listening() -> Iterator[None]:
    """Makes `hearing` possible, in this thread and in others, while the block runs."""
    before = sys.stdout, sys.stderr
    ours = _Stream(sys.stdout), _Stream(sys.stderr)
    sys.stdout, sys.stderr = ours
    try:
        yield
    finally:
        if (sys.stdout, sys.stderr) == ours:
            sys.stdout, sys.stderr = before


@contextlib.contextmanager
def hearing(into: io.StringIO) -> Iterator[None]:
    """Collects what this thread prints while the block runs."""
    _HEARD.buffer = into
    try:
        yield
    finally:
        _HEARD.buffer = None
