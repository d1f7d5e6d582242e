"""Writes the report of a run."""

from __future__ import annotations

from pathlib import Path

from bench.core.atomic import write_text
from bench.core.errors import BadInput
from bench.run.reader import read_run
from reports.page import Pictures, render, task_views
from reports.pictures import copy_pictures, draw_wide_maps, picture_root
from reports.thumbnails import thumbnails

__all__ = ["write_report"]


def write_report(
    run_dir: Path | str, out: Path | str | None = None, *, single_file: bool = False
) -> Path:
    """Renders a run and returns the page's path.

    Args:
        run_dir: the run's directory.
        out: the folder for the page, `report/` inside the run where None. A page outside the run
            takes the pictures along.
        single_file: writes one mailable `report.html` of at most 20 MiB, with thumbnails of the
            worst, the best and a random choice of edits inside, instead of `index.html`.

    Raises:
        BadInput: where there is no readable run, or the page cannot be written.
    """
    run = read_run(run_dir)
    folder = run.folder / "report" if out is None else Path(out)
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder}: is a file; give a folder for the report")
    views = task_views(run)
    if single_file:
        page = folder / "report.html"
        write_text(page, render(run, views, Pictures("", thumbnails(run, views))))
        return page
    root = picture_root(run, folder)
    if root != "..":
        copy_pictures(run, folder)
    draw_wide_maps(run, folder, [(view.task, view.maps) for view in views])
    page = folder / "index.html"
    write_text(page, render(run, views, Pictures(root)))
    return page
