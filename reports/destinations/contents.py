"""What is kept of a run wherever it goes: each method's scores with intervals, costs, and a gallery."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.core.errors import BadInput
from bench.core.images import opened
from bench.core.text import slug, without_folders
from bench.run.tables import COST_COLUMNS
from reports.edits import edits_data
from reports.figures.grid import input_image
from reports.thumbnails import chosen_edits

if TYPE_CHECKING:
    from bench.run.reader import Run
    from bench.run.schema import MethodRow, TaskRow

__all__ = ["GalleryImage", "Kept", "gallery", "kept_methods", "safe_keys"]

EDITS = 6
"""Edits of each task in the gallery: the worst, the best and some at random, in turn."""

GAP = 4
"""White pixels between the images of one edit."""


@dataclass(frozen=True)
class GalleryImage:
    """One edit of a method: the input with its masked region white, the result, the ground truth.

    Attributes:
        key: "TASK/EDIT" of safe words.
        caption: task and edit for a reader, and what stands side by side.
        png: the image.
    """

    key: str
    caption: str
    png: bytes


@dataclass(frozen=True)
class Kept:
    """One method of a run.

    Attributes:
        method: the method.
        parameters: what it is and what it was measured by, as text.
        numbers: by key. "TASK/SCORE" is a value, "TASK/SCORE/low" and "/high" the ends of its
            interval, "TASK/SCORE/n" how many edits are behind it, "TASK/cost/COST" a cost. What became
            of the known pixels ("TASK/leak") is among them. Infinite values are left out: the tables
            have them.
    """

    method: MethodRow
    parameters: Mapping[str, str]
    numbers: Mapping[str, float]


def kept_methods(run: Run, methods: Sequence[str] | None = None) -> list[Kept]:
    """The methods with a score, in the run's order.

    Args:
        run: the run.
        methods: those that are wanted; all where None.

    Raises:
        BadInput: an unknown method, or one without any score.
    """
    wanted = None if methods is None else {run.method(name).name for name in methods}
    whole = run.scores[(run.scores["of"] == "all") & run.scores["value"].notna()]
    there = set(whole["method"])
    for name in wanted or ():
        if name not in there:
            reason = run.method(name).problem or "it has no score in this run"
            raise BadInput(f"method {name!r} cannot be exported: {without_folders(reason)}")
    chosen = [
        method
        for method in run.header.methods
        if method.name in there and (wanted is None or method.name in wanted)
    ]
    if not chosen:
        raise BadInput(f"{run.folder}: has no scores yet; let the run come to its end")
    tasks = safe_keys(task.name for task in run.header.tasks)
    kept = run.preservation
    scores = safe_keys([*(metric.name for metric in run.header.metrics), *kept["metric"]])
    rows = [*whole.to_dict("records"), *kept.to_dict("records")]
    costs = run.costs.to_dict("records")
    return [
        Kept(
            method,
            _parameters(run, method),
            {
                **_scores([row for row in rows if row["method"] == method.name], tasks, scores),
                **_costs([row for row in costs if row["method"] == method.name], tasks),
            },
        )
        for method in chosen
    ]


def safe_keys(names: Iterable[str]) -> dict[str, str]:
    """Keys of letters, digits, `_`, `-`, `.` that every tracker takes; different names get different ones."""
    found: dict[str, str] = {}
    for name in dict.fromkeys(names):
        key = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "unnamed"
        found[name] = slug(name + " ") if key in found.values() else key
    return found


def _parameters(run: Run, method: MethodRow) -> dict[str, str]:
    header = run.header
    facts: dict[str, Any] = {
        "suite": header.name,
        "seed": header.suite.get("seed"),
        "method": method.name,
        "method_hash": method.hash,
        "editor": method.editor,
        **{f"option.{name}": value for name, value in method.options.items()},
        "sees_hidden": "yes" if method.sees_hidden else None,
        "siebench": header.versions.get("siebench") or header.versions.get("sebench"),
        "commit": header.git.commit if header.git is not None else None,
        "device": header.hardware.get("device_name") or header.hardware.get("device"),
        "run": header.key,
        "state": header.state if header.state != "done" else None,
    }
    return {
        name: without_folders(str(value))
        for name, value in facts.items()
        if value is not None and value != ""
    }


def _scores(
    rows: Sequence[Mapping[Any, Any]], tasks: Mapping[str, str], scores: Mapping[str, str]
) -> dict[str, float]:
    found: dict[str, float] = {}
    for row in rows:
        if row["metric"] not in scores or not math.isfinite(row["value"]):
            continue
        key = f"{tasks[row['task']]}/{scores[row['metric']]}"
        found[key] = float(row["value"])
        for end in ("low", "high"):
            if row[end] is not None and math.isfinite(row[end]):
                found[f"{key}/{end}"] = float(row[end])
        found[f"{key}/n"] = float(row["n"])
    return found


def _costs(rows: Sequence[Mapping[Any, Any]], tasks: Mapping[str, str]) -> dict[str, float]:
    return {
        f"{tasks[row['task']]}/cost/{cost.name}": float(row[cost.name])
        for row in rows
        for cost in COST_COLUMNS
        if row.get(cost.name) is not None and math.isfinite(row[cost.name])
    }


def gallery(run: Run, method: MethodRow) -> list[GalleryImage]:
    """The method's images for some edits of each task, the same edits for every method.

    An edit that the method failed at, or whose images were not kept, is left out.
    """
    tasks = safe_keys(task.name for task in run.header.tasks)
    found = []
    for task in run.header.tasks:
        samples = run.samples(task.name)
        if not len(samples):
            continue
        edits = chosen_edits(edits_data(run, task, samples, []))[:EDITS]
        lacking = set(samples.loc[samples["no_ground_truth"].fillna("") != "", "edit"])
        keys = safe_keys(edits)
        for edit in edits:
            png = _side_by_side(run, task, method, edit, truth=edit not in lacking)
            if png is not None:
                shown = "input, result" + ("" if edit in lacking else ", ground truth")
                caption = f"{task.title}, {edit}: {shown}"
                found.append(GalleryImage(f"{tasks[task.name]}/{keys[edit]}", caption, png))
    return found


def _side_by_side(
    run: Run, task: TaskRow, method: MethodRow, edit: str, *, truth: bool
) -> bytes | None:
    from PIL import Image

    layout = run.layout
    result = layout.prediction(task.slug, method.slug, edit)
    original = layout.edit_image(task.slug, edit, "original")
    mask = layout.edit_image(task.slug, edit, "mask")
    if not (result.is_file() and original.is_file() and mask.is_file()):
        return None
    parts = [input_image(run, task, edit), _pixels(result)]
    if truth:
        true = layout.edit_image(task.slug, edit, "truth")
        parts.append(_pixels(true if true.is_file() else original))
    height = max(part.shape[0] for part in parts)
    row = []
    for part in parts:
        padded = np.full((height, part.shape[1] + GAP, 3), 255, np.uint8)
        padded[: part.shape[0], : part.shape[1]] = part
        row.append(padded)
    stream = io.BytesIO()
    Image.fromarray(np.concatenate(row, axis=1)[:, :-GAP]).save(stream, format="PNG")
    return stream.getvalue()


def _pixels(file: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
    with opened(file) as image:
        return np.asarray(image.convert("RGB"))
