"""Reads a run directory: what reports, comparisons and gates see of a run.

Tables are read when they are asked for and by column: the lists that a metric keeps for its summary
(columns with a dot in their name, "fid.features") stay on disk. A run that is still going on is
read as far as it has come. A run of format 1 has no tracebacks, and no reasons why an edit has no ground
truth: those columns are then empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bench.core.errors import BadInput, unknown
from bench.run.layout import EditImage, RunFolder, RunTable
from bench.run.schema import REAL, Header, MethodRow, MetricColumn, TaskRow, read_header
from bench.run.table_files import read_tables
from bench.run.tables import COSTS, REPLICATES, SAMPLES, SCORES, StoredTable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["REAL", "Run", "read_run"]

_Row = TypeVar("_Row", TaskRow, MethodRow, MetricColumn)


@dataclass(frozen=True)
class Run:
    """A run directory.

    Attributes:
        folder: the directory.
        header: the contents of its `run.json`.
    """

    folder: Path
    header: Header

    @property
    def layout(self) -> RunFolder:
        """The paths of the run, by slugs."""
        return RunFolder(self.folder)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """One row per (task, method, metric, of); empty where the run has not come so far.

        Raises:
            BadInput: a damaged file, or none although the run has ended.
        """
        path = self.layout.table("scores")
        if self.header.state != "running" and not path.exists():
            raise BadInput(f"{path}: is missing; run the suite again with this --out")
        return self._table("scores", SCORES)

    @cached_property
    def costs(self) -> pd.DataFrame:
        """One row per (task, method): milliseconds, MiB, parameters, multiply-adds."""
        return self._table("costs", COSTS)

    @cached_property
    def replicates(self) -> pd.DataFrame:
        """One row per score of a whole set: its scenes, and its values without each of them."""
        return self._table("replicates", REPLICATES)

    @cached_property
    def preservation(self) -> pd.DataFrame:
        """One row per (task, method, metric): what became of the known pixels before compositing.

        Its columns are those of `scores` without hashes; the metrics are "leak" (grey levels) and
        "psnr-known" (dB). Empty for a run that was made before these were kept.
        """
        from bench.run.preservation import preservation

        return preservation(self)

    def samples(self, task: str) -> pd.DataFrame:
        """One row per (edit, method) of a task in plan order, with every per-edit value.

        Raises:
            BadInput: for a task that the run does not have, or a damaged table.
        """
        shards = self.layout.shards("samples", self.task(task).slug)
        return read_tables(shards, SAMPLES, format=self.header.format)

    def slices(self, by: str, metrics: Sequence[str] | None = None) -> pd.DataFrame:
        """The scores of parts of the edits, with intervals over scenes and n.

        Args:
            by: "coverage" (the masked share in bins of 10 %), "class", "operation", "dataset",
                "protocol", or a column of the samples.
            metrics: names of the scores that are wanted; all that each edit has by itself where None.

        Returns:
            One row per (task, slice, method, metric), otherwise as `scores`.

        Raises:
            BadInput: an unknown column or score, or edits without any value in the column.
        """
        from bench.run.slices import slice_scores

        return slice_scores(self, by, metrics)

    def task(self, name: str) -> TaskRow:
        """The task called `name`, or BadInput with the nearest known one."""
        return _named("task", name, {task.name: task for task in self.header.tasks})

    def method(self, name: str) -> MethodRow:
        """The method called `name`, or BadInput with the nearest known one."""
        return _named("method", name, {method.name: method for method in self.header.methods})

    def metric(self, name: str) -> MetricColumn:
        """The score called `name`, or BadInput with the nearest known one."""
        return _named("score", name, {metric.name: metric for metric in self.header.metrics})

    def edit_folder(self, task: str, edit: str) -> Path:
        """Where `original.png`, `mask.png`, `target.png` and, maybe, `truth.png` of an edit lie."""
        return self.layout.edit(self.task(task).slug, edit)

    def edit_image(self, task: str, edit: str, image: EditImage) -> Path:
        """Where one image of an edit lies; "truth" is there only where it is not the original."""
        return self.layout.edit_image(self.task(task).slug, edit, image)

    def prediction(self, task: str, method: str, edit: str) -> Path:
        """Where a method's result for an edit lies; the file is missing for a failed edit."""
        return self.layout.prediction(self.task(task).slug, self.method(method).slug, edit)

    def failure(self, task: str, method: str, name: str) -> Path:
        """Where the traceback lies that the samples name in the column `failure`."""
        return self.layout.failure(self.task(task).slug, self.method(method).slug, name)

    def _table(self, name: RunTable, table: StoredTable) -> pd.DataFrame:
        path = self.layout.table(name)
        return read_tables([path] if path.exists() else [], table, format=self.header.format)


def read_run(path: Path | str) -> Run:
    """Opens a run directory.

    Raises:
        BadInput: where there is no run, or its `run.json` is damaged or of an unknown format.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise BadInput(f"{folder}: there is no such folder; give the directory that a run wrote")
    return Run(folder, read_header(RunFolder(folder).record))


def _named(what: str, name: str, known: Mapping[str, _Row]) -> _Row:
    if name not in known:
        raise unknown(what, name, known)
    return known[name]
