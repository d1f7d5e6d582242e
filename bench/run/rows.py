"""A shard's tables: one row per (edit, method), and the reference side beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.run.measure import Group
from bench.run.methods import Method
from bench.run.paint import Paintings
from bench.run.plan import Task
from bench.run.prepare import Prepared
from bench.run.store import RunFolder, write_table

__all__ = ["Rows"]

_EVERY_ROW = ("edit", "scene", "sample", "region", "coverage", "method", "status", "reason")
_TIMES = ("method", "edit", "ms", "macs", "peak_bytes")


class Rows:
    """Gathers a shard's rows and writes them, the samples last."""

    def __init__(self, task: Task, prepared: Prepared) -> None:
        self._task = task
        self._prepared = prepared
        self._samples: dict[str, list[Any]] = {name: [] for name in _EVERY_ROW}
        self._times: dict[str, list[Any]] = {name: [] for name in _TIMES}
        self._count = 0

    def add(
        self, method: Method, paintings: Paintings, columns: Mapping[str, Sequence[Any]]
    ) -> None:
        """One method's rows for every edit of the shard."""
        jobs = self._prepared.jobs
        failed = paintings.failures
        self._append(
            {
                **_common(self._prepared),
                "method": [method.name] * len(jobs),
                "status": ["failed" if i in failed else "ok" for i in range(len(jobs))],
                "reason": [failed.get(i, "") for i in range(len(jobs))],
                **columns,
            },
            len(jobs),
        )
        for i, milliseconds in sorted(paintings.milliseconds.items()):
            self._time(method=method.name, edit=jobs[i].edit.id, ms=milliseconds)
        for one in paintings.footprints:
            self._time(method=method.name, macs=one.macs, peak_bytes=one.peak_bytes)

    def write(self, folder: RunFolder, file_name: str, group: Group | None) -> None:
        """Writes the shard; it counts as done once its samples are there."""
        task = self._task.slug
        references = dict(_common(self._prepared))
        if group is not None:
            references.update(group.columns())
        write_table(folder.table("references", task, file_name), references)
        write_table(folder.table("times", task, file_name), self._times)
        write_table(folder.table("unmade", task, file_name), _unmade(self._prepared))
        write_table(folder.table("samples", task, file_name), self._samples)

    def _time(self, **values: Any) -> None:
        for name, column in self._times.items():
            column.append(values.get(name))

    def _append(self, columns: Mapping[str, Sequence[Any]], count: int) -> None:
        """Adds rows; a column that one side lacks is empty there."""
        for name in columns:
            self._samples.setdefault(name, [None] * self._count)
        for name, column in self._samples.items():
            column.extend(columns.get(name, [None] * count))
        self._count += count


def _unmade(prepared: Prepared) -> dict[str, list[Any]]:
    unmade = prepared.unmade
    return {
        "scene": [one.scene for one in unmade],
        "sample": [one.sample for one in unmade],
        "status": ["failed" if one.broken else "impossible" for one in unmade],
        "reason": [one.reason for one in unmade],
    }


def _common(prepared: Prepared) -> dict[str, list[Any]]:
    edits = [job.edit for job in prepared.jobs]
    return {
        "edit": [edit.id for edit in edits],
        "scene": [edit.scene for edit in edits],
        "sample": [edit.sample for edit in edits],
        "region": [edit.region for edit in edits],
        "coverage": [float(edit.mask.mean()) for edit in edits],
    }
