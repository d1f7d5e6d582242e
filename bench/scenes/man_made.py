"""What people put into a landscape: houses and boats."""

from __future__ import annotations

from bench.scenes.canvas import Paint, Part
from bench.scenes.colour import Colour, blend, from_hsv, lighten
from bench.scenes.composition import Thing
from bench.scenes.dice import Dice
from bench.scenes.landscape_classes import LABEL, Land
from bench.scenes.parts import mark, standing_out
from bench.scenes.place import Place
from bench.scenes.shapes import Intersection
from bench.scenes.style import Style
from bench.scenes.texture import Texture

__all__ = ["boat", "house"]

_LAMPLIGHT: Colour = (1.0, 0.85, 0.45)
_PANE: Colour = (0.3, 0.4, 0.55)
_STRIPE: Colour = (0.95, 0.95, 0.95)


def house(dice: Dice, style: Style, land: Land, x: float, base: float, scale: float) -> Thing:
    """A cottage: a gabled front, a long side under its roof, door, windows, chimney."""
    place = Place(LABEL["house"], x, base, scale, dice.side())
    half, eaves = dice.between(0.09, 0.13), dice.between(0.1, 0.14)
    peak, end = eaves * dice.between(1.6, 1.9), half * dice.between(3.0, 4.4)
    plaster = standing_out(dice, blend((0.9, 0.86, 0.78), style.accent(0), 0.3), 0.35)
    plaster = lighten(plaster, 0.55 if land.night else 1.0)
    wall = Paint(plaster, Texture("planks", 50.0 / scale, 0.35, dice.seed()), slope=0.3)
    clay = standing_out(dice, from_hsv(dice.between(0.98, 1.08), 0.55, 0.5), 0.25)
    roof = Paint(clay, Texture("bands", 60.0 / scale, 0.6, 0), slope=0.3)
    drip, middle = eaves - 0.008, (half + end) / 2
    return Thing(
        (
            mark(
                place.ellipse(end / 2 - half / 2, 0.0, end * 0.62, 0.014), (0.05, 0.04, 0.08), 0.32
            ),
            place.box(Paint(lighten(plaster, 0.72), slope=0.2), half, eaves, end, 0.0),
            place.box(Paint(lighten(clay, 0.6)), middle, peak + eaves * 0.2, middle + 0.028, eaves),
            place.polygon(
                roof, (0.0, peak), (end - half, peak), (end + half * 0.12, drip), (half, drip)
            ),
            place.polygon(
                wall, (-half, 0.0), (-half, eaves), (0.0, peak), (half, eaves), (half, 0.0)
            ),
            place.bar(roof, (-half * 1.12, drip), (0.0, peak), 0.008),
            place.bar(roof, (half * 1.12, drip), (0.0, peak), 0.008),
            *_openings(place, half, eaves, middle, lighten(clay, 0.7), land.night),
        )
    )


def _openings(
    place: Place, half: float, eaves: float, middle: float, door: Colour, night: bool
) -> list[Part]:
    """A door and a window in front, a window in the long side; lit at night."""
    pane, low, high = _LAMPLIGHT if night else _PANE, eaves * 0.34, eaves * 0.7
    return [
        place.box(door, -half * 0.62, 0.0, -half * 0.12, eaves * 0.62),
        place.box(pane, half * 0.2, low, half * 0.68, high),
        place.box(pane, middle - half * 0.26, low, middle + half * 0.26, high),
    ]


def boat(dice: Dice, style: Style, land: Land, x: float, base: float, scale: float) -> Thing:
    """A sailing boat or a rowing boat, afloat with its waterline at `base`."""
    place = Place(LABEL["boat"], x, base, scale, dice.side())
    half, deep = dice.between(0.08, 0.12), dice.between(0.03, 0.042)
    dim = 0.6 if land.night else 1.0
    hull = Paint(lighten(standing_out(dice, style.accent(2), 0.35), dim), slope=0.6)
    keel = place.convex(
        (-half, deep), (half * 1.15, deep * 1.25), (half * 0.7, 0.0), (-half * 0.75, 0.0)
    )
    stripe = Intersection(place.rectangle(-half * 2, deep * 0.95, half * 2, deep * 0.7), keel)
    mirrored = mark(
        place.ellipse(0.0, -deep * 0.25, half, deep * 0.4), lighten(land.water, 0.5), 0.5
    )
    rig = _sails(dice.child("sails"), style, land, place, half, deep) if dice.chance(0.7) else []
    return Thing((mirrored, *rig, place.part(hull, keel), mark(stripe, _STRIPE, 0.8)))


def _sails(
    dice: Dice, style: Style, land: Land, place: Place, half: float, deep: float
) -> list[Part]:
    """A mast with a mainsail behind it and a smaller sail before it."""
    top, foot = deep + dice.between(0.18, 0.26), deep * 1.5
    white = standing_out(dice, blend((0.97, 0.96, 0.92), style.accent(1), 0.15), 0.4)
    cloth = Paint(lighten(white, 0.6 if land.night else 1.0), slope=0.5)
    main = ((-0.01, top - 0.01), (-0.01, foot), (-half * 0.95, foot))
    jib = ((0.012, top * 0.82), (0.012, foot + 0.003), (half * 0.95, foot + 0.003))
    return [
        place.bar(Paint(land.trunk, slope=0.0), (0.0, deep), (0.0, top), 0.0065, 0.005),
        place.polygon(cloth, *main),
        place.polygon(cloth, *jib),
    ]
