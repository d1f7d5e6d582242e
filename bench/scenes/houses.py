"""Rows of houses: facing the viewer, or receding along a road."""

from __future__ import annotations

from itertools import pairwise

from bench.scenes.canvas import Paint, Part
from bench.scenes.colour import Colour, blend, from_hsv, lighten
from bench.scenes.dice import Dice
from bench.scenes.parts import mark, varied
from bench.scenes.shapes import Convex, Point, Rectangle
from bench.scenes.street_classes import LABEL, Town
from bench.scenes.style import Style
from bench.scenes.texture import Texture

__all__ = ["house_row", "receding_houses"]


def house_row(dice: Dice, style: Style, town: Town, foot: float) -> list[Part]:
    """Houses side by side that stand on y = foot, some with gables, shops on the ground floor."""
    parts: list[Part] = []
    x = dice.between(-0.12, 0.0)
    storey = dice.between(0.085, 0.12)
    k = 0
    while x < 1.0:
        width = dice.between(0.18, 0.34)
        own = dice.child("house", k)
        if k == 0 or not own.chance(0.1):
            parts += _facade(own, style, town, (x, x + width), foot, storey)
        x += width
        k += 1
    return parts


def _wall(dice: Dice, style: Style, town: Town) -> Colour:
    """The street's stone, or for some houses a colour of the image's scheme."""
    if dice.chance(0.35):
        own = style.accent(dice.whole(0, 3), 1.15)
        return lighten(own, 0.6) if town.dark else own
    return varied(dice, town.wall, 0.2)


def _facade(
    dice: Dice, style: Style, town: Town, sides: tuple[float, float], foot: float, storey: float
) -> list[Part]:
    label, (left, right) = LABEL["building"], sides
    floors = dice.whole(2, 4)
    top = foot - storey * (floors + 0.25)
    colour = _wall(dice, style, town)
    brick = Texture(dice.pick(("bricks", "mottle")), 24.0 * style.coarseness, 0.45, dice.seed())
    parts = [
        Part(
            Rectangle(left, top, right, foot),
            Paint(colour, brick, lighten(colour, 0.7), slope=0.3),
            label,
        )
    ]
    roof = Paint(
        lighten(from_hsv(dice.between(0.0, 0.08), 0.45, 0.5), dice.between(0.5, 1.1)), slope=0.3
    )
    if dice.chance(0.45):
        peak = top - dice.between(0.05, 0.1)
        inset = dice.between(0.0, 0.5) * (right - left)
        gable = (
            (left - 0.008, top),
            (left + inset * 0.9, peak),
            (right - inset * 0.9, peak),
            (right + 0.008, top),
        )
        parts.append(Part(Convex(gable), roof, label))
    else:
        parts.append(
            Part(Rectangle(left - 0.006, top - 0.016, right + 0.006, top + 0.006), roof, label)
        )
    columns = max(2, int((right - left) / dice.between(0.075, 0.1)))
    cell = (right - left) / columns
    frame = lighten(colour, dice.pick((1.4, 0.6)))
    for row in range(1, floors):
        for column in range(columns):
            x = left + cell * (column + 0.5)
            y = top + storey * (0.25 + row - 0.5)
            w, h = cell * 0.27, storey * 0.32
            parts.append(
                mark(Rectangle(x - w - 0.006, y - h - 0.006, x + w + 0.006, y + h + 0.006), frame)
            )
            glass = town.glass if not town.dark or dice.chance(0.5) else lighten(town.zenith, 0.8)
            parts.append(mark(Rectangle(x - w, y - h, x + w, y + h), varied(dice, glass, 0.12)))
            parts.append(mark(Rectangle(x - 0.003, y - h, x + 0.003, y + h), frame))
    return parts + _ground_floor(dice.child("door"), style, town, sides, foot, storey)


def _ground_floor(
    dice: Dice, style: Style, town: Town, sides: tuple[float, float], foot: float, storey: float
) -> list[Part]:
    """A shop window under an awning, and a door."""
    left, right = sides
    top, edge = foot - storey * 0.86, 0.018
    door = left + (right - left) * dice.pick((0.12, 0.88))
    w = min(0.032, (right - left) * 0.1)
    parts = [
        mark(Rectangle(left + edge, top + storey * 0.12, right - edge, foot - 0.02), town.glass)
    ]
    parts.append(
        mark(Rectangle(door - w, top + storey * 0.1, door + w, foot), style.accent(2, 0.7))
    )
    if dice.chance(0.6):
        drop, paint = top + storey * 0.3, style.accent(dice.whole(1, 3))
        corners = (
            (left + edge, top),
            (right - edge, top),
            (right - edge * 0.3, drop),
            (left + edge * 0.3, drop),
        )
        stripes = Texture("stripes", 30.0, 1.0, 0)
        awning = Paint(paint, stripes, blend(paint, (1.0, 1.0, 1.0), 0.8), slope=0.2, inked=False)
        parts.append(Part(Convex(corners), awning))
    return parts


def receding_houses(dice: Dice, style: Style, town: Town, eye: Point, offset: float) -> list[Part]:
    """Houses along a road whose fronts stand `offset` beside its middle, farthest first."""
    deep, parts, edges = 1.0 - eye[1], [], [0.1]
    while edges[-1] < 1.6:
        edges.append(edges[-1] * dice.between(1.5, 2.1))
    for k, (far, near) in enumerate(pairwise(edges)):
        own = dice.child(k)
        colour, tall = _wall(own, style, town), own.between(0.55, 1.25)

        def corner(s: float, height: float) -> Point:
            return eye[0] + offset * s, eye[1] + (deep - height) * s

        quad = (
            corner(far, deep + tall),
            corner(near, deep + tall),
            corner(near, 0.0),
            corner(far, 0.0),
        )
        panes = Texture(
            "panes", own.between(11.0, 15.0) * abs(offset), 1.15, own.seed(), eye, "wall"
        )
        shade = 1.06 if offset * style.light[0] < 0 else 0.8
        front = Paint(lighten(colour, shade), panes, town.glass, slope=0.2)
        end = eye[0] + offset * 30.0
        gable = (
            corner(near, deep + tall),
            (end, corner(near, deep + tall)[1]),
            (end, corner(near, 0.0)[1]),
            corner(near, 0.0),
        )
        parts.append(
            Part(Convex(gable), Paint(lighten(colour, shade * 0.72), slope=0.2), LABEL["building"])
        )
        parts.append(Part(Convex(quad), front, LABEL["building"]))
    return parts
