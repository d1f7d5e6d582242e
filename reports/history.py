"""A history of runs as one self-contained page: charts drawn here, no script, no request."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core.atomic import write_text
from reports.numbers import decimals_for, printed
from reports.page import environment, static

if TYPE_CHECKING:
    from bench.judge.history import History, Move, Series
    from bench.run.reader import Run
    from bench.run.schema import Git

__all__ = ["write_history"]

WIDTH, HEIGHT, PAD = 560, 120, 14
"""A chart's size in pixels, and the room around its points."""


@dataclass(frozen=True)
class Chart:
    """A series as SVG coordinates in a WIDTH x HEIGHT box.

    `line` is a polyline's points; `dots` are (x, y, tip); `bars` are intervals (x, top, bottom);
    `steps` are segment means (left, right, y); `marks` are change points (x, verdict).
    """

    series: Series
    line: str
    dots: tuple[tuple[float, float, str], ...]
    bars: tuple[tuple[float, float, float], ...]
    steps: tuple[tuple[float, float, float], ...]
    marks: tuple[tuple[float, str], ...]
    last: str
    moves: tuple[str, ...]


def write_history(history: History, path: Path) -> Path:
    """Writes the page and returns its path; series that moved come first.

    Raises:
        BadInput: where it cannot be written.
    """
    ordered = sorted(history.series, key=lambda series: not series.moves)
    page = (
        environment()
        .get_template("history.html")
        .render(
            charts=[_chart(history, series) for series in ordered],
            runs=[(run.header.name, _label(run)) for run in history.runs],
            skipped=history.skipped,
            moved=sum(bool(series.moves) for series in history.series),
            width=WIDTH,
            height=HEIGHT,
            style="".join(map(static, ("tokens.css", "history.css"))),
        )
    )
    write_text(path, page)
    return path


def _chart(history: History, series: Series) -> Chart:
    across = _scale(0, max(len(history.runs) - 1, 1), PAD, WIDTH - PAD)
    ends = [end for p in series.points for end in (p.value, p.low, p.high) if end is not None]
    finite = [end for end in ends if math.isfinite(end)] or [0.0]
    up = _scale(min(finite), max(finite), HEIGHT - PAD, PAD)
    decimals = decimals_for(finite)
    dots = tuple(
        (
            across(point.run),
            up(point.value),
            f"{_label(history.runs[point.run])}: {printed(point.value, decimals)} {series.unit}",
        )
        for point in series.points
    )
    return Chart(
        series=series,
        line=" ".join(f"{x:.1f},{y:.1f}" for x, y, _ in dots),
        dots=dots,
        bars=tuple(
            (across(p.run), up(p.high), up(p.low))
            for p in series.points
            if p.low is not None and p.high is not None
        ),
        steps=tuple(
            (across(left), across(right), up(mean)) for left, right, mean in _segments(series)
        ),
        marks=tuple((across(move.run), move.verdict) for move in series.moves),
        last=f"{printed(series.points[-1].value, decimals)} {series.unit}".strip(),
        moves=tuple(_sentence(history, move, decimals) for move in series.moves),
    )


def _segments(series: Series) -> list[tuple[int, int, float]]:
    """(first run, last run, mean) of each stretch between change points; none where none moved."""
    if not series.moves:
        return []
    first, last = series.points[0].run, series.points[-1].run
    begins = [first, *(move.run for move in series.moves)]
    ends = [*(move.run for move in series.moves), last]
    means = [series.moves[0].before, *(move.after for move in series.moves)]
    return list(zip(begins, ends, means))


def _sentence(history: History, move: Move, decimals: int) -> str:
    run, last = history.runs[move.run], history.runs[move.previous]
    changed = "" if move.method_changed else "; the method's hash is the same"
    if _harness(run) != _harness(last):
        changed += f"; siebench {_harness(last)} → {_harness(run)}"
    return (
        f"{move.verdict}: {printed(move.before, decimals)} → {printed(move.after, decimals)} at "
        f"{_label(run)}{changed}"
    )


def _label(run: Run) -> str:
    """The run's folder, the commit of the user's repository and when it began."""
    parts = [run.folder.name, _commit(run.header.git), (run.header.started or "")[:16]]
    return " ".join(part for part in parts if part)


def _harness(run: Run) -> str:
    """The version of siebench, and its commit where it ran from a checkout."""
    version = run.header.versions.get("siebench") or run.header.versions.get("sebench", "")
    return " ".join(part for part in (version, _commit(run.header.harness)) if part)


def _commit(git: Git | None) -> str:
    return "" if git is None else f"{git.commit[:10]}{'+' if git.dirty else ''}"


def _scale(low: float, high: float, first: float, last: float) -> Callable[[float], float]:
    """Maps low..high to first..last; one value alone goes to the middle, infinities to the edge."""

    def place(value: float) -> float:
        if math.isinf(value):
            return last if value > 0 else first
        if high == low:
            return (first + last) / 2
        share = min(max((value - low) / (high - low), 0.0), 1.0)
        return first + share * (last - first)

    return place
