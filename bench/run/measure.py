"""Every metric meets a method's results while they are in memory: the one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.core.errors import BadInput
from bench.metrics import Metric, PreparedReferences, References
from bench.scene import Float32, UInt8

__all__ = ["Group", "Measured", "measure_group"]


@dataclass(frozen=True, eq=False)
class Group:
    """The reference side of a group of edits, prepared once for all methods.

    Attributes:
        by_metric: for every metric, which of the edits have a reference for it, the references of
            those, and what `prepare` gave.
        count: the number of edits.
    """

    by_metric: Mapping[str, tuple[tuple[int, ...], References, PreparedReferences]]
    count: int

    @classmethod
    def of(
        cls,
        metrics: Sequence[Metric],
        truth: Sequence[UInt8 | None],
        original: Sequence[UInt8],
        rest: References,
    ) -> Group:
        """Prepares `metrics` on the edits.

        Args:
            metrics: those which can be computed.
            truth: B true pictures, None where there is none.
            original: B pictures before the edit.
            rest: masks, labels and names of the B edits; its pictures are not looked at.
        """
        prepared: dict[str, tuple[tuple[int, ...], References, PreparedReferences]] = {}
        for metric in metrics:
            pictures = truth if metric.against == "ground-truth" else original
            indices = tuple(i for i, picture in enumerate(pictures) if picture is not None)
            if not indices:
                continue
            chosen = np.stack([p for p in pictures if p is not None])
            references = _taken(rest, indices, chosen)
            prepared[metric.name] = (indices, references, metric.prepare(references))
        return cls(prepared, len(rest))

    def columns(self) -> dict[str, list[Any]]:
        """The reference side's columns, one entry per edit, None where an edit has no reference."""
        columns: dict[str, list[Any]] = {}
        for indices, _, prepared in self.by_metric.values():
            for name, values in prepared.columns.items():
                _spread(columns, name, indices, values, self.count)
        return columns


Measured = dict[str, list[Any]]
"""Columns with one entry per edit of the group, None where an edit has no value."""


def measure_group(
    metrics: Sequence[Metric],
    group: Group,
    results: Mapping[int, UInt8],
    raw: Mapping[int, Float32] | None = None,
) -> Measured:
    """Scores one method's results of a group.

    Args:
        metrics: those that the group was prepared for.
        group: the reference side.
        results: uint8 [H,W,3] by index in the group; failed edits are missing.
        raw: float32 [H,W,3] paintings in [-1,1] before compositing, where the editor has just
            answered; scoring saved pictures has none.
    """
    columns: Measured = {}
    for metric in metrics:
        if metric.name not in group.by_metric:
            continue
        indices, references, prepared = group.by_metric[metric.name]
        # A failed edit is stood in for by its own reference, so that nothing is prepared anew, and
        # its values are dropped.
        stacked = np.stack([results.get(i, references.images[k]) for k, i in enumerate(indices)])
        measured = dict(metric.measure(references, prepared, stacked))
        if raw is not None and metric.observes:
            measured.update(metric.observe(references, _stand_in(raw, indices, stacked)))
        for name, values in measured.items():
            if len(values) != len(indices):
                raise BadInput(
                    f"metric {metric.name!r} gave {len(values)} values for {len(indices)} edits"
                )
            done = [(i, value) for i, value in zip(indices, values) if i in results]
            _spread(columns, name, [i for i, _ in done], [v for _, v in done], group.count)
    return columns


def _stand_in(raw: Mapping[int, Float32], indices: Sequence[int], stacked: UInt8) -> Float32:
    """The paintings in grey levels, float32 [B,H,W,3]."""
    grey = stacked.astype(np.float32)
    half = np.float32(127.5)
    return np.stack([(raw[i] + 1) * half if i in raw else grey[k] for k, i in enumerate(indices)])


def _spread(
    columns: dict[str, list[Any]],
    name: str,
    indices: Sequence[int],
    values: Sequence[Any],
    count: int,
) -> None:
    column = columns.setdefault(name, [None] * count)
    for i, value in zip(indices, values):
        column[i] = value


def _taken(references: References, indices: Sequence[int], pictures: UInt8) -> References:
    at = list(indices)
    return References(
        images=pictures,
        mask=references.mask[at],
        labels=references.labels[at],
        space=references.space,
        scenes=tuple(references.scenes[i] for i in at),
        edits=tuple(references.edits[i] for i in at),
    )
