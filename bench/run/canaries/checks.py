"""What a task's first edits show of its methods, and the canaries' own values.

Both are made while the task's first shard is carried out, and lie in `canaries/TASK/` before the shard
counts as done: one Parquet file with the canaries' per-edit values and states, and `checks.json`.

Whether an editor depends on pixels that it must not see is found by running it twice. The second time
every hidden pixel is another one and everything else is the same. An editor that asks for the image
before the edit may depend on them, and then says something about itself; one that does not ask and
still gives something else either reaches the image behind the harness's back or does not repeat itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from bench.core.atomic import write_json
from bench.core.documents import read_json
from bench.core.errors import BadInput
from bench.metrics import Metric
from bench.run.canaries.images import CANARIES, canary_images
from bench.run.editing.runner import MethodRunner
from bench.run.layout import RunFolder
from bench.run.measure import PreparedGroup, measure_group
from bench.run.methods import Method
from bench.run.plan import Shard
from bench.run.prepare import PreparedEdit
from bench.run.table_files import write_table
from bench.run.tables import CANARY_SAMPLES
from bench.scene import Float32, LabelSpace, UInt8

__all__ = ["DEPENDS", "UNSTEADY", "CanaryShard", "Checks", "look_behind", "read_checks"]

DEPENDS = "depends on the hidden pixels"
UNSTEADY = "gives another image for the same edit when it is run again"

_NEARLY = 1
"""Grey levels by which a result may differ from a canary that it is said to equal."""

_SEEN = 2 / 255
"""A change of one grey level in [-1,1]: smaller ones are a device's rounding."""


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
        shard: the task's first.
        edits: its first edits.
    """

    def __init__(self, shard: Shard, edits: Sequence[PreparedEdit]) -> None:
        self.shard = shard
        self.edits = edits
        self.images = canary_images(edits)
        self.checks = Checks()

    def check(
        self,
        runner: MethodRunner,
        method: Method,
        results: Mapping[int, UInt8],
        raw: Mapping[int, Float32],
    ) -> None:
        """Whether the method is a canary, and whether it sees what it must not.

        Args:
            runner: the run's.
            method: with an editor.
            results: uint8 [H,W,3] by index among the edits; failed edits are missing.
            raw: the raw outputs behind them.
        """
        self.compare(method.name, results)
        space = self.shard.task.dataset.space
        edits = self.edits[: runner.batch_size]
        behaviour = look_behind(runner, method, edits, space, raw)
        if behaviour is not None:
            self.checks.hidden[method.name] = behaviour

    def take_over(self, method: str, results: Mapping[int, UInt8], before: Checks) -> None:
        """What `check` would find, for a method whose results stay: it is not run again.

        Args:
            method: its name.
            results: uint8 [H,W,3] by index among the shard's edits.
            before: what was found when the results were made.
        """
        self.compare(method, results)
        if method in before.hidden:
            self.checks.hidden[method] = before.hidden[method]

    def compare(self, method: str, results: Mapping[int, UInt8]) -> None:
        """Notes the canary that a method's results are in the masked regions, if they are one."""
        for name, images in self.images.items():
            shared = [i for i in images if i in results]
            if shared and all(self._same(i, results[i], images[i]) for i in shared):
                self.checks.equals[method] = name
                return

    def _same(self, index: int, result: UInt8, canary: UInt8) -> bool:
        mask = self.edits[index].edit.mask
        difference = result[mask].astype(np.int16) - canary[mask]
        return bool((np.abs(difference) <= _NEARLY).all())

    def write(self, folder: RunFolder, metrics: Sequence[Metric], group: PreparedGroup) -> None:
        """Measures the canaries and writes everything.

        Args:
            folder: the run.
            metrics: those which can be computed.
            group: the reference side of the same edits.
        """
        columns: dict[str, list[Any]] = {"edit": [], "scene": [], "method": []}
        count = 0
        for name in CANARIES:
            measured = measure_group(metrics, group, self.images[name])
            edits = [one.edit for one in self.edits]
            columns["edit"] += [edit.id for edit in edits]
            columns["scene"] += [edit.scene for edit in edits]
            columns["method"] += [name] * len(edits)
            for column in measured:
                columns.setdefault(column, [None] * count)
            count += len(edits)
            for column, values in columns.items():
                values += measured.get(column, [None] * (count - len(values)))
        task = self.shard.task.slug
        found = {"equals": self.checks.equals, "hidden": self.checks.hidden}
        write_json(folder.checks(task), found)
        write_table(folder.shard("canaries", task, self.shard.number), CANARY_SAMPLES, columns)


def read_checks(folder: RunFolder, task: str) -> Checks:
    """What was found out about a task's methods; empty for a task without edits.

    Args:
        folder: the run.
        task: the task's slug.

    Raises:
        BadInput: where the file is damaged.
    """
    file = folder.checks(task)
    if not file.exists():
        return Checks()
    found = read_json(file)
    if not isinstance(found, dict) or not all(map(_is_words, map(found.get, ("equals", "hidden")))):
        raise BadInput(f"{file}: is damaged; delete this file and run the suite again")
    return Checks(found["equals"], found["hidden"])


def _is_words(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(word, str) for word in value.values())


def look_behind(
    runner: MethodRunner,
    method: Method,
    edits: Sequence[PreparedEdit],
    space: LabelSpace,
    first: Mapping[int, Float32],
) -> str | None:
    """How the method behaves on other hidden pixels: `DEPENDS`, `UNSTEADY`, or None = no change.

    Args:
        runner: the run's.
        method: with an editor.
        edits: some edits, at most one batch.
        space: their label space.
        first: what the method gave for them, float32 [H,W,3] in [-1,1] by index.
    """
    again = runner.run(method, [_other_hidden(one) for one in edits], space).images
    for i, image in again.items():
        mask = edits[i].edit.mask
        if i in first and float(np.abs(image[mask] - first[i][mask]).max()) > _SEEN:
            return DEPENDS if "original" in method.needs else UNSTEADY
    return None


def _other_hidden(one: PreparedEdit) -> PreparedEdit:
    other = np.where(one.edit.mask[..., None], one.original + np.uint8(128), one.original)
    return replace(one, original=other)
