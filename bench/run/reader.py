"""Reads a run directory: what reports, comparisons and gates see of a run.

Tables are read when they are asked for and by column: the lists that a metric keeps for its summary
(columns with a dot in their name, "fid.features") stay on disk. A run that is still going on is
read as far as it has come.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bench.core.errors import BadInput, unknown
from bench.run.header import FORMAT, REAL, Header, MethodRow, MetricColumn, TaskRow

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["REAL", "Run", "read_run"]

_Row = TypeVar("_Row", TaskRow, MethodRow, MetricColumn)

# The columns that a reader relies on; writers may add others.
SCORES = ("task", "method", "metric", "of", "value", "low", "high", "n", "reason", "protocol")
COSTS = ("task", "method", "ms")
REPLICATES = ("task", "method", "metric", "of", "scenes", "values")
SAMPLES = ("edit", "scene", "method", "status", "reason")


@dataclass(frozen=True)
class Run:
    """A run directory.

    Attributes:
        folder: the directory.
        header: the contents of its `run.json`.
    """

    folder: Path
    header: Header

    @cached_property
    def scores(self) -> pd.DataFrame:
        """One row per (task, method, metric, of); empty where the run has not come so far.

        Raises:
            BadInput: a damaged file, or none although the run has ended.
        """
        path = self.folder / "scores.parquet"
        if self.header.state != "running" and not path.exists():
            raise BadInput(f"{path}: is missing; run the suite again with this --out")
        return _read_tables([path], SCORES)

    @cached_property
    def costs(self) -> pd.DataFrame:
        """One row per (task, method): milliseconds, MiB, parameters, multiply-adds."""
        return _read_tables([self.folder / "costs.parquet"], COSTS)

    @cached_property
    def replicates(self) -> pd.DataFrame:
        """One row per score of a whole set: its scenes, and its values without each of them."""
        return _read_tables([self.folder / "replicates.parquet"], REPLICATES)

    def samples(self, task: str) -> pd.DataFrame:
        """One row per (edit, method) of a task in plan order, with every per-edit value.

        Raises:
            BadInput: for a task that the run does not have, or a damaged table.
        """
        shards = sorted((self.folder / "samples" / self.task(task).slug).glob("*.parquet"))
        return _read_tables(shards, SAMPLES)

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
        return self.folder / "edits" / self.task(task).slug / _one_part(edit)

    def prediction(self, task: str, method: str, edit: str) -> Path:
        """Where a method's result for an edit lies; the file is missing for a failed edit."""
        folder = self.folder / "predictions" / self.task(task).slug / self.method(method).slug
        return folder / f"{_one_part(edit)}.png"


def read_run(path: Path | str) -> Run:
    """Opens a run directory.

    Raises:
        BadInput: where there is no run, or its `run.json` is damaged or of another format.
    """
    folder = Path(path)
    file = folder / "run.json"
    if not folder.is_dir():
        raise BadInput(f"{folder}: there is no such folder; give the directory that a run wrote")
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(
            f"{folder}: no run (there is no run.json); `siebench run` makes one"
        ) from None
    except (OSError, ValueError) as error:
        raise BadInput(f"{file}: cannot be read ({error}); carry the run out again") from error
    return Run(folder, _header(file, content))


def _header(file: Path, content: Any) -> Header:
    from pydantic import ValidationError

    if not isinstance(content, dict) or "format" not in content:
        raise BadInput(f"{file}: not a run of siebench (no field 'format')")
    if content["format"] != FORMAT:
        raise BadInput(
            f"{file}: run format {content['format']!r}, but this siebench reads format {FORMAT}; "
            "use the version that made the run"
        )
    try:
        return Header.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise BadInput(
            f"{file}: field {field}: {first['msg']}, found {first['input']!r}; "
            "carry the run out again"
        ) from error


def _read_tables(files: list[Path], columns: Sequence[str]) -> pd.DataFrame:
    """The tables below one another; no file at all gives an empty table with `columns`."""
    import pandas as pd

    tables = [_read_table(file, columns) for file in files if file.exists()]
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(columns))


def _read_table(file: Path, columns: Sequence[str]) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        wanted = [name for name in pq.read_schema(file).names if "." not in name]
        table: pd.DataFrame = pq.read_table(file, columns=wanted, partitioning=None).to_pandas()
    except (OSError, pa.ArrowException) as error:
        raise BadInput(
            f"{file}: damaged ({error}); delete it and carry the run out again"
        ) from error
    missing = [name for name in columns if name not in wanted]
    if missing:
        raise BadInput(f"{file}: lacks the columns {missing}; it is not a table of this run format")
    return table


def _named(what: str, name: str, known: Mapping[str, _Row]) -> _Row:
    if name not in known:
        raise unknown(what, name, known)
    return known[name]


def _one_part(edit: str) -> str:
    if edit in ("", ".", "..") or "/" in edit or "\\" in edit or "\0" in edit:
        raise BadInput(f"edit {edit!r} is not a file name; its picture cannot be looked up")
    return edit
