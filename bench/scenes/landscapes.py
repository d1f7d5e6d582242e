"""Procedural landscapes: mountains behind a lake, a meadow, a coast or dunes."""

from __future__ import annotations

from collections.abc import Callable

from bench.scenes.canvas import Paint, Part
from bench.scenes.colour import blend, lighten
from bench.scenes.composition import Composition, Thing
from bench.scenes.dice import Dice
from bench.scenes.landscape_classes import LABEL, Land, draw_land
from bench.scenes.man_made import boat, house
from bench.scenes.nature import bush, cloud, rock, tree
from bench.scenes.parts import mark, varied
from bench.scenes.shapes import (
    Capsule,
    Ellipse,
    Everything,
    Minus,
    Rectangle,
    Terrain,
    Union,
)
from bench.scenes.style import Style, draw_style
from bench.scenes.texture import Texture

__all__ = ["compose_landscape"]

Piece = Callable[[Dice, Style, Land, float, float, float], Thing]
Row = tuple[float, float, int, tuple[Piece, ...]]
"""Where things stand: y, scale, how many, of which kinds."""


def compose_landscape(dice: Dice) -> Composition:
    """A landscape from its dice: hour, season, mountains, ground, things from far to near."""
    style = draw_style(dice.child("style"))
    land = draw_land(dice.child("land"), style)
    horizon = dice.between(0.4, 0.54)
    things = [_sky(dice.child("sky"), land), *_clouds(dice.child("clouds"), land)]
    if dice.chance(0.85):
        things += _mountains(dice.child("mountains"), style, land, horizon)
    kind = dice.pick((_lake, _meadow, _coast, _dunes, _meadow, _lake))
    ground, rows = kind(dice.child("ground"), style, land, horizon)
    things += ground
    things += _standing(dice.child("things"), style, land, rows)
    return Composition(style, tuple(things))


def _sky(dice: Dice, land: Land) -> Thing:
    paint = Paint(land.zenith, fade=land.horizon, slope=0.0, inked=False)
    parts = [Part(Everything((0.0, 0.0, 1.0, 0.6)), paint, LABEL["sky"])]
    if land.night:
        for _ in range(24):
            star = Ellipse(dice.unit(), dice.between(0.0, 0.4), 0.003, 0.003)
            parts.append(mark(star, (1.0, 1.0, 0.95), dice.between(0.4, 1.0)))
    if dice.chance(0.75):
        x, y, r = dice.between(0.1, 0.9), dice.between(0.1, 0.32), dice.between(0.035, 0.06)
        parts += [
            mark(Ellipse(x, y, r * k, r * k), land.sun, o)
            for k, o in ((2.4, 0.14), (1.6, 0.22), (1.0, 1.0))
        ]
    return Thing(tuple(parts), countable=False)


def _clouds(dice: Dice, land: Land) -> list[Thing]:
    return [
        cloud(dice.child(k), land, dice.unit(), dice.between(0.08, 0.3), dice.between(0.08, 0.19))
        for k in range(dice.whole(0, 4))
    ]


def _mountains(dice: Dice, style: Style, land: Land, horizon: float) -> list[Thing]:
    """One to three ranges, each nearer, lower and less hazy; the farthest may carry snow."""
    del style
    parts, ranges, label = [], dice.whole(1, 3), LABEL["mountain"]
    for k in range(ranges):
        rise = dice.between(0.16, 0.34) * (1.0 - 0.35 * k)
        edge = Terrain(
            horizon - rise * 0.3,
            rise,
            dice.between(2.0, 3.5),
            dice.seed(),
            4,
            dice.between(-0.08, 0.08),
            rise * dice.between(0.3, 0.9),
            dice.between(0.15, 0.85),
        )
        distance = 0.62 - 0.22 * k
        stone = land.far(lighten(land.stone, 0.8), distance)
        rough = Texture("mottle", dice.between(7.0, 12.0), 0.9, dice.seed())
        paint = Paint(stone, rough, lighten(stone, 0.72), slope=0.3, fade=land.far(stone, 0.35))
        parts.append(Part(edge, paint, label))
        if land.snowy and k == 0:
            line = Terrain(horizon - rise * 0.75, rise * 0.4, 14.0, dice.seed(), 3)
            white = blend((0.97, 0.98, 1.0), land.horizon, 0.55 if land.night else 0.12)
            cap = Minus(edge, line)
            parts.append(mark(cap, white, 0.92))
    return [Thing(tuple(parts), countable=False)]


def _meadowland(dice: Dice, land: Land, level: float, shade: float, height: float = 0.05) -> Thing:
    colour = lighten(varied(dice, land.grass, 0.08), shade)
    blades = Texture("grass", dice.between(9.0, 16.0), 0.75, dice.seed())
    paint = Paint(colour, blades, lighten(colour, 0.7), slope=0.3, fade=lighten(colour, 0.82))
    hills = Terrain(
        level, height, dice.between(1.2, 2.4), dice.seed(), 2, dice.between(-0.05, 0.05)
    )
    return Thing((Part(hills, paint, LABEL["grass"]),), countable=False)


def _sandland(dice: Dice, land: Land, level: float, shade: float, height: float) -> Thing:
    colour = lighten(varied(dice, land.sand, 0.05), shade)
    grains = Texture(dice.pick(("mottle", "ripples")), dice.between(12.0, 20.0), 0.4, dice.seed())
    paint = Paint(colour, grains, lighten(colour, 0.75), slope=0.4, fade=lighten(colour, 0.85))
    dunes = Terrain(
        level, height, dice.between(1.0, 2.2), dice.seed(), 1, dice.between(-0.06, 0.06)
    )
    return Thing((Part(dunes, paint, LABEL["sand"]),), countable=False)


def _waters(dice: Dice, land: Land, top: float, bottom: float) -> Thing:
    """A flat sheet of water that mirrors the sky's horizon far away."""
    waves = Texture("ripples", dice.between(14.0, 24.0), 0.8, dice.seed())
    glint = blend(land.horizon, (1.0, 1.0, 1.0), 0.3)
    paint = Paint(
        blend(land.water, land.horizon, 0.5), waves, glint, slope=0.0, fade=land.water, inked=False
    )
    return Thing((Part(Rectangle(-0.1, top, 1.1, bottom), paint, LABEL["water"]),), countable=False)


def _track(dice: Dice, land: Land, top: float) -> Thing:
    """A path winding from the foreground to `top`, narrowing."""
    x, y, wide = dice.between(0.25, 0.75), 1.04, dice.between(0.07, 0.12)
    bends, bars = 5, []
    for k in range(bends):
        up = y - (1.04 - top) / bends
        across, narrow = x + dice.between(-0.16, 0.16) * (1.0 - k / bends), wide * 0.66
        bars.append(Capsule(x, y, across, up, wide, narrow))
        x, y, wide = across, up, narrow
    colour = varied(dice, blend(land.trunk, land.sand, 0.7), 0.1)
    paint = Paint(colour, Texture("mottle", 22.0, 0.5, dice.seed()), slope=0.2)
    return Thing((Part(Union(tuple(bars)), paint, LABEL["path"]),), countable=False)


def _lake(dice: Dice, style: Style, land: Land, horizon: float) -> tuple[list[Thing], list[Row]]:
    del style
    shore, near = horizon + dice.between(0.03, 0.07), dice.between(0.74, 0.84)
    ground = [
        _meadowland(dice.child("far"), land, horizon, 0.85, 0.04),
        _waters(dice, land, shore, 1.1),
    ]
    front = dice.child("front")
    ground.append(
        _sandland(front, land, near, 1.0, 0.07)
        if dice.chance(0.35)
        else _meadowland(front, land, near, 1.0, 0.1)
    )
    rows: list[Row] = [
        (shore, 0.42, dice.whole(2, 6), (tree, tree, house, bush)),
        (shore + 0.12, 0.8, dice.whole(1, 2), (boat,)),
        (near - 0.07, 1.2, dice.whole(0, 1), (boat,)),
        (near + 0.1, 0.95, dice.whole(1, 3), (tree, rock, bush)),
        (0.97, 1.25, dice.whole(1, 2), (bush, rock, tree)),
    ]
    return ground, rows


def _meadow(dice: Dice, style: Style, land: Land, horizon: float) -> tuple[list[Thing], list[Row]]:
    del style
    middle = horizon + dice.between(0.12, 0.2)
    ground = [
        _meadowland(dice.child("far"), land, horizon, 0.82, 0.09),
        _meadowland(dice.child("middle"), land, middle, 0.94, 0.1),
    ]
    if dice.chance(0.6):
        ground.append(_track(dice.child("path"), land, middle - 0.03))
    rows: list[Row] = [
        (middle - 0.06, 0.45, dice.whole(2, 5), (tree, tree, bush)),
        (middle + 0.06, 0.8, 1, (house, house, tree)),
        (middle + 0.16, 0.9, dice.whole(1, 3), (tree, bush, rock)),
        (0.97, 1.25, dice.whole(1, 3), (tree, rock, bush, bush)),
    ]
    return ground, rows


def _coast(dice: Dice, style: Style, land: Land, horizon: float) -> tuple[list[Thing], list[Row]]:
    del style
    near = dice.between(0.68, 0.8)
    ground = [
        _waters(dice, land, horizon, 1.1),
        _sandland(dice.child("beach"), land, near, 1.0, 0.1),
    ]
    rows: list[Row] = [
        (horizon + 0.04, 0.45, dice.whole(0, 2), (boat,)),
        (horizon + 0.13, 0.85, dice.whole(1, 2), (boat, boat, rock)),
        (near - 0.05, 1.15, dice.whole(0, 1), (boat, rock)),
        (near + 0.11, 0.9, dice.whole(1, 3), (rock, bush, house, tree)),
        (0.97, 1.25, dice.whole(1, 2), (rock, bush, tree)),
    ]
    return ground, rows


def _dunes(dice: Dice, style: Style, land: Land, horizon: float) -> tuple[list[Thing], list[Row]]:
    del style
    middle = horizon + dice.between(0.14, 0.22)
    ground = [
        _sandland(dice.child("far"), land, horizon, 0.86, 0.12),
        _sandland(dice.child("middle"), land, middle, 1.0, 0.16),
    ]
    if dice.chance(0.5):
        ground.append(_track(dice.child("path"), land, middle))
    rows: list[Row] = [
        (middle - 0.04, 0.5, dice.whole(1, 4), (rock, bush, tree)),
        (middle + 0.12, 0.85, dice.whole(1, 3), (rock, bush, house)),
        (0.96, 1.25, dice.whole(1, 3), (rock, bush, tree)),
    ]
    return ground, rows


def _standing(dice: Dice, style: Style, land: Land, rows: list[Row]) -> list[Thing]:
    """The things of every row, spread over its width, farthest row first."""
    things = []
    for r, (y, scale, count, kinds) in enumerate(rows):
        width = 1.0 / max(count, 1)
        for k in range(count):
            own = dice.child(r, k)
            x = width * (k + own.between(0.2, 0.8))
            size = scale * own.between(0.85, 1.15)
            things.append(own.pick(kinds)(own, style, land, x, y + own.between(0.0, 0.02), size))
    return things
