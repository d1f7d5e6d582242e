"""Beds, sofas and chairs.

Every piece stands at (x, base) on the floor. Each function takes the piece's own dice, the
image's style, the place and a scale (1 = as large as it is at the back wall) and gives a `Thing`;
lengths are in image sides at scale 1.
"""

from __future__ import annotations

from bench.scenes.canvas import Paint, Part
from bench.scenes.colour import blend, lighten
from bench.scenes.composition import Thing
from bench.scenes.dice import Dice
from bench.scenes.parts import standing_out
from bench.scenes.place import Place
from bench.scenes.room_classes import LABEL, Woods
from bench.scenes.style import Style
from bench.scenes.texture import Texture

__all__ = ["bed", "chair", "sofa"]

_FABRICS = ("stripes", "plaid", "dots", "checks", "bands", "mottle")


def bed(dice: Dice, style: Style, woods: Woods, x: float, base: float, scale: float) -> Thing:
    """A bed seen from its foot: headboard, pillows, sheet and a blanket coming forward."""
    place = Place(LABEL["bed"], x, base, scale)
    half, tall = dice.between(0.18, 0.24), dice.between(0.24, 0.3)
    far, deck, front = half * dice.between(0.72, 0.84), tall * 0.7, tall * 0.22
    wood, sheet = woods.piece(dice), Paint(style.pastel(1, 0.18), dome=0.2)
    blanket = _fabric(dice.child("blanket"), style, 0)
    head, fold = tall * dice.between(1.05, 1.3), far + (half - far) * 0.35
    cushion = Paint(lighten(sheet.colour, 1.3), dome=0.35)
    pillows = [
        place.box(
            cushion,
            dx - far * 0.4,
            deck + tall * 0.1,
            dx + far * 0.4,
            deck - tall * 0.12,
            round=0.03,
        )
        for dx in ((-far * 0.48, far * 0.48) if dice.chance(0.75) else (0.0,))
    ]
    return Thing(
        (
            place.shadow(half * 1.1, 0.02),
            place.box(
                wood, -far * 1.08, head, far * 1.08, deck - tall * 0.12,
                round=dice.pick((0.0, 0.02, 0.05)),
            ),
            place.taper(sheet, deck, far, front, half),
            place.taper(blanket, deck - tall * 0.17, fold, front, half * 1.01),
            place.box(blanket, -half * 1.01, front + 0.002, half * 1.01, 0.02, round=0.01),
            *pillows,
            *(place.box(wood, dx - 0.012, 0.022, dx + 0.012, 0.0) for dx in (-half * 0.9, half * 0.9)),
        )
    )  # fmt: skip


def sofa(dice: Dice, style: Style, woods: Woods, x: float, base: float, scale: float) -> Thing:
    """A sofa from the front: back, arms, seat cushions, legs, a loose cushion."""
    place = Place(LABEL["sofa"], x, base, scale)
    half, tall = dice.between(0.17, 0.25), dice.between(0.19, 0.24)
    cloth, leg = _fabric(dice, style, 0, 16.0), woods.piece(dice)
    dark = Paint(lighten(cloth.colour, 0.8), cloth.texture, cloth.second, dome=0.2)
    arm, soft, seat = half * dice.between(0.14, 0.24), dice.between(0.01, 0.04), tall * 0.48
    edge, side, wide = half - arm, half - arm / 2, half * 0.94
    parts = [
        place.shadow(half * 1.08, 0.018),
        *(place.box(leg, dx - 0.01, 0.03, dx + 0.01, 0.0) for dx in (-half * 0.86, half * 0.86)),
        place.box(dark, -wide, tall, wide, 0.022, round=soft),
        place.box(dark, -wide, seat - tall * 0.12, wide, 0.022),
        *_seats(place, cloth, edge, seat, tall * 0.2, dice.whole(2, 3)),
    ]
    parts += [
        place.box(cloth, dx - arm / 2, tall * 0.72, dx + arm / 2, 0.022, round=arm * 0.45)
        for dx in (-side, side)
    ]
    if dice.chance(0.6):
        loose, dx = _fabric(dice.child("cushion"), style, 2, 30.0), dice.between(-0.5, 0.5) * half
        parts.append(place.box(loose, dx - 0.04, seat + 0.07, dx + 0.04, seat - 0.01, round=0.02))
    return Thing(tuple(parts))


def _seats(
    place: Place, cloth: Paint, edge: float, up: float, thick: float, count: int
) -> list[Part]:
    """Seat cushions side by side between -edge and edge."""
    width = edge * 2 / count
    lefts = [-edge + k * width for k in range(count)]
    return [place.box(cloth, x0, up, x0 + width, up - thick, round=0.012) for x0 in lefts]


def chair(dice: Dice, style: Style, woods: Woods, x: float, base: float, scale: float) -> Thing:
    """A wooden chair from the front or from the side, with a padded seat."""
    place = Place(LABEL["chair"], x, base, scale, dice.side())
    half, tall, r = dice.between(0.05, 0.065), dice.between(0.2, 0.26), 0.0085
    wood, pad, seat = woods.piece(dice), _fabric(dice.child("pad"), style, 2, 34.0), tall * 0.45
    feet = [(s * half * 0.92, up) for s in (-1.0, 1.0) for up in (0.0, 0.022)]
    legs = [place.bar(wood, (dx * 0.95, seat), (dx, up), r, r * 0.8) for dx, up in feet]
    if dice.chance(0.6):
        top = (half * 1.2, tall)
        back = [place.bar(wood, (half * 0.95, seat), top, r * 1.4, r * 1.2)]
    else:
        back = [
            place.bar(wood, (s * half * 0.9, seat), (s * half * 0.85, tall), r) for s in (-1.0, 1.0)
        ]
        for k in range(dice.whole(1, 3)):
            rail = tall * (0.98 - 0.14 * k)
            back.append(
                place.box(wood, -half * 0.85, rail, half * 0.85, rail - tall * 0.08, round=r)
            )
    cushion = place.box(pad, -half, seat + 0.014, half, seat - 0.012, round=0.012)
    return Thing((place.shadow(half * 1.1, 0.012), *legs, *back, cushion))


def _fabric(dice: Dice, style: Style, slot: int, scale: float = 22.0) -> Paint:
    """Cloth in one of the image's colours, with a pattern."""
    colour = standing_out(dice, style.accent(slot))
    pattern = Texture(dice.pick(_FABRICS), scale * style.coarseness, 0.75, dice.seed())
    return Paint(colour, pattern, blend(colour, style.pastel(slot + 1), 0.6), dome=0.25)
