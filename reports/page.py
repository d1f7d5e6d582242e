"""The page: one HTML file with its style, script and data inside, and no request to anywhere.

Names from runs reach the page by two ways only: through templates that escape, and as JSON in which
no "<" is left, which the script shows as text. A content security policy lets nothing else run.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from bench.core.text import counted, without_folders
from bench.metrics.facts import short_title
from bench.run.certify import read_certificate
from bench.run.layout import EDITS, PREDICTIONS
from reports.beside import beside
from reports.costs import cost_table
from reports.edits import edit_ids, edits_data
from reports.failures import FailureGroup, WithoutGroundTruth, failures, without_ground_truth
from reports.findings import caveat, findings, standings
from reports.influence import Costly, costly, influences
from reports.maps import TaskMaps, read_task_maps
from reports.notices import notices
from reports.numbers import duration
from reports.overview import main_scores, overview, uncounted
from reports.provenance import provenance
from reports.slices import UNJUDGED, slices_data
from reports.study import StudyView
from reports.table import ARROWS, Table, class_tables, task_table

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from bench.run.reader import Run
    from bench.run.schema import TaskRow

__all__ = ["Images", "TaskView", "environment", "render", "source_hash", "static", "task_views"]

STYLES = ("tokens.css", "page.css", "tables.css", "gallery.css", "viewer.css", "print.css")
SCRIPTS = (
    "data.js", "elements.js", "theme_button.js", "images.js", "tables.js", "gallery.js", "glimpses.js",
    "viewer.js", "stage.js", "plot.js", "scatter.js", "classes.js", "costs.js", "slices.js", "main.js",
)  # fmt: skip


@dataclass(frozen=True)
class Images:
    """Where the page's script finds images.

    `root` is the path to `edits/` and `predictions/`; `embedded` maps such a path
    ("edits/TASK/EDIT/original.png") to a data URI, and is None where images lie outside the page.
    """

    root: str
    embedded: Mapping[str, str] | None = None


@dataclass(frozen=True)
class TaskView:
    """All that the page shows of one task."""

    task: TaskRow
    table: Table
    classes: tuple[Table, ...]
    maps: TaskMaps
    failures: tuple[FailureGroup, ...]
    without_ground_truth: tuple[WithoutGroundTruth, ...]
    costly: tuple[Costly, ...]
    data: dict[str, Any]


def task_views(run: Run) -> list[TaskView]:
    """Reads every task of a run."""
    return [_view(run, task) for task in run.header.tasks]


def render(
    run: Run,
    views: Sequence[TaskView],
    images: Images,
    logs_root: str | None = None,
    studies: Sequence[StudyView] = (),
) -> str:
    """The page as HTML.

    Args:
        run: the run.
        views: its tasks.
        images: where the script finds images.
        logs_root: what comes before a traceback's path in links; None puts them into the page.
        studies: human studies of the run.
    """
    templates = environment()
    script = "\n".join(static(name) for name in SCRIPTS)
    script = f'(() => {{\n"use strict";\n{script}\n}})();'
    theme = static("theme.js")
    tables = [view.table for view in views]
    failed = {view.task.name: view.failures for view in views}
    sliced = slices_data(run)
    found = standings(run, tables, [column.name for column in main_scores(run, tables)])
    return templates.get_template("page.html").render(
        header=run.header,
        views=views,
        notices=notices(run, tables, failed),
        overview=overview(run, tables, found),
        findings=findings(found, uncounted(run, tables)),
        caveat=caveat(found),
        standings={
            view.task.name: [s for s in found if s.task == view.task.name] for view in views
        },
        beside=beside(run),
        studies=studies,
        slices=_script_json(sliced) if sliced else "",
        unjudged=UNJUDGED,
        costs=cost_table(run),
        logs_root=logs_root,
        certificate=read_certificate(run),
        titles={
            "task": {one.name: one.title for one in run.header.tasks},
            "method": {one.name: one.title for one in run.header.methods},
            "metric": {one.name: one.title for one in run.header.metrics},
        },
        provenance=provenance(run),
        style="\n".join(static(name) for name in STYLES),
        theme=theme,
        script=script,
        hashes=" ".join(source_hash(text) for text in (theme, script)),
        data=_script_json(_run_data(run, images)),
        task_data={view.task.slug: _script_json(view.data) for view in views},
    )


def _view(run: Run, task: TaskRow) -> TaskView:
    samples = run.samples(task.name)
    maps = read_task_maps(run, task, edit_ids(samples))
    found = influences(run, task)
    data = edits_data(run, task, samples, found)
    data |= {
        "slug": task.slug,
        "title": task.title,
        "size": task.size,
        "inside": maps.inside,
        "classes": {entry.index: [entry.name, entry.colour] for entry in maps.legend},
        "wide": bool(maps.wide),
    }
    table = task_table(run, task)
    first_edits = dict(zip(reversed(data["scenes"]), reversed(data["edits"])))
    return TaskView(
        task=task,
        table=table,
        classes=tuple(class_tables(run, task)),
        maps=maps,
        failures=tuple(failures(run, task, samples)),
        without_ground_truth=tuple(without_ground_truth(samples)),
        costly=tuple(costly(run, found, first_edits, task)),
        data=data,
    )


def _run_data(run: Run, images: Images) -> dict[str, Any]:
    return {
        "methods": [
            {"name": m.name, "slug": m.slug, "title": m.title, "hidden": m.sees_hidden}
            for m in run.header.methods
        ],
        "edits": EDITS,
        "predictions": PREDICTIONS,
        "root": images.root,
        "embedded": images.embedded,
    }


def environment() -> Environment:
    """What renders the templates: everything from a run is escaped, and nothing may be missing."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["ARROWS"] = ARROWS
    made.globals["short_title"] = lambda column: short_title(column.title, column.region)
    made.filters |= {
        "counted": counted,
        "duration": duration,
        "commands": _commands,
        "readable": _readable,
        "without_folders": without_folders,
    }
    return made


def static(name: str) -> str:
    """A style or script that a page takes into itself."""
    return (files("reports") / "static" / name).read_text(encoding="utf-8")


def source_hash(text: str) -> str:
    """A script as a content security policy lets it run."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _script_json(value: Any) -> str:
    """Compact JSON that cannot end a script element or start a comment in it."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _commands(text: str) -> Markup:
    """Escaped text; what stands between backquotes as code."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _readable(value: Any) -> str:
    """Indented JSON for a reader; the template escapes it."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
