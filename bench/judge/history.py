"""The runs below a folder over time: one series a score and protocol, with its change points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

from bench.core.errors import BadInput
from bench.judge.change_points import change_points
from bench.run.layout import run_folders
from bench.run.reader import REAL, Run, read_run
from bench.run.tables import stored_number

__all__ = ["History", "Move", "Point", "Series", "read_history"]


@dataclass(frozen=True)
class Point:
    """A score in one run; `run` is its index in the history, the interval's ends may be missing.

    `n` are the edits behind it.
    """

    run: int
    value: float
    n: int
    low: float | None
    high: float | None
    method_hash: str


@dataclass(frozen=True)
class Move:
    """A change point: from `run` on (an index in the history) the mean is `after`, not `before`.

    `previous` is the last run before it that has the score.

    `method_changed`: whether the method's hash changed there too; where it did not, data, libraries
    or the machine moved the score.
    """

    run: int
    previous: int
    before: float
    after: float
    verdict: Literal["better", "worse"]
    method_changed: bool


@dataclass(frozen=True)
class Series:
    """A score of one method under one protocol through all runs that have it."""

    task: str
    method: str
    metric: str
    title: str
    unit: str
    better: Literal["lower", "higher"]
    protocol: str
    points: tuple[Point, ...]
    moves: tuple[Move, ...]


@dataclass(frozen=True)
class History:
    """Runs in the order of their start, their scores over time, and what was left out, in sentences."""

    runs: tuple[Run, ...]
    series: tuple[Series, ...]
    skipped: tuple[str, ...]


def read_history(folder: Path) -> History:
    """Every finished run below `folder`, without scores that lack some of their edits' values.

    Raises:
        BadInput: no such folder, no finished run in it, or a damaged run.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder}: there is no such folder; give a folder that holds runs")
    found = [read_run(one.root) for one in run_folders(folder)]
    runs = sorted(
        (run for run in found if run.header.state == "done"),
        key=lambda run: (run.header.started or "", str(run.folder)),
    )
    skipped = tuple(
        f"{_name(run, folder)}: {'not finished' if run.header.state == 'running' else 'stopped early'}"
        for run in found
        if run.header.state != "done"
    )
    if not runs:
        raise BadInput(f"{folder}: holds no finished run; `siebench run SUITE --out DIR` makes one")
    series, short = _all_series(runs, folder)
    return History(tuple(runs), tuple(series), (*skipped, *short))


def _name(run: Run, folder: Path) -> str:
    """The run's path from the history's folder: no page needs to know where that lies."""
    inside = run.folder.relative_to(folder).as_posix()
    return run.folder.name if inside == "." else inside


def _all_series(runs: Sequence[Run], folder: Path) -> tuple[list[Series], list[str]]:
    """Every series, and what is left out of them, a sentence each."""
    points: dict[tuple[str, str, str, str], list[Point]] = {}
    columns = {column.name: column for run in runs for column in run.header.metrics}
    for index, run in enumerate(runs):
        for row in run.scores.to_dict("records"):
            name = str(row["metric"])
            column = columns.get(name)
            value = stored_number(row["value"])
            shown = column is not None and column.better != "neither" and value is not None
            if not shown or row["of"] != "all" or row["method"] == REAL:
                continue
            assert value is not None
            point = Point(
                index,
                value,
                int(row["n"]),
                stored_number(row["low"]),
                stored_number(row["high"]),
                str(row.get("method_hash", "")),
            )
            key = (str(row["task"]), str(row["method"]), name, str(row["protocol"]))
            points.setdefault(key, []).append(point)
    made = []
    short: dict[str, None] = {}
    for (task, method, metric, protocol), every in points.items():
        # One protocol draws the same edits, so fewer values are failed edits: a mean over others.
        most = max(point.n for point in every)
        own = [point for point in every if point.n == most]
        short |= {
            f"{_name(runs[one.run], folder)}: {task} / {method}: {one.n} of {most} edits have a value": None
            for one in every
            if one.n < most
        }
        column = columns[metric]
        better: Literal["lower", "higher"] = "higher" if column.better == "higher" else "lower"
        made.append(
            Series(
                task=task,
                method=method,
                metric=metric,
                title=column.title,
                unit=column.unit,
                better=better,
                protocol=protocol,
                points=tuple(own),
                moves=tuple(_moves(own, better)),
            )
        )
    return made, list(short)


def _moves(points: Sequence[Point], better: Literal["lower", "higher"]) -> list[Move]:
    values = [point.value for point in points]
    begins = change_points(values)
    edges = [0, *begins, len(values)]
    means = [sum(values[a:b]) / (b - a) for a, b in pairwise(edges)]
    moves = []
    for begin, before, after in zip(begins, means, means[1:]):
        gained = after > before if better == "higher" else after < before
        changed = points[begin].method_hash != points[begin - 1].method_hash
        verdict: Literal["better", "worse"] = "better" if gained else "worse"
        previous = points[begin - 1].run
        moves.append(Move(points[begin].run, previous, before, after, verdict, changed))
    return moves
