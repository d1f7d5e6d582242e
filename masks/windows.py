"""Square windows cut out of a scene, and what of it is seen through one at another size.

Source: docs/protocol/generation.md, A.5 (SESAME's box data).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from masks.raster import box
from masks.spec import Bool, DrawnEdit, Int32, Site

__all__ = ["Extent", "background_box", "look", "seen", "square_around"]


@dataclass(frozen=True)
class Extent:
    """A rectangle in pixels, bottom and right excluded."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def longest(self) -> int:
        """The longer side."""
        return max(self.bottom - self.top, self.right - self.left)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its rows and columns, as indices of an array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def background_box(
    size: tuple[int, int], bounds: tuple[int, int], words: NDArray[np.int64]
) -> Extent | None:
    """A random box that knows no object; None where the image is too small for `bounds`.

    xmin is uniform in [0, w - min - 1), xmax in [xmin + min, min(xmin + max, w - 1)), rows alike
    (A.5).

    Args:
        size: (H, W).
        bounds: least and most length of a side (min, max), in pixels.
        words: int64 [4], uniform in 0..2**31-1: for xmin, ymin, xmax, ymax.
    """
    least, most = bounds
    height, width = size
    if min(size) < least + 2:
        return None
    left = int(words[0]) * (width - least - 1) >> 31
    top = int(words[1]) * (height - least - 1) >> 31
    right = _end(left, least, min(left + most, width - 1), int(words[2]))
    bottom = _end(top, least, min(top + most, height - 1), int(words[3]))
    return Extent(top, left, bottom, right)


def square_around(masked: Extent, size: tuple[int, int], margin: float = 3) -> Extent:
    """The square of side min(margin * longest, H, W) around the box, pushed into the image."""
    height, width = size
    side = min(int(margin * masked.longest), height, width)
    top = (masked.top + masked.bottom - side) // 2
    left = (masked.left + masked.right - side) // 2
    top = min(max(top, 0), height - side)
    left = min(max(left, 0), width - side)
    return Extent(top, left, top + side, left + side)


def look(site: Site, window: Extent, masked: Extent, size: int, region: str | None) -> DrawnEdit:
    """The edit of the box `masked` as seen through the square `window`, [size,size] pixels.

    Maps are taken from the nearest pixel (centres of pixels mapped onto the window); the masked box's
    edges are scaled and rounded down, as SESAME's are, and what lies outside of the window is cut
    off.
    """
    return DrawnEdit(
        mask=_mapped(masked, window, size),
        labels=seen(site.labels, window, (size, size)),
        instances=None if site.instances is None else seen(site.instances, window, (size, size)),
        region=region,
        window=(window.top, window.left, window.bottom, window.right),
    )


def seen(plane: Int32, window: Extent, size: tuple[int, int]) -> Int32:
    """A scene's map inside of the window, int32 of `size` (height, width), from the nearest pixels."""
    height, width = size
    rows = window.top + _nearest(window.bottom - window.top, height)
    columns = window.left + _nearest(window.right - window.left, width)
    taken: Int32 = plane[np.ix_(rows, columns)]
    return taken


def _nearest(side: int, count: int) -> NDArray[np.int64]:
    return (2 * np.arange(count) + 1) * side // (2 * count)


def _mapped(masked: Extent, window: Extent, size: int) -> Bool:
    side = window.bottom - window.top
    top, bottom = ((y - window.top) * size // side for y in (masked.top, masked.bottom))
    left, right = ((x - window.left) * size // side for x in (masked.left, masked.right))
    return box((size, size), top, left, bottom, right)


def _end(start: int, least: int, most: int, word: int) -> int:
    return start + least + (word * max(most - start - least, 1) >> 31)
