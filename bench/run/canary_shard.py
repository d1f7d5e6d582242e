"""A task's canaries, measured and written while its first shard is carried out.

What comes of it lies in `canaries/TASK/`: one Parquet file with the canaries' per-edit values and
states, and `checks.json` with what was found out about the methods. Both are there before the
shard counts as done.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bench.core.atomic import write_json
from bench.metrics import Metric
from bench.run.canaries import CANARIES, canary_pictures
from bench.run.measure import Group, measure_group
from bench.run.plan import Task
from bench.run.prepare import Job
from bench.run.store import RunFolder, write_table
from bench.scene import UInt8

__all__ = ["Checks", "CanaryShard", "read_checks"]

_NEARLY = 1
"""Grey levels by which a result may differ from a canary that it is said to equal."""


@dataclass
class Checks:
    """What was found out about a task's methods on its first edits.

    Attributes:
        equals: by method, the canary that all its results are.
        hidden: by method, how it behaved when it was run again with other hidden pixels.
    """

    equals: dict[str, str] = field(default_factory=dict)
    hidden: dict[str, str] = field(default_factory=dict)


class CanaryShard:
    """The canaries of a task's first edits.

    Args:
        task: the task.
        jobs: its first edits.
    """

    def __init__(self, task: Task, jobs: Sequence[Job]) -> None:
        self.task = task
        self.jobs = jobs
        self.pictures = canary_pictures(jobs)
        self.checks = Checks()

    def compare(self, method: str, results: Mapping[int, UInt8]) -> None:
        """Notes the canary that a method's results are, if they are one, hole by hole.

        Args:
            method: the method's name.
            results: uint8 [H,W,3] by index among the jobs; failed edits are missing.
        """
        for name, pictures in self.pictures.items():
            shared = [i for i in pictures if i in results]
            if shared and all(self._same(i, results[i], pictures[i]) for i in shared):
                self.checks.equals[method] = name
                return

    def _same(self, index: int, result: UInt8, canary: UInt8) -> bool:
        hole = self.jobs[index].edit.mask
        difference = result[hole].astype(np.int16) - canary[hole]
        return bool((np.abs(difference) <= _NEARLY).all())

    def write(
        self, folder: RunFolder, file_name: str, metrics: Sequence[Metric], group: Group
    ) -> None:
        """Measures the canaries and writes everything.

        Args:
            folder: the run.
            file_name: the shard's.
            metrics: those which can be computed.
            group: the reference side of the same jobs.
        """
        columns: dict[str, list[Any]] = {"edit": [], "scene": [], "method": []}
        count = 0
        for name in CANARIES:
            measured = measure_group(metrics, group, self.pictures[name])
            edits = [job.edit for job in self.jobs]
            columns["edit"] += [edit.id for edit in edits]
            columns["scene"] += [edit.scene for edit in edits]
            columns["method"] += [name] * len(edits)
            for column in measured:
                columns.setdefault(column, [None] * count)
            count += len(edits)
            for column, values in columns.items():
                values += measured.get(column, [None] * (count - len(values)))
        place = folder.root / "canaries" / self.task.slug
        write_json(
            place / "checks.json", {"equals": self.checks.equals, "hidden": self.checks.hidden}
        )
        write_table(place / file_name, columns)


def read_checks(folder: RunFolder, task: str) -> Checks:
    """What was found out about a task's methods; empty for a task without edits.

    Args:
        folder: the run.
        task: the task's slug.
    """
    file = folder.root / "canaries" / task / "checks.json"
    if not file.is_file():
        return Checks()
    found = json.loads(file.read_text(encoding="utf-8"))
    return Checks(dict(found["equals"]), dict(found["hidden"]))
