"""Clouds, trees, bushes and rocks of a landscape."""

from __future__ import annotations

from bench.scenes.canvas import Paint, Part
from bench.scenes.colour import blend, lighten
from bench.scenes.composition import Thing
from bench.scenes.dice import Dice
from bench.scenes.landscape_classes import LABEL, Land
from bench.scenes.parts import mark, standing_out, varied
from bench.scenes.place import Place
from bench.scenes.shapes import Blob, Intersection, Rectangle, Shape, Union
from bench.scenes.style import Style
from bench.scenes.texture import Texture

__all__ = ["bush", "cloud", "rock", "tree"]


def cloud(dice: Dice, land: Land, x: float, y: float, wide: float) -> Thing:
    """A heap of rounded lumps on a flat foot; the unit is its half width."""
    place = Place(LABEL["cloud"], x, y, wide)
    lumps = [place.ellipse(0.0, 0.0, 1.0, 0.2)]
    for _ in range(dice.whole(3, 5)):
        dx, r = dice.between(-0.6, 0.6), dice.between(0.26, 0.44)
        lumps.append(place.ellipse(dx, 0.12, r, r * 0.72))
    body = Intersection(Union(tuple(lumps)), Rectangle(-1.0, -1.0, 2.0, y + wide * 0.12))
    white = blend((1.0, 1.0, 1.0), land.horizon, 0.75 if land.night else 0.25)
    paint = Paint(white, fade=blend(white, land.zenith, 0.4), slope=0.25, dome=0.08)
    return Thing((place.part(paint, Blob(body, 0.02, 16.0, dice.seed())),))


def tree(dice: Dice, style: Style, land: Land, x: float, base: float, scale: float) -> Thing:
    """A fir, a round tree, a spreading tree or a poplar."""
    del style
    place = Place(LABEL["tree"], x, base, scale, dice.side())
    tall, r = dice.between(0.32, 0.5), dice.between(0.012, 0.018)
    bark, leaves = Paint(land.trunk, slope=0.3), land.leaves(dice, scale)
    kind = dice.pick(("fir", "round", "spreading", "poplar"))
    parts = [place.shadow(tall * 0.2, 0.012)]
    if kind == "fir":
        trunk = place.bar(bark, (0.0, 0.0), (0.0, tall * 0.3), r)
        return Thing((*parts, trunk, *_fir(dice.child("fir"), place, leaves, tall)))
    middle = tall * 0.66
    parts.append(place.bar(bark, (0.0, 0.0), (0.0, middle), r * 1.2, r * 0.7))
    if kind == "spreading":
        parts.append(place.bar(bark, (0.0, tall * 0.35), (tall * 0.2, middle), r * 0.7, r * 0.4))
    crown = Blob(_crown(place, kind, tall), 0.03 * scale, 18.0 / scale, dice.seed())
    return Thing((*parts, place.part(leaves, crown)))


def _fir(dice: Dice, place: Place, leaves: Paint, tall: float) -> list[Part]:
    """Three or four tiers, narrowing upwards."""
    half, tiers = tall * dice.between(0.2, 0.28), dice.whole(3, 4)
    parts = []
    for k in range(tiers):
        low, high = tall * (0.12 + 0.72 * k / tiers), tall * (0.52 + 0.48 * (k + 1) / tiers)
        reach = half * (1.0 - 0.62 * k / tiers)
        tier = place.convex((0.0, high), (reach, low), (-reach, low))
        ragged = Blob(tier, 0.012 * place.unit, 40.0 / place.unit, dice.seed())
        parts.append(place.part(leaves, ragged))
    return parts


def _crown(place: Place, kind: str, tall: float) -> Shape:
    if kind == "round":
        return place.ellipse(0.0, tall * 0.66, tall * 0.28, tall * 0.34)
    if kind == "poplar":
        return place.ellipse(0.0, tall * 0.56, tall * 0.12, tall * 0.46)
    lumps = ((0.0, 0.8), (-0.2, 0.64), (0.22, 0.68))
    return Union(
        tuple(place.ellipse(dx * tall, up * tall, tall * 0.19, tall * 0.13) for dx, up in lumps)
    )


def bush(dice: Dice, style: Style, land: Land, x: float, base: float, scale: float) -> Thing:
    """A low round bush, sometimes in flower."""
    place = Place(LABEL["bush"], x, base, scale)
    half, tall = dice.between(0.07, 0.12), dice.between(0.06, 0.09)
    green = varied(dice, lighten(blend(land.leaf, land.grass, 0.35), 0.82), 0.15)
    paint = Paint(green, Texture("leaves", 30.0 / scale, 0.9, dice.seed()), slope=0.7, dome=0.25)
    low = place.ellipse(0.0, tall * 0.4, half, tall * 0.55)
    high = place.ellipse(dice.between(-0.3, 0.3) * half, tall * 0.7, half * 0.6, tall * 0.5)
    leaves = Blob(Union((low, high)), 0.016 * scale, 30.0 / scale, dice.seed())
    parts = [place.shadow(half * 1.1, 0.012), place.part(paint, leaves)]
    if dice.chance(0.4):
        flower = standing_out(dice, style.accent(1, 1.25), 0.4)
        for _ in range(dice.whole(5, 9)):
            dx, up = dice.between(-0.7, 0.7) * half, dice.between(0.25, 0.95) * tall
            parts.append(place.disc(flower, dx, up, 0.011))
    return Thing(tuple(parts))


def rock(dice: Dice, style: Style, land: Land, x: float, base: float, scale: float) -> Thing:
    """A boulder whose side away from the light is darker."""
    place = Place(LABEL["rock"], x, base, scale, -1.0 if style.light[0] > 0 else 1.0)
    half, tall = dice.between(0.06, 0.13), dice.between(0.05, 0.1)
    colour, lean = varied(dice, land.stone, 0.2), dice.between(-0.4, 0.4) * half
    body = place.convex(
        (-half, 0.0), (-half * 0.85, tall * 0.5), (lean - half * 0.3, tall),
        (lean + half * 0.35, tall * 0.94), (half * 0.9, tall * 0.4), (half, 0.0),
    )  # fmt: skip
    away = place.convex((half * 0.1, 0.0), (lean, tall * 0.9), (half, tall * 0.3), (half, 0.0))
    rough = Texture("mottle", 26.0 / scale, 0.8, dice.seed())
    stone = Paint(colour, rough, lighten(colour, 0.6))
    return Thing(
        (
            place.shadow(half * 1.15, 0.014),
            place.part(stone, Blob(body, 0.006 * scale, 30.0 / scale, dice.seed())),
            mark(Intersection(away, body), lighten(colour, 0.35), 0.45),
        )
    )
