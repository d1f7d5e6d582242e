"""Where a thing stands, and its parts in its own coordinates.

A thing is described as if it stood alone: `dx` to the right of its foot (or to where it faces),
`up` from its base, in its own unit. What is drawn with a `Paint` belongs to the thing; what is
drawn with a bare colour is a mark on it, which changes the image and neither label nor outline.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.scenes.canvas import Paint, Part
from bench.scenes.colour import Colour
from bench.scenes.parts import mark
from bench.scenes.shapes import Capsule, Convex, Ellipse, Point, Rectangle, Shape

__all__ = ["Look", "Place"]

Look = Paint | Colour

_SHADOW: Colour = (0.05, 0.04, 0.08)


@dataclass(frozen=True)
class Place:
    """A thing's label, its foot (x, base) in the image, its unit in image sides, and its facing.

    `face` is 1 or -1; -1 mirrors the thing.
    """

    label: int
    x: float
    base: float
    unit: float
    face: float = 1.0

    def at(self, dx: float, up: float) -> Point:
        """A point of the thing in the image."""
        return self.x + self.face * dx * self.unit, self.base - up * self.unit

    def box(
        self, look: Look, dx0: float, up0: float, dx1: float, up1: float, *, round: float = 0.0
    ) -> Part:
        """An upright rectangle between two opposite corners."""
        return self.part(look, self.rectangle(dx0, up0, dx1, up1, round=round))

    def disc(self, look: Look, dx: float, up: float, rx: float, ry: float | None = None) -> Part:
        """An ellipse; a circle where `ry` is left out."""
        return self.part(look, self.ellipse(dx, up, rx, rx if ry is None else ry))

    def bar(self, look: Look, start: Point, end: Point, r0: float, r1: float | None = None) -> Part:
        """A rounded bar of radius `r0`, or one that tapers to `r1`."""
        last = r0 if r1 is None else r1
        ends = (*self.at(*start), *self.at(*end))
        return self.part(look, Capsule(*ends, r0 * self.unit, last * self.unit))

    def polygon(self, look: Look, *corners: Point) -> Part:
        """A convex polygon."""
        return self.part(look, self.convex(*corners))

    def taper(self, look: Look, up0: float, half0: float, up1: float, half1: float) -> Part:
        """A trapezoid upright on the thing's axis, of half width `half0` at height `up0`."""
        return self.polygon(look, (-half0, up0), (half0, up0), (half1, up1), (-half1, up1))

    def shadow(self, rx: float, ry: float, opacity: float = 0.32) -> Part:
        """The soft dark spot under the thing."""
        return mark(self.ellipse(0.0, 0.0, rx, ry), _SHADOW, opacity)

    def part(self, look: Look, shape: Shape) -> Part:
        """Any shape in image coordinates as a part of the thing, or as a mark on it."""
        return Part(shape, look, self.label) if isinstance(look, Paint) else mark(shape, look)

    def rectangle(
        self, dx0: float, up0: float, dx1: float, up1: float, *, round: float = 0.0
    ) -> Rectangle:
        """The shape of `box`."""
        (x0, y0), (x1, y1) = self.at(dx0, up0), self.at(dx1, up1)
        return Rectangle(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1), round * self.unit)

    def ellipse(self, dx: float, up: float, rx: float, ry: float) -> Ellipse:
        """The shape of `disc`."""
        return Ellipse(*self.at(dx, up), rx * self.unit, ry * self.unit)

    def convex(self, *corners: Point) -> Convex:
        """The shape of `polygon`."""
        return Convex(tuple(self.at(*corner) for corner in corners))
