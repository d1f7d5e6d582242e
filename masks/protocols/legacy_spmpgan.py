"""legacy-spmpgan@1: the published brush from Python's and NumPy's seeded generators, with Pillow.

For making a past experiment's masks again. The numbers come from `random.Random` and from NumPy's
frozen `RandomState`, in the published order (docs/protocol/editing.md, D.4), so vertices, width and
what is left of both random states are the published ones on any version; sine and cosine are the
math library's. The pixels are Pillow's, whose drawing may change between its versions: they are
checked for Pillow 13. New work takes freeform@1, which depends on none of this.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from masks.parameters import names
from masks.protocol import Protocol
from masks.spec import Bool, DrawnEdit, Impossible, MaskError, Operation, Site, inpaint

__all__ = ["LegacySpmpgan", "Stroke", "legacy_mask", "legacy_stroke"]

SIDE = 256
"""The published brush knows one canvas, 256x256."""


@dataclass(frozen=True)
class Stroke:
    """Vertices (x, y) in pixels, 0..256 included, and the width of the line through them."""

    vertices: tuple[tuple[int, int], ...]
    width: int


@dataclass(frozen=True)
class LegacySpmpgan(Protocol):
    """SPMPGAN's own brush for a seed of Python's and NumPy's generators (docs/protocol/editing.md, D.4).

    Both are seeded once and masks drawn one after the other. Where `scenes` names all scenes in the
    order in which they were masked, the scene at place p of n gets mask p + n * sample; else mask
    `sample`, whatever the scene. Uses Pillow. Coverage over 5,000 masks: mean 0.239, sd 0.112,
    5/25/50/75/95 % = 0.087/0.154/0.221/0.308/0.449 (measured on the released code).
    """

    key: ClassVar[str] = "legacy-spmpgan@1"
    operation: ClassVar[Operation] = "inpaint"
    title: ClassVar[str] = "SPMPGAN's own masks"

    scenes: tuple[str, ...] = names((), "all scenes, in the order of the past experiment")

    def paired_with(self, scenes: Sequence[str]) -> LegacySpmpgan:
        """The same brush for these scenes in this order, unless it was told others."""
        return self if self.scenes else replace(self, scenes=tuple(scenes))

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`, which must be 256x256."""
        if site.size != (SIDE, SIDE):
            return Impossible(
                f"the published brush draws {SIDE}x{SIDE} only; freeform@1 draws any size"
            )
        python, numpy = random.Random(seed), np.random.RandomState(seed)
        stroke = legacy_stroke(python, numpy)
        for _ in range(self._place(site, sample)):
            stroke = legacy_stroke(python, numpy)
        return inpaint(site, legacy_mask(stroke))

    def _place(self, site: Site, sample: int) -> int:
        if not self.scenes:
            return sample
        if site.scene not in self.scenes:
            raise MaskError(f"{self.key}: the scene {site.scene!r} is not among the scenes named")
        return self.scenes.index(site.scene) + len(self.scenes) * sample


def legacy_stroke(python: random.Random, numpy: np.random.RandomState) -> Stroke:
    """The next stroke; both generators are left where the published code leaves them."""
    count = python.randint(4, 8)
    low = 2 * math.pi / 5 - python.uniform(0, 2 * math.pi / 15)
    high = 2 * math.pi / 5 + python.uniform(0, 2 * math.pi / 15)
    angles = [python.uniform(low, high) for _ in range(count)]
    angles[::2] = [2 * math.pi - angle for angle in angles[::2]]
    vertices = [(python.randint(0, SIDE), python.randint(0, SIDE))]
    mean = math.sqrt(2 * SIDE * SIDE) / 8
    for angle in angles:
        step = min(max(numpy.normal(mean, mean // 2), 0), 2 * mean)
        x, y = vertices[-1]
        x = int(min(max(x + step * math.cos(angle), 0), SIDE))
        y = int(min(max(y + step * math.sin(angle), 0), SIDE))
        vertices.append((x, y))
    width = int(python.uniform(50, 140))
    numpy.normal(size=2)  # two flips are decided and thrown away
    return Stroke(tuple(vertices), width)


def legacy_mask(stroke: Stroke) -> Bool:
    """The stroke's pixels as Pillow draws them, bool [256,256]."""
    from PIL import Image, ImageDraw

    canvas = Image.new("L", (SIDE, SIDE), 0)
    pen = ImageDraw.Draw(canvas)
    pen.line(list(stroke.vertices), fill=1, width=stroke.width)
    radius = stroke.width // 2
    for x, y in stroke.vertices:
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=1)
    return np.asarray(canvas) > 0
