"""What stands on a pavement: trees, lamps, signs and traffic lights, at (x, base).

`scale` is the same for all things at one distance: a person is about 0.38 of it tall.
"""

from __future__ import annotations

from bench.scenes.canvas import Paint, Part
from bench.scenes.colour import Colour, lighten
from bench.scenes.composition import Thing
from bench.scenes.dice import Dice
from bench.scenes.parts import mark
from bench.scenes.place import Place
from bench.scenes.shapes import Blob, Shape, Union
from bench.scenes.street_classes import LABEL, Town
from bench.scenes.style import Style

__all__ = ["lamp_post", "sign", "traffic_light", "tree"]

_WHITE: Colour = (0.96, 0.96, 0.94)
_BLACK: Colour = (0.1, 0.1, 0.1)
_RED = Paint((0.82, 0.1, 0.12), slope=0.2)
_BLUE = Paint((0.1, 0.3, 0.75), slope=0.2)
_LIGHTS: tuple[Colour, ...] = ((0.95, 0.15, 0.1), (0.98, 0.75, 0.1), (0.15, 0.85, 0.35))


def tree(dice: Dice, style: Style, town: Town, x: float, base: float, scale: float) -> Thing:
    """A street tree: trunk, branches, and a round, pointed or lumpy crown."""
    del style
    place = Place(LABEL["tree"], x, base, scale, dice.side())
    tall, wide = dice.between(0.62, 0.95), dice.between(0.17, 0.27)
    bark, middle, r = Paint(town.trunk, slope=0.3), tall * 0.64, dice.between(0.016, 0.026)
    crown = Blob(_crown(dice, place, tall, wide), 0.05 * scale, 14.0 / max(scale, 0.3), dice.seed())
    return Thing(
        (
            place.shadow(wide * 0.5, 0.014),
            place.bar(bark, (0.0, 0.0), (0.0, middle), r, r * 0.6),
            place.bar(bark, (0.0, tall * 0.36), (wide * 0.5, middle), r * 0.5, r * 0.3),
            place.part(town.crown(dice), crown),
        )
    )


def _crown(dice: Dice, place: Place, tall: float, wide: float) -> Shape:
    kind = dice.whole(0, 2)
    if kind == 0:
        return place.ellipse(0.0, tall * 0.64, wide * 0.92, tall * 0.34)
    if kind == 1:
        foot = tall * 0.26
        return place.convex((0.0, tall), (wide * 0.7, foot), (-wide * 0.7, foot))
    lumps = [(dice.between(-0.5, 0.5), dice.between(-0.2, 0.2)) for _ in range(4)]
    return Union(
        tuple(
            place.ellipse(dx * wide, (0.64 + up) * tall, wide * 0.6, tall * 0.19)
            for dx, up in lumps
        )
    )


def lamp_post(dice: Dice, style: Style, town: Town, x: float, base: float, scale: float) -> Thing:
    """A street lamp: a thin post, with an arm over the road or a lantern."""
    del style
    place = Place(LABEL["pole"], x, base, scale, dice.side())
    top, r = dice.between(0.75, 0.95), 0.0125
    metal = Paint(town.metal, slope=0.0)
    glow: Colour = (1.0, 0.93, 0.65) if town.dark else (0.93, 0.93, 0.85)
    parts = [
        place.shadow(0.04, 0.01),
        place.bar(metal, (0.0, 0.0), (0.0, top), r * 1.3, r * 0.8),
    ]
    if dice.chance(0.5):
        reach = dice.between(0.12, 0.18)
        head, size = (reach, top + 0.012), (0.04, 0.016)
        parts.append(place.bar(metal, (0.0, top), (reach, top + 0.02), r * 0.8, r * 0.7))
    else:
        head, size = (0.0, top + 0.03), (0.034, 0.04)
        parts.append(place.bar(metal, (-0.03, top), (0.03, top), r))
    parts.append(place.disc(Paint(glow, slope=0.0), *head, *size))
    if town.dark:
        parts.append(mark(place.ellipse(*head, 0.1, 0.1), glow, 0.22))
    return Thing(tuple(parts))


def sign(dice: Dice, style: Style, town: Town, x: float, base: float, scale: float) -> Thing:
    """A traffic sign on its post: round, triangular, square or a stop sign's octagon."""
    del style
    post = Place(LABEL["traffic sign"], x, base, scale)
    tall, r = dice.between(0.42, 0.52), dice.between(0.07, 0.088)
    plate = Place(post.label, x, base - tall * scale, r * scale)
    face = dice.pick((_round_sign, _triangle_sign, _square_sign, _stop_sign))(plate)
    metal = Paint(town.metal, slope=0.0)
    return Thing((post.shadow(0.03, 0.008), post.bar(metal, (0.0, 0.0), (0.0, tall), 0.011), *face))


def _round_sign(plate: Place) -> list[Part]:
    return [
        plate.disc(_RED, 0.0, 0.0, 1.0),
        plate.disc(_WHITE, 0.0, 0.0, 0.7),
        plate.box(_BLACK, -0.28, -0.3, 0.28, 0.3),
    ]


def _triangle_sign(plate: Place) -> list[Part]:
    return [
        plate.polygon(_RED, (0.0, 1.15), (1.2, -0.85), (-1.2, -0.85)),
        plate.polygon(_WHITE, (0.0, 0.6), (0.72, -0.58), (-0.72, -0.58)),
    ]


def _square_sign(plate: Place) -> list[Part]:
    return [
        plate.box(_BLUE, -1.0, -1.0, 1.0, 1.0, round=0.2),
        plate.box(_WHITE, -0.3, -0.65, -0.08, 0.65),
        plate.disc(_WHITE, 0.1, 0.3, 0.36),
    ]


def _stop_sign(plate: Place) -> list[Part]:
    k = 0.414
    right = ((k, 1.0), (1.0, k), (1.0, -k), (k, -1.0))
    left = ((-k, -1.0), (-1.0, -k), (-1.0, k), (-k, 1.0))
    return [plate.polygon(_RED, *right, *left), plate.box(_WHITE, -0.7, -0.16, 0.7, 0.16)]


def traffic_light(
    dice: Dice, style: Style, town: Town, x: float, base: float, scale: float
) -> Thing:
    """A traffic light on its post, with one lamp lit."""
    del style
    place = Place(LABEL["traffic light"], x, base, scale)
    top, half = dice.between(0.5, 0.62), dice.between(0.045, 0.055)
    deep, lit = half * 5.0, dice.whole(0, 2)
    lamps = [
        place.disc(
            colour if k == lit else lighten(colour, 0.28), 0.0, top - deep * share, half * 0.68
        )
        for k, (colour, share) in enumerate(zip(_LIGHTS, (0.19, 0.5, 0.81)))
    ]
    case = Paint((0.12, 0.13, 0.14), slope=0.1)
    return Thing(
        (
            place.shadow(0.03, 0.008),
            place.bar(Paint(town.metal, slope=0.0), (0.0, 0.0), (0.0, top - deep), 0.012),
            place.box(case, -half, top, half, top - deep, round=half * 0.4),
            *lamps,
        )
    )
