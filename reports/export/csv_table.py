"""Every score of a run as tidy CSV, at full precision, missing ones with their reason.

The published table likewise, where the suite has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.core.text import without_folders

if TYPE_CHECKING:
    from bench.run.reader import Run

__all__ = ["csv", "published_csv"]

COLUMNS = (
    "task", "method", "metric", "of", "value", "low", "high", "level", "n", "clusters", "interval",
    "reason", "protocol", "method_hash",
)  # fmt: skip


def csv(run: Run) -> str:
    """One line per (task, method, metric, class or "all") with a heading line; UTF-8, RFC 4180."""
    shown = [column for column in COLUMNS if column in run.scores]
    told = run.scores[shown].assign(reason=run.scores["reason"].fillna("").map(without_folders))
    text: str = told.to_csv(index=False, lineterminator="\r\n")
    return text


def published_csv(run: Run) -> str:
    """One line per cell and published value of the suite's table; see `bench.judge.published.COLUMNS`.

    A suite without a table gives the heading line alone.
    """
    from bench.judge.published import join_published

    joined = join_published(run)
    told = {name: joined[name].map(without_folders) for name in ("reason", "words")}
    text: str = joined.assign(**told).to_csv(index=False, lineterminator="\r\n")
    return text
