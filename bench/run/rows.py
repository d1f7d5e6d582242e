"""The rows of a shard: gathered method by method, and written as its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.run.canaries.outputs import output_columns
from bench.run.carried_out import former_workers, worker_mark
from bench.run.editing.runner import RawOutputs
from bench.run.kept import Former, ShardRecord
from bench.run.layout import RunFolder
from bench.run.measure import PreparedGroup
from bench.run.methods import Method
from bench.run.plan import Shard
from bench.run.prepare import PreparedEdit, PreparedShard
from bench.run.stay import Stay
from bench.run.table_files import write_table
from bench.run.tables import OUTPUTS, REFERENCES, SAMPLES, TIMES, UNMADE

__all__ = ["ShardRows"]


class ShardRows:
    """Gathers a shard's rows and writes them, the samples last."""

    def __init__(self, shard: Shard, prepared: PreparedShard, record: ShardRecord) -> None:
        self._shard = shard
        self._prepared = prepared
        self._record = record
        self._samples: dict[str, list[Any]] = {name: [] for name in SAMPLES.names}
        self._times: dict[str, list[Any]] = {name: [] for name in TIMES.names}
        self._timed: list[int] = []
        self._outputs: dict[str, list[Any]] = {name: [] for name in OUTPUTS.names}
        self._count = 0
        self._stays = False

    def add(
        self, method: Method, raw: RawOutputs, stay: Stay, columns: Mapping[str, Sequence[Any]]
    ) -> None:
        """One method's rows for every edit of the shard."""
        edits = self._prepared.edits
        failed = {i: (one.reason, one.name) for i, one in raw.failures.items()} | stay.failures
        whole = ("", "")
        self._append(
            {
                **_common(edits),
                "method": [method.name] * len(edits),
                "status": ["failed" if i in failed else "ok" for i in range(len(edits))],
                "reason": [failed.get(i, whole)[0] for i in range(len(edits))],
                "failure": [failed.get(i, whole)[1] for i in range(len(edits))],
                "no_ground_truth": [one.ground_truth.missing or "" for one in edits],
                **columns,
            },
            len(edits),
        )

    def add_aside(self, method: Method, raw: RawOutputs, stay: Stay, former: Former) -> None:
        """What was timed and seen of raw outputs, now or when the rows that stay were made."""
        edits = self._prepared.edits
        kept = {edits[i].edit.id for i in stay.rows}
        self._stays = self._stays or bool(kept)
        seen = output_columns(method.name, edits, raw.images)
        rows = {
            edit: {name: seen[name][at] for name in OUTPUTS.names}
            for at, edit in enumerate(seen["edit"])
        }
        for row in former.rows("outputs", OUTPUTS, method.name):
            if row["edit"] in kept:
                rows[row["edit"]] = row
        for row in (rows[one.edit.id] for one in edits if one.edit.id in rows):
            for name, column in self._outputs.items():
                column.append(row[name])
        for row in former.rows("times", TIMES, method.name) if kept else ():
            if row["edit"] is None or row["edit"] in kept:
                self._time(**row)
        for i, milliseconds in sorted(raw.milliseconds.items()):
            self._timed.append(len(self._times["ms"]))
            self._time(method=method.name, edit=edits[i].edit.id, ms=milliseconds)
        for one in raw.footprints:
            self._time(method=method.name, macs=one.macs, peak_bytes=one.peak_bytes)

    def write(
        self, folder: RunFolder, group: PreparedGroup | None, worker: Mapping[str, Any]
    ) -> None:
        """Writes the shard; it counts as done once its samples are there.

        Args:
            folder: the run.
            group: the reference side.
            worker: who carried it out; where not alone on its device, times say nothing.
        """
        task, number = self._shard.task.slug, self._shard.number
        references = {**_common(self._prepared.edits), **(group.columns() if group else {})}
        write_table(folder.shard("references", task, number), REFERENCES, references)
        if not worker["alone"]:
            for at in self._timed:
                self._times["ms"][at] = None
        times = folder.shard("times", task, number)
        mark = worker_mark(worker, former_workers(times, worker) if self._stays else ())
        write_table(times, TIMES, self._times, mark)
        write_table(folder.shard("outputs", task, number), OUTPUTS, self._outputs)
        write_table(folder.shard("unmade", task, number), UNMADE, _unmade(self._prepared))
        metadata = self._record.metadata()
        write_table(folder.shard("samples", task, number), SAMPLES, self._samples, metadata)

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


def _common(edits: Sequence[PreparedEdit]) -> dict[str, list[Any]]:
    return {
        "edit": [one.edit.id for one in edits],
        "scene": [one.edit.scene for one in edits],
        "sample": [one.edit.sample for one in edits],
        "region": [one.edit.region for one in edits],
        "coverage": [float(one.edit.mask.mean()) for one in edits],
    }


def _unmade(prepared: PreparedShard) -> dict[str, list[Any]]:
    unmade = prepared.unmade
    return {
        "scene": [one.scene for one in unmade],
        "sample": [one.sample for one in unmade],
        "status": ["failed" if one.broken else "impossible" for one in unmade],
        "reason": [one.reason for one in unmade],
    }
