"""Variants beside their reference: every training a dot, and the mean difference over the examples seen."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core.errors import BadInput
from bench.judge.compare.training_curve import Stage
from bench.judge.compare.trainings import TrainingChange
from reports.figures.style import figure, look, noted, save, sign
from reports.table import ARROWS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bench.run.reader import Run

__all__ = [
    "training_curves",
    "training_differences",
    "write_curve_figures",
    "write_training_figures",
]

COLUMNS = 3

TITLE = 24
"""Characters in a line of a panel's title, as many as are as wide as the panel."""

_ALL_NOTES = "what siebench trainings prints"
"""Where the notes stand for which a figure has no room."""

_APART = 0.08
"""Octaves between two variants of a curve."""


def training_differences(changes: Sequence[TrainingChange], notes: Sequence[str] = ()) -> Figure:
    """Differences to the reference's mean, one small panel for every score of one task.

    A dot is a training, a bar the 95 % interval of the mean difference over trainings and scenes.
    The row at the top holds the trainings of the reference itself.

    Args:
        changes: those of the task.
        notes: sentences that speak against the comparison; they stand below the panels.

    Raises:
        BadInput: no changes.
    """
    if not changes:
        raise BadInput("no variants to draw; compare at least two")
    panels: dict[str, list[TrainingChange]] = {}
    for change in changes:
        panels.setdefault(change.pair.key.metric, []).append(change)
    with look():
        drawn, every = _grid(len(panels), 0.85 + 0.2 * (1 + max(map(len, panels.values()))))
        for axes, panel in zip(every, panels.values()):
            _panel(axes, panel)
        return noted(drawn, notes, _ALL_NOTES)


def training_curves(curve: Sequence[Stage], notes: Sequence[str] = ()) -> Figure:
    """Differences to the reference against the examples seen, one panel for every score of one task.

    A marker is the difference of the means at a stage, its bar the 95 % interval over trainings and
    scenes; stages stand at equal ratios. Zero is the reference.

    Args:
        curve: the stages, with the changes of the task.
        notes: sentences that speak against the comparison; they stand below the panels.

    Raises:
        BadInput: no changes.
    """
    changes = [change for stage in curve for change in stage.changes]
    if not changes:
        raise BadInput("no variants to draw; compare at least two")
    metrics = list(dict.fromkeys(change.pair.key.metric for change in changes))
    variants = list(dict.fromkeys(change.pair.key.method for change in changes))
    with look():
        drawn, every = _grid(len(metrics), 1.6)
        for axes, metric in zip(every, metrics):
            for place, variant in enumerate(variants, start=1):
                _trace(axes, curve, metric, variant, place)
            axes.axhline(0, color="#5d666c", linewidth=0.8)
            axes.set_xscale("log", base=2)
            seen = [stage.examples for stage in curve]
            axes.set_xticks(seen, [_short(number) for number in seen], minor=False)
            axes.minorticks_off()
            axes.set_title(
                _title(next(c for c in changes if c.pair.key.metric == metric)), fontsize=8
            )
        drawn.supxlabel("examples seen", fontsize=8)
        drawn.supylabel(f"difference to {changes[0].pair.before.key.method}", fontsize=8)
        handles, labels = every[0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="outside upper center", ncols=len(labels), fontsize=7)
        return noted(drawn, notes, _ALL_NOTES)


def _trace(axes: Axes, curve: Sequence[Stage], metric: str, variant: str, place: int) -> None:
    """One variant in one score; variants are a little apart, so that their bars can be told."""
    found = [
        (stage.examples, change)
        for stage in curve
        for change in stage.changes
        if (change.pair.key.metric, change.pair.key.method) == (metric, variant)
    ]
    shift = 2 ** (_APART * (place - 1))
    axes.plot(
        [seen * shift for seen, _ in found],
        [change.pair.difference.estimate for _, change in found],
        markersize=3.5,
        linewidth=1.0,
        label=variant,
        **sign(place),
    )
    for seen, change in found:
        interval = change.interval()
        if interval is not None:
            axes.vlines(seen * shift, *interval, color=sign(place)["color"], linewidth=1.0)


def _short(number: int) -> str:
    return f"{number / 1000:g}k" if number >= 1000 else str(number)


def _grid(panels: int, height: float) -> tuple[Figure, list[Axes]]:
    """A figure with a panel for each score, inches high."""
    rows = math.ceil(panels / COLUMNS)
    drawn = figure(7.2, rows * height, gap=0.08)
    every = list(drawn.subplots(rows, COLUMNS, squeeze=False).ravel())
    for axes in every[panels:]:
        axes.set_visible(False)
    return drawn, every


def write_training_figures(
    changes: Sequence[TrainingChange],
    run: Run,
    folder: Path,
    *,
    notes: Sequence[str] = (),
    force: bool = False,
) -> Iterator[Path]:
    """Writes FOLDER/TASK/trainings.svg and .pdf for every task of a run; `force` as in `save`."""
    for task in dict.fromkeys(change.pair.key.task for change in changes):
        of_task = [one for one in changes if one.pair.key.task == task]
        drawn = training_differences(of_task, notes)
        yield from _saved(drawn, folder / run.task(task).slug, "trainings", force=force)


def write_curve_figures(
    curve: Sequence[Stage],
    run: Run,
    folder: Path,
    *,
    notes: Sequence[str] = (),
    force: bool = False,
) -> Iterator[Path]:
    """Writes FOLDER/TASK/training-curve.svg and .pdf for every task of a run; `force` as in `save`."""
    for task in dict.fromkeys(one.pair.key.task for stage in curve for one in stage.changes):
        of_task = [
            Stage(stage.examples, tuple(c for c in stage.changes if c.pair.key.task == task))
            for stage in curve
        ]
        drawn = training_curves(of_task, notes)
        yield from _saved(drawn, folder / run.task(task).slug, "training-curve", force=force)


def _saved(drawn: Figure, folder: Path, name: str, *, force: bool) -> Iterator[Path]:
    for suffix in ("svg", "pdf"):
        yield save(drawn, folder / f"{name}.{suffix}", force=force)


def _panel(axes: Axes, changes: Sequence[TrainingChange]) -> None:
    first = changes[0]
    level = first.pair.before.value or 0.0
    names = [first.pair.before.key.method, *(change.pair.key.method for change in changes)]
    for place, scores in enumerate([first.before, *(change.after for change in changes)]):
        axes.plot(
            [score - level for score in scores],
            [place] * len(scores),
            linestyle="",
            markersize=3.5,
            **sign(place),
        )
    for place, change in enumerate(changes, start=1):
        interval = change.interval()
        if interval is not None:
            axes.hlines(place, *interval, color=sign(place)["color"], linewidth=1.2)
    axes.axvline(0, color="#5d666c", linewidth=0.8)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_title(_title(first), fontsize=8)
    axes.locator_params(axis="x", nbins=3)


def _title(change: TrainingChange) -> str:
    """The score's title with the direction that is better, in lines as wide as a panel."""
    after = change.pair.after
    return textwrap.fill(
        f"{after.title or after.key.metric} {ARROWS[after.better]}".rstrip(), TITLE
    )
