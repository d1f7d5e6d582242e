"""Every figure that a run has the values for, as files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bench.run.reader import read_run
from reports.edits import edits_data, value_columns
from reports.figures.cost import COST, quality_against_cost
from reports.figures.curves import per_class, per_mask_area
from reports.figures.differences import differences, paired
from reports.figures.grid import comparison_grid
from reports.figures.style import save
from reports.influence import influences
from reports.thumbnails import chosen_edits

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bench.run.reader import Run
    from bench.run.schema import TaskRow

__all__ = ["write_figures"]

GRID_ROWS = 6


def write_figures(
    run_dir: Path | str,
    out: Path | str | None = None,
    *,
    formats: Sequence[Literal["svg", "pdf"]] = ("svg", "pdf"),
    against: str | None = None,
    force: bool = False,
) -> list[Path]:
    """Writes OUT/TASK/NAME.svg and .pdf and returns their paths.

    Args:
        run_dir: the run's directory.
        out: the folder, `figures/` inside the run where None.
        formats: the kinds of file.
        against: the method that differences are to; no differences where None, and none of a score
            in which no edit of another method has a finite one.
        force: replace files that siebench did not write.

    Raises:
        BadInput: where there is no readable run, `against` is no method of it, or a file that siebench
            did not write has a figure's name.
    """
    run = read_run(run_dir)
    if against is not None:
        run.method(against)
    folder = run.folder / "figures" if out is None else Path(out)
    return [
        save(drawn, folder / task.slug / f"{name}.{suffix}", force=force)
        for task in run.header.tasks
        for name, drawn in _figures(run, task, against)
        for suffix in formats
    ]


def _figures(run: Run, task: TaskRow, against: str | None) -> Iterator[tuple[str, Figure]]:
    samples = run.samples(task.name)
    if samples.empty:
        return
    edits = chosen_edits(edits_data(run, task, samples, influences(run, task)))[:GRID_ROWS]
    yield "grid", comparison_grid(run, task.name, edits)
    for metric in value_columns(run, samples):
        if metric.better != "neither":
            yield f"{metric.name}-area", per_mask_area(run, task.name, metric.name)
            # Where all differences are infinite, or nobody else is there, nothing can be drawn.
            if against is not None and paired(run, task.name, metric.name, against):
                yield (
                    f"{metric.name}-differences",
                    differences(run, task.name, metric.name, against),
                )
    own = run.scores[run.scores["task"] == task.name]
    timed = run.costs.loc[run.costs["task"] == task.name, COST].notna().any()
    for metric in run.header.metrics:
        values = own[(own["metric"] == metric.name) & own["value"].notna()]
        if (values["of"] != "all").any():
            yield f"{metric.name}-classes", per_class(run, task.name, metric.name)
        if timed and (values["of"] == "all").any() and metric.better != "neither":
            yield f"{metric.name}-cost", quality_against_cost(run, task.name, metric.name)
