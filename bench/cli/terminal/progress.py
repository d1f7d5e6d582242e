"""Progress bars on long work, quiet where nobody watches."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.run.suite_run import Watch

__all__ = ["watching"]


@contextlib.contextmanager
def watching(what: str, goes_on: str = "the same command") -> Iterator[Watch]:
    """A watch that draws a bar on standard error while the block runs, if that is a terminal.

    Args:
        what: what the bar is of.
        goes_on: the command that goes on after Ctrl-C.
    """
    try:
        with _bar(what) as watch:
            yield watch
    except KeyboardInterrupt as stop:
        sys.stderr.write(f"siebench: {stop or 'stopped'}; {goes_on} goes on from here\n")
        raise SystemExit(130) from None


@contextlib.contextmanager
def _bar(what: str) -> Iterator[Watch]:
    from bench.run.suite_run import Watch

    if not sys.stderr.isatty():
        yield Watch()
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as bar:
        line = bar.add_task(what, total=None)
        yield Watch(
            start=lambda total: bar.update(line, total=total),
            advance=lambda count: bar.advance(line, count),
        )
