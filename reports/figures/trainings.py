"""Variants beside their reference: every training a dot, the mean difference with its interval."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core.errors import BadInput
from bench.judge.compare.trainings import TrainingChange
from reports.figures.style import COLOURS, MARKERS, figure, look, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bench.run.reader import Run

__all__ = ["training_differences", "write_training_figures"]

COLUMNS = 3

TITLE = 24
"""Characters in a line of a panel's title, as many as are as wide as the panel."""


def training_differences(changes: Sequence[TrainingChange]) -> Figure:
    """Differences to the reference's mean, one small panel for every score of one task.

    A dot is a training, a bar the 95 % interval of the mean difference over trainings and scenes.
    The row at the top holds the trainings of the reference itself.

    Raises:
        BadInput: no changes.
    """
    if not changes:
        raise BadInput("no variants to draw; compare at least two")
    panels: dict[str, list[TrainingChange]] = {}
    for change in changes:
        panels.setdefault(change.pair.key.metric, []).append(change)
    rows = math.ceil(len(panels) / COLUMNS)
    height = 0.85 + 0.2 * (1 + max(map(len, panels.values())))
    with look():
        drawn = figure(7.2, rows * height, gap=0.08)
        every = drawn.subplots(rows, COLUMNS, squeeze=False).ravel()
        for axes, panel in zip(every, panels.values()):
            _panel(axes, panel)
        for axes in every[len(panels) :]:
            axes.set_visible(False)
    return drawn


def write_training_figures(
    changes: Sequence[TrainingChange], run: Run, folder: Path, *, force: bool = False
) -> Iterator[Path]:
    """Writes FOLDER/TASK/trainings.svg and .pdf for every task of a run; `force` as in `save`."""
    for task in dict.fromkeys(change.pair.key.task for change in changes):
        drawn = training_differences([one for one in changes if one.pair.key.task == task])
        for suffix in ("svg", "pdf"):
            yield save(drawn, folder / run.task(task).slug / f"trainings.{suffix}", force=force)


def _panel(axes: Axes, changes: Sequence[TrainingChange]) -> None:
    first = changes[0]
    level = first.pair.before.value or 0.0
    names = [first.pair.before.key.method, *(change.pair.key.method for change in changes)]
    for place, scores in enumerate([first.before, *(change.after for change in changes)]):
        axes.plot(
            [score - level for score in scores],
            [place] * len(scores),
            linestyle="",
            marker=MARKERS[place % len(MARKERS)],
            color=COLOURS[place % len(COLOURS)],
            markersize=3.5,
        )
    for place, change in enumerate(changes, start=1):
        interval = change.interval()
        if interval is not None:
            axes.hlines(place, *interval, color=COLOURS[place % len(COLOURS)], linewidth=1.2)
    axes.axvline(0, color="#5d666c", linewidth=0.8)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    arrow = {"higher": "↑", "lower": "↓"}.get(first.pair.after.better, "")
    title = f"{first.pair.after.title or first.pair.key.metric} {arrow}".rstrip()
    axes.set_title(textwrap.fill(title, TITLE), fontsize=8)
    axes.locator_params(axis="x", nbins=3)
