"""What a room's wall holds: windows, pictures, doors."""

from __future__ import annotations

from bench.scenes.canvas import Paint
from bench.scenes.colour import blend, from_hsv, lighten
from bench.scenes.composition import Thing
from bench.scenes.dice import Dice
from bench.scenes.parts import box, mark, standing_out, within
from bench.scenes.room_classes import LABEL, Woods
from bench.scenes.shapes import Ellipse, Rectangle, Terrain
from bench.scenes.style import Style
from bench.scenes.texture import Texture

__all__ = ["door", "picture", "window"]


def window(dice: Dice, style: Style, woods: Woods, x: float, top: float, room: float) -> Thing:
    """A window at most `room` wide: frame, sky, hills beyond, bars, sometimes curtains."""
    label = LABEL["window"]
    half = min(room * 0.42, dice.between(0.09, 0.15))
    bottom = top + dice.between(0.22, 0.34)
    frame = Paint(blend((0.95, 0.95, 0.93), woods.wood, dice.pick((0.0, 0.15, 1.0))), slope=0.2)
    day = from_hsv(dice.between(0.52, 0.62), dice.between(0.25, 0.6), dice.between(0.75, 1.0))
    sky = Paint(day, fade=blend(day, (1.0, 0.97, 0.9), 0.7), slope=0.0, inked=False)
    edge, r = dice.between(0.01, 0.016), dice.between(0.004, 0.007)
    glass = Rectangle(x - half + edge, top + edge, x + half - edge, bottom - edge)
    hills = Terrain(bottom - 0.07, 0.08, 5.0, dice.seed())
    parts = [
        box(label, frame, x - half, top, x + half, bottom),
        box(label, sky, *glass.box),
        within(glass, mark(hills, lighten(woods.leaf, 0.9))),
    ]
    if dice.chance(0.8):
        parts.append(box(label, frame, x - r, top, x + r, bottom))
    if dice.chance(0.6):
        middle = (top + bottom) / 2
        parts.append(box(label, frame, x - half, middle - r, x + half, middle + r))
    parts.append(
        box(label, frame, x - half * 1.12, bottom - 0.004, x + half * 1.12, bottom + 0.016)
    )
    if dice.chance(0.45):
        cloth = standing_out(dice, style.accent(0))
        folds = Paint(cloth, Texture("stripes", 45.0, 0.9, 0), lighten(cloth, 0.6), slope=0.2)
        drop = bottom + dice.between(0.02, 0.08)
        for side in (-1.0, 1.0):
            edge_x = x + side * half
            parts.append(
                box(
                    label,
                    folds,
                    edge_x - half * 0.27,
                    top - 0.02,
                    edge_x + half * 0.27,
                    drop,
                    round=0.006,
                )
            )
    return Thing(tuple(parts))


def picture(dice: Dice, style: Style, woods: Woods, x: float, middle: float, room: float) -> Thing:
    """A framed picture at most `room` wide: hills and a sun, or plain shapes."""
    label = LABEL["picture"]
    half, tall = min(room * 0.36, dice.between(0.06, 0.11)), dice.between(0.05, 0.1)
    frame = Paint(standing_out(dice, lighten(woods.wood, 0.7), 0.3), dome=0.0)
    edge = dice.between(0.009, 0.018)
    inner = Rectangle(x - half + edge, middle - tall + edge, x + half - edge, middle + tall - edge)
    ground = standing_out(dice, style.accent(dice.whole(0, 3), 1.3), 0.4)
    parts = [
        box(label, frame, x - half, middle - tall, x + half, middle + tall),
        box(label, Paint(ground, slope=0.0, inked=False), *inner.box),
    ]
    spots = dice.whole(2, 4)
    for k in range(spots):
        colour = style.accent(dice.whole(0, 3), dice.between(0.5, 1.5))
        if dice.chance(0.4):
            shape = Terrain(middle + tall * (k / spots), tall * 0.8, 7.0, dice.seed())
            parts.append(within(inner, mark(shape, colour)))
            continue
        at = (x + dice.between(-0.6, 0.6) * half, middle + dice.between(-0.6, 0.6) * tall)
        r = dice.between(0.25, 0.6) * min(half, tall)
        parts.append(within(inner, mark(Ellipse(*at, r, r), colour)))
    return Thing(tuple(parts))


def door(dice: Dice, style: Style, woods: Woods, x: float, bottom: float, room: float) -> Thing:
    """A door that ends on the floor: frame, panels, handle."""
    label = LABEL["door"]
    half, height = min(room * 0.4, dice.between(0.075, 0.1)), dice.between(0.38, 0.44)
    colour = standing_out(dice, blend(woods.wood, style.pastel(0), dice.pick((0.0, 0.6))))
    leaf = Paint(colour, Texture("fibres", 12.0, 0.5, dice.seed()), slope=0.25)
    frame = Paint(lighten(colour, dice.pick((0.7, 1.3))), slope=0.2)
    top = bottom - height
    parts = [
        box(label, frame, x - half - 0.014, top - 0.014, x + half + 0.014, bottom),
        box(label, leaf, x - half, top, x + half, bottom),
    ]
    rows = dice.whole(1, 3)
    for k in range(rows):
        up, down = top + height * k / rows + 0.018, top + height * (k + 1) / rows - 0.016
        for side in (-1.0, 1.0):
            left = x + (-half if side < 0 else 0.0)
            panel = Rectangle(left + 0.014, up, left + half - 0.014, down, 0.004)
            parts.append(mark(panel, lighten(colour, 0.75)))
    knob = x + dice.side() * half * 0.78
    parts.append(mark(Ellipse(knob, bottom - height * 0.46, 0.009, 0.009), (0.85, 0.75, 0.4)))
    return Thing(tuple(parts))
