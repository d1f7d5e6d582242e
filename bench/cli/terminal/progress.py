"""Progress of long work: a bar in a terminal, a line a minute anywhere else."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.run.suite_run import Watch

__all__ = ["Lines", "watching"]

_EVERY = 60.0
"""Seconds between two lines."""


class Lines:
    """Says on standard error how far a work is, a line a minute.

    Args:
        what: what the lines are of.
        clock: seconds that only grow.
    """

    def __init__(self, what: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._what, self._clock = what, clock
        self._total = self._done = self._before = 0
        self._began = self._said = clock()

    def start(self, total: int) -> None:
        """The work has this many parts."""
        self._total = total
        self._began = self._said = self._clock()

    def advance(self, count: int) -> None:
        """Some more parts are done; the first that come in no time were there before."""
        now = self._clock()
        self._done += count
        if now - self._began < 1:
            self._before = self._done
        if now - self._said < _EVERY:
            return
        self._said = now
        fresh = self._done - self._before
        left = (self._total - self._done) * (now - self._began) / fresh if fresh else None
        more = "" if left is None else f", about {_minutes(left)} left"
        sys.stderr.write(f"{self._what}: {self._done} of {self._total}{more}\n")
        sys.stderr.flush()


def _minutes(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


@contextlib.contextmanager
def watching(what: str, goes_on: str = "the same command") -> Iterator[Watch]:
    """A watch that tells standard error how far the block is: a bar, or a line a minute in a log.

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
        lines = Lines(what)
        yield Watch(start=lines.start, advance=lines.advance)
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
