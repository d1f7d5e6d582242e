"""Beds, sofas and chairs.

Every piece stands at (x, base) on the floor. Each function takes the piece's own dice, the
picture's style, the place and a scale (1 = as large as it is at the back wall) and gives a `Thing`;
lengths are in picture sides at scale 1.
"""

from __future__ import annotations

from bench.datasets.procedural.canvas import Paint
from bench.datasets.procedural.colour import blend, lighten
from bench.datasets.procedural.dice import Dice
from bench.datasets.procedural.parts import (
    bar,
    box,
    shadow,
    standing_out,
    taper,
)
from bench.datasets.procedural.plan import Thing
from bench.datasets.procedural.room_classes import LABEL, Woods
from bench.datasets.procedural.style import Style
from bench.datasets.procedural.texture import Texture

__all__ = ["bed", "chair", "sofa"]

_FABRICS = ("stripes", "plaid", "dots", "checks", "bands", "mottle")


def bed(dice: Dice, style: Style, woods: Woods, x: float, base: float, scale: float) -> Thing:
    """A bed seen from its foot: headboard, pillows, sheet and a blanket coming forward."""
    label = LABEL["bed"]
    half, height = dice.between(0.18, 0.24) * scale, dice.between(0.24, 0.3) * scale
    far, top = half * dice.between(0.72, 0.84), base - height
    wood, sheet = woods.piece(dice), Paint(style.pastel(1, 0.18), dome=0.2)
    blanket = _fabric(dice.child("blanket"), style, 0)
    deck = top + height * 0.3
    front = base - height * 0.22
    parts = [
        shadow(x, base, half * 1.1, 0.02 * scale),
        box(
            label,
            wood,
            x - far * 1.08,
            top - height * dice.between(0.05, 0.3),
            x + far * 1.08,
            deck + height * 0.12,
            round=dice.pick((0.0, 0.02, 0.05)) * scale,
        ),
        taper(label, sheet, x, deck, front, far, half),
        taper(
            label, blanket, x, deck + height * 0.17, front, far + (half - far) * 0.35, half * 1.01
        ),
        box(
            label,
            blanket,
            x - half * 1.01,
            front - 0.002,
            x + half * 1.01,
            base - 0.02 * scale,
            round=0.01,
        ),
    ]
    cushion = Paint(lighten(sheet.colour, 1.3), dome=0.35)
    for side in (-1.0, 1.0) if dice.chance(0.75) else (0.0,):
        at, r = x + side * far * 0.48, far * 0.4
        above, below = deck - height * 0.1, deck + height * 0.12
        parts += [box(label, cushion, at - r, above, at + r, below, round=0.03 * scale)]
    feet = [
        box(
            label,
            wood,
            x + s * half * 0.9 - 0.012,
            base - 0.022 * scale,
            x + s * half * 0.9 + 0.012,
            base,
        )
        for s in (-1.0, 1.0)
    ]
    return Thing((*parts, *feet))


def sofa(dice: Dice, style: Style, woods: Woods, x: float, base: float, scale: float) -> Thing:
    """A sofa from the front: back, arms, seat cushions, legs, a loose cushion."""
    label = LABEL["sofa"]
    half, height = dice.between(0.17, 0.25) * scale, dice.between(0.19, 0.24) * scale
    cloth = _fabric(dice, style, 0, 16.0)
    dark = Paint(lighten(cloth.colour, 0.8), cloth.texture, cloth.second, dome=0.2)
    legs, seat = base - 0.022 * scale, base - height * 0.48
    arm, soft = half * dice.between(0.14, 0.24), dice.between(0.01, 0.04) * scale
    parts = [shadow(x, base, half * 1.08, 0.018 * scale)]
    parts += [
        box(
            label,
            woods.piece(dice),
            x + s * half * 0.86 - 0.01,
            legs - 0.01,
            x + s * half * 0.86 + 0.01,
            base,
        )
        for s in (-1.0, 1.0)
    ]
    parts += [
        box(label, dark, x - half * 0.94, base - height, x + half * 0.94, legs, round=soft),
        box(label, dark, x - half * 0.94, seat + height * 0.12, x + half * 0.94, legs),
    ]
    seats = dice.whole(2, 3)
    width = (half - arm) * 2 / seats
    for k in range(seats):
        left = x - half + arm + k * width
        parts.append(box(label, cloth, left, seat, left + width, seat + height * 0.2, round=0.012))
    for s in (-1.0, 1.0):
        edge = x + s * (half - arm / 2)
        parts.append(
            box(
                label,
                cloth,
                edge - arm / 2,
                base - height * 0.72,
                edge + arm / 2,
                legs,
                round=arm * 0.45,
            )
        )
    if dice.chance(0.6):
        loose = _fabric(dice.child("cushion"), style, 2, 30.0)
        at = x + dice.between(-0.5, 0.5) * half
        parts.append(
            box(
                label,
                loose,
                at - 0.04 * scale,
                seat - 0.07 * scale,
                at + 0.04 * scale,
                seat + 0.01,
                round=0.02,
            )
        )
    return Thing(tuple(parts))


def chair(dice: Dice, style: Style, woods: Woods, x: float, base: float, scale: float) -> Thing:
    """A wooden chair from the front or from the side, with a padded seat."""
    label = LABEL["chair"]
    half, height = dice.between(0.05, 0.065) * scale, dice.between(0.2, 0.26) * scale
    wood, seat, r = woods.piece(dice), base - height * 0.45, 0.0085 * scale
    pad = _fabric(dice.child("pad"), style, 2, 34.0)
    turn = dice.pick((-1.0, 0.0, 1.0))
    parts = [shadow(x, base, half * 1.1, 0.012 * scale)]
    feet = [(s * half * 0.92, f) for s in (-1.0, 1.0) for f in (base, base - 0.022 * scale)]
    parts += [
        bar(label, wood, (x + dx * 0.95, seat), (x + dx, foot), r, r * 0.8) for dx, foot in feet
    ]
    if turn:
        post = x + turn * half * 0.95
        parts.append(
            bar(
                label,
                wood,
                (post, seat),
                (post + turn * half * 0.25, base - height),
                r * 1.4,
                r * 1.2,
            )
        )
    else:
        parts += [
            bar(label, wood, (x + s * half * 0.9, seat), (x + s * half * 0.85, base - height), r, r)
            for s in (-1.0, 1.0)
        ]
        rails = dice.whole(1, 3)
        for k in range(rails):
            rail = base - height * (0.98 - 0.14 * k)
            parts.append(
                box(
                    label,
                    wood,
                    x - half * 0.85,
                    rail,
                    x + half * 0.85,
                    rail + height * 0.08,
                    round=r,
                )
            )
    parts.append(
        box(label, pad, x - half, seat - 0.014 * scale, x + half, seat + 0.012 * scale, round=0.012)
    )
    return Thing(tuple(parts))


def _fabric(dice: Dice, style: Style, slot: int, scale: float = 22.0) -> Paint:
    """Cloth in one of the picture's colours, with a pattern."""
    colour = standing_out(dice, style.accent(slot))
    pattern = Texture(dice.pick(_FABRICS), scale * style.coarseness, 0.75, dice.seed())
    return Paint(colour, pattern, blend(colour, style.pastel(slot + 1), 0.6), dome=0.25)
