"""The scores of a run directory, with the values behind them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bench.core.errors import BadInput
from bench.core.text import counted, without_folders
from bench.judge.scores import Costs, ScoreKey, ScoreSet, ScoreValues, of_edits, of_scenes
from bench.run.reader import REAL, Run, read_run
from bench.run.tables import COST_COLUMNS, stored_number

if TYPE_CHECKING:
    import pandas as pd

    from bench.run.schema import MetricColumn, TaskRow

__all__ = ["machine_of", "scores_of_run"]

Float64 = NDArray[np.float64]
Replicates = Mapping[ScoreKey, tuple[tuple[str, ...], Float64]]


def refuse_unfinished(run: Run) -> None:
    """Refuses a run that has only part of its edits.

    Raises:
        BadInput: for one that is not finished, or that ended early.
    """
    if run.header.state == "decided":
        raise BadInput(
            f"{run.folder}: this run stopped early, when its verdict was certain, and has only part "
            "of its edits; run the suite in full to compare it"
        )
    if run.header.state != "done":
        raise BadInput(
            f"{run.folder}: this run is not finished; run the same `siebench run` command to finish it"
        )


def scores_of_run(source: Run | Path | str) -> ScoreSet:
    """Everything of a finished run that can be compared; `source` is the run or its directory.

    Raises:
        BadInput: no run there, a damaged file, or a run that is not finished or ended early.
    """
    run = source if isinstance(source, Run) else read_run(source)
    refuse_unfinished(run)
    columns = {column.name: column for column in run.header.metrics}
    scores = run.scores
    replicates = _replicates(run)
    found: dict[ScoreKey, ScoreValues] = {}
    failures: dict[tuple[str, str], str] = {}
    edits: dict[str, dict[str, str]] = {}
    for task in run.header.tasks:
        samples = run.samples(task.name)
        failures |= _failures(task, samples)
        edits[task.name] = dict(zip(samples["edit"].astype(str), samples["scene"].astype(str)))
        rows = scores[(scores["task"] == task.name) & (scores["method"] != REAL)]
        for method, own in rows.groupby("method", sort=False):
            mine = samples[(samples["method"] == method) & (samples["status"] == "ok")]
            for row in own.to_dict("records"):
                one = _values_of(row, columns, mine, replicates)
                found[one.key] = one
    return ScoreSet(
        name=str(run.folder),
        suite=run.header.name,
        scores=found,
        protocols=run.header.protocols,
        edits=edits,
        failures=failures,
        problems={m.name: m.problem for m in run.header.methods if m.problem is not None},
        costs=_costs(run),
        machine=machine_of(run),
        run=run,
    )


def machine_of(run: Run) -> dict[str, Any]:
    """What must be equal for times to be compared: processor, cores, memory, device."""
    names = ("device", "device_name", "cpu", "cores", "memory_gib")
    return {name: run.header.hardware[name] for name in names if name in run.header.hardware}


def _values_of(
    row: Mapping[Any, Any],
    columns: Mapping[str, MetricColumn],
    samples: pd.DataFrame,
    replicates: Replicates,
) -> ScoreValues:
    key = ScoreKey(str(row["task"]), str(row["method"]), str(row["metric"]), str(row["of"]))
    column = columns.get(key.metric)
    value = stored_number(row["value"])
    bare = ScoreValues(
        key=key,
        better="neither",
        protocol=str(row["protocol"]),
        value=value,
        n=int(row["n"]),
        title=key.metric,
        owner=key.metric,
        reason=without_folders(str(row["reason"] or "")),  # a run of old may have whole paths
    )
    if column is None:
        return bare
    known = bare.told(column, column.metric)
    if value is None:
        return known
    if key in replicates:
        return of_scenes(known, value, *replicates[key])
    return _of_edits(known, samples) if column.summary == "mean" else known


def _of_edits(bare: ScoreValues, samples: pd.DataFrame) -> ScoreValues:
    if bare.key.of != "all" or bare.key.metric not in samples:
        return bare
    values = samples[bare.key.metric].to_numpy(dtype=np.float64, na_value=np.nan)
    return of_edits(bare, list(samples["edit"]), list(samples["scene"]), values)


def _replicates(run: Run) -> Replicates:
    return {
        ScoreKey(str(row["task"]), str(row["method"]), str(row["metric"]), str(row["of"])): (
            tuple(str(scene) for scene in row["scenes"]),
            np.asarray(row["values"], dtype=np.float64),
        )
        for row in run.replicates.to_dict("records")
    }


def _failures(task: TaskRow, samples: pd.DataFrame) -> dict[tuple[str, str], str]:
    """By (task, method); edits whose scene could not be read stand under no method."""
    failed = samples[samples["status"] == "failed"]
    reasons = {str(method): list(rows["reason"]) for method, rows in failed.groupby("method")}
    if task.unreadable:
        reasons[""] = [edit.reason for edit in task.unreadable]
    return {
        (task.name, method): f"{counted(len(own), 'edit')} failed (first: {own[0]})"
        for method, own in reasons.items()
    }


def _costs(run: Run) -> dict[tuple[str, str], Costs]:
    return {
        (str(row["task"]), str(row["method"])): {
            column.name: number
            for column in COST_COLUMNS
            if (number := stored_number(row[column.name])) is not None
        }
        for row in run.costs.to_dict("records")
    }
