"""stratified@1: strokes that fill strata of area, boundary contact and thinness evenly."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import isqrt
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from masks.morphology import border
from masks.parameters import whole
from masks.protocol import Protocol
from masks.raster import union
from masks.spec import Bool, DrawnEdit, Impossible, Operation, Site, inpaint
from masks.streams import Stream

__all__ = ["AREAS", "STRATA", "THIN", "Stratified", "Stratum", "stratum_of"]

AREAS = (0.02, 0.08, 0.2, 0.45)
"""Edges of the three area classes, as shares of the image."""

THIN = 40
"""A mask is thin where outline**2 >= THIN * area (a square has 16, a digital disc about 20)."""

CORNERS = 9
"""Points of the polyline that a stroke follows, as far as its length goes."""

SHARE = 4096
"""Units of a random share in 0..1."""


class Stratum(NamedTuple):
    """What a stratum's masks have in common.

    Attributes:
        area: index of the area class, edges in `AREAS`.
        touches: whether the mask reaches the image's rim.
        thin: whether its outline is long for its area, by `THIN`.
    """

    area: int
    touches: bool
    thin: bool


STRATA = tuple(
    Stratum(area, touches, thin)
    for area in range(len(AREAS) - 1)
    for touches in (False, True)
    for thin in (False, True)
)
"""The twelve strata in order."""


@dataclass(frozen=True)
class Stratified(Protocol):
    """One stroke of the stratum whose turn it is; for analyses of error over the shape of the mask.

    The samples of a scene go through the twelve strata in order, from a first one drawn by (seed,
    scene): 12 samples of a scene hold every stratum once, one sample of many scenes holds each
    about as often. A stroke is drawn around its stratum's area and kept if `stratum_of` puts it
    there.
    """

    key: ClassVar[str] = "stratified@1"
    operation: ClassVar[Operation] = "inpaint"
    title: ClassVar[str] = "masks by size"

    tries: int = whole(100, 1, 10000, "strokes that are drawn before an edit is given up")

    def stratum(self, dataset: str, scene: str, *, seed: int = 0, sample: int = 0) -> Stratum:
        """The stratum of an edit."""
        first = Stream(self.key, dataset, scene, seed, "first stratum").integers(0, len(STRATA), 1)
        return STRATA[(int(first[0]) + sample) % len(STRATA)]

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`: its mask alone is drawn."""
        wanted = self.stratum(site.dataset, site.scene, seed=seed, sample=sample)
        stream = self.stream(site, seed, sample)
        for _ in range(self.tries):
            mask = _stroke(site.size, wanted, stream)
            if stratum_of(mask) == wanted:
                return inpaint(site, mask)
        return Impossible(f"no stroke out of {self.tries} fell into the stratum {wanted}")


def stratum_of(mask: Bool) -> Stratum | None:
    """The stratum of any mask, bool [H,W]; None where its area lies outside of `AREAS`."""
    area = int(mask.sum())
    share = area / mask.size
    if not AREAS[0] <= share < AREAS[-1]:
        return None
    rim = mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any()
    thin = border(mask) ** 2 >= THIN * area
    return Stratum(sum(share >= edge for edge in AREAS[1:-1]), bool(rim), thin)


def _stroke(size: tuple[int, int], wanted: Stratum, stream: Stream) -> Bool:
    """A stroke that is likely to fall into a stratum: a polyline through random points."""
    height, width = size
    drawn = stream.integers(0, SHARE, 3 + 2 * CORNERS)
    low, high = (int(edge * height * width) for edge in AREAS[wanted.area : wanted.area + 2])
    area = low + (high - low) * int(drawn[0]) // SHARE
    # Length over width: 3 to 9 for thin strokes, which cross themselves now and then, else 0 to 1.
    ratio = 3 * SHARE + 6 * int(drawn[1]) if wanted.thin else int(drawn[1])
    thick = max(1, isqrt(area * SHARE // (ratio + SHARE * 3 // 4)))
    points = _points(size, thick // 2 + 1, drawn[3:])
    if wanted.touches:
        x, y = points[0]
        points[0] = [(0, y), (width - 1, y), (x, 0), (x, height - 1)][int(drawn[2]) * 4 // SHARE]
    ends = np.array(_cut(points, thick * ratio // SHARE))
    return union(size, ends, np.full(len(ends), thick))


def _points(size: tuple[int, int], reach: int, drawn: NDArray[np.int64]) -> list[tuple[int, int]]:
    """CORNERS random points (x, y), `reach` pixels from the rim where the canvas has the room."""
    height, width = size
    x, y = (
        np.minimum(reach, side // 2) + max(0, side - 2 * reach) * shares // SHARE
        for side, shares in zip((width, height), drawn.reshape(2, CORNERS), strict=True)
    )
    return [(int(a), int(b)) for a, b in zip(x, y, strict=True)]


def _cut(points: list[tuple[int, int]], length: int) -> list[tuple[int, int, int, int]]:
    """The segments x0, y0, x1, y1 of the polyline's first `length` pixels (at least a point)."""
    segments = []
    for (x0, y0), (x1, y1) in pairwise(points):
        whole = max(1, isqrt((x1 - x0) ** 2 + (y1 - y0) ** 2))
        part = min(length, whole)
        x1, y1 = x0 + (x1 - x0) * part // whole, y0 + (y1 - y0) * part // whole
        segments.append((x0, y0, x1, y1))
        length -= part
        if length <= 0:
            break
    return segments
