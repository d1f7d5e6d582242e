"""The per-edit side of a task as compact JSON: what the gallery, the viewer and the scatter show.

Lists run over the task's edits in plan order; values have four significant digits, which is more
than an eye compares and keeps 500 edits x 8 methods x 8 values under 300 kB.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.core.atomic import json_number
from bench.core.text import without_folders
from reports.influence import Influence

if TYPE_CHECKING:
    import pandas as pd

    from bench.run.reader import Run
    from bench.run.schema import MetricColumn, TaskRow

__all__ = ["edit_ids", "edits_data", "value_columns"]

OK, FAILED, NO_IMAGE, NO_ROW = "o", "f", "n", " "


def edits_data(
    run: Run, task: TaskRow, samples: pd.DataFrame, found: Sequence[Influence]
) -> dict[str, Any]:
    """The task's edits for the page's script; `found` are the task's influences.

    Keys: `edits`, `scenes`, `regions`, `coverage` (a list each), `truth` (a string of 0 and 1),
    `without_truth` (why there is no ground truth, by the edit, "" where there is one),
    `metrics`, `values[metric][method][edit]` (an infinite one as text, "inf"), `states[method]`
    (a string: o = ok, f = failed, n = ok without an image, blank = no row) and
    `reasons[method][edit]` of what failed.
    """
    edits = edit_ids(samples)
    first = samples.drop_duplicates("edit").set_index("edit").reindex(edits)
    metrics = value_columns(run, samples)
    scenes = _texts(first["scene"])
    methods = [method.name for method in run.header.methods]
    by_method = {
        name: samples[samples["method"] == name].drop_duplicates("edit").set_index("edit")
        for name in methods
    }
    aligned = {name: frame.reindex(edits) for name, frame in by_method.items()}
    return {
        "edits": edits,
        "scenes": scenes,
        "regions": _texts(first["region"]) if "region" in first else [""] * len(edits),
        "coverage": _numbers(first["coverage"]) if "coverage" in first else [None] * len(edits),
        "truth": _truths(run, task, edits),
        "without_truth": list(map(without_folders, _texts(first["no_ground_truth"]))),
        "metrics": [
            column.model_dump(include=_METRIC_FIELDS)
            for column in (*metrics, *(one.column for one in found))
        ],
        "values": [
            *([_numbers(aligned[name][metric.name]) for name in methods] for metric in metrics),
            *([_influences(one, name, scenes) for name in methods] for one in found),
        ],
        "states": [_states(run, task, name, aligned[name]) for name in methods],
        "reasons": [_reasons(aligned[name]) for name in methods],
    }


_METRIC_FIELDS = {"name", "title", "unit", "better", "region"}


def edit_ids(samples: pd.DataFrame) -> list[str]:
    """The edits of a task in plan order."""
    return [str(edit) for edit in samples["edit"].unique()]


def value_columns(run: Run, samples: pd.DataFrame) -> list[MetricColumn]:
    """The scores that have a value for at least one edit, in the run's order."""
    return [
        metric
        for metric in run.header.metrics
        if metric.name in samples and samples[metric.name].notna().any()
    ]


def _numbers(column: Sequence[Any]) -> list[float | str | None]:
    return [_short(value) for value in column]


def _short(value: Any) -> float | str | None:
    """Four significant digits; JSON has no infinity, so an infinite PSNR is "inf"."""
    plain = json_number(value)
    if not isinstance(plain, float):
        return plain
    short = float(f"{plain:.4g}")
    return int(short) if short.is_integer() else short


def _influences(found: Influence, method: str, scenes: Sequence[str]) -> list[float | str | None]:
    """Every edit of a scene has the scene's influence: the score cannot tell them apart."""
    by_scene = found.by_method.get(method, {})
    return [_short(by_scene.get(scene)) for scene in scenes]


def _texts(column: Sequence[Any]) -> list[str]:
    return [value if isinstance(value, str) else "" for value in column]


def _truths(run: Run, task: TaskRow, edits: Sequence[str]) -> str:
    files = (run.layout.edit_image(task.slug, edit, "truth") for edit in edits)
    return "".join("1" if file.is_file() else "0" for file in files)


def _states(run: Run, task: TaskRow, method: str, frame: pd.DataFrame) -> str:
    images = _names(run.layout.predictions(task.slug, run.method(method).slug))
    return "".join(
        _state(edit, status, images) for edit, status in zip(frame.index, frame["status"])
    )


def _state(edit: str, status: Any, images: frozenset[str]) -> str:
    if not isinstance(status, str):
        return NO_ROW
    if status != "ok":
        return FAILED
    return OK if f"{edit}.png" in images else NO_IMAGE


def _names(folder: Path) -> frozenset[str]:
    return frozenset(path.name for path in folder.iterdir()) if folder.is_dir() else frozenset()


def _reasons(frame: pd.DataFrame) -> dict[str, str]:
    return {
        str(position): without_folders(str(reason or "no reason given"))
        for position, (status, reason) in enumerate(zip(frame["status"], frame["reason"]))
        if isinstance(status, str) and status != "ok"
    }
