"""Where a page finds its pictures: beside it in the run, or copied along with it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core.atomic import whole_file
from bench.core.errors import BadInput
from reports.maps import TaskMaps, draw_map

if TYPE_CHECKING:
    from bench.run.header import TaskRow
    from bench.run.reader import Run

__all__ = ["MAPS", "copy_pictures", "draw_wide_maps", "picture_root"]

MAPS = "maps"
"""The folder beside the page with label maps that a browser could not show as they are."""


def picture_root(run: Run, out: Path) -> str:
    """The path from the page's folder to the folder that holds `edits/` and `predictions/`."""
    return ".." if out.resolve().parent == run.folder.resolve() else "pictures"


def copy_pictures(run: Run, out: Path) -> None:
    """Takes the run's pictures along into `out/pictures`; a file that is already there stays."""
    for part in ("edits", "predictions"):
        for source in sorted((run.folder / part).rglob("*.png")):
            _copy(source, out / "pictures" / source.relative_to(run.folder))


def draw_wide_maps(run: Run, out: Path, drawn: Iterable[tuple[TaskRow, TaskMaps]]) -> None:
    """Colours the label maps of more than 255 classes into `out/maps/TASK/EDIT.png`."""
    for task, maps in drawn:
        for edit in maps.wide:
            source = run.edit_folder(task.name, edit) / "target.png"
            with whole_file(out / MAPS / task.slug / f"{edit}.png") as temporary:
                draw_map(source, task.space).save(temporary, format="PNG")


def _copy(source: Path, target: Path) -> None:
    if target.is_file() and target.stat().st_size == source.stat().st_size:
        return
    try:
        with whole_file(target) as temporary:
            shutil.copyfile(source, temporary)
    except FileNotFoundError as error:
        raise BadInput(f"{source}: vanished while it was copied; write the report again") from error
