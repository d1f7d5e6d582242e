"""Scores by masked share, by class, by operation: one table a score, methods in rows, slices in columns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bench.core.errors import BadInput
from bench.run.slices import ALL_TASKS, SHARES, SLICE, SliceSet, set_scores, sliced
from reports.ranking import ScoredEdits
from reports.table import Cell, Table, score_table

if TYPE_CHECKING:
    from bench.run.reader import Run
    from bench.run.schema import MetricColumn

__all__ = ["BY_TITLES", "UNJUDGED", "slice_tables", "slices_data"]

BY_TITLES = {
    "coverage": "masked share",
    "class": "class",
    "operation": "operation",
    "dataset": "dataset",
    "protocol": "protocol",
    "sample": "sample",
}
"""What a reader sees of the ways to slice that the page offers, in its order."""

UNJUDGED = "Slices are not judged: the best of one may be first by chance"
"""What stands below tables that rank within slices."""

_MOST_SLICES = 40
"""A way that cuts a task finer is left to `export --by`."""


def slice_tables(run: Run, by: str, columns: Sequence[str] | None = None) -> list[Table]:
    """A table for each task and score that edits have by themselves.

    Args:
        run: the run.
        by: as in `bench.run.slices.sliced`.
        columns: names of the scores that are wanted, in their order; all where None.

    Raises:
        BadInput: an unknown column, or no edit with a value in it, or no score that has slices.
    """
    metrics = run.header.metrics if columns is None else [run.metric(name) for name in columns]
    found = [table for one in sliced(run, by) for _, table in _tables(run, one, metrics)]
    if not found:
        raise BadInput(
            f"{run.folder}: there is nothing to slice by {by!r}: no edit has a value there and one of the "
            "scores that are wanted (those of whole sets, as FID, have no slices)"
        )
    return found


def _tables(
    run: Run, one: SliceSet, metrics: Sequence[MetricColumn]
) -> Iterator[tuple[MetricColumn, Table]]:
    frame = set_scores(run, one, metrics)
    edits = ScoredEdits(lambda: one.samples, SLICE)
    together = one.task == ALL_TASKS
    # Of a metric's own column every method has other slices: values of other edits are not ranked.
    own_slices = (one.samples.groupby("edit")[SLICE].nunique() > 1).any()
    task = run.header.tasks[0] if together else run.task(one.task)
    for metric in metrics:
        own = frame[frame["metric"] == metric.name]
        if own["value"].notna().any():
            facts = {"region": "image", "better": "neither" if own_slices else metric.better}
            shown = {
                name: metric.model_copy(update={**facts, "title": name}) for name in one.labels
            }
            title = f"{metric.title} by {BY_TITLES.get(one.by, one.by)}, {one.title}"
            table = score_table(run, task, title, own, "slice", shown, edits)
            ranked = any(cell.rank for row in table.rows for cell in row.cells)
            remarks = (*table.unequal, *([UNJUDGED] if ranked else []))
            table = replace(table, n=one.n, unequal=remarks)
            if together:
                bad = dict.fromkeys(n.text for n in run.header.notices if n.kind == "bad")
                table = replace(table, task=one.task, suspect=tuple(bad))
            yield metric, table


def slices_data(run: Run) -> list[dict[str, Any]]:
    """What the page shows of a run's slices, as JSON: one entry a task and way to slice.

    Keys: `task` (its name), `title`, `by`, `slices` (labels), `places` (where they lie on the axis, counted
    in slices; a line joins neighbours; null where slices have no order), `scores`: a list of `name`,
    `title`, `unit`, `better`, `region` and `rows`: a list of `method` (its place in the run) and `cells`:
    null, or `value`, `low`, `high`, `n`, `text`, `interval`, `rank`, `ranked_by`, one a slice.
    """
    places = {method.name: place for place, method in enumerate(run.header.methods)}
    return [
        {
            "task": one.task,
            "title": one.title,
            "by": BY_TITLES[by],
            "slices": one.labels,
            "places": _places(one) if by == "coverage" else None,
            "scores": scores,
        }
        for by in BY_TITLES
        for one in sliced(run, by)
        if 1 < len(one.labels) <= _MOST_SLICES
        for scores in [[_score(*pair, places) for pair in _tables(run, one, run.header.metrics)]]
        if scores
    ]


def _places(one: SliceSet) -> list[int]:
    """The bins of slices by masked share; what has no share lies apart from them."""
    return [SHARES.index(name) if name in SHARES else len(SHARES) + 1 for name in one.labels]


def _score(metric: MetricColumn, table: Table, places: Mapping[str, int]) -> dict[str, Any]:
    return {
        **metric.model_dump(include={"name", "title", "unit", "better", "region"}),
        "rows": [
            {"method": places[row.name], "cells": [_cell(cell) for cell in row.cells]}
            for row in table.rows
        ],
    }


def _cell(cell: Cell) -> dict[str, Any] | None:
    if cell.value is None:
        return None
    numbers = {"value": cell.value, "low": cell.low, "high": cell.high}
    plain = {
        name: float(f"{number:.6g}")
        for name, number in numbers.items()
        if number is not None and math.isfinite(number)
    }
    told = {"n": cell.n, "text": cell.text, "interval": cell.interval, "rank": cell.rank}
    told["ranked_by"] = cell.ranked_by
    return {**plain, **{name: value for name, value in told.items() if value}}
