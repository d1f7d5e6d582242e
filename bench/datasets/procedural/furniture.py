"""Tables, cabinets and plants.

Every piece stands at (x, base) on the floor. Each function takes the piece's own dice, the
picture's style, the place and a scale (1 = as large as it is at the back wall) and gives a `Thing`;
lengths are in picture sides at scale 1.
"""

from __future__ import annotations

from bench.datasets.procedural.canvas import Paint, Part
from bench.datasets.procedural.colour import lighten
from bench.datasets.procedural.dice import Dice
from bench.datasets.procedural.parts import (
    bar,
    box,
    disc,
    mark,
    shadow,
    standing_out,
    taper,
    varied,
)
from bench.datasets.procedural.plan import Thing
from bench.datasets.procedural.room_classes import LABEL, Woods
from bench.datasets.procedural.shapes import Ellipse, Rectangle
from bench.datasets.procedural.style import Style
from bench.datasets.procedural.texture import Texture

__all__ = ["cabinet", "plant", "table"]


def table(dice: Dice, style: Style, woods: Woods, x: float, base: float, scale: float) -> Thing:
    """A table: rectangular on four legs, or round on one; with a vase or a bowl on it."""
    label = LABEL["table"]
    half, height = dice.between(0.1, 0.17) * scale, dice.between(0.11, 0.19) * scale
    wood, top = woods.piece(dice), base - height
    thick = 0.02 * scale
    parts = [shadow(x, base - 0.01, half * 0.95, 0.022 * scale)]
    if dice.chance(0.35):
        parts += [
            taper(label, wood, x, base - 0.02 * scale, base, half * 0.15, half * 0.5),
            box(label, wood, x - 0.012 * scale, top, x + 0.012 * scale, base - 0.01),
            disc(label, wood, x, top + thick, half, half * 0.26),
            disc(label, _lit(wood), x, top + thick * 0.4, half, half * 0.26),
        ]
    else:
        for s, foot in (
            (-0.8, base - 0.03 * scale),
            (0.8, base - 0.03 * scale),
            (-0.94, base),
            (0.94, base),
        ):
            parts.append(
                bar(
                    label,
                    wood,
                    (x + s * half, top),
                    (x + s * half, foot),
                    0.011 * scale,
                    0.008 * scale,
                )
            )
        parts += [
            taper(label, _lit(wood), x, top - half * 0.3, top + 0.002, half * 0.82, half),
            box(label, wood, x - half, top, x + half, top + thick * 1.2),
        ]
    return Thing((*parts, *_tableware(dice.child("ware"), style, x, top, scale)))


def cabinet(dice: Dice, style: Style, woods: Woods, x: float, base: float, scale: float) -> Thing:
    """A cupboard with doors and knobs, or a bookcase with books."""
    label = LABEL["cabinet"]
    half, height = dice.between(0.07, 0.12) * scale, dice.between(0.2, 0.42) * scale
    wood = woods.piece(dice)
    left, right, top = x - half, x + half, base - height
    parts = [shadow(x, base, half * 1.1, 0.014 * scale), box(label, wood, left, top, right, base)]
    inner = lighten(wood.colour, 0.5)
    shelves = max(2, int(height / 0.085))
    gap = height / shelves
    if dice.chance(0.5):
        for k in range(shelves):
            floor = top + gap * (k + 1) - 0.008
            parts.append(
                mark(Rectangle(left + 0.012, top + gap * k + 0.01, right - 0.012, floor), inner)
            )
            parts += _books(
                dice.child("books", k), style, (left + 0.016, right - 0.016), floor, gap * 0.74
            )
        return Thing(tuple(parts))
    columns = dice.whole(1, 2)
    for k in range(shelves - 1 if columns == 1 else columns):
        if columns == 1:
            tall = height / (shelves - 1)
            frame = (
                left + 0.012,
                top + tall * k + 0.01,
                right - 0.012,
                top + tall * (k + 1) - 0.006,
            )
        else:
            frame = (
                left + half * k + 0.01,
                top + 0.012,
                left + half * (k + 1) - 0.006,
                base - 0.016,
            )
        parts.append(mark(Rectangle(*frame, 0.006), lighten(wood.colour, 0.74)))
        inset = (frame[0] + 0.007, frame[1] + 0.007, frame[2] - 0.007, frame[3] - 0.007)
        parts.append(mark(Rectangle(*inset, 0.004), lighten(wood.colour, 1.12)))
        knob = (inset[2] - 0.012, (inset[1] + inset[3]) / 2)
        parts.append(mark(Ellipse(*knob, 0.007, 0.007), style.accent(2, 1.2)))
    return Thing(tuple(parts))


def plant(dice: Dice, style: Style, woods: Woods, x: float, base: float, scale: float) -> Thing:
    """A pot with long leaves or a round crown."""
    label = LABEL["plant"]
    half, tall = dice.between(0.035, 0.05) * scale, dice.between(0.055, 0.085) * scale
    pot = Paint(standing_out(dice, style.accent(1)), dome=0.35)
    green = Paint(varied(dice, woods.leaf), Texture("leaves", 28.0, 0.8, dice.seed()), dome=0.2)
    rim, reach = base - tall, dice.between(0.16, 0.24) * scale
    parts = [shadow(x, base, half * 1.3, 0.012 * scale)]
    if dice.chance(0.4):
        parts += [
            bar(
                label,
                Paint(woods.dark),
                (x, rim),
                (x, rim - reach * 0.5),
                0.008 * scale,
                0.006 * scale,
            ),
            disc(label, green, x, rim - reach * 0.68, reach * 0.42, reach * 0.42),
        ]
    else:
        for _ in range(dice.whole(5, 8)):
            lean = dice.between(-0.75, 0.75)
            tip = (
                x + lean * reach * 0.85,
                rim - reach * (1.0 - 0.5 * abs(lean)) * dice.between(0.75, 1.0),
            )
            leaf = Paint(varied(dice, green.colour, 0.25), slope=0.5)
            bend = (x + lean * reach * 0.3, rim - reach * 0.55 * (1.0 - 0.3 * abs(lean)))
            width = dice.between(0.011, 0.019) * scale
            parts += [
                bar(label, leaf, (x, rim), bend, width * 0.5, width),
                bar(label, leaf, bend, tip, width, 0.003),
            ]
    parts += [
        taper(label, pot, x, rim, base, half, half * 0.72),
        box(
            label,
            pot,
            x - half * 1.12,
            rim - 0.008 * scale,
            x + half * 1.12,
            rim + 0.012 * scale,
            round=0.004,
        ),
    ]
    return Thing(tuple(parts))


def _lit(paint: Paint) -> Paint:
    return Paint(lighten(paint.colour, 1.18), paint.texture, paint.second, slope=0.2)


def _tableware(dice: Dice, style: Style, x: float, top: float, scale: float) -> list[Part]:
    """A vase with a stem, or a bowl; part of the table."""
    label, clay = LABEL["table"], Paint(standing_out(dice, style.accent(3)), dome=0.4)
    if dice.chance(0.4):
        return []
    at = x + dice.between(-0.04, 0.04)
    if dice.chance(0.5):
        return [disc(label, clay, at, top - 0.02 * scale, 0.03 * scale, 0.02 * scale)]
    return [
        disc(label, clay, at, top - 0.03 * scale, 0.02 * scale, 0.028 * scale),
        bar(
            label,
            clay,
            (at, top - 0.04 * scale),
            (at, top - 0.066 * scale),
            0.01 * scale,
            0.012 * scale,
        ),
    ]


def _books(
    dice: Dice, style: Style, between: tuple[float, float], floor: float, height: float
) -> list[Part]:
    left, right = between
    at, parts = left, []
    while at < right - 0.01:
        width = min(dice.between(0.011, 0.022), right - at)
        tall = height * dice.between(0.7, 1.0)
        if dice.chance(0.88):
            spine = style.accent(dice.whole(0, 3), dice.between(0.6, 1.35))
            parts.append(mark(Rectangle(at, floor - tall, at + width * 0.92, floor), spine))
        at += width
    return parts
