"""Progress of long work: a bar in a terminal, a line a minute anywhere else."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.run.suite_run import Watch

__all__ = ["Lines", "minutes", "rate", "watching"]

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
        self._total = self._done = self._before = self._workers = 0
        self._began = self._said = clock()

    def start(self, total: int) -> None:
        """The work has this many parts."""
        self._total = total
        self._began = self._said = self._clock()

    def workers(self, count: int) -> None:
        """So many workers are at work; also said where nothing is done for a long time."""
        self._workers = count
        self.advance(0)

    def advance(self, count: int) -> None:
        """Some more parts are done; the first that come in no time were there before."""
        now = self._clock()
        self._done += count
        if now - self._began < 1:
            self._before = self._done
        if now - self._said < _EVERY:
            return
        self._said = now
        sys.stderr.write(f"{self._what}: {', '.join(self._words(now - self._began))}\n")
        sys.stderr.flush()

    def _words(self, seconds: float) -> Iterator[str]:
        yield f"{self._done} of {self._total}"
        fresh = self._done - self._before
        if fresh:
            yield f"{rate(fresh / seconds)}"
            yield f"about {minutes((self._total - self._done) * seconds / fresh)} left"
        if self._workers > 1:
            yield f"{self._workers} workers"


def rate(each_second: float) -> str:
    """How many results come in a second, or in a minute where they come slowly."""
    if each_second >= 1:
        return f"{each_second:.3g} a second"
    return f"{each_second * 60:.2g} a minute"


def minutes(seconds: float) -> str:
    """A time left in words, to the minute."""
    minutes = max(1, round(seconds / 60))
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


@contextlib.contextmanager
def watching(what: str, goes_on: str = "the same command") -> Iterator[Watch]:
    """A watch that tells standard error how far the block is: a bar, or a line a minute in a log.

    Args:
        what: what the bar is of.
        goes_on: the command that goes on after Ctrl-C.
    """
    from bench.run.take_part import stopping_in_order

    try:
        with stopping_in_order(), _bar(what) as watch:
            yield watch
    except KeyboardInterrupt as stop:
        sys.stderr.write(f"siebench: {str(stop) or 'stopped'}; {goes_on} goes on from here\n")
        raise SystemExit(130) from None


@contextlib.contextmanager
def _bar(what: str) -> Iterator[Watch]:
    from bench.run.suite_run import Watch

    if not sys.stderr.isatty():
        lines = Lines(what)
        yield Watch(start=lines.start, advance=lines.advance, workers=lines.workers)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(TextColumn):
        """How many results come in a second."""

        def render(self, task: Task) -> Text:
            return Text("" if not task.speed else rate(task.speed))

    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(""),
        TimeRemainingColumn(),
        TextColumn("{task.fields[workers]}"),
        console=Console(stderr=True),
    ) as bar:
        line = bar.add_task(what, total=None, workers="")
        yield Watch(
            start=lambda total: bar.update(line, total=total),
            advance=lambda count: bar.advance(line, count),
            workers=lambda count: bar.update(line, workers=f"{count} workers" if count > 1 else ""),
        )
