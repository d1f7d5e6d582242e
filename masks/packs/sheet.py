"""A contact sheet of a pack: many edits on one image."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from masks.packs.manifest import Entry, entries
from masks.packs.png import label_colours
from masks.packs.read import planes
from masks.spec import MaskError

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["contact_sheet"]

TILE = 128
CAPTION = 24
COLUMNS = 8


def contact_sheet(folder: Path, path: Path, limit: int = 64) -> int:
    """Writes the first edits of a pack as one PNG and returns how many it shows.

    A tile shows the target map in colours (mid-grey where the pack has none) with what is masked
    in white; impossible edits show their reason.

    Args:
        folder: the pack.
        path: where to write the image.
        limit: the most edits shown.

    Raises:
        MaskError: where the pack cannot be read or is empty, or the image cannot be written.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    tiles = list(islice(_tiles(Path(folder)), limit))
    if not tiles:
        raise MaskError(f"{folder}: the pack is empty")
    rows = -(-len(tiles) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * (TILE + 4), rows * (TILE + CAPTION + 4)), "#202020")
    for i, tile in enumerate(tiles):
        sheet.paste(tile, (i % COLUMNS * (TILE + 4), i // COLUMNS * (TILE + CAPTION + 4)))
    mark = PngInfo()
    mark.add_text("Software", "siebench")  # by which the command knows what it wrote
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sheet.save(path, format="PNG", pnginfo=mark)
    except OSError as error:
        raise MaskError(f"{path}: cannot be written ({error.strerror or error})") from None
    return len(tiles)


def _tiles(folder: Path) -> Iterator[Image]:
    from PIL import Image, ImageDraw

    for entry in entries(folder):
        tile = Image.new("RGB", (TILE, TILE + CAPTION), "#202020")
        if entry.mask is not None:
            shown = Image.fromarray(_shown(folder, entry))
            shown.thumbnail((TILE, TILE), Image.Resampling.NEAREST)
            tile.paste(shown, ((TILE - shown.width) // 2, (TILE - shown.height) // 2))
        pen = ImageDraw.Draw(tile)
        pen.text((2, TILE), f"{entry.scene[-16:]} {entry.sample}", fill="white")
        second = entry.impossible or f"{entry.coverage:.3f} {entry.region or ''}"
        pen.text((2, TILE + 11), second[:22], fill="#ff8080" if entry.impossible else "#b0b0b0")
        yield tile


def _shown(folder: Path, entry: Entry) -> NDArray[np.uint8]:
    mask, labels, _ = planes(folder, entry)
    if labels is None:
        grey = np.where(mask, 255, 96).astype(np.uint8)
        return np.stack([grey] * 3, axis=-1)
    colours = label_colours()[(labels + 1) % 256]
    washed = (colours.astype(np.uint16) + 3 * 255) // 4
    return np.where(mask[..., None], washed, colours // 2 + 20).astype(np.uint8)
