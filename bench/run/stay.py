"""A method's rows that stay in a shard, and how the shard is measured with them.

Values are taken over where the shard has the same edits and the metric is the same; everything else is
measured on the saved results, whose pixels are the ones that were measured before. What a metric saw of
raw outputs (`Metric.observe`) is only ever taken over: a metric that is new has none of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.metrics import Metric
from bench.run.kept import Again, Former, ShardRecord
from bench.run.measure import (
    EditGroup,
    Measured,
    PreparedGroup,
    Stacks,
    measure_belonging,
    measure_group,
)
from bench.run.methods import Method
from bench.run.prepare import PreparedEdit
from bench.scene import Float32, UInt8

__all__ = ["Stay"]


@dataclass(frozen=True, eq=False)
class Stay:
    """The rows of one method that stay.

    Attributes:
        rows: the samples rows, by the edit's index in the shard.
        results: uint8 [H,W,3] by index; failed edits are missing.
        same: names of metrics that are the same as before.
        unmoved: whether the shard has the same edits as before.
    """

    rows: Mapping[int, Mapping[str, Any]]
    results: Mapping[int, UInt8]
    same: frozenset[str]
    unmoved: bool

    @classmethod
    def of(
        cls,
        former: Former,
        record: ShardRecord,
        method: Method,
        edits: Sequence[PreparedEdit],
        again: Again,
    ) -> Stay:
        """What stays of `former`.

        Args:
            former: the shard as it was.
            record: as it will be, its edits known.
            method: whose rows.
            edits: the shard's.
            again: what is carried out again.
        """
        rows: dict[int, Mapping[str, Any]] = {}
        results: dict[int, UInt8] = {}
        before = former.record
        for i, one in enumerate(edits):
            edit = one.edit.id
            if before.edits.get(edit) != record.edits[edit]:
                continue
            row = former.row(method.name, edit)
            if row is None or not former.stays(method, one.edit.name, again):
                continue
            if row["status"] == "ok":
                result = former.result(method.name, method.slug, edit)
                if result is None:
                    continue
                results[i] = result
            rows[i] = row
        same = {name for name, one in record.metrics.items() if before.metrics.get(name) == one}
        return cls(rows, results, frozenset(same), before.edits == record.edits)

    @property
    def failures(self) -> dict[int, tuple[str, str]]:
        """The reason of every failed edit that stays, and the file with its traceback."""
        return {
            i: (row["reason"], row["failure"])
            for i, row in self.rows.items()
            if row["status"] != "ok"
        }

    def waiting(self, count: int) -> list[int]:
        """The indices of the edits, of `count`, that are to be carried out."""
        return [i for i in range(count) if i not in self.rows]

    def measure(
        self,
        metrics: Sequence[Metric],
        group: PreparedGroup,
        results: Mapping[int, UInt8],
        raw: Mapping[int, Float32],
    ) -> Measured:
        """Every metric's columns, for results that stay and new ones.

        Args:
            metrics: those that the group was prepared for.
            group: the reference side.
            results: uint8 [H,W,3] by index in the group.
            raw: float32 [H,W,3] in [-1,1], of the results that are new.
        """
        columns: Measured = {}
        stacks: Stacks = {}
        for metric in metrics:
            same = metric.name in self.same
            if same and self.unmoved and len(self.rows) == group.count:
                columns |= self._stored(metric, group.count)
                continue
            columns |= measure_group(
                [metric], group, results, raw if raw or not self.rows else None, stacks
            )
            if metric.observes and self.rows:
                stored = self._stored(metric, group.count) if same else {}
                self._without_raw(columns, metric, stored, group, results)
        return columns

    def belonging(
        self, group: EditGroup, results: Mapping[int, UInt8], raw: Mapping[int, Float32]
    ) -> Measured:
        """As `measure_belonging`, for new results; those that stay have theirs."""
        columns = measure_belonging(group, results, raw)
        for name, column in columns.items():
            for i in self.results:
                column[i] = self.rows[i].get(name)
        return columns

    def _stored(self, metric: Metric, count: int) -> Measured:
        names = (metric.name, *metric.score_names)
        return {
            column: [self.rows[i].get(column) if i in self.rows else None for i in range(count)]
            for column in next(iter(self.rows.values()), {})
            if column in names or any(column.startswith(f"{name}.") for name in names)
        }

    def _without_raw(
        self,
        columns: Measured,
        metric: Metric,
        stored: Measured,
        group: PreparedGroup,
        results: Mapping[int, UInt8],
    ) -> None:
        """Puts what is known of results that stay in place of what had to be measured without raw outputs."""
        known = stored or measure_group([metric], group, results)
        names = (metric.name, *metric.score_names)
        for name in dict.fromkeys([*columns, *stored]):
            if name in stored or any(name == one or name.startswith(f"{one}.") for one in names):
                column = columns.setdefault(name, [None] * group.count)
                for i in self.results:
                    column[i] = known[name][i] if name in known else None
