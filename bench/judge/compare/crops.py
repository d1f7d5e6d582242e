"""The edits that changed most, and what changed in them: crops before and after, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.core.atomic import refuse_loss, whole_file
from bench.core.images import PNG_MARK, opened, png_mark
from bench.core.text import slug
from bench.judge.pairing import PairedScore
from bench.judge.scores import ScoreKey, ScoreSet

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["EditChange", "most_changed", "write_crops"]

HEIGHT = 160
"""Pixels that a crop is high."""


@dataclass(frozen=True)
class EditChange:
    """An edit's value before and after; `loss` is positive where it got worse."""

    edit: str
    before: float
    after: float
    loss: float


def most_changed(pair: PairedScore, count: int) -> list[EditChange]:
    """The edits that changed most, of a score of per-edit values; none for one of a whole set."""
    if pair.before.kind != "edits" or pair.after.kind != "edits":
        return []
    old = dict(zip(pair.before.units, pair.before.values))
    found = []
    for edit, new in zip(pair.after.units, pair.after.values):
        if edit in old and old[edit] != new:
            loss = float(new - old[edit]) * pair.after.sign
            found.append(EditChange(edit, float(old[edit]), float(new), loss))
    return sorted(found, key=lambda change: -abs(change.loss))[:count]


def write_crops(
    before: ScoreSet,
    after: ScoreSet,
    pair: PairedScore,
    edit: str,
    folder: Path,
    *,
    force: bool = False,
) -> tuple[Path, str] | None:
    """Writes one PNG with the images of an edit side by side, cut around its mask.

    Args:
        before: the older scores; a baseline file has no images, so its tile is left out.
        after: the newer known.
        pair: the score whose methods are shown.
        edit: the edit's id.
        folder: where the PNG goes.
        force: replace a PNG of that name that siebench did not write.

    Returns:
        The file and what its tiles show, or None where there is no image.
    """
    from PIL import Image

    tiles: list[tuple[str, Path]] = []
    if after.run is not None:
        task = after.run.task(pair.key.task)
        tiles.append(("original", after.run.layout.edit_image(task.slug, edit, "original")))
    tiles += [
        (word, known.run.prediction(pair.key.task, key.method, edit))
        for word, known, key in (("before", before, pair.before.key), ("after", after, pair.key))
        if known.run is not None
    ]
    there = [(word, path) for word, path in tiles if path.is_file()]
    if after.run is None or "after" not in [word for word, _ in there]:
        return None
    task = after.run.task(pair.key.task)
    box = _box(after.run.layout.edit_image(task.slug, edit, "mask"))
    cut = [_cut(path, box) for _, path in there]
    sheet = Image.new("RGB", (sum(p.width for p in cut) + 4 * (len(cut) - 1), HEIGHT), "white")
    left = 0
    for tile in cut:
        sheet.paste(tile, (left, 0))
        left += tile.width + 4
    path = folder / f"{slug(_name(pair.key, edit))}.png"
    refuse_loss(path, ours=PNG_MARK, force=force)
    with whole_file(path) as temporary:
        sheet.save(temporary, format="PNG", pnginfo=png_mark())
    return path, ", ".join(word for word, _ in there)


def _name(key: ScoreKey, edit: str) -> str:
    return f"{key.task}-{key.method}-{edit}"


def _box(mask: Path) -> tuple[float, float, float, float] | None:
    """The mask's box with a quarter of its size around it, as shares of the image."""
    if not mask.is_file():
        return None
    with opened(mask) as image:
        plane = np.asarray(image.convert("L")) > 0
    rows, columns = np.flatnonzero(plane.any(axis=1)), np.flatnonzero(plane.any(axis=0))
    if not len(rows):
        return None
    height, width = plane.shape
    around = max(rows[-1] - rows[0], columns[-1] - columns[0]) / 4
    return (
        max(0.0, (columns[0] - around) / width),
        max(0.0, (rows[0] - around) / height),
        min(1.0, (columns[-1] + 1 + around) / width),
        min(1.0, (rows[-1] + 1 + around) / height),
    )


def _cut(path: Path, box: tuple[float, float, float, float] | None) -> Image.Image:
    from PIL import Image

    with opened(path) as image:
        tile = image.convert("RGB")
    if box is not None:
        width, height = tile.size
        left, top = round(box[0] * width), round(box[1] * height)
        tile = tile.crop((left, top, round(box[2] * width), round(box[3] * height)))
    width = max(1, round(tile.width * HEIGHT / tile.height))
    scaled: Image.Image = tile.resize((width, HEIGHT), Image.Resampling.BICUBIC)
    return scaled
