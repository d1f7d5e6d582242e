"""A contact sheet of a dataset: each image beside its label map in the palette's colours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bench.datasets.dataset import Dataset, Fit
from bench.scene import VOID, Int32, LabelSpace, UInt8

__all__ = ["colour_labels", "draw_sheet"]

_GAP = 6
_LINE = 16
_SWATCH = 132
_PAPER = (250, 250, 248)
_INK = (40, 40, 44)


def colour_labels(labels: Int32, space: LabelSpace) -> UInt8:
    """A label map [H,W] as an image, uint8 [H,W,3], in the space's palette; void is black."""
    palette = np.array([*space.palette, (0, 0, 0)], dtype=np.uint8)
    return palette[np.where(labels == VOID, len(space), labels)]


def draw_sheet(
    dataset: Dataset, ids: Sequence[str], *, size: int = 128, columns: int = 4, mode: str = "crop"
) -> Image.Image:
    """Scenes in a grid, image and label map side by side, and a key of the classes seen.

    Args:
        dataset: where the scenes come from.
        ids: which ones, in reading order; at least one.
        size: pixels on a side of each image.
        columns: scenes in a row.
        mode: how images are brought to that square: "crop" or "resize".

    Raises:
        BadInput: where a scene cannot be read.
    """
    fit = Fit((size, size), "resize" if mode == "resize" else "crop")
    columns = max(1, min(columns, len(ids)))
    rows = -(-len(ids) // columns)
    cell = (2 * size + _GAP, size + _LINE)
    width = columns * (cell[0] + _GAP) + _GAP
    sheet = Image.new("RGB", (width, rows * cell[1] + _GAP), _PAPER)
    pen = ImageDraw.Draw(sheet)
    seen: set[int] = set()
    for k, scene_id in enumerate(ids):
        scene = dataset.read(scene_id, fit)
        left, top = _GAP + (k % columns) * (cell[0] + _GAP), _GAP + (k // columns) * cell[1]
        sheet.paste(Image.fromarray(scene.image), (left, top))
        sheet.paste(
            Image.fromarray(colour_labels(scene.labels, dataset.space)), (left + size + 2, top)
        )
        pen.text((left, top + size + 1), scene_id[-_shown(size) :], fill=_INK, font=_font())
        seen |= {int(label) for label in np.unique(scene.labels)} - {VOID}
    return _with_key(sheet, dataset.space, sorted(seen))


def _with_key(sheet: Image.Image, space: LabelSpace, labels: Sequence[int]) -> Image.Image:
    """The sheet with the colours and names of `labels` below it."""
    across = max(1, (sheet.width - _GAP) // _SWATCH)
    rows = -(-len(labels) // across)
    taller = Image.new("RGB", (sheet.width, sheet.height + rows * _LINE + _GAP), _PAPER)
    taller.paste(sheet, (0, 0))
    pen = ImageDraw.Draw(taller)
    for k, label in enumerate(labels):
        x, y = _GAP + (k % across) * _SWATCH, sheet.height + (k // across) * _LINE
        pen.rectangle((x, y, x + 12, y + 12), fill=space.palette[label], outline=_INK)
        pen.text((x + 17, y), space.classes[label], fill=_INK, font=_font())
    return taller


def _shown(size: int) -> int:
    """How many characters of an id fit under an image and its label map."""
    return max(8, 2 * size // 7)


def _font() -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(11)
