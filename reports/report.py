"""Writes the report of a run: the page, and its images where they do not lie beside it."""

from __future__ import annotations

import filecmp
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core.atomic import refuse_loss, whole_file, write_text
from bench.core.errors import BadInput
from bench.run.layout import EDITS, PREDICTIONS
from bench.run.reader import read_run
from reports.export.csv_table import csv
from reports.maps import MAPS, TaskMaps, draw_map
from reports.page import Images, TaskView, render, task_views
from reports.study import StudyView, study_view
from reports.thumbnails import thumbnails

if TYPE_CHECKING:
    from bench.run.reader import Run
    from bench.run.schema import TaskRow

__all__ = ["report"]

_PAGE = rb"<title>[^\n]* \xc2\xb7 siebench report</title>"
"""By which a page that siebench wrote is known."""

_SCORES = "scores.csv"

_ZIP = rb"\APK.*siebench report\Z"
"""By which a bundle that siebench wrote is known."""

COPIES = "images"
"""The folder for copies of the images beside a page that lies outside its run."""


def report(
    run: Path | str,
    out: Path | str | None = None,
    *,
    single_file: bool = False,
    bundle: bool = False,
    studies: Sequence[Path | str] = (),
    force: bool = False,
) -> Path:
    """Renders a run and returns the page's path, or that of the bundle.

    Args:
        run: the run's directory.
        out: the folder for the page, `report/` inside the run where None. A page outside the run
            takes copies of the images and tracebacks with it.
        single_file: writes one mailable `report.html` of at most 20 MiB, with thumbnails of the
            worst, the best and a random choice of edits and the tracebacks inside, instead of `index.html`.
        bundle: writes a folder for a static host, or one file where `out` ends in ".zip": the page, its
            images and tracebacks, and the scores as CSV; nothing leads out of it. `bundle/` inside the
            run where `out` is None.
        studies: human studies of the run, files of `siebench study read --json`; a section each.
        force: replace a page, and folders beside it, that siebench did not write.

    Raises:
        BadInput: where there is no readable run or study, the page cannot be written, or something else
            is in its place.
    """
    opened = read_run(run)
    if bundle:
        if single_file:
            raise BadInput("a single file is a bundle already; give --single-file or --bundle")
        return _bundle(opened, out, studies, force=force)
    folder = opened.folder / "report" if out is None else Path(out)
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder}: is a file; give a folder for the report")
    asked = _studies(opened, studies)
    inside = folder.resolve().parent == opened.folder.resolve()
    page = folder / ("report.html" if single_file else "index.html")
    refuse_loss(page, ours=_PAGE, force=force)
    if not (single_file or inside or force):
        _refuse_others(opened, folder, page)
    views = task_views(opened)
    if single_file:
        write_text(page, render(opened, views, Images("", thumbnails(opened, views)), None, asked))
        return page
    if not inside:
        _write_whole(opened, views, folder, asked)
        return page
    _draw_wide_maps(opened, folder, [(view.task, view.maps) for view in views])
    write_text(page, render(opened, views, Images(".."), "../", asked))
    return page


def _write_whole(
    run: Run, views: Sequence[TaskView], folder: Path, studies: Sequence[StudyView]
) -> None:
    """The page with everything that it shows beside it."""
    _copy_images(run, folder)
    _copy_logs(views, folder)
    _draw_wide_maps(run, folder, [(view.task, view.maps) for view in views])
    write_text(folder / "index.html", render(run, views, Images(COPIES), "", studies))


def _bundle(
    run: Run, out: Path | str | None, studies: Sequence[Path | str], *, force: bool
) -> Path:
    target = run.folder / "bundle" if out is None else Path(out)
    asked = _studies(run, studies)
    zipped = target.suffix == ".zip"
    if zipped:
        refuse_loss(target, ours=_ZIP, force=force)
    elif target.exists() and not target.is_dir():
        raise BadInput(f"{target}: is a file; give a folder for the bundle, or a name in .zip")
    else:
        refuse_loss(target / "index.html", ours=_PAGE, force=force)
        if not force:
            _refuse_others(run, target, target / "index.html", _SCORES)
    with tempfile.TemporaryDirectory(prefix="siebench-") as temporary:
        folder = Path(temporary) if zipped else target
        _write_whole(run, task_views(run), folder, asked)
        write_text(folder / _SCORES, csv(run))
        # Some hosts leave out names that begin with a dot or an underscore without it.
        write_text(folder / ".nojekyll", "")
        if zipped:
            _zip(folder, target)
    return target


def _zip(folder: Path, target: Path) -> None:
    """The same files give the same bytes."""
    with whole_file(target) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        archive.comment = b"siebench report"
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = zipfile.ZipInfo(file.relative_to(folder).as_posix())
            name.external_attr = 0o644 << 16
            kind = zipfile.ZIP_STORED if file.suffix == ".png" else zipfile.ZIP_DEFLATED
            archive.writestr(name, file.read_bytes(), kind)


def _studies(run: Run, files: Sequence[Path | str]) -> list[StudyView]:
    from bench.study.findings import read_findings

    found = [(file, read_findings(file)) for file in files]
    for file, study in found:
        unknown = study.titles.keys() - {method.name for method in run.header.methods}
        if unknown:
            raise BadInput(
                f"{file}: is a study of methods that {run.folder} lacks ({', '.join(sorted(unknown))})"
            )
    return [study_view(study) for _, study in found]


def _refuse_others(run: Run, folder: Path, page: Path, *besides: str) -> None:
    """Refuses a folder without our page that holds what would lie beside the page."""
    if folder.resolve() == run.folder.resolve():
        raise BadInput(f"{folder}: is the run itself; leave --out out, or give a folder of its own")
    for part in (COPIES, MAPS, "failures", *besides):
        if not page.exists() and (folder / part).exists():
            raise BadInput(
                f"{folder / part}: is there already and siebench did not write it; give another folder, "
                "or --force to write into it"
            )


def _copy_images(run: Run, out: Path) -> None:
    """Takes the run's images along into `out/images`; a file that is already there stays."""
    for part in (EDITS, PREDICTIONS):
        for source in sorted((run.folder / part).rglob("*.png")):
            _copy(source, out / COPIES / run.layout.relative(source))


def _copy_logs(views: Sequence[TaskView], out: Path) -> None:
    """Takes the tracebacks that the page links along, to the same path below `out`."""
    for failure in (failure for view in views for failure in view.failures):
        if failure.log is not None:
            write_text(out / failure.link, failure.whole)


def _draw_wide_maps(run: Run, out: Path, drawn: Iterable[tuple[TaskRow, TaskMaps]]) -> None:
    """Colours the label maps of more than 255 classes into `out/maps/TASK/EDIT.png`."""
    for task, maps in drawn:
        for edit in maps.wide:
            source = run.layout.edit_image(task.slug, edit, "target")
            with whole_file(out / MAPS / task.slug / f"{edit}.png") as temporary:
                draw_map(source, task.space).save(temporary, format="PNG")


def _copy(source: Path, target: Path) -> None:
    try:
        if target.is_file() and filecmp.cmp(source, target, shallow=False):
            return
        with whole_file(target) as temporary:
            shutil.copyfile(source, temporary)
    except FileNotFoundError as error:
        raise BadInput(f"{source}: vanished while it was copied; write the report again") from error
