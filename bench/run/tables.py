"""Reading a run's shard tables back, by column, in plan order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["read_columns", "read_shard", "read_shards"]


def read_shards(folder: Path, prefixes: Sequence[str] = ()) -> pd.DataFrame:
    """All shards of a task as one frame, in plan order.

    Args:
        folder: samples/TASK or references/TASK.
        prefixes: state columns (lists, with a dot in their name) are read only where their name
            begins with one of these and a dot; they are large.

    Raises:
        BadInput: a damaged file, named.
    """
    import pyarrow as pa

    files = sorted(folder.glob("*.parquet"))
    tables = [_read(path, prefixes) for path in files]
    if not tables:
        raise BadInput(f"{folder}: no shard is done; carry out the run first")
    frame: pd.DataFrame = pa.concat_tables(tables, promote_options="permissive").to_pandas()
    return frame


def read_shard(path: Path) -> pd.DataFrame:
    """One shard without its state columns.

    Raises:
        BadInput: a damaged file, named.
    """
    frame: pd.DataFrame = _read(path, ()).to_pandas()
    return frame


def read_columns(path: Path) -> list[str]:
    """The column names of a Parquet file."""
    import pyarrow.parquet as pq

    names: list[str] = pq.read_schema(path).names
    return names


def _read(path: Path, prefixes: Sequence[str]) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        wanted = [
            name
            for name in read_columns(path)
            if "." not in name or any(name.startswith(f"{prefix}.") for prefix in prefixes)
        ]
        return pq.read_table(path, columns=wanted)
    except (pa.ArrowException, OSError) as error:
        raise BadInput(
            f"{path}: cannot be read ({error}); delete this file and run the suite again"
        ) from None
