"""The tables of a run: their columns, declared once.

Every table is a Parquet file (`bench.run.table_files`) with the columns that are declared here, and the
samples, references and canaries tables also with those of the metrics: "psnr" (a per-edit value),
"fid.features" (a state, recognised by the dot, from which a score is made).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

__all__ = [
    "CANARIES",
    "CANARY_SAMPLES",
    "COSTS",
    "COST_COLUMNS",
    "INFLUENCE",
    "OUTPUTS",
    "REFERENCES",
    "REPLICATES",
    "ROSETTA",
    "SAMPLES",
    "SCORES",
    "TIMES",
    "UNMADE",
    "CostColumn",
    "StoredColumn",
    "StoredTable",
    "stored_number",
]


SENTENCES = ("reason", "no_ground_truth")
"""Columns of sentences that may name a file."""


@dataclass(frozen=True)
class StoredColumn:
    """One column of a table.

    Attributes:
        name: as the file has it.
        kind: "text", "integer", "number", "texts" or "numbers" (lists of them); each may be null.
        meaning: what an entry says.
        since: the first run format that has it; in an older run it reads as "" or null.
        later: whether runs of that format may lack it, since a later release wrote it first.
    """

    name: str
    kind: Literal["text", "integer", "number", "texts", "numbers"]
    meaning: str
    since: int = 1
    later: bool = False


@dataclass(frozen=True)
class StoredTable:
    """A table by its columns.

    Attributes:
        name: as a message says it, "samples".
        columns: those that every such table has.
        of_metrics: whether the metrics add columns of their own.
    """

    name: str
    columns: tuple[StoredColumn, ...]
    of_metrics: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns that every such table has."""
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True)
class CostColumn:
    """A cost of a method, a column of the costs table.

    Attributes:
        name: the column.
        title: as a reader sees it.
        unit: "ms", "MiB" ...; "" for a count.
        better: which way is better.
        meaning: how it was measured.
        measured: whether another machine gives another value.
    """

    name: str
    title: str
    unit: str
    better: Literal["lower", "higher"]
    meaning: str
    measured: bool = True


_EDIT = (
    StoredColumn("edit", "text", "the edit's id, unique in its task"),
    StoredColumn("scene", "text", "the scene's id: edits of one scene are one cluster"),
    StoredColumn("sample", "integer", "the edit's index among those of its scene"),
    StoredColumn("region", "text", "the class that was edited, null where it has no name"),
    StoredColumn("coverage", "number", "the share of the image that the mask covers, 0..1"),
)
_TASK = StoredColumn("task", "text", "the task's name")
_METHOD = StoredColumn("method", "text", "the method's name")
_METRIC = StoredColumn("metric", "text", "the score's name")
_OF = StoredColumn("of", "text", '"all", or the class that the value is of')
_SCORE = (
    _METRIC,
    StoredColumn("value", "number", "the score, null where there is none"),
    StoredColumn("low", "number", "the interval's lower end"),
    StoredColumn("high", "number", "the interval's upper end"),
    StoredColumn("n", "integer", "how many edits are behind the value"),
    StoredColumn("clusters", "integer", "how many scenes are behind it"),
    _OF,
    StoredColumn("level", "number", "the interval's confidence level, 0..1"),
    StoredColumn("interval", "text", "how the interval was made"),
    StoredColumn("reason", "text", 'why there is no value or no interval, "" otherwise'),
)

SAMPLES = StoredTable(
    "samples",
    (
        *_EDIT,
        _METHOD,
        StoredColumn("status", "text", '"ok" or "failed"'),
        StoredColumn("reason", "text", 'why the edit failed, "" otherwise'),
        StoredColumn(
            "failure", "text", 'the file in failures/TASK/METHOD with its traceback, or ""', since=2
        ),
        StoredColumn(
            "no_ground_truth", "text", 'why the edit has no ground truth, "" where it has', since=2
        ),
        StoredColumn(
            "known_difference",
            "number",
            "of an image made elsewhere: grey levels by which its known pixels differ, on average",
            since=2,
        ),
        StoredColumn(
            "equals_ground_truth",
            "integer",
            "of an image made elsewhere: 1 where its masked region is the ground truth's",
            since=2,
        ),
    ),
    of_metrics=True,
)
REFERENCES = StoredTable("references", _EDIT, of_metrics=True)
UNMADE = StoredTable(
    "unmade",
    (
        StoredColumn("scene", "text", "the scene's id"),
        StoredColumn("sample", "integer", "the edit's index among those of its scene"),
        StoredColumn("status", "text", '"impossible", or "failed" where a file is at fault'),
        StoredColumn("reason", "text", "why there is no such edit"),
    ),
)
TIMES = StoredTable(
    "times",
    (
        _METHOD,
        StoredColumn("edit", "text", "the edit that was timed, null for a warm-up batch"),
        StoredColumn("ms", "number", "milliseconds for it"),
        StoredColumn("macs", "integer", "multiply-adds of a warm-up batch"),
        StoredColumn("peak_bytes", "integer", "peak memory of a warm-up batch"),
    ),
)
OUTPUTS = StoredTable(
    "outputs",
    (
        _METHOD,
        _EDIT[0],
        StoredColumn("lowest", "number", "the raw output's lowest value in the masked region"),
        StoredColumn("highest", "number", "its highest value there"),
        StoredColumn(
            "outside", "number", "the share of its values there beyond 1.05 or -1.05, 0..1"
        ),
        StoredColumn(
            "as_rgb",
            "number",
            "how far its known pixels are from the image's on average, in [-1,1]; null where none is known",
        ),
        StoredColumn("as_bgr", "number", "the same where they are read as BGR"),
        StoredColumn("as_unit", "number", "the same where they are read as values of 0..1"),
        StoredColumn(
            "leak",
            "number",
            "grey levels by which its known pixels differ from the image's, cut off at 0 and 255",
            since=2,
            later=True,
        ),
        StoredColumn(
            "psnr_known",
            "number",
            "the PSNR of its known pixels in dB, rounded as in a file; infinite where all are kept",
            since=2,
            later=True,
        ),
    ),
)
CANARY_SAMPLES = StoredTable("canary samples", (*_EDIT[:2], _METHOD), of_metrics=True)
SCORES = StoredTable(
    "scores",
    (
        _TASK,
        _METHOD,
        *_SCORE,
        StoredColumn("protocol", "text", "the hash of the score's protocol record"),
        StoredColumn("method_hash", "text", 'the hash of the method record, "" for real images'),
    ),
)
CANARIES = StoredTable("canaries", (_TASK, _METHOD, *_SCORE))
ROSETTA = StoredTable("rosetta", (_TASK, _METHOD, *_SCORE))
REPLICATES = StoredTable(
    "replicates",
    (
        _TASK,
        _METHOD,
        _METRIC,
        _OF,
        StoredColumn("scenes", "texts", "the scenes behind the score"),
        StoredColumn("values", "numbers", "the score without each of them"),
    ),
)
INFLUENCE = StoredTable(
    "influence",
    (
        _TASK,
        _METHOD,
        _METRIC,
        StoredColumn("edit", "text", "the edit's id"),
        StoredColumn("influence", "number", "the score with the edit minus the score without it"),
    ),
)

COST_COLUMNS = (
    CostColumn("ms", "Time per edit", "ms", "lower", "the median after warm-up"),
    CostColumn("ms_p90", "Time per edit, 90th centile", "ms", "lower", "after warm-up"),
    CostColumn("peak_mib", "Peak memory", "MiB", "lower", "of a whole batch"),
    CostColumn(
        "macs", "Multiply-adds per edit", "", "lower", "as carried out in the warm-up", False
    ),
    CostColumn("parameters", "Parameters", "", "lower", "of the editor's network", False),
)
"""What a method costs; the one place that says what these numbers are called and mean."""

COSTS = StoredTable(
    "costs",
    (
        _TASK,
        _METHOD,
        *(StoredColumn(cost.name, "number", cost.meaning) for cost in COST_COLUMNS),
        StoredColumn("timed", "integer", "how many edits the times are of"),
        StoredColumn("batch", "integer", "how many edits a batch has"),
        StoredColumn("device", "text", "where the editor ran, and why it was not timed there"),
    ),
)


def stored_number(value: Any) -> float | None:
    """A number in a row of a table; None where there is none, which a data frame may give as NaN."""
    return None if value is None or math.isnan(value) else float(value)
