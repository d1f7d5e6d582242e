"""Style distance: how far a painted region's palette and texture are from those the drawing has there.

A drawn scene knows its surfaces: their colours and textures under the image's light before grain and
rounding, and the strength of its grain. So the style of a masked region can be compared with the known
one, without asking a network and without asking that every blade of grass lies where it lay. Class by
class of what the region truly shows:

- the palette is the mean and the covariance of the colours, and its distance Fréchet's between the two
  Gaussians (Dowson and Landau 1982), as a root mean square over R, G and B;
- the texture is the semivariogram, half the mean squared difference of pixels that lie 1, 2 or 4 apart
  (Matheron 1963): how strong it is and how coarse. Its distance is the mean difference of the roots.

Grain adds its variance to both sides alike, on the known side as the number that the drawing has.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.core.identity import Record
from bench.edit import KnownStyle
from bench.metrics.estimate import Score
from bench.metrics.facts import Region, ScoreInfo
from bench.metrics.metric import Columns, PerEdit, PreparedReferences, References
from bench.scene import Bool, UInt8

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LAGS", "Palette", "StyleDistance", "palette_distance", "palette_of", "semivariogram"]

Float64 = NDArray[np.float64]

LAGS = (1, 2, 4)
"""How many pixels apart the pixels of a pair lie, across and down."""


@dataclass(frozen=True, eq=False)
class Palette:
    """The colours of a region: their mean, float64 [3], and covariance, float64 [3,3], of 0..255."""

    mean: Float64
    covariance: Float64


def palette_of(colours: NDArray[np.floating] | UInt8) -> Palette:
    """The palette of pixels [n,3], n at least 1; moments over n.

    >>> palette_of(np.array([[0.0, 0, 0], [20, 20, 20]])).mean
    array([10., 10., 10.])
    """
    wide = np.asarray(colours, dtype=np.float64)
    mean = wide.mean(axis=0)
    centred = wide - mean
    return Palette(mean, centred.T @ centred / len(wide))


def palette_distance(known: Palette, painted: Palette) -> float:
    """Fréchet's distance of two palettes in grey levels, as a root mean square over R, G and B.

    >>> grey = np.full((9, 3), 100.0)
    >>> palette_distance(palette_of(grey), palette_of(grey + 12))
    12.0
    """
    gap = known.mean - painted.mean
    root = _root(known.covariance)
    cross = np.linalg.eigvalsh(root @ painted.covariance @ root)
    spread = np.trace(known.covariance) + np.trace(painted.covariance)
    squared = gap @ gap + spread - 2 * np.sqrt(np.clip(cross, 0, None)).sum()
    return math.sqrt(max(float(squared), 0.0) / 3)


def _root(matrix: Float64) -> Float64:
    values, vectors = np.linalg.eigh(matrix)
    root: Float64 = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    return root


def semivariogram(image: NDArray[np.floating] | UInt8, region: Bool) -> Float64:
    """Half the mean squared difference of pixels `LAGS` apart, float64 [3]; nan where no pair is inside.

    >>> stripes = np.zeros((8, 8, 3))
    >>> stripes[:, ::2] = 10
    >>> semivariogram(stripes, np.ones((8, 8), bool))
    array([25.,  0.,  0.])

    Args:
        image: [H,W,3] or [H,W], in grey levels; several channels count alike.
        region: bool [H,W]; both pixels of a pair must be in it.
    """
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    if not len(rows):
        return np.full(len(LAGS), math.nan)
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    wide, region = np.asarray(image[box], dtype=np.float64), region[box]
    found = []
    for lag in LAGS:
        down = region[lag:] & region[:-lag]
        across = region[:, lag:] & region[:, :-lag]
        steps = (
            (wide[lag:] - wide[:-lag])[down],
            (wide[:, lag:] - wide[:, :-lag])[across],
        )
        count = sum(step.size for step in steps)
        squares = sum(float(np.sum(step * step)) for step in steps)
        found.append(squares / (2 * count) if count else math.nan)
    return np.array(found)


@dataclass(frozen=True, eq=False)
class _Surface:
    """What the drawing knows of a class in a masked region: where it shows, palette, semivariogram."""

    where: Bool
    palette: Palette
    texture: Float64


def _surfaces(style: KnownStyle, mask: Bool) -> list[_Surface]:
    """One for each class that the masked region shows."""
    grain = style.grain.astype(np.float64)
    added = np.full((3, 3), grain.var())
    steps = semivariogram(grain, np.ones(mask.shape, bool))
    found = []
    for label in np.unique(style.labels[mask]):
        where = mask & (style.labels == label)
        plain = palette_of(style.colours[where])
        # Of n pixels a share of 1 / n of the grain's variance goes into their mean.
        share = 1 - 1 / int(where.sum())
        found.append(
            _Surface(
                where,
                Palette(plain.mean, plain.covariance + share * added),
                semivariogram(style.colours, where) + steps,
            )
        )
    return found


def _distances(surfaces: Sequence[_Surface], result: UInt8) -> tuple[float, float]:
    """Palette and texture, each the mean over pixels of the distances of their classes."""
    palettes, textures, pixels, textured = 0.0, 0.0, 0, 0
    for one in surfaces:
        count = int(one.where.sum())
        palettes += count * palette_distance(one.palette, palette_of(result[one.where]))
        pixels += count
        gaps = np.abs(np.sqrt(semivariogram(result, one.where)) - np.sqrt(one.texture))
        if not np.isnan(gaps).all():  # a class of a few scattered pixels has no pair
            textures += count * float(np.nanmean(gaps))
            textured += count
    if not pixels or not textured:
        return math.nan, math.nan
    return palettes / pixels, textures / textured


class StyleDistance(PerEdit):
    """Palette and texture of the masked region against the style that the drawing has there."""

    name = "style"
    title = "Style distance"
    unit: ClassVar[str] = "grey levels"
    regions: ClassVar[tuple[Region, ...]] = ("mask",)
    floor: ClassVar[float | None] = 0.0
    orders_canaries: ClassVar[bool] = False  # a shift by a pixel changes no style
    of_drawn_scenes: ClassVar[bool] = True

    @property
    def scores(self) -> tuple[ScoreInfo, ...]:
        """Both together (the root of the sum of squares), the palette's, the texture's."""
        (both,) = super().scores
        return (
            both,
            dataclasses.replace(both, name="style-palette", title="Palette distance"),
            dataclasses.replace(both, name="style-texture", title="Texture distance"),
        )

    @property
    def needs(self) -> str:
        """A window of a drawing has another scale than the drawing."""
        return "a ground truth whose style is known: a drawn scene, not a window of one"

    def definition(self) -> Record:
        """The formulas."""
        return {
            "palette": "Fréchet distance of mean and covariance of RGB, over root 3",
            "texture": f"mean difference of roots of semivariograms at lags {list(LAGS)}",
            "known": "the drawing's colours before grain, and the grain's variance",
            "summary": "by pixels over classes, mean over edits",
        }

    def prepare(self, references: References) -> PreparedReferences:
        """What is known of every masked region, and how far the true images are from it: the floor."""
        styles = references.styles or (None,) * len(references)
        known = [
            [] if style is None else _surfaces(style(), mask)
            for style, mask in zip(styles, references.mask)
        ]
        return PreparedReferences(
            self._columns(known, references.images), memory=known, by_edit=True
        )

    def measure(
        self, references: References, prepared: PreparedReferences, results: UInt8
    ) -> Columns:
        """Three numbers per edit, nan where the style is not known."""
        del references
        return self._columns(prepared.memory, results)

    def summarise_references(self, references: pd.DataFrame, level: float = 0.95) -> list[Score]:
        """The floor: what true images score, which have grain and rounding."""
        found = self.estimates(references, references)
        return [one.score(level) for one in found if one.value is not None]

    def _columns(self, known: Sequence[Sequence[_Surface]], images: UInt8) -> Columns:
        pairs = [_distances(surfaces, image) for surfaces, image in zip(known, images)]
        return {
            self.name: [math.hypot(palette, texture) for palette, texture in pairs],
            "style-palette": [palette for palette, _ in pairs],
            "style-texture": [texture for _, texture in pairs],
        }
