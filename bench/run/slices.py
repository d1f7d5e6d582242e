"""Scores of parts of a run: by masked share, by class, by operation, by any column of its samples.

A part ("slice") holds the edits that share a value, or whose number lies in a range. Its score is the mean
over its edits of a score that each edit has by itself, with the interval that the whole task's mean
has: resampled over scenes. A score of a whole set (FID, mIoU) has no such mean, so it has no slices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.core.errors import BadInput, unknown
from bench.core.text import counted
from bench.metrics.estimate import mean_estimate

if TYPE_CHECKING:
    import pandas as pd

    from bench.run.reader import Run
    from bench.run.schema import MetricColumn, TaskRow

__all__ = [
    "ALL_TASKS",
    "SHARES",
    "SLICE",
    "SliceSet",
    "set_scores",
    "slice_columns",
    "slice_scores",
    "sliced",
]

SLICE = "its slice"
CLUSTER = "its cluster"
"""The columns that a `SliceSet` adds; no metric can have such a name."""

ALL_TASKS = "(all)"
"""The name of a set of slices over the edits of every task."""

NONE = "(none)"
"""The slice of edits that have no value where others have one."""

MOST = 200
"""How many slices there may be."""

BINS = 10
"""Into how many equal parts 0..1 is cut for the masked share."""

SHARES = tuple(f"{10 * at}\N{EN DASH}{10 * at + 10} %" for at in range(BINS))
"""The labels of the bins of the masked share, those without edits too."""

PARTS = 4
"""Into how many parts of equally many rows other numbers are cut."""

_OF_TASK: Mapping[str, Callable[[TaskRow], str]] = {
    "operation": lambda task: task.operation,
    "dataset": lambda task: task.dataset,
    "protocol": lambda task: task.protocol,
}
_NAMES = {"class": "region"}
"""What people call a column, by which they may ask for it."""

_ALWAYS = ("coverage", "class", *_OF_TASK)
"""What every run can be sliced by."""

_NOT = frozenset({"edit", "method", "status", "reason", "failure"})
"""Columns that tell rows apart or say that a row has no scores."""


@dataclass(frozen=True, eq=False)
class SliceSet:
    """The slices of a task's edits, or of all tasks' together.

    Attributes:
        task: the task's name, or `ALL_TASKS`.
        title: for the reader.
        by: what the slices are by, as it was asked for.
        labels: the slices, in order; each has at least one row.
        samples: the rows of the samples tables whose edit succeeded, with the columns `SLICE` (its
            label) and `CLUSTER` (its scene, told apart from scenes of other datasets).
        n: how many edits the tasks have.
    """

    task: str
    title: str
    by: str
    labels: tuple[str, ...]
    samples: pd.DataFrame
    n: int


def slice_columns(run: Run) -> list[str]:
    """What a run's edits can be sliced by: the words of its tasks, and its samples' columns."""
    found = [*_ALWAYS]
    for task in run.header.tasks:
        found += [
            str(name)
            for name in run.samples(task.name).columns
            if name not in _NOT and name not in _NAMES.values()
        ]
    return list(dict.fromkeys(found))


def sliced(run: Run, by: str) -> list[SliceSet]:
    """A run's edits in slices, task by task; by a word of the tasks, those of all tasks in one set.

    Args:
        run: the run.
        by: "coverage" cuts the masked share into bins of 10 %; "class" takes the class that was
            edited; "operation", "dataset" and "protocol" are words of the tasks; any other column of
            the samples goes by its values, and numbers with a fraction by quarters of equally many
            rows. A column of a metric differs between methods, and so do its slices.

    Returns:
        Sets with at least one slice; none where no edit has a value.

    Raises:
        BadInput: an unknown column, or one with too many different values.
    """
    column = _NAMES.get(by, by)
    if by not in _ALWAYS and column not in _NAMES.values():
        known = slice_columns(run)
        if by not in known:
            raise unknown("column to slice by", by, known)
    if by in _OF_TASK:
        together = _together(run, by)
        return [] if together is None else [together]
    found = []
    for task in run.header.tasks:
        samples = _done(run, task)
        if column not in samples or not samples[column].notna().any():
            continue
        order = task.space.classes if column == "region" else ()
        labels, chosen = _slices(samples[column], column, order)
        samples[SLICE] = chosen
        found.append(SliceSet(task.name, task.title, by, labels, samples, task.n))
    return found


def slice_scores(run: Run, by: str, metrics: Sequence[str] | None = None) -> pd.DataFrame:
    """The scores of every slice, with intervals over scenes and n.

    Args:
        run: the run.
        by: as in `sliced`.
        metrics: names of the scores that are wanted; every score that edits have by themselves where
            None.

    Returns:
        One row per (task, slice, method, metric) with `by`, `task`, `slice`, `method`, `metric`, `value`,
        `low`, `high`, `n`, `clusters`, `level`, `interval`, `reason`, as the scores table has them.

    Raises:
        BadInput: an unknown column or score, a score of whole sets, or edits without any value.
    """
    import pandas as pd

    sets = sliced(run, by)
    if not sets:
        raise BadInput(
            f"{run.folder}: no edit has a value in {by!r}; slice by "
            f"{' or '.join(name for name in ('coverage', 'operation') if name != by)}"
        )
    wanted = None if metrics is None else [_per_edit(run, name) for name in metrics]
    return pd.concat([set_scores(run, one, wanted) for one in sets], ignore_index=True)


def set_scores(
    run: Run, one: SliceSet, metrics: Sequence[MetricColumn] | None = None
) -> pd.DataFrame:
    """The rows of `slice_scores` for one set of slices."""
    import pandas as pd

    chosen = run.header.metrics if metrics is None else metrics
    shown = [metric for metric in chosen if metric.summary == "mean" and metric.name in one.samples]
    rows = []
    by_slice = dict(list(one.samples.groupby(SLICE, sort=False)))
    # Slice by slice: methods and scores of one slice share the weights of its scenes.
    for label in one.labels:
        own = dict(list(by_slice[label].groupby("method", sort=False)))
        for method in (row.name for row in run.header.methods if row.name in own):
            scenes = [str(scene) for scene in own[method][CLUSTER]]
            for metric in shown:
                values = own[method][metric.name].to_numpy(dtype=np.float64, na_value=np.nan)
                bounds = metric.floor, metric.ceiling
                score = asdict(mean_estimate(metric.name, values, scenes, *bounds).score())
                if score["value"] is None and metric.against == "ground-truth":
                    score["reason"] = _without_truth(own[method]) or score["reason"]
                where = {"by": one.by, "task": one.task, "slice": label, "method": method}
                rows.append({**where, **{name: score[name] for name in _SCORE}})
    names = ["by", "task", "slice", "method", *_SCORE]
    found: pd.DataFrame = pd.DataFrame(rows, columns=names)
    return found


def _without_truth(rows: pd.DataFrame) -> str:
    """Why the edits have no ground truth, or "" where one of them has."""
    reasons = [str(reason or "") for reason in rows["no_ground_truth"].fillna("")]
    return reasons[0] if all(reasons) else ""


_SCORE = ("metric", "value", "low", "high", "n", "clusters", "level", "interval", "reason")


def _per_edit(run: Run, name: str) -> MetricColumn:
    metric = run.metric(name)
    if metric.summary != "mean":
        raise BadInput(
            f"score {name!r} is of a whole set of edits, so it has no slices; leave it out"
        )
    return metric


def _done(run: Run, task: TaskRow) -> pd.DataFrame:
    samples = run.samples(task.name)
    done: pd.DataFrame = samples[samples["status"] == "ok"].reset_index(drop=True)
    done[CLUSTER] = done["scene"].astype(str)
    return done


def _together(run: Run, by: str) -> SliceSet | None:
    import pandas as pd

    frames, titles = [], []
    for task in run.header.tasks:
        samples = _done(run, task)
        if len(samples):
            word = _OF_TASK[by](task)
            # Edits of two tasks may have one id, and scenes of two datasets too.
            samples["edit"] = task.name + "\n" + samples["edit"].astype(str)
            samples[CLUSTER] = task.dataset + "\n" + samples[CLUSTER]
            samples[SLICE] = word
            frames.append(samples.dropna(axis="columns", how="all"))
            titles.append(word)
    if not frames:
        return None
    n = sum(task.n for task in run.header.tasks)
    rows = pd.concat(frames, ignore_index=True)
    return SliceSet(ALL_TASKS, "All tasks", by, tuple(dict.fromkeys(titles)), rows, n)


def _slices(
    values: pd.Series[Any], column: str, order: Sequence[str]
) -> tuple[tuple[str, ...], list[str]]:
    """The labels of a column's slices in order, and the label of each row."""
    import pandas as pd

    if column == "coverage":
        shares = values.to_numpy(dtype=np.float64, na_value=np.nan)
        return _binned(shares, np.arange(BINS + 1) / BINS, SHARES)
    numbers = pd.api.types.is_float_dtype(values)
    if numbers and not (values.dropna() % 1 == 0).all():
        plain = values.to_numpy(dtype=np.float64, na_value=np.nan)
        edges = _quarters(plain)
        return _binned(plain, edges, [f"{low:.4g} to {high:.4g}" for low, high in pairwise(edges)])
    texts = [NONE if pd.isna(one) or one == "" else _text(one) for one in values]
    labels = list(dict.fromkeys(texts))
    if len(labels) > MOST:
        raise BadInput(
            f"column {column!r} has {counted(len(labels), 'different value')}; slice by one with at most "
            f"{MOST}"
        )
    places = {name: place for place, name in enumerate(order)}
    numeric = [one for one in labels if one.lstrip("-").isdecimal()]
    labels.sort(key=lambda one: (one == NONE, places.get(one, len(places)), one))
    if len(numeric) == len(labels) - (NONE in labels):
        labels.sort(key=lambda one: (one == NONE, 0 if one == NONE else int(one)))
    return tuple(labels), texts


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, (float, np.floating)) else str(value)


def _binned(
    values: np.ndarray[Any, np.dtype[np.float64]],
    edges: np.ndarray[Any, np.dtype[np.float64]],
    names: Sequence[str],
) -> tuple[tuple[str, ...], list[str]]:
    """Each value's bin [low, high), the last with its end; the labels of those that have a row."""
    # A share that came about by division must not fall below the edge that it equals.
    places = np.searchsorted(edges, values + 1e-12 * np.abs(values), side="right") - 1
    bounded = np.clip(places, 0, len(names) - 1)
    texts = [NONE if np.isnan(v) else names[at] for v, at in zip(values, bounded)]
    there = set(texts)
    return tuple(one for one in (*names, NONE) if one in there), texts


def _quarters(
    values: np.ndarray[Any, np.dtype[np.float64]],
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The edges of parts with equally many rows, as they are printed, so that a label is true."""
    finite = values[np.isfinite(values)]
    edges = np.quantile(finite, np.arange(PARTS + 1) / PARTS) if finite.size else np.zeros(1)
    printed = np.unique([float(f"{edge:.4g}") for edge in edges])
    return printed if len(printed) > 1 else np.asarray([printed[0], printed[0]])
