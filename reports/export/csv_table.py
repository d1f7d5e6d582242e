"""Every score of a run as tidy CSV, at full precision, missing ones with their reason.

Below them what became of the known pixels, which has no protocol: it is in no hash.

The published table likewise, where the suite has one. The last column of each, `training`, says of a
network that it was not trained like the first one of its editor in the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.core.text import without_folders
from bench.judge.compare.recipes import unlike_networks

if TYPE_CHECKING:
    import pandas as pd

    from bench.run.reader import Run

__all__ = ["csv", "published_csv", "slices_csv"]

COLUMNS = (
    "task", "method", "metric", "of", "value", "low", "high", "level", "n", "clusters", "interval",
    "reason", "protocol", "method_hash",
)  # fmt: skip


def csv(run: Run, columns: Sequence[str] | None = None) -> str:
    """One line per (task, method, metric, class or "all") with a heading line; UTF-8, RFC 4180.

    Args:
        run: the run.
        columns: names of the scores that are wanted; all where None.
    """
    import pandas as pd

    shown = [column for column in COLUMNS if column in run.scores]
    rows, kept = run.scores, run.preservation
    if len(rows) and len(kept):
        hashes = {method.name: method.hash for method in run.header.methods}
        kept = kept.assign(protocol="", method_hash=kept["method"].map(hashes))
        rows = pd.concat([rows, kept], ignore_index=True)
    if columns is not None:
        rows = rows[rows["metric"].isin(list(columns))]
    return _text(run, rows[shown])


def slices_csv(run: Run, by: str, columns: Sequence[str] | None = None) -> str:
    """One line per (task, slice, method, metric) with a heading line; see `siebench.Run.slices`.

    Args:
        run: the run.
        by: what the slices are by.
        columns: names of the scores that are wanted; all that have slices where None.
    """
    return _text(run, run.slices(by, columns))


def published_csv(run: Run, columns: Sequence[str] | None = None) -> str:
    """One line per cell and published value of the suite's table; see `bench.judge.published.COLUMNS`.

    A suite without a table gives the heading line alone.

    Args:
        run: the run.
        columns: names of the scores that are wanted; all, and costs, where None.
    """
    from bench.judge.published import join_published

    joined = join_published(run)
    if columns is not None:
        joined = joined[joined["metric"].isin(list(columns))]
    return _text(run, joined.assign(words=joined["words"].map(without_folders)))


def _text(run: Run, rows: pd.DataFrame) -> str:
    there = set(rows["method"])
    unlike = unlike_networks(method for method in run.header.methods if method.name in there)
    said = {name: sentence for sentence, names in unlike.items() for name in names}
    told = rows.assign(
        reason=rows["reason"].fillna("").map(without_folders),
        training=[said.get(name, "") for name in rows["method"]],
    )
    text: str = told.to_csv(index=False, lineterminator="\r\n")
    return text
