"""What a network demands of the edits that it is given, asked of a task and of every batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.batch import EditBatch
from bench.core.errors import BadInput, EditFailed
from bench.plugins.editors import TaskFacts
from bench.scene import LabelSpace

__all__ = ["Demands"]

SPARE = 1
"""Label channels beyond the classes that a network may have: ADE20K's 0 = unlabelled, SPADE's don't care."""


@dataclass(frozen=True)
class Demands:
    """What an edit must be like; a field that is left out demands nothing.

    Attributes:
        channels: the network's label channels; None = it reads no labels.
        space: the label space of its weights; None = any of that many classes, or of one less.
        first_label: the channel of the label space's class 0. None = 1 where there is exactly one
            channel more than classes (ADE20K, 0 = unlabelled), else 0.
        multiple: of what both sides must be multiples.
        least: pixels that each side must have.
        masked: whether there must be a pixel to change.
        known: whether there must be a known pixel.
        square: whether both sides must be equal.
        named: the network's classes, each with what else it may be called; a label space must name
            at least half of them. None = it knows classes by number.
        operations: what an edit may ask for; None = anything.
    """

    channels: int | None = None
    space: str | None = None
    first_label: int | None = 0
    multiple: int = 1
    least: int = 1
    masked: bool = False
    known: bool = False
    square: bool = False
    named: Mapping[str, frozenset[str]] | None = None
    operations: frozenset[str] | None = None

    def first(self, space: LabelSpace) -> int:
        """The network's channel of the label space's class 0."""
        if self.first_label is not None:
            return self.first_label
        return int(self.channels == len(space) + 1)

    def check_task(self, task: TaskFacts) -> None:
        """Refuses a task whose every edit the network would have to refuse.

        Raises:
            BadInput: one sentence, the field first.
        """
        problem = self._operation_problem(task.operation) if task.operation else None
        problem = problem or self._space_problem(task.space) or self._count_problem(task.space)
        if problem is None and task.size is not None:
            problem = self._size_problem(*task.size)
        if problem is None and task.whole and self.known:
            problem = (
                "mask: every edit hides the whole image, but the network needs known pixels; "
                "give the method a suite without this task"
            )
        if problem is not None:
            raise BadInput(problem)

    def check_batch(self, batch: EditBatch) -> None:
        """Refuses a batch with an edit that the network cannot carry out.

        Raises:
            EditFailed: one sentence, the field first.
        """
        problem = self._operation_problem(batch.operation) or self._space_problem(batch.space)
        problem = problem or self._label_problem(batch)
        problem = problem or self._size_problem(*batch.labels.shape[-2:])
        problem = problem or self._mask_problem(batch)
        if problem is not None:
            raise EditFailed(problem)

    def _operation_problem(self, operation: str) -> str | None:
        if self.operations is None or operation in self.operations:
            return None
        return (
            f"operation: the task's edits are to {operation!r}, but the method can only "
            f"{' or '.join(repr(one) for one in sorted(self.operations))}; give it other tasks, "
            "or another option"
        )

    def _space_problem(self, space: LabelSpace) -> str | None:
        if self.named is not None:
            there = set(space.classes)
            known = [n for n, others in self.named.items() if n in there or others & there]
            if 2 * len(known) < len(self.named):
                return (
                    f"labels: {space.name!r} names {len(known)} of the network's {len(self.named)} "
                    f"classes ({', '.join(self.named)}); choose a dataset of what the weights know"
                )
        if self.space is None or space.name == self.space:
            return None
        return (
            f"labels: the weights count in {self.space!r}, the task in {space.name!r}; choose other "
            "weights, or name the method's `datasets` in the suite"
        )

    def _count_problem(self, space: LabelSpace) -> str | None:
        if self.channels is None:
            return None
        known = self.channels - self.first(space)
        if len(space) > known:
            return (
                f"labels: {space.name!r} has {len(space)} classes, but the network knows {known}; "
                "choose weights of this label space"
            )
        if self.space is None and self.channels > len(space) + SPARE:
            # A network of another dataset would read every label as another class, and say nothing.
            return (
                f"labels: {space.name!r} has {len(space)} classes, but the network has "
                f"{self.channels} label channels and its weights do not say of which label space; "
                "choose weights of this one, or import them again with "
                f"`--label-space {space.name}` if they are"
            )
        return None

    def _label_problem(self, batch: EditBatch) -> str | None:
        if self.channels is None:
            return None
        known, largest = self.channels - self.first(batch.space), int(batch.labels.max())
        if largest < known:
            return None
        name = batch.space.classes[largest] if largest < len(batch.space) else "?"
        return (
            f"labels: class {largest} ({name}) is beyond the network's {known} classes; "
            "choose weights of this label space"
        )

    def _size_problem(self, height: int, width: int) -> str | None:
        if self.square and height != width:
            return (
                f"size: {width}x{height} pixels, but the network takes squares; set the dataset's "
                "size in the suite"
            )
        takes = None
        if height % self.multiple or width % self.multiple:
            takes = f"that are multiples of {self.multiple}"
        elif min(height, width) < self.least:
            takes = f"of at least {self.least} pixels"
        if takes is None:
            return None
        return (
            f"size: {width}x{height} pixels, but the network takes sides {takes}; "
            "set the dataset's size in the suite"
        )

    def _mask_problem(self, batch: EditBatch) -> str | None:
        pixels = batch.masked_region.flatten(1)
        for edit, some, all_ in zip(batch.ids, pixels.any(1).tolist(), pixels.all(1).tolist()):
            if self.masked and not some:
                return f"mask: empty in edit {edit}; there is nothing to change"
            if self.known and all_:
                return (
                    f"mask: covers the whole image in edit {edit}, but the network needs known "
                    "pixels"
                )
        return None
