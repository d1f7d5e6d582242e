"""The tables of a run as files: how they are written, read and checked.

Tables are read by column, so that the states, which are large, stay on disk unless they are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.core.atomic import whole_file
from bench.core.documents import refuse_endless
from bench.core.errors import BadInput
from bench.core.text import without_folders
from bench.run.tables import SENTENCES, StoredColumn, StoredTable

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["check_table", "read_columns", "read_tables", "write_table"]

_KEYS = frozenset({"task", "method", "metric", "of", "scene", "sample", "status", "n"})
"""What tells rows apart, or counts: never empty, in any table that has it."""


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


def read_columns(
    path: Path, table: StoredTable | None = None
) -> tuple[dict[str, list[Any]], dict[str, str]]:
    """A table's columns, entry by entry in the types that give the same file again, and its metadata.

    Args:
        path: the file.
        table: what it must be; anything where None.

    Raises:
        BadInput: a file that is missing or damaged, or no such table; checksums are looked at.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        refuse_endless(path)
        read = pq.ParquetFile(path, page_checksum_verification=True).read()
    except (OSError, pa.ArrowException) as error:
        raise BadInput(f"{path}: cannot be read ({error})") from error
    if table is not None:
        check_table(path, read, table, read.column_names, format=1)  # and any later one
    columns = {name: _entries(read.column(name)) for name in read.column_names}
    metadata = read.schema.metadata or {}
    return columns, {key.decode(): value.decode() for key, value in metadata.items()}


def _entries(column: pa.ChunkedArray) -> list[Any]:
    import pyarrow as pa

    values: list[Any] = column.to_pylist()
    kind = column.type
    if pa.types.is_list(kind) and not pa.types.is_string(kind.value_type):
        dtype = kind.value_type.to_pandas_dtype()
        return [None if value is None else np.asarray(value, dtype) for value in values]
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        dtype = kind.to_pandas_dtype()
        return [None if value is None else dtype(value) for value in values]
    return values


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
