"""What the target maps of a task show: the classes that occur, and those in each masked region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.core.errors import BadInput
from bench.core.images import opened

if TYPE_CHECKING:
    from PIL import Image

    from bench.run.reader import Run
    from bench.run.schema import Space, TaskRow

__all__ = ["MAPS", "LegendEntry", "TaskMaps", "draw_map", "read_task_maps"]

MAPS = "maps"
"""The folder beside the page with label maps that a browser could not show as they are."""

VOID_COLOUR = (0, 0, 0)


@dataclass(frozen=True)
class LegendEntry:
    """A class that occurs: its colour as "#rrggbb" and its share of the task's pixels, 0..1."""

    index: int
    name: str
    colour: str
    share: float


@dataclass(frozen=True)
class TaskMaps:
    """The classes of a task by share, the class indices in each edit's masked region, most pixels first.

    `wide` lists the edits whose map has more classes than a palette image can show.
    """

    legend: tuple[LegendEntry, ...]
    inside: tuple[tuple[int, ...], ...]
    wide: tuple[str, ...]


def read_task_maps(run: Run, task: TaskRow, edits: Sequence[str]) -> TaskMaps:
    """Reads each edit's target map and mask once; an edit without them has no classes."""
    classes = len(task.space.classes)
    total = np.zeros(classes + 1, np.int64)
    inside: list[tuple[int, ...]] = []
    wide: list[str] = []
    for edit in edits:
        file = run.layout.edit_image(task.slug, edit, "target")
        if not file.is_file():
            inside.append(())
            continue
        target = _indices(file, classes)
        total += np.bincount(target.ravel(), minlength=classes + 1)
        inside.append(_inside(target, _plane(run.layout.edit_image(task.slug, edit, "mask"))))
        if classes > 255:
            wide.append(edit)
    return TaskMaps(_legend(total[1:], task.space), tuple(inside), tuple(wide))


def draw_map(file: Path, space: Space) -> Image.Image:
    """A label map in the colours of its space: what a browser shows of more than 255 classes."""
    from PIL import Image

    palette = np.array([VOID_COLOUR, *space.palette], np.uint8)
    return Image.fromarray(palette[_indices(file, len(space.classes))])


def _plane(file: Path) -> NDArray[np.int64]:
    with opened(file) as image:
        return np.asarray(image).astype(np.int64)


def _indices(file: Path, classes: int) -> NDArray[np.int64]:
    """int64 [H,W], label + 1, 0 = void."""
    target = _plane(file)
    if target.ndim != 2 or target.max(initial=0) > classes:
        raise BadInput(f"{file}: not a label map of {classes} classes; run the suite again")
    return target


def _inside(target: NDArray[np.int64], mask: NDArray[np.int64]) -> tuple[int, ...]:
    counts = np.bincount(target[mask > 127])[1:]
    order = np.argsort(-counts, kind="stable")
    return tuple(int(index) for index in order if counts[index])


def _legend(counts: NDArray[np.int64], space: Space) -> tuple[LegendEntry, ...]:
    whole = max(1, int(counts.sum()))
    order = [int(index) for index in np.argsort(-counts, kind="stable") if counts[index]]
    return tuple(
        LegendEntry(
            index,
            space.classes[index],
            "#{:02x}{:02x}{:02x}".format(*space.palette[index]),
            int(counts[index]) / whole,
        )
        for index in order
    )
