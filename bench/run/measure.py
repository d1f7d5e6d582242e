"""Every metric meets a method's results while they are in memory: the one pass."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench.core.device_faults import device_failure
from bench.core.errors import BadInput
from bench.core.transfers import stage
from bench.datasets import KnowsStyle
from bench.edit import KnownStyle
from bench.metrics import (
    Context,
    Metric,
    Missing,
    PreparedReferences,
    References,
    check_columns,
    guarded,
    make_metric,
    refuse_shared_scores,
)
from bench.networks.segmenters import label_lookup
from bench.run.editing.composite import quantised
from bench.run.plan import Task
from bench.scene import Bool, Float32, Int32, LabelSpace, UInt8
from bench.suite.places import network_beside
from bench.suite.schema import MetricEntry

__all__ = [
    "EditGroup",
    "Measured",
    "PreparedGroup",
    "Stacks",
    "TaskMetrics",
    "make_metrics",
    "measure_belonging",
    "measure_group",
    "measuring_on",
]


@dataclass(frozen=True, eq=False)
class TaskMetrics:
    """A task's metrics: those that can be computed, and those that cannot with their reasons."""

    ready: tuple[Metric, ...]
    missing: Mapping[str, Missing]


def make_metrics(
    entries: Sequence[MetricEntry],
    task: Task,
    *,
    device: str,
    fetch: bool,
    trust: bool = False,
    home: Path | None = None,
) -> TaskMetrics:
    """A suite's metrics for one task.

    Args:
        entries: as the suite lists them.
        task: names the segmenter.
        device: where networks run.
        fetch: whether missing weights may be fetched from their official address.
        trust: whether the modules that the suite names may be imported.
        home: the folder from which the folders of feature networks count.

    Raises:
        BadInput: an unknown metric or option, two metrics with scores of one name, or a segmenter that
            counts in other classes than the dataset.
    """
    space = task.dataset.space
    context = Context(
        device=device, segmenter=task.segmenter, space=space, fetch=fetch, trust=trust
    )
    ready: list[tuple[str, Metric]] = []
    missing: dict[str, Missing] = {}
    for entry in entries:
        options = {
            name: network_beside(value, home) if isinstance(value, str) else value
            for name, value in entry.options.items()
        }
        metric = make_metric(entry.name, options, context)
        if not isinstance(metric, Missing):
            metric = _not_of(metric, task) or metric
        if isinstance(metric, Metric) and metric.label_space is not None:
            _refuse_other_classes(metric, metric.label_space, task)
        if isinstance(metric, Missing):
            missing[entry.name] = metric
        else:
            ready.append((entry.name, metric))
    refuse_shared_scores(ready)
    return TaskMetrics(tuple(metric for _, metric in ready), missing)


def _not_of(metric: Metric, task: Task) -> Missing | None:
    """Why a metric has nothing to look at in a task, or None."""
    operation = task.protocol.operation
    if metric.operations and operation not in metric.operations:
        wanted = " or ".join(repr(one) for one in metric.operations)
        return Missing(
            f"it looks at edits that ask for {wanted}; those of this task ask for {operation!r}"
        )
    if metric.of_drawn_scenes and not isinstance(task.dataset, KnowsStyle):
        return Missing(
            f"it looks at drawn scenes, whose style is known; those of {task.dataset.name} are not drawn"
        )
    return None


def _refuse_other_classes(metric: Metric, space: LabelSpace, task: Task) -> None:
    """Refuses a metric whose classes cannot be the dataset's, before anything is carried out."""
    try:
        label_lookup(task.dataset.space, space)
    except BadInput as error:
        raise BadInput(f"task {task.name!r}, metric {metric.name!r}: {error}") from None


@dataclass(frozen=True, eq=False)
class EditGroup:
    """What is known of B edits of one size beside their results.

    Attributes:
        ground_truth: B images uint8 [H,W,3], None where there is none.
        original: B images uint8 [H,W,3] before the edit.
        mask: bool [B,H,W], True = edited.
        labels: int32 [B,H,W], target labels, -1 = void.
        space: the label space of `labels`.
        scenes: B scene ids.
        edits: B edit ids.
        regions: B class names of the edited regions, None where an edit has none; empty outside a
            run.
        styles: B functions that give the ground truth's style, None where it is not known; empty
            outside a run.
    """

    ground_truth: Sequence[UInt8 | None]
    original: Sequence[UInt8]
    mask: Bool
    labels: Int32
    space: LabelSpace
    scenes: tuple[str, ...]
    edits: tuple[str, ...]
    regions: tuple[str | None, ...] = ()
    styles: tuple[Callable[[], KnownStyle] | None, ...] = ()
    _sides: dict[str, tuple[tuple[int, ...], References | None]] = field(
        default_factory=dict, init=False, repr=False
    )

    def references(self, against: str) -> tuple[tuple[int, ...], References | None]:
        """Which edits have an image to compare with, and the reference side of those.

        Where every ground truth is the image before the edit both sides are one and the same, so that
        nothing looks at it twice.

        Args:
            against: "ground-truth" or "original".
        """
        if all(truth is image for truth, image in zip(self.ground_truth, self.original)):
            against = "original"
        if against not in self._sides:
            self._sides[against] = self._side(against)
        return self._sides[against]

    def _side(self, against: str) -> tuple[tuple[int, ...], References | None]:
        images = self.ground_truth if against == "ground-truth" else self.original
        at = [i for i, image in enumerate(images) if image is not None]
        if not at:
            return (), None
        return tuple(at), References(
            images=stage([image for image in images if image is not None]),
            mask=stage([self.mask[i] for i in at]),
            labels=self.labels if len(at) == len(images) else self.labels[at],
            space=self.space,
            scenes=tuple(self.scenes[i] for i in at),
            edits=tuple(self.edits[i] for i in at),
            regions=tuple(self.regions[i] for i in at) if self.regions else (),
            truths=tuple(self.ground_truth[i] for i in at) if self.regions else (),
            styles=tuple(self.styles[i] for i in at) if self.styles else (),
        )


@dataclass(frozen=True, eq=False)
class PreparedGroup:
    """The reference side of a group of edits, prepared once for all methods.

    Attributes:
        by_metric: for every metric, which of the edits have a reference for it, the references of
            those, and what `prepare` gave.
        count: the number of edits.
    """

    by_metric: Mapping[str, tuple[tuple[int, ...], References, PreparedReferences]]
    count: int

    @classmethod
    def of(cls, metrics: Sequence[Metric], group: EditGroup) -> PreparedGroup:
        """Prepares `metrics`, those which can be computed, on the edits."""
        sides = {one: group.references(one) for one in {metric.against for metric in metrics}}
        prepared: dict[str, tuple[tuple[int, ...], References, PreparedReferences]] = {}
        for metric in metrics:
            indices, references = sides[metric.against]
            if references is not None:
                with guarded(metric, "prepare()"):
                    side = metric.prepare(references)
                    check_columns(metric, side.columns, len(references))
                prepared[metric.name] = (indices, references, side)
        return cls(prepared, len(group.edits))

    def first(self, metrics: Sequence[Metric], count: int) -> PreparedGroup:
        """The same of the first `count` edits.

        What was prepared edit by edit is taken over; only a metric that looks at several edits
        together is asked again.
        """
        found: dict[str, tuple[tuple[int, ...], References, PreparedReferences]] = {}
        for metric in metrics:
            if metric.name not in self.by_metric:
                continue
            indices, references, prepared = self.by_metric[metric.name]
            own = sum(i < count for i in indices)
            if own:
                few = references.first(own)
                part = prepared.first(own)
                found[metric.name] = (indices[:own], few, part or metric.prepare(few))
        return PreparedGroup(found, min(count, self.count))

    def columns(self) -> dict[str, list[Any]]:
        """The reference side's columns, one entry per edit, None where an edit has no reference."""
        columns: dict[str, list[Any]] = {}
        for indices, _, prepared in self.by_metric.values():
            for name, values in prepared.columns.items():
                _spread(columns, name, indices, values, self.count)
        return columns


@contextlib.contextmanager
def measuring_on(
    device: str,
    many: int,
    lower: str = "close what else uses it, or give --device cpu, which the run records",
    kept: str = "what is finished is kept, and the same command goes on from there",
) -> Iterator[None]:
    """A block in which metrics are computed; a failure of the device is no fault of theirs.

    Args:
        device: where.
        many: how many images are looked at at a time.
        lower: what takes less memory, and what that changes.
        kept: what became of the work so far.

    Raises:
        DeviceFailed: in the block, where the device's memory does not suffice or it cannot go on.
    """
    try:
        yield
    except Exception as error:
        doing = f"metrics, {many} images at a time"
        failure = device_failure(error, doing=doing, device=device, lower=lower, kept=kept)
        if failure is None:
            raise
        raise failure from error


Measured = dict[str, list[Any]]
"""Columns with one entry per edit of the group, None where an edit has no value."""

Stacks = dict[tuple[tuple[int, ...], int], UInt8]
"""Results in one array, by the indices of their edits and the references that they stand beside."""


def measure_group(
    metrics: Sequence[Metric],
    group: PreparedGroup,
    results: Mapping[int, UInt8],
    raw: Mapping[int, Float32] | None = None,
    stacks: Stacks | None = None,
) -> Measured:
    """Scores one method's results of a group.

    Args:
        metrics: those that the group was prepared for.
        group: the reference side.
        results: uint8 [H,W,3] by index in the group; failed edits are missing.
        raw: float32 [H,W,3] raw outputs in [-1,1] before compositing, where the editor has just
            given them; scoring saved images has none.
        stacks: shared by several calls with the same group and results, which then are stacked once.
    """
    columns: Measured = {}
    stacks = {} if stacks is None else stacks
    for metric in metrics:
        if metric.name not in group.by_metric:
            continue
        indices, references, prepared = group.by_metric[metric.name]
        # A failed edit is stood in for by its own reference, so that nothing is prepared anew, and
        # its values are dropped.
        key = indices, id(references.images)
        if key not in stacks:
            images = [results.get(i, references.images[k]) for k, i in enumerate(indices)]
            stacks[key] = stage(images)
        stacked = stacks[key]
        with guarded(metric, "measure()"):
            measured = dict(metric.measure(references, prepared, stacked))
        if raw is not None and metric.observes:
            with guarded(metric, "observe()"):
                measured.update(metric.observe(references, _stand_in(raw, indices, stacked)))
        check_columns(metric, measured, len(indices))
        for name, values in measured.items():
            if len(values) != len(indices):
                raise BadInput(
                    f"metric {metric.name!r} gave {len(values)} values for {len(indices)} edits"
                )
            done = [(i, value) for i, value in zip(indices, values) if i in results]
            _spread(columns, name, [i for i, _ in done], [v for _, v in done], group.count)
    return columns


def measure_belonging(
    group: EditGroup, results: Mapping[int, UInt8], raw: Mapping[int, Float32]
) -> Measured:
    """Whether images that were made elsewhere can be results of the group's edits.

    Args:
        group: the reference side.
        results: uint8 [H,W,3] by index in the group.
        raw: the images as they came, float32 [H,W,3] in [-1,1].

    Returns:
        `known_difference`, the mean of grey levels between an image and the edit's over the known
        pixels, None where there are none; `equals_ground_truth`, 1 where the masked region is the
        ground truth's byte for byte, else 0, None where there is no ground truth.
    """
    columns: Measured = {
        name: [None] * len(group.edits) for name in ("known_difference", "equals_ground_truth")
    }
    for i, result in results.items():
        mask, truth = group.mask[i], group.ground_truth[i]
        if not mask.all():
            known = quantised(raw[i], "round")[~mask].astype(np.int16)
            apart = np.abs(known - group.original[i][~mask])
            columns["known_difference"][i] = float(apart.mean())
        if truth is not None:
            same = columns["equals_ground_truth"]
            same[i] = int(np.array_equal(result[mask], truth[mask]))
    return columns


def _stand_in(raw: Mapping[int, Float32], indices: Sequence[int], stacked: UInt8) -> Float32:
    """The raw outputs in grey levels, float32 [B,H,W,3]."""
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
