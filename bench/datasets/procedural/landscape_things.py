"""What stands in a landscape: trees, bushes, rocks, houses, boats and clouds."""

from __future__ import annotations

from bench.datasets.procedural.canvas import Paint, Part
from bench.datasets.procedural.colour import blend, from_hsv, lighten
from bench.datasets.procedural.dice import Dice
from bench.datasets.procedural.landscape_classes import LABEL, Land
from bench.datasets.procedural.parts import bar, box, mark, shadow, standing_out, varied
from bench.datasets.procedural.plan import Thing
from bench.datasets.procedural.shapes import (
    Blob,
    Convex,
    Ellipse,
    Intersection,
    Rectangle,
    Shape,
    Union,
)
from bench.datasets.procedural.style import Style
from bench.datasets.procedural.texture import Texture

__all__ = ["boat", "bush", "cloud", "house", "rock", "tree"]


def cloud(dice: Dice, land: Land, x: float, y: float, wide: float) -> Thing:
    """A heap of rounded lumps on a flat foot."""
    lumps: list[Shape] = [Ellipse(x, y, wide, wide * 0.2)]
    for _ in range(dice.whole(3, 5)):
        dx, r = dice.between(-0.6, 0.6), dice.between(0.26, 0.44)
        lumps.append(Ellipse(x + dx * wide, y - wide * 0.12, wide * r, wide * r * 0.72))
    body = Intersection(Union(tuple(lumps)), Rectangle(-1.0, -1.0, 2.0, y + wide * 0.12))
    white = blend((1.0, 1.0, 1.0), land.horizon, 0.75 if land.night else 0.25)
    paint = Paint(white, fade=blend(white, land.zenith, 0.4), slope=0.25, dome=0.08)
    return Thing((Part(Blob(body, 0.02, 16.0, dice.seed()), paint, LABEL["cloud"]),))


def tree(dice: Dice, style: Style, land: Land, x: float, base: float, scale: float) -> Thing:
    """A fir, a round tree, a spreading tree or a poplar."""
    del style
    label = LABEL["tree"]
    tall, bark = dice.between(0.32, 0.5) * scale, Paint(land.trunk, slope=0.3)
    leaves, kind = land.leaves(dice, scale), dice.whole(0, 3)
    r = dice.between(0.012, 0.018) * scale
    parts = [shadow(x, base, tall * 0.2, 0.012 * scale)]
    if kind == 0:
        wide, tiers = tall * dice.between(0.2, 0.28), dice.whole(3, 4)
        parts.append(bar(label, bark, (x, base), (x, base - tall * 0.3), r, r))
        for k in range(tiers):
            low, high = (
                base - tall * (0.12 + 0.72 * k / tiers),
                base - tall * (0.52 + 0.48 * (k + 1) / tiers),
            )
            reach = wide * (1.0 - 0.62 * k / tiers)
            layer = Convex(((x, high), (x + reach, low), (x - reach, low)))
            parts.append(Part(Blob(layer, 0.012 * scale, 40.0 / scale, dice.seed()), leaves, label))
        return Thing(tuple(parts))
    middle = base - tall * 0.66
    parts.append(bar(label, bark, (x, base), (x, middle), r * 1.2, r * 0.7))
    if kind == 1:
        core: Shape = Ellipse(x, middle, tall * 0.28, tall * 0.34)
    elif kind == 2:
        side = dice.side() * tall
        parts.append(
            bar(label, bark, (x, base - tall * 0.35), (x + side * 0.2, middle), r * 0.7, r * 0.4)
        )
        core = Union(
            tuple(
                Ellipse(x + dx * side, middle + dy * tall, tall * 0.19, tall * 0.13)
                for dx, dy in ((0.0, -0.14), (-0.2, 0.02), (0.22, -0.02))
            )
        )
    else:
        core = Ellipse(x, base - tall * 0.56, tall * 0.12, tall * 0.46)
    parts.append(Part(Blob(core, 0.03 * scale, 18.0 / scale, dice.seed()), leaves, label))
    return Thing(tuple(parts))


def bush(dice: Dice, style: Style, land: Land, x: float, base: float, scale: float) -> Thing:
    """A low round bush, sometimes in flower."""
    label = LABEL["bush"]
    wide, tall = dice.between(0.07, 0.12) * scale, dice.between(0.06, 0.09) * scale
    green = varied(dice, lighten(blend(land.leaf, land.grass, 0.35), 0.82), 0.15)
    paint = Paint(green, Texture("leaves", 30.0 / scale, 0.9, dice.seed()), slope=0.7, dome=0.25)
    core = Union(
        (
            Ellipse(x, base - tall * 0.4, wide, tall * 0.55),
            Ellipse(x + dice.between(-0.3, 0.3) * wide, base - tall * 0.7, wide * 0.6, tall * 0.5),
        )
    )
    parts = [
        shadow(x, base, wide * 1.1, 0.012 * scale),
        Part(Blob(core, 0.016 * scale, 30.0 / scale, dice.seed()), paint, label),
    ]
    if dice.chance(0.4):
        flower = standing_out(dice, style.accent(1, 1.25), 0.4)
        for _ in range(dice.whole(5, 9)):
            at = (x + dice.between(-0.7, 0.7) * wide, base - tall * dice.between(0.25, 0.95))
            parts.append(mark(Ellipse(*at, 0.011 * scale, 0.011 * scale), flower))
    return Thing(tuple(parts))


def rock(dice: Dice, style: Style, land: Land, x: float, base: float, scale: float) -> Thing:
    """A boulder with a lit and a shaded face."""
    label = LABEL["rock"]
    wide, tall = dice.between(0.06, 0.13) * scale, dice.between(0.05, 0.1) * scale
    colour = varied(dice, land.stone, 0.2)
    lean = dice.between(-0.4, 0.4) * wide
    body = Convex(
        (
            (x - wide, base),
            (x - wide * 0.85, base - tall * 0.5),
            (x + lean - wide * 0.3, base - tall),
            (x + lean + wide * 0.35, base - tall * 0.94),
            (x + wide * 0.9, base - tall * 0.4),
            (x + wide, base),
        )
    )
    rough = Texture("mottle", 26.0 / scale, 0.8, dice.seed())
    face = x - wide * 0.1 * (1.0 if style.light[0] > 0 else -1.0)
    edge = x + wide if style.light[0] < 0 else x - wide
    shade = Convex(
        ((face, base), (x + lean, base - tall * 0.9), (edge, base - tall * 0.3), (edge, base))
    )
    return Thing(
        (
            shadow(x, base, wide * 1.15, 0.014 * scale),
            Part(
                Blob(body, 0.006 * scale, 30.0 / scale, dice.seed()),
                Paint(colour, rough, lighten(colour, 0.6)),
                label,
            ),
            mark(Intersection(shade, body), lighten(colour, 0.35), 0.45),
        )
    )


def house(dice: Dice, style: Style, land: Land, x: float, base: float, scale: float) -> Thing:
    """A cottage: gabled front, a roof running back, door, windows, chimney."""
    label = LABEL["house"]
    half, tall = dice.between(0.09, 0.13) * scale, dice.between(0.1, 0.14) * scale
    face, long = dice.side(), dice.between(1.0, 1.7)
    wall_colour = standing_out(dice, blend((0.9, 0.86, 0.78), style.accent(0), 0.3), 0.35)
    if land.night:
        wall_colour = lighten(wall_colour, 0.55)
    wall = Paint(wall_colour, Texture("planks", 50.0 / scale, 0.35, dice.seed()), slope=0.3)
    side = Paint(lighten(wall_colour, 0.72), slope=0.2)
    roof_colour = standing_out(dice, from_hsv(dice.between(0.98, 1.08), 0.55, 0.5), 0.25)
    roof = Paint(roof_colour, Texture("bands", 60.0 / scale, 0.6, 0), slope=0.3)
    eaves, peak = base - tall, base - tall * dice.between(1.6, 1.9)
    back = x + face * half * (1.0 + 2.0 * long)
    near = x + face * half
    lamp = (1.0, 0.85, 0.45) if land.night else (0.3, 0.4, 0.55)
    pane, w = (near + back) / 2, half * 0.26
    return Thing(
        (
            shadow((x + back) / 2, base, half * (1.2 + long), 0.014 * scale),
            box(label, side, min(near, back), eaves, max(near, back), base),
            box(
                label,
                Paint(lighten(roof_colour, 0.6)),
                pane - 0.012 * scale,
                peak - tall * 0.2,
                pane + 0.016 * scale,
                eaves,
            ),
            Part(
                Convex(
                    (
                        (x, peak),
                        (back - face * half, peak),
                        (back + face * half * 0.12, eaves + 0.01 * scale),
                        (near, eaves + 0.01 * scale),
                    )
                ),
                roof,
                label,
            ),
            Part(
                Convex(
                    (
                        (x - half, base),
                        (x - half, eaves),
                        (x, peak),
                        (x + half, eaves),
                        (x + half, base),
                    )
                ),
                wall,
                label,
            ),
            bar(
                label,
                roof,
                (x - half * 1.12, eaves + 0.008 * scale),
                (x, peak),
                0.008 * scale,
                0.008 * scale,
            ),
            bar(
                label,
                roof,
                (x + half * 1.12, eaves + 0.008 * scale),
                (x, peak),
                0.008 * scale,
                0.008 * scale,
            ),
            mark(
                Rectangle(x - half * 0.62, base - tall * 0.62, x - half * 0.12, base),
                lighten(roof_colour, 0.7),
            ),
            mark(
                Rectangle(x + half * 0.2, base - tall * 0.7, x + half * 0.68, base - tall * 0.34),
                lamp,
            ),
            mark(Rectangle(pane - w, base - tall * 0.7, pane + w, base - tall * 0.34), lamp),
        )
    )


def boat(dice: Dice, style: Style, land: Land, x: float, base: float, scale: float) -> Thing:
    """A sailing boat or a rowing boat, afloat with its waterline at `base`."""
    label, face = LABEL["boat"], dice.side()
    half, deep = dice.between(0.08, 0.12) * scale, dice.between(0.03, 0.042) * scale
    dim = 0.6 if land.night else 1.0
    hull = Paint(lighten(standing_out(dice, style.accent(2), 0.35), dim), slope=0.6)
    keel = Convex(
        (
            (x - face * half, base - deep),
            (x + face * half * 1.15, base - deep * 1.25),
            (x + face * half * 0.7, base),
            (x - face * half * 0.75, base),
        )
    )
    parts = [mark(Ellipse(x, base + deep * 0.25, half, deep * 0.4), lighten(land.water, 0.5), 0.5)]
    if dice.chance(0.7):
        tall = dice.between(0.18, 0.26) * scale
        top = base - deep - tall
        cloth = Paint(
            lighten(standing_out(dice, blend((0.97, 0.96, 0.92), style.accent(1), 0.15), 0.4), dim),
            slope=0.5,
        )
        parts += [
            bar(
                label,
                Paint(land.trunk, slope=0.0),
                (x, base - deep),
                (x, top),
                0.0065 * scale,
                0.005 * scale,
            ),
            Part(
                Convex(
                    (
                        (x - face * 0.01 * scale, top + 0.01),
                        (x - face * 0.01 * scale, base - deep * 1.5),
                        (x - face * half * 0.95, base - deep * 1.5),
                    )
                ),
                cloth,
                label,
            ),
            Part(
                Convex(
                    (
                        (x + face * 0.012 * scale, top + tall * 0.18),
                        (x + face * 0.012 * scale, base - deep * 1.6),
                        (x + face * half * 0.95, base - deep * 1.6),
                    )
                ),
                cloth,
                label,
            ),
        ]
    parts.append(Part(keel, hull, label))
    parts.append(
        mark(
            Intersection(
                Rectangle(x - half * 2, base - deep * 0.95, x + half * 2, base - deep * 0.7), keel
            ),
            (0.95, 0.95, 0.95),
            0.8,
        )
    )
    return Thing(tuple(parts))
