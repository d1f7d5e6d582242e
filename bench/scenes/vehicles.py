"""Cars, buses and bicycles, from the side and from behind, standing at (x, base).

`scale` is the same for all things at one distance: a person is about 0.38 of it tall.
"""

from __future__ import annotations

from bench.scenes.canvas import Paint, Part
from bench.scenes.colour import Colour, blend, lighten
from bench.scenes.composition import Thing
from bench.scenes.dice import Dice
from bench.scenes.parts import standing_out
from bench.scenes.place import Place
from bench.scenes.shapes import Minus
from bench.scenes.street_classes import LABEL, Town
from bench.scenes.style import Style

__all__ = ["bicycle", "bus_behind", "bus_beside", "car_behind", "car_beside"]

_RUBBER = Paint((0.08, 0.08, 0.09), slope=0.0)
_RED: Colour = (0.85, 0.1, 0.08)
_WHITE: Colour = (1.0, 0.97, 0.85)
_STEEL: Colour = (0.72, 0.73, 0.75)
_PLATE: Colour = (0.9, 0.9, 0.86)
_BOARD: Colour = (1.0, 0.8, 0.25)


def _lacquer(dice: Dice, style: Style) -> Colour:
    return standing_out(dice, style.accent(dice.whole(0, 3)), 0.3)


def car_beside(dice: Dice, style: Style, town: Town, x: float, base: float, scale: float) -> Thing:
    """A car from the side: saloon, hatchback or van, by where its roof begins and ends."""
    place = Place(LABEL["car"], x, base, scale, dice.side())
    half, deep, tall = dice.between(0.3, 0.36), dice.between(0.11, 0.135), dice.between(0.1, 0.13)
    colour, r = _lacquer(dice, style), dice.between(0.066, 0.08)
    body, sill = Paint(colour, slope=0.7, dome=0.15), r * 0.7
    belt = sill + deep
    nose, tail = dice.between(0.3, 0.5), -dice.between(0.6, 0.98)
    roof = (tail + dice.between(0.02, 0.22), nose - dice.between(0.14, 0.3))
    pillar, glass = half * (roof[0] + roof[1]) / 2, blend(town.glass, (0.0, 0.0, 0.0), 0.1)

    def cabin(look: Paint | Colour, inset: float, height: float) -> Part:
        foot, edge = belt - 0.004, inset * 0.6
        front = (half * (nose - inset), foot), (half * (roof[1] - edge), belt + height)
        rear = (half * (roof[0] + edge), belt + height), (half * (tail + inset), foot)
        return place.polygon(look, *front, *rear)

    return Thing(
        (
            place.shadow(half * 1.02, 0.02, 0.4),
            cabin(body, 0.0, tall),
            place.box(body, -half, belt, half, sill, round=deep * dice.between(0.25, 0.48)),
            cabin(glass, 0.09, tall * 0.84),
            place.box(colour, pillar - 0.01, belt + tall * 0.9, pillar + 0.01, belt),
            place.box(lighten(colour, 0.6), pillar - 0.003, belt, pillar + 0.003, sill),
            place.disc(_WHITE, half * 0.94, belt - deep * 0.35, 0.02),
            place.disc(_RED, half * -0.95, belt - deep * 0.35, 0.016, 0.022),
            *_wheel(place, half * 0.6, r),
            *_wheel(place, half * -0.6, r),
        )
    )


def car_behind(dice: Dice, style: Style, town: Town, x: float, base: float, scale: float) -> Thing:
    """A car from behind (red lights) or from the front (white ones)."""
    place = Place(LABEL["car"], x, base, scale)
    half, deep = dice.between(0.155, 0.18), dice.between(0.12, 0.145)
    tall, colour = dice.between(0.1, 0.14), _lacquer(dice, style)
    body, lights = Paint(colour, slope=0.6, dome=0.15), dice.pick((_RED, _RED, _WHITE))
    belt, window = 0.03 + deep, tall * 0.84
    return Thing(
        (
            place.shadow(half * 1.1, 0.022, 0.4),
            *_tyres(place, half * 0.76, 0.03),
            place.taper(body, belt + tall, half * 0.66, belt - 0.01, half * 0.92),
            place.box(body, -half, belt, half, 0.03, round=0.04),
            place.taper(town.glass, belt + window, half * 0.57, belt + 0.004, half * 0.76),
            place.box(_PLATE, -half * 0.34, belt - deep * 0.55, half * 0.34, belt - deep * 0.8),
            place.box(lighten(colour, 0.5), -half, belt - deep * 0.86, half, belt - deep * 0.94),
            *(
                place.box(
                    lights, half * left, belt - deep * 0.18, half * (left + 0.3), belt - deep * 0.42
                )
                for left in (-0.95, 0.65)
            ),
        )
    )


def bus_beside(dice: Dice, style: Style, town: Town, x: float, base: float, scale: float) -> Thing:
    """A bus from the side: a row of windows, a door, a stripe."""
    place = Place(LABEL["bus"], x, base, scale, dice.side())
    half, tall, r = dice.between(0.46, 0.56), dice.between(0.33, 0.38), 0.075
    floor = r * 0.6
    top = floor + tall
    count = dice.whole(5, 7)
    step, door = half * 1.88 / count, half * 0.72
    lefts = [-half * 0.94 + k * step for k in range(count)]
    panes = [
        place.box(
            town.glass,
            x0 + 0.008,
            top - tall * 0.14,
            x0 + step - 0.008,
            top - tall * 0.52,
            round=0.01,
        )
        for x0 in lefts
    ]
    return Thing(
        (
            place.shadow(half, 0.022, 0.4),
            place.box(
                Paint(_lacquer(dice, style), slope=0.5), -half, top, half, floor, round=0.035
            ),
            place.box(style.accent(2, 1.3), -half, top - tall * 0.6, half, top - tall * 0.7),
            *panes,
            place.box(
                lighten(town.glass, 0.8), door - 0.05, top - tall * 0.16, door + 0.05, floor + 0.012
            ),
            *_wheel(place, half * -0.66, r),
            *_wheel(place, half * 0.5, r),
        )
    )


def bus_behind(dice: Dice, style: Style, town: Town, x: float, base: float, scale: float) -> Thing:
    """A bus coming along the street: windscreen, destination board, headlights."""
    place = Place(LABEL["bus"], x, base, scale)
    half, top = dice.between(0.2, 0.225), dice.between(0.44, 0.5)
    body = Paint(_lacquer(dice, style), slope=0.5)
    return Thing(
        (
            place.shadow(half * 1.1, 0.024, 0.4),
            *_tyres(place, half * 0.74, 0.035),
            place.box(body, -half, top, half, 0.03, round=0.035),
            place.box(town.glass, -half * 0.84, top * 0.83, half * 0.84, top * 0.48, round=0.02),
            place.box(_BOARD, -half * 0.6, top * 0.96, half * 0.6, top * 0.87, round=0.006),
            place.box(style.accent(2, 1.3), -half, top * 0.38, half, top * 0.32),
            place.disc(_WHITE, half * -0.76, top * 0.2, 0.03, 0.022),
            place.disc(_WHITE, half * 0.76, top * 0.2, 0.03, 0.022),
        )
    )


def bicycle(dice: Dice, style: Style, town: Town, x: float, base: float, scale: float) -> Thing:
    """A bicycle from the side: thin wheels and a thin frame."""
    del town
    place = Place(LABEL["bicycle"], x, base, scale, dice.side())
    r, thin = dice.between(0.075, 0.088), 0.0085
    reach = r * 1.45
    frame = Paint(_lacquer(dice, style), slope=0.0, inked=False)
    tyre = Paint(_RUBBER.colour, slope=0.0, inked=False)
    back, pedal, front = (-reach, r), (0.0, r), (reach, r)
    saddle, head = (-reach * 0.35, r * 2.05), (reach * 0.72, r * 2.1)
    grip = (head[0], head[1] + r * 0.3)
    tubes = (
        (back, pedal), (pedal, saddle), (pedal, head), (saddle, head), (back, saddle), (head, front),
        (head, grip), (grip, (grip[0] + r * 0.3, grip[1] + r * 0.1)),
        ((saddle[0] - r * 0.25, saddle[1] + thin), (saddle[0] + r * 0.25, saddle[1] + thin)),
    )  # fmt: skip
    rims = (Minus(place.ellipse(*hub, r, r), place.ellipse(*hub, r - thin * 1.5, r - thin * 1.5))
            for hub in (back, front))  # fmt: skip
    return Thing(
        (
            place.shadow(reach + r, 0.01),
            *(place.part(tyre, rim) for rim in rims),
            *(place.bar(frame, start, end, thin) for start, end in tubes),
        )
    )


def _wheel(place: Place, dx: float, r: float) -> list[Part]:
    hub = ((dx - r * 0.3, r), (dx + r * 0.3, r))
    return [
        place.disc(_RUBBER, dx, r, r),
        place.disc(_STEEL, dx, r, r * 0.55),
        place.bar((0.3, 0.3, 0.32), *hub, r * 0.08),
    ]


def _tyres(place: Place, apart: float, half: float) -> list[Part]:
    """Two tyres seen along the street."""
    return [
        place.box(_RUBBER, dx - half, 0.07, dx + half, 0.0, round=0.01) for dx in (-apart, apart)
    ]
