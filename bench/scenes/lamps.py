"""Lamps that stand on the floor or hang from the ceiling."""

from __future__ import annotations

from bench.scenes.canvas import Paint
from bench.scenes.colour import Colour, blend, lighten
from bench.scenes.composition import Thing
from bench.scenes.dice import Dice
from bench.scenes.parts import mark, standing_out
from bench.scenes.place import Place
from bench.scenes.room_classes import LABEL, Woods
from bench.scenes.style import Style

__all__ = ["floor_lamp", "pendant_lamp"]

_BULB: Colour = (1.0, 0.97, 0.8)


def floor_lamp(
    dice: Dice, style: Style, woods: Woods, x: float, base: float, scale: float
) -> Thing:
    """A standing lamp: a thin pole under a glowing shade."""
    place = Place(LABEL["lamp"], x, base, scale)
    top, half, deep = dice.between(0.36, 0.5), dice.between(0.05, 0.075), dice.between(0.09, 0.13)
    metal = Paint(lighten(woods.dark, dice.between(0.5, 1.1)), slope=0.0)
    shade = Paint(_glow(dice, style), dome=0.3, slope=0.1)
    return Thing(
        (
            place.shadow(half, 0.012),
            place.disc(metal, 0.0, 0.006, half * 0.75, 0.014),
            place.bar(metal, (0.0, top - deep), (0.0, 0.008), 0.0085),
            place.taper(shade, top, half * dice.between(0.45, 0.9), top - deep, half),
            mark(place.ellipse(0.0, top - deep * 0.6, half * 0.55, deep * 0.4), _BULB, 0.55),
        )
    )


def pendant_lamp(dice: Dice, style: Style, woods: Woods, x: float, drop: float) -> Thing:
    """A lamp on a cord of length `drop` from the image's top edge."""
    place = Place(LABEL["lamp"], x, drop, 1.0)
    half = dice.between(0.05, 0.09)
    metal, shade = Paint(lighten(woods.dark, 0.6), slope=0.0), Paint(_glow(dice, style), dome=0.3)
    if dice.chance(0.5):
        bell = place.taper(shade, 0.0, half * 0.3, -half * 1.1, half)
    else:
        bell = place.disc(shade, 0.0, -half * 0.8, half, half * 0.8)
    return Thing(
        (
            place.bar(metal, (0.0, drop), (0.0, -0.01), 0.006),
            bell,
            mark(place.ellipse(0.0, -half * 0.8, half * 0.5, half * 0.4), _BULB, 0.55),
        )
    )


def _glow(dice: Dice, style: Style) -> Colour:
    return blend((1.0, 0.9, 0.66), standing_out(dice, style.accent(1)), dice.between(0.1, 0.6))
