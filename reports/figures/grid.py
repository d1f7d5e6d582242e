"""The comparison grid of the papers: a row per edit, a column per image."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.core.errors import BadInput
from bench.core.images import opened
from bench.run.layout import EditImage
from reports.failures import without_ground_truth
from reports.figures.style import figure, look, warned
from reports.maps import draw_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bench.run.reader import Run
    from bench.run.schema import MethodRow, TaskRow

__all__ = ["comparison_grid", "input_image"]

INPUT: tuple[EditImage, EditImage] = ("original", "mask")

CELL = 0.95
"""Inches of a cell: nine columns fill a page's width."""

_LETTERS, _LINE = 16, 0.13
"""Letters of a title that a cell's width holds, and the inches of a further line."""


def comparison_grid(
    run: Run, task: str, edits: Sequence[str], methods: Sequence[str] | None = None
) -> Figure:
    """Input with the masked region white, target map, every method, the ground truth.

    Args:
        run: the run.
        task: the task's name.
        edits: ids, one row each.
        methods: names, in columns; all that ran where None. A cell without an image says whether the
            edit failed, is not carried out yet, or its image was not kept.

    Raises:
        BadInput: an unknown task, or an edit without images.
    """
    row = run.task(task)
    chosen = [run.method(name) for name in methods] if methods else _ran(run, row)
    height, width = row.size or (1, 1)
    samples = run.samples(task)
    found = without_ground_truth(samples)
    lacking = {edit for one in found for edit in one.edits}
    states = dict(zip(zip(samples["method"], samples["edit"]), samples["status"]))
    titles = ["Input", "Target map", *(method.title for method in chosen), "Ground truth"]
    titles = [textwrap.fill(title, _LETTERS) for title in titles]
    head = 0.25 + _LINE * max(title.count("\n") for title in titles)
    columns = len(titles)
    with look():
        drawn = figure(CELL * columns, CELL * height / width * len(edits) + head, gap=0.01)
        cells = drawn.subplots(len(edits), columns, squeeze=False)
        for cell in cells.flat:
            cell.set_box_aspect(height / width)  # also where there is no image
            cell.set_anchor("S")  # what height is left over is the titles'
        for line, edit in zip(cells, edits):
            _show(line[0], input_image(run, row, edit), "none")
            _show(line[1], _target(run, row, edit), "none")
            for cell, one in zip(line[2:], chosen):
                instead = {"ok": "not kept", "failed": "failed"}
                state = instead.get(states.get((one.name, edit), ""), "not run")
                _show(cell, _opened(run.prediction(task, one.name, edit)), state)
            true = None if edit in lacking else _ground_truth(run, row, edit)
            _show(line[-1], true, "none")
        for cell, title in zip(cells[0], titles):
            cell.set_title(title, fontsize=7, pad=3)
        return warned(drawn, run, {method.name for method in chosen})


def _ran(run: Run, task: TaskRow) -> list[MethodRow]:
    return [
        method
        for method in run.header.methods
        if run.layout.predictions(task.slug, method.slug).is_dir()
    ]


def _show(cell: Axes, image: NDArray[np.uint8] | None, instead: str) -> None:
    cell.set_axis_off()
    if image is not None:
        cell.imshow(image, interpolation="nearest")
        return
    cell.text(0.5, 0.5, instead, ha="center", va="center", transform=cell.transAxes)


def _opened(file: Path) -> NDArray[np.uint8] | None:
    """uint8 [H,W,3], or None where there is no such file."""
    if not file.is_file():
        return None
    with opened(file) as image:
        return np.asarray(image.convert("RGB"))


def input_image(run: Run, task: TaskRow, edit: str) -> NDArray[np.uint8]:
    """An edit's image before it, its masked region white: uint8 [H,W,3].

    Raises:
        BadInput: where the run has no such edit.
    """
    original, mask = (_opened(run.layout.edit_image(task.slug, edit, name)) for name in INPUT)
    if original is None or mask is None:
        folder = run.layout.edit(task.slug, edit)
        raise BadInput(f"{folder}: has no original and mask; choose an edit of this run")
    return np.where(mask > 127, np.uint8(255), original)


def _target(run: Run, task: TaskRow, edit: str) -> NDArray[np.uint8] | None:
    file = run.layout.edit_image(task.slug, edit, "target")
    return np.asarray(draw_map(file, task.space)) if file.is_file() else None


def _ground_truth(run: Run, task: TaskRow, edit: str) -> NDArray[np.uint8] | None:
    """The ground truth is the original where the run has no other image of it."""
    truth = _opened(run.layout.edit_image(task.slug, edit, "truth"))
    return (
        truth if truth is not None else _opened(run.layout.edit_image(task.slug, edit, "original"))
    )
