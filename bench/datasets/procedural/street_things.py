"""What stands on a pavement: people, trees, lamps, signs and traffic lights, at (x, base)."""

from __future__ import annotations

from bench.datasets.procedural.canvas import Paint, Part
from bench.datasets.procedural.colour import Colour, from_hsv, lighten
from bench.datasets.procedural.dice import Dice
from bench.datasets.procedural.parts import bar, box, disc, mark, shadow, standing_out, varied
from bench.datasets.procedural.plan import Thing
from bench.datasets.procedural.shapes import Blob, Convex, Ellipse, Rectangle, Union
from bench.datasets.procedural.street_classes import LABEL, Town
from bench.datasets.procedural.style import Style

__all__ = ["lamp_post", "person", "sign", "traffic_light", "tree"]

_SKINS: tuple[Colour, ...] = (
    (0.96, 0.8, 0.69), (0.88, 0.68, 0.52), (0.72, 0.5, 0.35), (0.5, 0.33, 0.23), (0.36, 0.23, 0.17),
)  # fmt: skip


def person(dice: Dice, style: Style, town: Town, x: float, base: float, scale: float) -> Thing:
    """Somebody standing or walking, in trousers or a skirt, with hair or a hat."""
    del town
    label = LABEL["person"]
    tall = dice.between(0.34, 0.41) * scale
    skin = Paint(varied(dice, dice.pick(_SKINS), 0.06), dome=0.2)
    top = Paint(standing_out(dice, style.accent(dice.whole(0, 3)), 0.35), slope=0.5, dome=0.2)
    legs = Paint(lighten(style.accent(dice.whole(0, 3)), dice.between(0.25, 0.7)), slope=0.4)
    hair = lighten(from_hsv(dice.between(0.03, 0.12), 0.6, 0.6), dice.between(0.15, 1.0))
    stride, swing = dice.between(0.01, 0.085) * tall, dice.between(0.02, 0.13) * tall
    hip, neck, wide = base - tall * 0.46, base - tall * 0.82, dice.between(0.1, 0.125) * tall
    head = (x, base - tall * 0.905)
    parts = [shadow(x, base, wide * 1.5, 0.012 * scale)]
    for side in (-1.0, 1.0):
        foot = (x + side * (wide * 0.4 + stride), base - 0.018 * tall)
        parts += [
            bar(label, legs, (x + side * wide * 0.45, hip), foot, tall * 0.055, tall * 0.034),
            disc(
                label,
                Paint((0.13, 0.1, 0.1), slope=0.0),
                foot[0] + 0.01 * tall,
                foot[1],
                tall * 0.04,
                tall * 0.022,
            ),
        ]
    if dice.chance(0.3):
        skirt = (
            (x - wide * 0.8, hip - tall * 0.1),
            (x + wide * 0.8, hip - tall * 0.1),
            (x + wide * 1.6, hip + tall * 0.2),
            (x - wide * 1.6, hip + tall * 0.2),
        )
        parts.append(Part(Convex(skirt), top, label))
    for side in (-1.0, 1.0):
        hand = (x + side * (wide + swing), hip + tall * 0.02)
        parts += [
            bar(
                label,
                top,
                (x + side * wide * 0.85, neck + tall * 0.06),
                hand,
                tall * 0.042,
                tall * 0.032,
            ),
            disc(label, skin, *hand, tall * 0.03, tall * 0.03),
        ]
    parts += [
        box(
            label, top, x - wide, neck + tall * 0.01, x + wide, hip + tall * 0.03, round=wide * 0.55
        ),
        box(label, skin, x - tall * 0.03, neck - tall * 0.03, x + tall * 0.03, neck + tall * 0.03),
        disc(
            label,
            Paint(hair, slope=0.0),
            head[0],
            head[1] - tall * 0.016,
            tall * 0.067,
            tall * 0.078,
        ),
        disc(label, skin, head[0], head[1] + tall * 0.012, tall * 0.054, tall * 0.064),
    ]
    if dice.chance(0.25):
        hat = Paint(standing_out(dice, style.accent(2), 0.4), slope=0.0)
        brim = head[1] - tall * 0.035
        parts += [
            box(
                label,
                hat,
                x - tall * 0.055,
                brim - tall * 0.06,
                x + tall * 0.055,
                brim,
                round=0.01 * scale,
            ),
            bar(
                label,
                hat,
                (x - tall * 0.08, brim),
                (x + tall * 0.08, brim),
                tall * 0.012,
                tall * 0.012,
            ),
        ]
    return Thing(tuple(parts))


def tree(dice: Dice, style: Style, town: Town, x: float, base: float, scale: float) -> Thing:
    """A street tree: trunk, branches, and a round, tall or pointed crown."""
    del style
    label = LABEL["tree"]
    tall, wide = dice.between(0.62, 0.95) * scale, dice.between(0.17, 0.27) * scale
    bark, crown = Paint(town.trunk, slope=0.3), town.crown(dice)
    middle, r = base - tall * 0.64, dice.between(0.016, 0.026) * scale
    kind = dice.whole(0, 2)
    parts = [
        shadow(x, base, wide * 0.5, 0.014 * scale),
        bar(label, bark, (x, base), (x, middle), r, r * 0.6),
        bar(label, bark, (x, base - tall * 0.36), (x + wide * 0.5, middle), r * 0.5, r * 0.3),
    ]
    if kind == 0:
        core: Ellipse | Convex | Union = Ellipse(x, middle, wide * 0.92, tall * 0.34)
    elif kind == 1:
        core = Convex(
            (
                (x, base - tall),
                (x + wide * 0.7, base - tall * 0.26),
                (x - wide * 0.7, base - tall * 0.26),
            )
        )
    else:
        lumps = [(dice.between(-0.5, 0.5) * wide, dice.between(-0.2, 0.2) * tall) for _ in range(4)]
        core = Union(
            tuple(Ellipse(x + dx, middle + dy, wide * 0.6, tall * 0.19) for dx, dy in lumps)
        )
    parts.append(Part(Blob(core, 0.05 * scale, 14.0 / max(scale, 0.3), dice.seed()), crown, label))
    return Thing(tuple(parts))


def lamp_post(dice: Dice, style: Style, town: Town, x: float, base: float, scale: float) -> Thing:
    """A street lamp: a thin post, with an arm over the road or a lantern."""
    del style
    label = LABEL["pole"]
    tall, r = dice.between(0.75, 0.95) * scale, 0.0125 * scale
    metal = Paint(town.metal, slope=0.0)
    top = base - tall
    glow = (1.0, 0.93, 0.65) if town.dark else (0.93, 0.93, 0.85)
    parts = [
        shadow(x, base, 0.04 * scale, 0.01 * scale),
        bar(label, metal, (x, base), (x, top), r * 1.3, r * 0.8),
    ]
    if dice.chance(0.5):
        reach = dice.side() * dice.between(0.12, 0.18) * scale
        head, rx, ry = (x + reach, top - 0.012 * scale), 0.04 * scale, 0.016 * scale
        parts.append(bar(label, metal, (x, top), (x + reach, top - 0.02 * scale), r * 0.8, r * 0.7))
    else:
        head, rx, ry = (x, top - 0.03 * scale), 0.034 * scale, 0.04 * scale
        parts.append(bar(label, metal, (x - 0.03 * scale, top), (x + 0.03 * scale, top), r, r))
    parts.append(disc(label, Paint(glow, slope=0.0), *head, rx, ry))
    if town.dark:
        parts.append(mark(Ellipse(*head, 0.1 * scale, 0.1 * scale), glow, 0.22))
    return Thing(tuple(parts))


def sign(dice: Dice, style: Style, town: Town, x: float, base: float, scale: float) -> Thing:
    """A traffic sign on its post: round, triangular, square or a stop sign's octagon."""
    del style
    label = LABEL["traffic sign"]
    tall, r = dice.between(0.42, 0.52) * scale, dice.between(0.07, 0.088) * scale
    y = base - tall
    red, blue, white = (0.82, 0.1, 0.12), (0.1, 0.3, 0.75), (0.96, 0.96, 0.94)
    parts = [
        shadow(x, base, 0.03 * scale, 0.008 * scale),
        bar(label, Paint(town.metal, slope=0.0), (x, base), (x, y), 0.011 * scale, 0.011 * scale),
    ]
    kind = dice.whole(0, 3)
    if kind == 0:
        parts += [
            disc(label, Paint(red, slope=0.2), x, y, r, r),
            mark(Ellipse(x, y, r * 0.7, r * 0.7), white),
            mark(Rectangle(x - r * 0.28, y - r * 0.3, x + r * 0.28, y + r * 0.3), (0.1, 0.1, 0.1)),
        ]
    elif kind == 1:
        parts += [
            Part(
                Convex(
                    ((x, y - r * 1.15), (x + r * 1.2, y + r * 0.85), (x - r * 1.2, y + r * 0.85))
                ),
                Paint(red, slope=0.2),
                label,
            ),
            mark(
                Convex(
                    ((x, y - r * 0.6), (x + r * 0.72, y + r * 0.58), (x - r * 0.72, y + r * 0.58))
                ),
                white,
            ),
        ]
    elif kind == 2:
        parts += [
            box(label, Paint(blue, slope=0.2), x - r, y - r, x + r, y + r, round=r * 0.2),
            mark(Rectangle(x - r * 0.3, y - r * 0.65, x - r * 0.08, y + r * 0.65), white),
            mark(Ellipse(x + r * 0.1, y - r * 0.3, r * 0.36, r * 0.36), white),
        ]
    else:
        k = r * 0.414
        corners = (
            (x - k, y - r),
            (x + k, y - r),
            (x + r, y - k),
            (x + r, y + k),
            (x + k, y + r),
            (x - k, y + r),
            (x - r, y + k),
            (x - r, y - k),
        )
        parts += [
            Part(Convex(corners), Paint(red, slope=0.2), label),
            mark(Rectangle(x - r * 0.7, y - r * 0.16, x + r * 0.7, y + r * 0.16), white),
        ]
    return Thing(tuple(parts))


def traffic_light(
    dice: Dice, style: Style, town: Town, x: float, base: float, scale: float
) -> Thing:
    """A traffic light on its post, with one lamp lit."""
    del style
    label = LABEL["traffic light"]
    tall, half = dice.between(0.5, 0.62) * scale, dice.between(0.045, 0.055) * scale
    top = base - tall
    case = Paint((0.12, 0.13, 0.14), slope=0.1)
    deep, lit = half * 5.0, dice.whole(0, 2)
    parts = [
        shadow(x, base, 0.03 * scale, 0.008 * scale),
        bar(
            label,
            Paint(town.metal, slope=0.0),
            (x, base),
            (x, top + deep),
            0.012 * scale,
            0.012 * scale,
        ),
        box(label, case, x - half, top, x + half, top + deep, round=half * 0.4),
    ]
    for k, colour in enumerate(((0.95, 0.15, 0.1), (0.98, 0.75, 0.1), (0.15, 0.85, 0.35))):
        lamp = colour if k == lit else lighten(colour, 0.28)
        parts.append(
            mark(Ellipse(x, top + deep * (0.19 + 0.31 * k), half * 0.68, half * 0.68), lamp)
        )
    return Thing(tuple(parts))
