"""People: standing or walking, each of its own build, skin, hair and clothes."""

from __future__ import annotations

from bench.scenes.canvas import Paint, Part
from bench.scenes.colour import Colour, from_hsv, lighten
from bench.scenes.composition import Thing
from bench.scenes.dice import Dice
from bench.scenes.parts import standing_out, varied
from bench.scenes.place import Place
from bench.scenes.street_classes import LABEL, Town
from bench.scenes.style import Style

__all__ = ["person"]

_SKINS: tuple[Colour, ...] = (
    (0.96, 0.8, 0.69), (0.88, 0.68, 0.52), (0.72, 0.5, 0.35), (0.5, 0.33, 0.23), (0.36, 0.23, 0.17),
)  # fmt: skip
_SHOES = Paint((0.13, 0.1, 0.1), slope=0.0)
_HIP, _NECK, _HEAD = 0.46, 0.82, 0.905
"""Heights in statures."""


def person(dice: Dice, style: Style, town: Town, x: float, base: float, scale: float) -> Thing:
    """Somebody in trousers or a skirt, with hair or a hat; the unit is the person's stature."""
    del town
    place = Place(LABEL["person"], x, base, dice.between(0.34, 0.41) * scale)
    skin = Paint(varied(dice, dice.pick(_SKINS), 0.06), dome=0.2)
    top = Paint(standing_out(dice, style.accent(dice.whole(0, 3)), 0.35), slope=0.5, dome=0.2)
    half = dice.between(0.1, 0.125)
    parts = [place.shadow(half * 1.5, 0.03), *_legs(dice.child("legs"), style, place, half)]
    if dice.chance(0.3):
        parts.append(place.taper(top, _HIP + 0.1, half * 0.8, _HIP - 0.2, half * 1.6))
    parts += _arms(place, top, skin, half, dice.between(0.02, 0.13))
    parts.append(place.box(top, -half, _NECK - 0.01, half, _HIP - 0.03, round=half * 0.55))
    return Thing((*parts, *_head(dice.child("head"), style, place, skin)))


def _legs(dice: Dice, style: Style, place: Place, half: float) -> list[Part]:
    cloth = Paint(lighten(style.accent(dice.whole(0, 3)), dice.between(0.25, 0.7)), slope=0.4)
    stride = dice.between(0.01, 0.085)
    parts = []
    for side in (-1.0, 1.0):
        foot = (side * (half * 0.4 + stride), 0.018)
        parts += [
            place.bar(cloth, (side * half * 0.45, _HIP), foot, 0.055, 0.034),
            place.disc(_SHOES, foot[0] + 0.01, foot[1], 0.04, 0.022),
        ]
    return parts


def _arms(place: Place, top: Paint, skin: Paint, half: float, swing: float) -> list[Part]:
    parts = []
    for side in (-1.0, 1.0):
        hand = (side * (half + swing), _HIP - 0.02)
        parts += [
            place.bar(top, (side * half * 0.85, _NECK - 0.06), hand, 0.042, 0.032),
            place.disc(skin, *hand, 0.03),
        ]
    return parts


def _head(dice: Dice, style: Style, place: Place, skin: Paint) -> list[Part]:
    hair = Paint(
        lighten(from_hsv(dice.between(0.03, 0.12), 0.6, 0.6), dice.between(0.15, 1.0)), slope=0.0
    )
    parts = [
        place.box(skin, -0.03, _NECK + 0.03, 0.03, _NECK - 0.03),
        place.disc(hair, 0.0, _HEAD + 0.016, 0.067, 0.078),
        place.disc(skin, 0.0, _HEAD - 0.012, 0.054, 0.064),
    ]
    if dice.chance(0.25):
        hat, brim = Paint(standing_out(dice, style.accent(2), 0.4), slope=0.0), _HEAD + 0.035
        parts += [
            place.box(hat, -0.055, brim + 0.06, 0.055, brim, round=0.03),
            place.bar(hat, (-0.08, brim), (0.08, brim), 0.012),
        ]
    return parts
