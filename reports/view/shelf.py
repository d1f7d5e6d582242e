"""The runs of a folder as the page lists them, and a run's scores as far as it has come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from bench.core.errors import unknown
from bench.core.text import without_folders
from bench.metrics.estimate import mean_estimate
from bench.run.layout import RunFolder, run_folders
from bench.run.reader import Run, read_run
from bench.run.status import run_status
from reports.numbers import decimals_for, printed, printed_interval
from reports.table import ARROWS, Table, task_table

if TYPE_CHECKING:
    from bench.run.schema import Header, MetricColumn, TaskRow

__all__ = ["Shelf"]

_T = TypeVar("_T")


@dataclass(frozen=True)
class _Kept:
    """Something made of files, and by what one sees that they have changed."""

    stamp: tuple[Any, ...]
    made: Any


@dataclass(eq=False)
class Shelf:
    """A folder of runs. Everything is looked up again when its files have changed, and only then.

    Attributes:
        folder: the folder.
    """

    folder: Path
    _kept: dict[tuple[str, ...], _Kept] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, identity: str) -> Run:
        """A run by its path in the folder, "." for the folder itself.

        Raises:
            BadInput: no such run in the folder, or one that cannot be read.
        """
        folders = self._folders()
        if identity not in folders:
            raise unknown("run", identity, folders)
        root = folders[identity].root
        return self.remembered(
            ("run", identity), _stamp(RunFolder(root).record), lambda: read_run(root)
        )

    def runs(self) -> list[dict[str, Any]]:
        """A record a run: what it is, how far it is, who is at work; or why it cannot be read."""
        return [self._listed(identity, one) for identity, one in self._folders().items()]

    def scores(self, identity: str) -> dict[str, Any]:
        """The tables of a run's tasks, or the means over the edits that are there so far.

        Raises:
            BadInput: as `run`.
        """
        run = self.run(identity)
        return self.remembered(("scores", identity), run_stamp(run), lambda: _scores(run))

    def remembered(
        self, key: tuple[str, ...], stamp: tuple[Any, ...], make: Callable[[], _T]
    ) -> _T:
        """What `make` gave when the files last had this stamp."""
        with self._lock:
            kept = self._kept.get(key)
        if kept is None or kept.stamp != stamp:
            kept = _Kept(stamp, make())
            with self._lock:
                self._kept[key] = kept
        made: _T = kept.made
        return made

    def _folders(self) -> dict[str, RunFolder]:
        return {
            one.root.relative_to(self.folder).as_posix(): one for one in run_folders(self.folder)
        }

    def _listed(self, identity: str, folder: RunFolder) -> dict[str, Any]:
        try:
            run = self.run(identity)
            header = run.header
            fixed = self.remembered(("facts", identity), _stamp(folder.record), lambda: _facts(run))
            # A run that has ended stays as it is.
            return {
                "id": identity,
                **fixed,
                **(_progress(folder) if header.state == "running" else {}),
            }
        except Exception as error:  # one run that is at fault must not hide the others
            return {"id": identity, "state": "unreadable", "problem": without_folders(str(error))}


def run_stamp(run: Run) -> tuple[Any, ...]:
    """What changes when a run's scores may have: its tables, and its shards while it goes."""
    shards = tuple(
        len(run.layout.shards("samples", task.slug))
        for task in run.header.tasks
        if run.header.state == "running"
    )
    return (*_stamp(run.layout.record), *_stamp(run.layout.table("scores")), shards)


def _stamp(file: Path) -> tuple[int, ...]:
    try:
        found = file.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size


def _facts(run: Run) -> dict[str, Any]:
    header = run.header
    return {
        "suite": header.name,
        "title": header.title,
        "state": header.state,
        "started": header.started,
        "seconds": header.seconds,
        "tasks": [task.title for task in header.tasks],
        "methods": [method.title for method in header.methods],
        "edits": sum(task.n for task in header.tasks),
        "failed": [method.title for method in header.methods if method.problem is not None],
        "suspect": len({notice.text for notice in header.notices if notice.kind == "bad"}),
        "commit": _commit(header),
    }


def _commit(header: Header) -> str:
    if header.git is None:
        return ""
    return header.git.commit[:10] + ("+" if header.git.dirty else "")


def _progress(folder: RunFolder) -> dict[str, Any]:
    found = run_status(folder.root)
    return {
        "state": found.state,
        "done": found.results_done,
        "of": found.results,
        "left": found.seconds_left,
    }


def _scores(run: Run) -> dict[str, Any]:
    if len(run.scores):
        tables = [_table(task_table(run, task)) for task in run.header.tasks]
        return {"so_far": False, "tables": [one for one in tables if one["rows"]]}
    so_far = [one for task in run.header.tasks for one in _so_far(run, task)]
    return {"so_far": True, "tables": so_far}


def _table(table: Table) -> dict[str, Any]:
    return {
        "title": table.title,
        "n": table.n,
        "columns": [
            {"title": column.title, "arrow": column.arrow, "unit": column.unit}
            for column in table.columns
        ],
        "rows": [
            {
                "method": row.title,
                "hidden": row.sees_hidden,
                "cells": [
                    {
                        "text": cell.text,
                        "interval": cell.interval,
                        "rank": cell.rank,
                        "ranked_by": cell.ranked_by,
                        "n": cell.n,
                        "reason": cell.reason if cell.value is None else "",
                    }
                    for cell in row.cells
                ],
            }
            for row in table.rows
        ],
    }


def _so_far(run: Run, task: TaskRow) -> Iterator[dict[str, Any]]:
    """Means with intervals over the edits that are there; nobody is ranked before the end."""
    samples = run.samples(task.name)
    done = samples[samples["status"] == "ok"]
    means = [one for one in run.header.metrics if one.summary == "mean" and one.name in done]
    titles = {method.name: method for method in run.header.methods}
    rows = []
    for name, own in done.groupby("method", sort=False):
        scenes = [str(scene) for scene in own["scene"]]
        scores = [
            mean_estimate(
                one.name,
                own[one.name].to_numpy(np.float64, na_value=np.nan),
                scenes,
                one.floor,
                one.ceiling,
            )
            for one in means
        ]
        rows.append((titles[str(name)], [estimate.score() for estimate in scores]))
    if not rows:
        return
    order = [method.name for method in run.header.methods]
    rows.sort(key=lambda row: order.index(row[0].name))
    decimals = [
        decimals_for(scores[at].value or 0.0 for _, scores in rows) for at in range(len(means))
    ]
    yield {
        "title": task.title,
        "n": int(done["edit"].nunique()),
        "columns": [_heading(one) for one in means],
        "rows": [
            {
                "method": method.title,
                "hidden": method.sees_hidden,
                "cells": [
                    {
                        "text": printed(score.value, places),
                        "interval": printed_interval(score.low, score.high, places),
                        "rank": 0,
                        "n": score.n,
                        "reason": "",
                    }
                    for score, places in zip(scores, decimals)
                ],
            }
            for method, scores in rows
        ],
    }


def _heading(metric: MetricColumn) -> dict[str, Any]:
    return {"title": metric.title, "arrow": ARROWS[metric.better], "unit": metric.unit}
