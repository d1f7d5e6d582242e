"""Lamps that stand on the floor or hang from the ceiling."""

from __future__ import annotations

from bench.datasets.procedural.canvas import Paint
from bench.datasets.procedural.colour import blend, lighten
from bench.datasets.procedural.dice import Dice
from bench.datasets.procedural.parts import (
    bar,
    disc,
    mark,
    shadow,
    standing_out,
    taper,
)
from bench.datasets.procedural.plan import Thing
from bench.datasets.procedural.room_classes import LABEL, Woods
from bench.datasets.procedural.shapes import Ellipse
from bench.datasets.procedural.style import Style

__all__ = ["floor_lamp", "pendant_lamp"]


def floor_lamp(
    dice: Dice, style: Style, woods: Woods, x: float, base: float, scale: float
) -> Thing:
    """A standing lamp: a thin pole under a glowing shade."""
    label = LABEL["lamp"]
    height, half = dice.between(0.36, 0.5) * scale, dice.between(0.05, 0.075) * scale
    metal = Paint(lighten(woods.dark, dice.between(0.5, 1.1)), slope=0.0)
    top, deep = base - height, dice.between(0.09, 0.13) * scale
    shade = Paint(_glow(dice, style), dome=0.3, slope=0.1)
    flare = dice.between(0.45, 0.9)
    return Thing(
        (
            shadow(x, base, half, 0.012 * scale),
            disc(label, metal, x, base - 0.006 * scale, half * 0.75, 0.014 * scale),
            bar(label, metal, (x, top + deep), (x, base - 0.008), 0.0085 * scale, 0.0085 * scale),
            taper(label, shade, x, top, top + deep, half * flare, half),
            mark(Ellipse(x, top + deep * 0.6, half * 0.55, deep * 0.4), (1.0, 0.97, 0.8), 0.55),
        )
    )


def pendant_lamp(
    dice: Dice, style: Style, woods: Woods, x: float, top: float, drop: float
) -> Thing:
    """A lamp on a cord from the ceiling."""
    label = LABEL["lamp"]
    half = dice.between(0.05, 0.09)
    metal, shade = Paint(lighten(woods.dark, 0.6), slope=0.0), Paint(_glow(dice, style), dome=0.3)
    end = top + drop
    bell = (
        taper(label, shade, x, end, end + half * 1.1, half * 0.3, half)
        if dice.chance(0.5)
        else disc(label, shade, x, end + half * 0.8, half, half * 0.8)
    )
    return Thing(
        (
            bar(label, metal, (x, top), (x, end + 0.01), 0.006, 0.006),
            bell,
            mark(Ellipse(x, end + half * 0.8, half * 0.5, half * 0.4), (1.0, 0.97, 0.8), 0.55),
        )
    )


def _glow(dice: Dice, style: Style) -> tuple[float, float, float]:
    return blend((1.0, 0.9, 0.66), standing_out(dice, style.accent(1)), dice.between(0.1, 0.6))
