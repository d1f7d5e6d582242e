"""Shapes as signed distances: negative inside, so that coverage is smooth and labels are exact.

Coordinates: the image is the unit square, x to the right, y down. `distance` takes a row x [1,w]
and a column y [h,1] and gives float64 [h,w] in the same units, exact near straight edges and close
to exact near curved ones. `box` is (left, top, right, bottom): outside it the distance is positive.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from bench.scenes.noise import Float, fractal_noise, ridge

__all__ = [
    "Blob",
    "Bounds",
    "Capsule",
    "Convex",
    "Ellipse",
    "Everything",
    "Intersection",
    "Minus",
    "Point",
    "Rectangle",
    "Shape",
    "Terrain",
    "Union",
]

Point = tuple[float, float]
Bounds = tuple[float, float, float, float]

_TINY = 1e-9


class Shape(Protocol):
    """Anything with an extent and a signed distance."""

    @property
    def box(self) -> Bounds:
        """(left, top, right, bottom)."""
        ...

    def distance(self, x: Float, y: Float) -> Float:
        """float64 [h,w] for x [1,w] and y [h,1]."""
        ...


@dataclass(frozen=True)
class Everything:
    """The whole image."""

    box: Bounds = (0.0, 0.0, 1.0, 1.0)

    def distance(self, x: Float, y: Float) -> Float:
        """-1 everywhere."""
        return np.full((y.shape[0], x.shape[1]), -1.0)


@dataclass(frozen=True)
class Rectangle:
    """An upright rectangle with rounded corners of radius `round`."""

    left: float
    top: float
    right: float
    bottom: float
    round: float = 0.0

    @property
    def box(self) -> Bounds:
        """Its edges."""
        return self.left, self.top, self.right, self.bottom

    def distance(self, x: Float, y: Float) -> Float:
        """Exact distance to the outline."""
        r = min(self.round, (self.right - self.left) / 2, (self.bottom - self.top) / 2)
        across = np.abs(x - (self.left + self.right) / 2) - ((self.right - self.left) / 2 - r)
        down = np.abs(y - (self.top + self.bottom) / 2) - ((self.bottom - self.top) / 2 - r)
        inside = np.minimum(np.maximum(across, down), 0.0)
        if r == 0.0:
            return np.maximum(across, down)
        across, down = np.maximum(across, 0.0), np.maximum(down, 0.0)
        return np.sqrt(across * across + down * down) + inside - r


@dataclass(frozen=True)
class Ellipse:
    """An upright ellipse of half axes `rx` and `ry`."""

    x: float
    y: float
    rx: float
    ry: float

    @property
    def box(self) -> Bounds:
        """The rectangle around it."""
        return self.x - self.rx, self.y - self.ry, self.x + self.rx, self.y + self.ry

    def distance(self, x: Float, y: Float) -> Float:
        """First-order distance: exact on the outline, good near it."""
        across, down = (x - self.x) / self.rx, (y - self.y) / self.ry
        level = np.sqrt(across * across + down * down)
        across, down = across / self.rx, down / self.ry
        slope = np.sqrt(across * across + down * down)
        return level * (level - 1.0) / (slope + _TINY)


@dataclass(frozen=True)
class Convex:
    """A convex polygon, corners in either order."""

    corners: tuple[Point, ...]

    @property
    def box(self) -> Bounds:
        """The rectangle around it."""
        xs, ys = [x for x, _ in self.corners], [y for _, y in self.corners]
        return min(xs), min(ys), max(xs), max(ys)

    def distance(self, x: Float, y: Float) -> Float:
        """The largest distance beyond an edge (exact inside and beside edges)."""
        pairs = list(zip(self.corners, self.corners[1:] + self.corners[:1]))
        area = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)
        turn = 1.0 if area > 0 else -1.0
        total: Float | None = None
        for (x0, y0), (x1, y1) in pairs:
            length = math.sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0))
            if length < _TINY:
                continue
            nx, ny = turn * (y1 - y0) / length, turn * (x0 - x1) / length
            beyond = (x - x0) * nx + (y - y0) * ny
            total = beyond if total is None else np.maximum(total, beyond, out=total)
        return np.ones((y.shape[0], x.shape[1])) if total is None else total


@dataclass(frozen=True)
class Capsule:
    """A rounded bar from one point to another whose radius goes from `r0` to `r1`."""

    x0: float
    y0: float
    x1: float
    y1: float
    r0: float
    r1: float

    @property
    def box(self) -> Bounds:
        """The rectangle around it."""
        r = max(self.r0, self.r1)
        return (
            min(self.x0, self.x1) - r,
            min(self.y0, self.y1) - r,
            max(self.x0, self.x1) + r,
            max(self.y0, self.y1) + r,
        )

    def distance(self, x: Float, y: Float) -> Float:
        """Distance to the bar's line less the radius there."""
        dx, dy = self.x1 - self.x0, self.y1 - self.y0
        long = dx * dx + dy * dy + _TINY * _TINY
        across, down = x - self.x0, y - self.y0
        along = np.clip(across * (dx / long) + down * (dy / long), 0.0, 1.0)
        across, down = across - along * dx, down - along * dy
        return np.sqrt(across * across + down * down) - (self.r0 + along * (self.r1 - self.r0))


@dataclass(frozen=True)
class Blob:
    """A shape whose outline is roughened by noise: foliage, clouds, rocks, curls.

    `amount` is how far the outline moves, `grain` how many lumps fit into the unit.
    """

    core: Shape
    amount: float
    grain: float
    seed: int

    @property
    def box(self) -> Bounds:
        """The core's box, grown by the amount."""
        left, top, right, bottom = self.core.box
        a = self.amount
        return left - a, top - a, right + a, bottom + a

    def distance(self, x: Float, y: Float) -> Float:
        """The core's distance, moved by noise."""
        lumps = fractal_noise(x * self.grain, y * self.grain, self.seed, 2)
        return self.core.distance(x, y) + (lumps - 0.5) * (2.0 * self.amount)


@dataclass(frozen=True)
class Terrain:
    """Everything below an outline: y > level + height * (0.5 - ridge(x)).

    `tilt` lowers the outline from left to right, `peak` bends it up around `peak_x`.
    """

    level: float
    height: float
    grain: float
    seed: int
    octaves: int = 3
    tilt: float = 0.0
    peak: float = 0.0
    peak_x: float = 0.5

    @property
    def box(self) -> Bounds:
        """From the highest point that the outline can reach down to the floor of the image."""
        top = self.level - abs(self.height) - abs(self.tilt) - abs(self.peak)
        return 0.0, top, 1.0, 1.0

    def outline(self, x: Float) -> Float:
        """The outline's y, float64 [1,w]."""
        away = np.minimum(np.abs(x - self.peak_x) * 2.0, 1.0)
        line = (0.5 - ridge(x * self.grain, self.seed, self.octaves)) * self.height
        return line + self.level + (x - 0.5) * self.tilt - (1.0 - away) * self.peak

    def distance(self, x: Float, y: Float) -> Float:
        """Height above the outline."""
        return self.outline(x) - y


@dataclass(frozen=True)
class Union:
    """All of several shapes."""

    parts: tuple[Shape, ...]

    @property
    def box(self) -> Bounds:
        """The rectangle around all."""
        boxes = [part.box for part in self.parts]
        return (
            min(b[0] for b in boxes),
            min(b[1] for b in boxes),
            max(b[2] for b in boxes),
            max(b[3] for b in boxes),
        )

    def distance(self, x: Float, y: Float) -> Float:
        """The smallest distance."""
        total = self.parts[0].distance(x, y)
        for part in self.parts[1:]:
            total = np.minimum(total, part.distance(x, y))
        return total


@dataclass(frozen=True)
class Minus:
    """A shape with another cut out."""

    whole: Shape
    hole: Shape

    @property
    def box(self) -> Bounds:
        """The whole's box."""
        return self.whole.box

    def distance(self, x: Float, y: Float) -> Float:
        """Inside the whole and outside the hole."""
        return np.maximum(self.whole.distance(x, y), -self.hole.distance(x, y))


@dataclass(frozen=True)
class Intersection:
    """What two shapes share."""

    one: Shape
    other: Shape

    @property
    def box(self) -> Bounds:
        """The boxes' intersection."""
        a, b = self.one.box, self.other.box
        return max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])

    def distance(self, x: Float, y: Float) -> Float:
        """Inside both."""
        return np.maximum(self.one.distance(x, y), self.other.distance(x, y))
