"""Cars, buses and bicycles, from the side and from behind, standing at (x, base).

`scale` is the height of a grown person there, in picture sides times 2.5: all things of a street
share it.
"""

from __future__ import annotations

from bench.datasets.procedural.canvas import Paint, Part
from bench.datasets.procedural.colour import Colour, blend, lighten
from bench.datasets.procedural.dice import Dice
from bench.datasets.procedural.parts import bar, box, disc, mark, shadow, standing_out, taper
from bench.datasets.procedural.plan import Thing
from bench.datasets.procedural.shapes import Capsule, Convex, Ellipse, Minus, Rectangle
from bench.datasets.procedural.street_classes import LABEL, Town
from bench.datasets.procedural.style import Style

__all__ = ["bicycle", "bus_behind", "bus_beside", "car_behind", "car_beside"]

_RUBBER: Colour = (0.08, 0.08, 0.09)
_RED: Colour = (0.85, 0.1, 0.08)
_WHITE: Colour = (1.0, 0.97, 0.85)


def _lacquer(dice: Dice, style: Style) -> Colour:
    return standing_out(dice, style.accent(dice.whole(0, 3)), 0.3)


def car_beside(dice: Dice, style: Style, town: Town, x: float, base: float, scale: float) -> Thing:
    """A car from the side: sedan, hatchback or van."""
    label, face = LABEL["car"], dice.side()
    half, deep = dice.between(0.3, 0.36) * scale, dice.between(0.11, 0.135) * scale
    tall = dice.between(0.1, 0.13) * scale
    colour = _lacquer(dice, style)
    body, glass = Paint(colour, slope=0.7, dome=0.15), blend(town.glass, (0.0, 0.0, 0.0), 0.1)
    wheel = dice.between(0.066, 0.08) * scale
    sill, belt = base - wheel * 0.7, base - wheel * 0.7 - deep
    front, rear = dice.between(0.3, 0.5), dice.between(0.6, 0.98)
    roof_front, roof_rear = front - dice.between(0.14, 0.3), rear - dice.between(0.02, 0.22)

    def at(share: float) -> float:
        return x + face * half * share

    def cabin(inset: float, top: float) -> Convex:
        return Convex(
            (
                (at(front - inset), belt + 0.004),
                (at(roof_front - inset * 0.6), top),
                (at(-roof_rear + inset * 0.6), top),
                (at(-rear + inset), belt + 0.004),
            )
        )

    pillar = at((roof_front - roof_rear) / 2)
    parts = [
        shadow(x, base, half * 1.02, 0.02 * scale, 0.4),
        Part(cabin(0.0, belt - tall), body, label),
        box(label, body, x - half, belt, x + half, sill, round=deep * dice.between(0.25, 0.48)),
        mark(cabin(0.09, belt - tall * 0.84), glass),
        mark(
            Rectangle(pillar - 0.01 * scale, belt - tall * 0.9, pillar + 0.01 * scale, belt), colour
        ),
        mark(
            Rectangle(pillar - 0.003 * scale, belt, pillar + 0.003 * scale, sill),
            lighten(colour, 0.6),
        ),
        mark(Ellipse(at(0.94), belt + deep * 0.35, 0.02 * scale, 0.02 * scale), _WHITE),
        mark(Ellipse(at(-0.95), belt + deep * 0.35, 0.016 * scale, 0.022 * scale), _RED),
    ]
    for share in (0.6, -0.6):
        parts += _wheel(label, at(share), base - wheel, wheel)
    return Thing(tuple(parts))


def car_behind(dice: Dice, style: Style, town: Town, x: float, base: float, scale: float) -> Thing:
    """A car from behind (red lights) or from the front (white ones)."""
    label = LABEL["car"]
    half, deep = dice.between(0.155, 0.18) * scale, dice.between(0.12, 0.145) * scale
    tall = dice.between(0.1, 0.14) * scale
    colour = _lacquer(dice, style)
    body, lights = Paint(colour, slope=0.6, dome=0.15), dice.pick((_RED, _RED, _WHITE))
    belt, tyre = base - 0.03 * scale - deep, Paint(_RUBBER, slope=0.0)
    parts = [shadow(x, base, half * 1.1, 0.022 * scale, 0.4)]
    parts += [
        box(
            label,
            tyre,
            x + s * half * 0.76 - 0.03 * scale,
            base - 0.07 * scale,
            x + s * half * 0.76 + 0.03 * scale,
            base,
            round=0.01,
        )
        for s in (-1.0, 1.0)
    ]
    parts += [
        taper(label, body, x, belt - tall, belt + 0.01 * scale, half * 0.66, half * 0.92),
        box(label, body, x - half, belt, x + half, base - 0.03 * scale, round=0.04 * scale),
        mark(
            Convex(
                (
                    (x - half * 0.57, belt - tall * 0.84),
                    (x + half * 0.57, belt - tall * 0.84),
                    (x + half * 0.76, belt - 0.004),
                    (x - half * 0.76, belt - 0.004),
                )
            ),
            town.glass,
        ),
        mark(
            Rectangle(
                x - half * 0.34, belt + deep * 0.55, x + half * 0.34, belt + deep * 0.8, 0.004
            ),
            (0.9, 0.9, 0.86),
        ),
        mark(
            Rectangle(x - half, belt + deep * 0.86, x + half, belt + deep * 0.94),
            lighten(colour, 0.5),
        ),
    ]
    parts += [
        mark(
            Rectangle(
                x + s * half * 0.8 - half * 0.15,
                belt + deep * 0.18,
                x + s * half * 0.8 + half * 0.15,
                belt + deep * 0.42,
                0.006,
            ),
            lights,
        )
        for s in (-1.0, 1.0)
    ]
    return Thing(tuple(parts))


def bus_beside(dice: Dice, style: Style, town: Town, x: float, base: float, scale: float) -> Thing:
    """A bus from the side: a row of windows, doors, a stripe."""
    label = LABEL["bus"]
    half, tall, wheel = (
        dice.between(0.46, 0.56) * scale,
        dice.between(0.33, 0.38) * scale,
        0.075 * scale,
    )
    colour = _lacquer(dice, style)
    body, floor = Paint(colour, slope=0.5), base - wheel * 0.6
    top = floor - tall
    parts = [
        shadow(x, base, half, 0.022 * scale, 0.4),
        box(label, body, x - half, top, x + half, floor, round=0.035 * scale),
        mark(
            Rectangle(x - half, top + tall * 0.6, x + half, top + tall * 0.7), style.accent(2, 1.3)
        ),
    ]
    panes = dice.whole(5, 7)
    for k in range(panes):
        left = x - half * 0.94 + k * half * 1.88 / panes
        parts.append(
            mark(
                Rectangle(
                    left + 0.006,
                    top + tall * 0.14,
                    left + half * 1.88 / panes - 0.006,
                    top + tall * 0.52,
                    0.01 * scale,
                ),
                town.glass,
            )
        )
    entrance = x + dice.side() * half * 0.72
    parts.append(
        mark(
            Rectangle(
                entrance - 0.05 * scale,
                top + tall * 0.16,
                entrance + 0.05 * scale,
                floor - 0.012 * scale,
                0.008,
            ),
            lighten(town.glass, 0.8),
        )
    )
    for share in (-0.66, 0.58):
        parts += _wheel(label, x + half * share, base - wheel, wheel)
    return Thing(tuple(parts))


def bus_behind(dice: Dice, style: Style, town: Town, x: float, base: float, scale: float) -> Thing:
    """A bus coming or going along the street."""
    label = LABEL["bus"]
    half, tall = dice.between(0.2, 0.225) * scale, dice.between(0.44, 0.5) * scale
    colour = _lacquer(dice, style)
    top, tyre = base - tall, Paint(_RUBBER, slope=0.0)
    parts = [shadow(x, base, half * 1.1, 0.024 * scale, 0.4)]
    parts += [
        box(
            label,
            tyre,
            x + s * half * 0.74 - 0.035 * scale,
            base - 0.07 * scale,
            x + s * half * 0.74 + 0.035 * scale,
            base,
            round=0.01,
        )
        for s in (-1.0, 1.0)
    ]
    parts += [
        box(
            label,
            Paint(colour, slope=0.5),
            x - half,
            top,
            x + half,
            base - 0.03 * scale,
            round=0.035 * scale,
        ),
        mark(
            Rectangle(
                x - half * 0.84, top + tall * 0.17, x + half * 0.84, top + tall * 0.52, 0.02 * scale
            ),
            town.glass,
        ),
        mark(
            Rectangle(x - half * 0.6, top + tall * 0.04, x + half * 0.6, top + tall * 0.13, 0.006),
            (1.0, 0.8, 0.25),
        ),
        mark(
            Rectangle(x - half, top + tall * 0.62, x + half, top + tall * 0.68),
            style.accent(2, 1.3),
        ),
    ]
    parts += [
        mark(Ellipse(x + s * half * 0.76, top + tall * 0.8, 0.03 * scale, 0.022 * scale), _WHITE)
        for s in (-1.0, 1.0)
    ]
    return Thing(tuple(parts))


def bicycle(dice: Dice, style: Style, town: Town, x: float, base: float, scale: float) -> Thing:
    """A bicycle from the side: thin wheels and a thin frame."""
    del town
    label, face = LABEL["bicycle"], dice.side()
    wheel, thin = dice.between(0.075, 0.088) * scale, 0.0085 * scale
    frame = Paint(_lacquer(dice, style), slope=0.0, inked=False)
    tyre = Paint(_RUBBER, slope=0.0, inked=False)
    reach, hub = wheel * 1.45, base - wheel
    parts = [shadow(x, base, reach + wheel, 0.01 * scale)]
    for side in (-1.0, 1.0):
        rim = Ellipse(x + side * reach, hub, wheel, wheel)
        hole = Ellipse(x + side * reach, hub, wheel - thin * 1.5, wheel - thin * 1.5)
        parts.append(Part(Minus(rim, hole), tyre, label))
    pedal, saddle = (x, hub), (x - face * reach * 0.35, hub - wheel * 1.05)
    head = (x + face * reach * 0.72, hub - wheel * 1.1)
    for start, end in (
        ((x - face * reach, hub), pedal),
        (pedal, saddle),
        (pedal, head),
        (saddle, head),
        ((x - face * reach, hub), saddle),
        (head, (x + face * reach, hub)),
        (head, (head[0], head[1] - wheel * 0.3)),
        ((head[0], head[1] - wheel * 0.3), (head[0] + face * wheel * 0.3, head[1] - wheel * 0.4)),
        (
            (saddle[0] - wheel * 0.25, saddle[1] - thin),
            (saddle[0] + wheel * 0.25, saddle[1] - thin),
        ),
    ):
        parts.append(bar(label, frame, start, end, thin, thin))
    return Thing(tuple(parts))


def _wheel(label: int, x: float, y: float, r: float) -> list[Part]:
    return [
        disc(label, Paint(_RUBBER, slope=0.0), x, y, r, r),
        mark(Ellipse(x, y, r * 0.55, r * 0.55), (0.72, 0.73, 0.75)),
        mark(Capsule(x - r * 0.3, y, x + r * 0.3, y, r * 0.08, r * 0.08), (0.3, 0.3, 0.32)),
    ]
