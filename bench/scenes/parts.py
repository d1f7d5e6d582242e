"""The parts that things are made of, in one line each."""

from __future__ import annotations

from bench.scenes.canvas import Paint, Part
from bench.scenes.colour import Colour, blend, from_hsv, lighten
from bench.scenes.dice import Dice
from bench.scenes.shapes import (
    Capsule,
    Ellipse,
    Intersection,
    Point,
    Rectangle,
    Shape,
)

__all__ = ["bar", "box", "disc", "mark", "standing_out", "varied", "within"]


def box(
    label: int | None,
    paint: Paint,
    left: float,
    top: float,
    right: float,
    bottom: float,
    *,
    round: float = 0.0,
) -> Part:
    """An upright rectangle."""
    return Part(Rectangle(left, top, right, bottom, round), paint, label)


def disc(label: int | None, paint: Paint, x: float, y: float, rx: float, ry: float) -> Part:
    """An ellipse around (x, y)."""
    return Part(Ellipse(x, y, rx, ry), paint, label)


def bar(label: int | None, paint: Paint, start: Point, end: Point, r0: float, r1: float) -> Part:
    """A rounded bar with its two radii."""
    return Part(Capsule(*start, *end, r0, r1), paint, label)


def mark(shape: Shape, colour: Colour, opacity: float = 1.0) -> Part:
    """A mark on a surface: changes the image and neither label nor outline."""
    return Part(shape, Paint(colour, slope=0.0, opacity=opacity, inked=False))


def within(limit: Shape, part: Part) -> Part:
    """A part cut off at the outline of `limit`."""
    return Part(Intersection(part.shape, limit), part.paint, part.label)


def varied(dice: Dice, colour: Colour, spread: float = 0.15) -> Colour:
    """A colour a little lighter or darker, as two objects of one material are."""
    return lighten(colour, 1.0 + dice.between(-spread, spread))


def standing_out(dice: Dice, colour: Colour, share: float = 0.22) -> Colour:
    """The image's colour with variation, or for a `share` of objects one of their own."""
    own = from_hsv(dice.unit(), dice.between(0.55, 0.9), dice.between(0.55, 0.95))
    return own if dice.chance(share) else blend(varied(dice, colour), own, 0.08)
