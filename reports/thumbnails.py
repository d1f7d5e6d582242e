"""Small images inside the page, for a report that is one mailable file.

Of each task the worst, the best and a random choice of edits come along (by the mean over methods
of the score that the gallery starts with), task by task in turn until a budget is spent, so that
the whole page stays under 20 MiB however many tasks there are. The random choice goes by the hash
of an edit's id: the same edits each time.
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.core.images import opened
from reports.maps import MAPS, draw_map

if TYPE_CHECKING:
    from PIL import Image

    from bench.run.layout import EditImage
    from bench.run.reader import Run
    from bench.run.schema import TaskRow
    from reports.page import TaskView

__all__ = ["BUDGET", "LONG_SIDE", "PER_CHOICE", "chosen_edits", "thumbnails"]

BUDGET = 13 * 2**20
"""Characters for images; with at most 5 MiB of page it leaves room below 20 MiB."""

LONG_SIDE = 224
"""Pixels of a thumbnail's longer side."""

PER_CHOICE = 8
"""Edits per task and choice (worst, best, random)."""


def thumbnails(run: Run, views: Sequence[TaskView]) -> dict[str, str]:
    """Data URIs by the path that the page's script would ask for, within the budget."""
    found: dict[str, str] = {}
    spent = 0
    chosen = ([(view.task, edit) for edit in chosen_edits(view.data)] for view in views)
    for item in chain.from_iterable(zip_longest(*chosen)):
        if item is None:
            continue
        images = dict(_images(run, *item))
        spent += sum(len(uri) for uri in images.values())
        if spent > BUDGET:
            break
        found |= images
    return found


def chosen_edits(data: dict[str, Any]) -> list[str]:
    """Ids of the worst, the best and a random choice in turn, each edit once."""
    edits = list(data["edits"])
    ranked = _worst_first(data)
    drawn = sorted(edits, key=lambda edit: hashlib.sha256(edit.encode()).digest())
    # Few edits may have a value; a random choice is there all the same.
    turns = zip_longest(ranked[:PER_CHOICE], ranked[::-1][:PER_CHOICE], drawn[:PER_CHOICE])
    return list(dict.fromkeys(edit for turn in turns for edit in turn if edit is not None))


def _worst_first(data: dict[str, Any]) -> list[str]:
    directed = [i for i, metric in enumerate(data["metrics"]) if metric["better"] != "neither"]
    if not directed:
        return list(data["edits"])
    regional = [i for i in directed if data["metrics"][i]["region"] == "mask"]
    first = (regional or directed)[0]
    sign = 1 if data["metrics"][first]["better"] == "higher" else -1
    means = {}
    for position, edit in enumerate(data["edits"]):
        values = [column[position] for column in data["values"][first]]
        # An oracle's infinite PSNR would make all edits alike.
        finite = [value for value in values if isinstance(value, (int, float))]
        present = finite or [float(value) for value in values if value is not None]
        if present:
            means[edit] = sign * sum(present) / len(present)
    return sorted(means, key=lambda edit: means[edit])


def _images(run: Run, task: TaskRow, edit: str) -> Iterator[tuple[str, str]]:
    places = run.layout
    photographs: tuple[EditImage, ...] = ("original", "truth")
    for name in photographs:
        file = places.edit_image(task.slug, edit, name)
        if file.is_file():
            yield places.relative(file), _photograph(_opened(file))
    mask = places.edit_image(task.slug, edit, "mask")
    if mask.is_file():
        yield places.relative(mask), _drawing(_opened(mask).convert("1"))
    target = places.edit_image(task.slug, edit, "target")
    if target.is_file() and len(task.space.classes) <= 255:
        yield places.relative(target), _drawing(_opened(target))
    elif target.is_file():
        yield f"{MAPS}/{task.slug}/{edit}.png", _drawing(draw_map(target, task.space))
    for method in run.header.methods:
        file = run.prediction(task.name, method.name, edit)
        if file.is_file():
            yield places.relative(file), _photograph(_opened(file))


def _opened(file: Path) -> Image.Image:
    with opened(file) as image:
        copied: Image.Image = image.copy()
        return copied


def _photograph(image: Image.Image) -> str:
    """WebP, smoothly reduced."""
    from PIL import Image

    image = image.convert("RGB")
    image.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    return _data_uri(image, "webp", quality=82)


def _drawing(image: Image.Image) -> str:
    """PNG, reduced without new colours: a mask or a label map."""
    from PIL import Image

    image.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.NEAREST)
    return _data_uri(image, "png", optimize=True)


def _data_uri(image: Image.Image, kind: str, **options: Any) -> str:
    stream = io.BytesIO()
    image.save(stream, format=kind.upper(), **options)
    return f"data:image/{kind};base64,{base64.b64encode(stream.getvalue()).decode()}"
