"""Tables, cabinets and plants.

Every piece stands at (x, base) on the floor. Each function takes the piece's own dice, the
image's style, the place and a scale (1 = as large as it is at the back wall) and gives a `Thing`;
lengths are in image sides at scale 1.
"""

from __future__ import annotations

from bench.scenes.canvas import Paint, Part
from bench.scenes.colour import lighten
from bench.scenes.composition import Thing
from bench.scenes.dice import Dice
from bench.scenes.parts import standing_out, varied
from bench.scenes.place import Place
from bench.scenes.room_classes import LABEL, Woods
from bench.scenes.style import Style
from bench.scenes.texture import Texture

__all__ = ["cabinet", "plant", "table"]

_SHELF = 0.085


def table(dice: Dice, style: Style, woods: Woods, x: float, base: float, scale: float) -> Thing:
    """A table: rectangular on four legs, or round on one; with a vase or a bowl on it."""
    place = Place(LABEL["table"], x, base, scale)
    half, top = dice.between(0.1, 0.17), dice.between(0.11, 0.19)
    wood = woods.piece(dice)
    lit = Paint(lighten(wood.colour, 1.18), wood.texture, wood.second, slope=0.2)
    if dice.chance(0.35):
        body = [
            place.taper(wood, 0.02, half * 0.15, 0.0, half * 0.5),
            place.box(wood, -0.012, top, 0.012, 0.01),
            place.disc(wood, 0.0, top - 0.02, half, half * 0.26),
            place.disc(lit, 0.0, top - 0.008, half, half * 0.26),
        ]
    else:
        feet = ((-0.8, 0.03), (0.8, 0.03), (-0.94, 0.0), (0.94, 0.0))
        body = [
            *(place.bar(wood, (s * half, top), (s * half, up), 0.011, 0.008) for s, up in feet),
            place.taper(lit, top + half * 0.3, half * 0.82, top - 0.002, half),
            place.box(wood, -half, top, half, top - 0.024),
        ]
    ware = _tableware(dice.child("ware"), style, place, top)
    return Thing((place.shadow(half * 0.95, 0.022), *body, *ware))


def _tableware(dice: Dice, style: Style, place: Place, top: float) -> list[Part]:
    """A bowl, a vase or nothing; part of the table."""
    clay, dx = Paint(standing_out(dice, style.accent(3)), dome=0.4), dice.between(-0.04, 0.04)
    kind = dice.pick(("nothing", "bowl", "vase"))
    if kind == "bowl":
        return [place.disc(clay, dx, top + 0.02, 0.03, 0.02)]
    if kind == "vase":
        belly = place.disc(clay, dx, top + 0.03, 0.02, 0.028)
        return [belly, place.bar(clay, (dx, top + 0.04), (dx, top + 0.066), 0.01, 0.012)]
    return []


def cabinet(dice: Dice, style: Style, woods: Woods, x: float, base: float, scale: float) -> Thing:
    """A bookcase, a chest of drawers or a wardrobe."""
    place = Place(LABEL["cabinet"], x, base, scale)
    half, tall = dice.between(0.07, 0.12), dice.between(0.2, 0.42)
    wood, kind = woods.piece(dice), dice.pick(("books", "books", "drawers", "doors"))
    body = [place.shadow(half * 1.1, 0.014), place.box(wood, -half, tall, half, 0.0)]
    if kind == "books":
        return Thing((*body, *_shelves(dice.child("books"), style, place, wood, half, tall)))
    if kind == "drawers":
        count = max(2, int(tall / _SHELF) - 1)
        step = tall / count
        fronts = [
            (-half + 0.012, step * k + 0.01, half - 0.012, step * (k + 1) - 0.006)
            for k in range(count)
        ]
    else:
        fronts = [
            (-half + 0.01, 0.016, -0.004, tall - 0.012), (0.004, 0.016, half - 0.01, tall - 0.012)
        ]  # fmt: skip
    knob = style.accent(2, 1.2)
    return Thing((*body, *(part for front in fronts for part in _front(place, wood, knob, front))))


def _front(
    place: Place, wood: Paint, knob: tuple[float, float, float], edges: tuple[float, ...]
) -> list[Part]:
    """A door or a drawer: a groove, a panel, a knob."""
    left, low, right, high = edges
    inset = 0.007
    panel = (left + inset, low + inset, right - inset, high - inset)
    return [
        place.box(lighten(wood.colour, 0.74), *edges, round=0.006),
        place.box(lighten(wood.colour, 1.12), *panel, round=0.004),
        place.disc(knob, panel[2] - 0.012, (low + high) / 2, 0.007),
    ]


def _shelves(
    dice: Dice, style: Style, place: Place, wood: Paint, half: float, tall: float
) -> list[Part]:
    """Shelves full of books."""
    count = max(2, int(tall / _SHELF))
    gap, inner = tall / count, lighten(wood.colour, 0.5)
    parts = []
    for k in range(count):
        floor = gap * k + 0.008
        parts.append(place.box(inner, -half + 0.012, floor, half - 0.012, gap * (k + 1) - 0.01))
        dx = -half + 0.016
        while dx < half - 0.026:
            width = min(dice.between(0.011, 0.022), half - 0.016 - dx)
            spine = style.accent(dice.whole(0, 3), dice.between(0.6, 1.35))
            height = gap * dice.between(0.52, 0.74)
            if dice.chance(0.88):
                parts.append(place.box(spine, dx, floor, dx + width * 0.92, floor + height))
            dx += width
    return parts


def plant(dice: Dice, style: Style, woods: Woods, x: float, base: float, scale: float) -> Thing:
    """A pot with long leaves or a round crown."""
    place = Place(LABEL["plant"], x, base, scale)
    half, rim = dice.between(0.035, 0.05), dice.between(0.055, 0.085)
    pot = Paint(standing_out(dice, style.accent(1)), dome=0.35)
    grow = _round_crown if dice.chance(0.4) else _long_leaves
    return Thing(
        (
            place.shadow(half * 1.3, 0.012),
            *grow(dice.child("leaves"), woods, place, rim, dice.between(0.16, 0.24)),
            place.taper(pot, rim, half, 0.0, half * 0.72),
            place.box(pot, -half * 1.12, rim + 0.008, half * 1.12, rim - 0.012, round=0.004),
        )
    )


def _round_crown(dice: Dice, woods: Woods, place: Place, rim: float, reach: float) -> list[Part]:
    green = Paint(varied(dice, woods.leaf), Texture("leaves", 28.0, 0.8, dice.seed()), dome=0.2)
    return [
        place.bar(Paint(woods.dark), (0.0, rim), (0.0, rim + reach * 0.5), 0.008, 0.006),
        place.disc(green, 0.0, rim + reach * 0.68, reach * 0.42),
    ]


def _long_leaves(dice: Dice, woods: Woods, place: Place, rim: float, reach: float) -> list[Part]:
    parts = []
    for _ in range(dice.whole(5, 8)):
        leaf = Paint(varied(dice, woods.leaf, 0.25), slope=0.5)
        lean, long, wide = (
            dice.between(-0.75, 0.75),
            dice.between(0.75, 1.0),
            dice.between(0.011, 0.019),
        )
        bend = (lean * reach * 0.3, rim + reach * 0.55 * (1.0 - 0.3 * abs(lean)))
        tip = (lean * reach * 0.85, rim + reach * long * (1.0 - 0.5 * abs(lean)))
        parts += [
            place.bar(leaf, (0.0, rim), bend, wide * 0.5, wide),
            place.bar(leaf, bend, tip, wide, 0.003),
        ]
    return parts
