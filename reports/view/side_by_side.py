"""Two runs side by side: every score of both with the paired difference, and the images of any edit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bench.core.atomic import json_number
from bench.core.errors import BadInput
from bench.core.text import without_folders
from bench.judge.compare import Change, compare
from bench.judge.run_scores import scores_of_run
from bench.run.layout import EDITS, PREDICTIONS
from bench.run.reader import REAL, Run
from reports.table import ARROWS

if TYPE_CHECKING:
    import pandas as pd

    from bench.run.schema import MetricColumn, TaskRow

__all__ = ["side_by_side"]


def side_by_side(before: Run, after: Run) -> dict[str, Any]:
    """Two runs as the page shows them.

    Keys: `tasks`, a list of those that both have; `alone`, what only one of them has; `problem`, why scores
    cannot be paired, or "". A task has `name`, `title` and

    - `scores`: a list of `method`, `score`, `unit`, `arrow`, `before`, `after`, and where they can be
      paired `difference`, `low`, `high`, `verdict`; an infinite number is "inf" or "-inf";
    - `methods`: those with images in both, each with the folder of its results in either run;
    - `edits`: those of both, each with its folder in either run, and by method the `values` [before,
      after] of the score whose title is `value`.

    Raises:
        BadInput: runs without a task in common.
    """
    old = {task.name: task for task in before.header.tasks}
    both = [task for task in after.header.tasks if task.name in old]
    if not both:
        raise BadInput("the two runs have no task in common, so there is nothing side by side")
    judged, alone, problem = _judged(before, after)
    return {
        "tasks": [_task(before, after, old[task.name], task, judged) for task in both],
        "alone": alone,
        "problem": problem,
    }


def _judged(before: Run, after: Run) -> tuple[dict[tuple[str, str, str], Change], list[str], str]:
    try:
        old, new = scores_of_run(before), scores_of_run(after)
        both = [name for name in old.methods if name in new.methods]
        failed = {
            name: sentence
            for one in (old, new)
            for (_, method), sentence in one.failures.items()
            for name in both
            if method in ("", name)  # scenes that could not be read stand under no method
        }
        unfit = old.problems.keys() | new.problems.keys() | failed.keys()
        whole = [(name, name) for name in both if name not in unfit]
        found = compare(old, new, methods=whole or None)
    except BadInput as error:
        return {}, [], without_folders(str(error))
    changes = {
        (change.pair.key.task, change.pair.key.method, change.pair.key.metric): change
        for change in found.changes
        if change.pair.key.of == "all"
    }
    titles = {method.name: method.title for method in after.header.methods}
    left_out = [
        f"{titles[name]} is not compared: {without_folders(sentence)}"
        for name, sentence in failed.items()
    ]
    return changes, [*map(without_folders, found.alone), *left_out], ""


def _task(
    before: Run,
    after: Run,
    old: TaskRow,
    new: TaskRow,
    judged: Mapping[tuple[str, str, str], Change],
) -> dict[str, Any]:
    metrics = {metric.name: metric for metric in (*before.header.metrics, *after.header.metrics)}
    titles = {
        method.name: method.title for method in (*before.header.methods, *after.header.methods)
    }
    sides = [_values(run, new.name) for run in (before, after)]
    scores = [
        {
            "method": titles.get(method, method),
            **_named(metrics[metric]),
            "before": sides[0].get((method, metric)),
            "after": sides[1].get((method, metric)),
            **_difference(judged.get((new.name, method, metric))),
        }
        for metric in metrics
        for method in titles
        if (method, metric) in sides[0] or (method, metric) in sides[1]
    ]
    return {
        "name": new.name,
        "title": new.title,
        "scores": scores,
        **_images(before, after, old, new),
    }


def _named(metric: MetricColumn) -> dict[str, Any]:
    return {"score": metric.title, "unit": metric.unit, "arrow": ARROWS[metric.better]}


def _values(run: Run, task: str) -> dict[tuple[str, str], float | str]:
    frame = run.scores
    rows = frame[(frame["task"] == task) & (frame["of"] == "all") & (frame["method"] != REAL)]
    return {
        (str(row["method"]), str(row["metric"])): value
        for row in rows.to_dict("records")
        if (value := json_number(row["value"])) is not None
    }


def _difference(change: Change | None) -> dict[str, Any]:
    if change is None:
        return {}
    found: dict[str, Any] = {"verdict": change.verdict}
    if (difference := json_number(change.pair.difference.estimate)) is not None:
        found["difference"] = difference
    if change.interval is not None and all(map(math.isfinite, change.interval)):
        found["low"], found["high"] = change.interval
    return found


def _images(before: Run, after: Run, old: TaskRow, new: TaskRow) -> dict[str, Any]:
    samples = [run.samples(task.name) for run, task in ((before, old), (after, new))]
    second = set(samples[1]["edit"])
    common = [str(edit) for edit in samples[0]["edit"].unique() if edit in second]
    slugs = [
        {m.name: m.slug for m in run.header.methods if _has(run, task, m.slug)}
        for run, task in ((before, old), (after, new))
    ]
    methods = [m for m in after.header.methods if m.name in slugs[0] and m.name in slugs[1]]
    metric = _first(after, samples)
    values = [_by_edit(one, metric) for one in samples]
    return {
        "value": "" if metric is None else metric.title,
        "methods": [
            {
                "title": method.title,
                "before": f"{PREDICTIONS}/{old.slug}/{slugs[0][method.name]}",
                "after": f"{PREDICTIONS}/{new.slug}/{slugs[1][method.name]}",
            }
            for method in methods
        ],
        "edits": [
            {
                "id": edit,
                "before": f"{EDITS}/{old.slug}/{edit}",
                "after": f"{EDITS}/{new.slug}/{edit}",
                "values": [
                    [side.get((method.name, edit)) for side in values] for method in methods
                ],
            }
            for edit in common
        ],
    }


def _has(run: Run, task: TaskRow, method: str) -> bool:
    return run.layout.predictions(task.slug, method).is_dir()


def _first(run: Run, samples: list[pd.DataFrame]) -> MetricColumn | None:
    """The score that the gallery starts with: of the masked region where there is one."""
    there = [
        metric
        for metric in run.header.metrics
        if metric.better != "neither" and all(metric.name in one for one in samples)
    ]
    regional = [metric for metric in there if metric.region == "mask"]
    return next(iter(regional or there), None)


def _by_edit(
    samples: pd.DataFrame, metric: MetricColumn | None
) -> dict[tuple[str, str], float | str | None]:
    if metric is None:
        return {}
    rows = zip(samples["method"], samples["edit"], samples[metric.name])
    return {
        (str(method), str(edit)): json_number(float(f"{value:.6g}"))
        for method, edit, value in rows
        if value is not None and not math.isnan(value)
    }
