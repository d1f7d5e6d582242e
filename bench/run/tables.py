"""The tables of a run: their columns, declared once, and how they are written and read.

Every table is a Parquet file with the columns that are declared here, and the samples, references and
canaries tables also with those of the metrics: "psnr" (a per-edit value), "fid.features" (a state,
recognised by the dot, from which a score is made). Tables are read by column, so that the states,
which are large, stay on disk unless they are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bench.core.atomic import whole_file
from bench.core.documents import refuse_endless
from bench.core.errors import BadInput
from bench.core.text import without_folders

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

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
    "check_table",
    "read_tables",
    "write_table",
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


def write_table(
    path: Path,
    table: StoredTable,
    columns: Mapping[str, Sequence[Any]],
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Writes a table whole or not at all, with checksums; the same columns give the same bytes.

    Sentences (`SENTENCES`) lose the folders of this machine. Declared columns have their declared
    types. A metric's column is text or numbers; a list column
    takes its type from its arrays (float32 features, int64 counts).

    Args:
        path: the Parquet file.
        table: what the file is.
        columns: every declared column, and the metrics' where the table has such; all of one length.
        metadata: what the file says of itself.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    declared = {column.name: column for column in table.columns}
    odd = declared.keys() - columns.keys()
    if not table.of_metrics:
        odd |= columns.keys() - declared.keys()
    if odd:
        raise ValueError(f"the table {table.name!r} and its declaration differ in {sorted(odd)}")
    columns = {
        name: [value and without_folders(value) for value in values]
        if name in SENTENCES
        else values
        for name, values in columns.items()
    }
    arrays = {
        name: _declared(values, declared[name]) if name in declared else _measured(values)
        for name, values in columns.items()
    }
    with whole_file(path) as temporary:
        content = pa.table(arrays, metadata=dict(metadata) if metadata else None)
        pq.write_table(content, temporary, compression="zstd", write_page_checksum=True)


def read_tables(
    files: Sequence[Path], table: StoredTable, *, states: Sequence[str] = (), format: int = 2
) -> pd.DataFrame:
    """The files below one another as one frame; no file at all gives an empty frame.

    Args:
        files: Parquet files of one table, in order.
        table: what they are.
        states: state columns are read only where their name begins with one of these and a dot.
        format: the run format in which they were written.

    Raises:
        BadInput: a damaged file, or one that lacks a declared column.
    """
    import pandas as pd
    import pyarrow as pa

    read = [_read(file, table, states, format) for file in files]
    if not read:
        nothing: pd.DataFrame = pd.DataFrame(columns=list(table.names))
        return nothing
    frame: pd.DataFrame = pa.concat_tables(read, promote_options="permissive").to_pandas()
    for column in table.columns:
        if column.name not in frame:
            frame[column.name] = "" if column.kind == "text" else None
    return frame


def _read(file: Path, table: StoredTable, states: Sequence[str], format: int) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        refuse_endless(file)
        names = pq.read_schema(file).names
        wanted = [
            name
            for name in names
            if "." not in name or any(name.startswith(f"{state}.") for state in states)
        ]
        read = pq.read_table(file, columns=wanted, partitioning=None)
    except (OSError, pa.ArrowException) as error:
        raise BadInput(
            f"{file}: cannot be read ({error}); delete this file and run the suite again"
        ) from None
    if names:
        check_table(file, read, table, names, format)
    return read


def check_table(
    file: Path, read: pa.Table, table: StoredTable, names: Sequence[str], format: int = 2
) -> None:
    """Whether a file holds a table of a kind.

    Args:
        file: where it was read from.
        read: its columns, or some of them.
        table: what it shall be.
        names: of all its columns.
        format: the run format in which it was written.

    Raises:
        BadInput: with the column that is missing, has empty entries or holds something else.
    """
    again = "delete this file and run the suite again"
    missing = [
        one.name
        for one in table.columns
        if one.since <= format and not one.later and one.name not in names
    ]
    if missing:
        raise BadInput(
            f"{file}: lacks the columns {', '.join(missing)} of a {table.name} table; {again}"
        )
    declared = {one.name: one for one in table.columns}
    keys = _KEYS if table.name == "times" else _KEYS | {"edit"}
    for name in read.column_names:
        kind = read.schema.field(name).type
        if name in declared and name in keys and read.column(name).null_count:
            raise BadInput(f"{file}: column {name} has empty entries; {again}")
        if name in declared and not _fits(kind, declared[name]):
            raise BadInput(
                f"{file}: column {name} holds {kind} where {declared[name].kind} is expected; {again}"
            )
        if table.of_metrics and name not in declared and not _is_measured(name, kind):
            raise BadInput(
                f"{file}: column {name} holds {kind} where numbers are expected; {again}"
            )


_KEYS = frozenset({"task", "method", "metric", "of", "scene", "sample", "status", "n"})
"""What tells rows apart, or counts: never empty, in any table that has it."""


def _is_measured(name: str, kind: pa.DataType) -> bool:
    """Whether a stored type can be a metric's value, or (under a name with a dot) its state."""
    import pyarrow.types as types

    if "." in name and (types.is_list(kind) or types.is_large_list(kind)):
        kind = kind.value_type
    numeric = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
    return bool(numeric or types.is_null(kind))


def _fits(kind: pa.DataType, column: StoredColumn) -> bool:
    """Whether a stored type can be a declared column's; one without any value fits all."""
    import pyarrow.types as types

    if column.kind in ("texts", "numbers"):
        if not (types.is_list(kind) or types.is_large_list(kind)):
            return bool(types.is_null(kind))
        kind = kind.value_type
    if types.is_null(kind):
        return True
    if column.kind in ("text", "texts"):
        return bool(types.is_string(kind) or types.is_large_string(kind))
    return bool(types.is_integer(kind) or (column.kind != "integer" and types.is_floating(kind)))


def _declared(values: Sequence[Any], column: StoredColumn) -> pa.Array:
    import pyarrow as pa

    kinds = {
        "text": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "texts": pa.list_(pa.string()),
        "numbers": pa.list_(pa.float64()),
    }
    if column.kind in ("texts", "numbers"):
        values = [None if value is None else np.asarray(value).tolist() for value in values]
    elif column.kind == "number":
        values = [None if value is None else float(value) for value in values]
    return pa.array(values, type=kinds[column.kind])


def _measured(values: Sequence[Any]) -> pa.Array:
    import pyarrow as pa

    first = next((value for value in values if value is not None), None)
    if isinstance(first, (np.ndarray, list, tuple)):
        kind = pa.from_numpy_dtype(np.asarray(first).dtype)
        plain = [None if value is None else np.asarray(value).tolist() for value in values]
        return pa.array(plain, type=pa.list_(kind))
    if isinstance(first, (float, np.floating)):
        return pa.array(
            [None if value is None else float(value) for value in values], type=pa.float64()
        )
    return pa.array(list(values))
