"""Procedural streets: along a road towards its vanishing point, or across it at a row of houses."""

from __future__ import annotations

from collections.abc import Callable

from bench.scenes.canvas import Paint, Part
from bench.scenes.colour import blend, lighten
from bench.scenes.composition import Composition, Thing
from bench.scenes.dice import Dice
from bench.scenes.houses import house_row, receding_houses
from bench.scenes.parts import mark
from bench.scenes.people import person
from bench.scenes.shapes import (
    Blob,
    Convex,
    Ellipse,
    Everything,
    Point,
    Rectangle,
    Terrain,
)
from bench.scenes.street_classes import LABEL, Town, draw_town
from bench.scenes.street_things import lamp_post, sign, traffic_light, tree
from bench.scenes.style import Style, draw_style
from bench.scenes.texture import Texture
from bench.scenes.vehicles import (
    bicycle,
    bus_behind,
    bus_beside,
    car_behind,
    car_beside,
)

__all__ = ["compose_street"]

Standing = Callable[[Dice, Style, Town, float, float, float], Thing]


def compose_street(dice: Dice) -> Composition:
    """A street from its dice: the hour, the houses, the road and what is on it."""
    style = draw_style(dice.child("style"))
    town = draw_town(dice.child("town"), style)
    things = [_sky(dice.child("sky"), town)]
    if dice.chance(0.55):
        things += _along(dice.child("along"), style, town)
    else:
        things += _across(dice.child("across"), style, town)
    return Composition(style, tuple(things))


def _sky(dice: Dice, town: Town) -> Thing:
    label = LABEL["sky"]
    paint = Paint(town.zenith, fade=town.haze, slope=0.0, inked=False)
    parts = [Part(Everything((0.0, 0.0, 1.0, 0.6)), paint, label)]
    for _ in range(dice.whole(0, 3)):
        cloud = Ellipse(
            dice.unit(), dice.between(0.05, 0.3), dice.between(0.08, 0.2), dice.between(0.015, 0.04)
        )
        parts.append(
            mark(Blob(cloud, 0.04, 9.0, dice.seed()), blend(town.haze, (1.0, 1.0, 1.0), 0.3), 0.75)
        )
    if town.dark:
        parts.append(
            mark(
                Ellipse(dice.between(0.1, 0.9), dice.between(0.06, 0.16), 0.035, 0.035),
                (0.96, 0.95, 0.85),
            )
        )
    return Thing(tuple(parts), countable=False)


def _ground(part: str, town: Town, dice: Dice, eye: Point | None) -> Paint:
    """The paint of a stretch of ground: "road", "sidewalk" or "grass"."""
    if part == "road":
        return Paint(
            town.asphalt,
            Texture("mottle", 16.0, 0.5, dice.seed()),
            lighten(town.asphalt, 0.7),
            slope=0.2,
            inked=False,
        )
    if part == "grass":
        return Paint(
            town.grass,
            Texture("grass", 14.0, 0.8, dice.seed()),
            lighten(town.grass, 0.6),
            slope=0.2,
            inked=False,
        )
    slabs = Texture("tiles", 16.0, 0.7, dice.seed(), eye)
    return Paint(town.paving, slabs, lighten(town.paving, 0.62), slope=0.2, inked=False)


def _along(dice: Dice, style: Style, town: Town) -> list[Thing]:
    """The view along the road: everything scales with its nearness s, 0 at the horizon, 1 below."""
    eye = (dice.between(0.36, 0.64), dice.between(0.4, 0.48))
    deep = 1.0 - eye[1]
    road, pavement = dice.between(0.42, 0.56), dice.between(0.24, 0.4)
    things = []
    if dice.chance(0.8):
        hills = Terrain(eye[1] - 0.05, dice.between(0.03, 0.1), 7.0, dice.seed())
        far = Paint(blend(town.leaf, town.haze, 0.55), slope=0.0, inked=False)
        things.append(Thing((Part(hills, far, LABEL["tree"]),), countable=False))
    for side in (-1.0, 1.0):
        lot = "grass" if dice.chance(0.35) else "sidewalk"
        things.append(Thing((_flank(side, eye, lot, town, dice),), countable=False))
        if lot == "sidewalk" or dice.chance(0.4):
            houses = receding_houses(
                dice.child("houses", int(side)), style, town, eye, side * (road + pavement)
            )
            things.append(Thing(tuple(houses), countable=False))
    things.append(Thing(tuple(_road(dice, town, eye, road, pavement)), countable=False))
    placed = _stand_along(dice.child("things"), style, town, road, pavement)
    for k, (s, offset, piece) in enumerate(placed):
        x, base = eye[0] + offset * s, eye[1] + deep * s
        things.append(piece(dice.child(piece.__name__, k), style, town, x, base, 1.05 * s))
    return things


def _flank(side: float, eye: Point, lot: str, town: Town, dice: Dice) -> Part:
    """The ground beside the road on one side."""
    edge = eye[0] + side * 40.0
    corners = (eye, (edge, eye[1]), (edge, eye[1] + 3.0), (eye[0], eye[1] + 3.0))
    return Part(Convex(corners), _ground(lot, town, dice, eye), LABEL[lot])


def _road(dice: Dice, town: Town, eye: Point, road: float, pavement: float) -> list[Part]:
    """Pavements, road, kerbs and the line in the middle."""
    deep = 1.0 - eye[1]

    def wedge(left: float, right: float, start: float = 0.0, end: float = 2.0) -> Convex:
        near, far = eye[1] + deep * end, eye[1] + deep * start
        return Convex(
            (
                (eye[0] + left * start, far),
                (eye[0] + right * start, far),
                (eye[0] + right * end, near),
                (eye[0] + left * end, near),
            )
        )

    walk, kerb = _ground("sidewalk", town, dice, eye), lighten(town.paving, 1.25)
    parts = [
        Part(wedge(-road - pavement, road + pavement), walk, LABEL["sidewalk"]),
        Part(wedge(-road, road), _ground("road", town, dice, eye), LABEL["road"]),
        mark(wedge(-road, -road + 0.025), kerb),
        mark(wedge(road - 0.025, road), kerb),
    ]
    start = 0.05
    while start < 1.0:
        parts.append(mark(wedge(-0.014, 0.014, start, start * 1.3), (0.93, 0.92, 0.86), 0.9))
        start *= 1.7
    return parts


def _stand_along(
    dice: Dice, style: Style, town: Town, road: float, pavement: float
) -> list[tuple[float, float, Standing]]:
    """(nearness, offset from the middle, what), farthest first."""
    del style, town
    placed: list[tuple[float, float, Standing]] = []
    for side in (-1.0, 1.0):
        row: Standing = dice.pick((tree, tree, lamp_post))
        edge = side * (road + pavement * 0.22)
        placed += [
            (s * dice.between(0.9, 1.1), edge, row) for s in (0.22, 0.38, 0.66) if dice.chance(0.7)
        ]
        kerb: Standing = dice.pick((traffic_light, sign, lamp_post, sign))
        placed.append((dice.between(0.45, 0.85), side * (road + 0.06), kerb))
    for lane in (-0.5, 0.5):
        for s in (dice.between(0.18, 0.3), dice.between(0.48, 0.82)):
            if dice.chance(0.72):
                vehicle: Standing = bus_behind if dice.chance(0.18) else car_behind
                placed.append((s, lane * road * dice.between(0.85, 1.1), vehicle))
    for _ in range(dice.whole(2, 5)):
        walker: Standing = bicycle if dice.chance(0.15) else person
        offset = dice.side() * (road + pavement * dice.between(0.2, 0.9))
        placed.append((dice.between(0.3, 0.95), offset, walker))
    return sorted(placed, key=lambda entry: entry[0])


def _across(dice: Dice, style: Style, town: Town) -> list[Thing]:
    """The view across the road: houses, pavement, road, and the pavement on this side."""
    scale = dice.between(0.62, 0.78)
    foot, kerb = dice.between(0.56, 0.62), dice.between(0.66, 0.7)
    near = dice.between(0.88, 0.94)
    eye = (dice.between(0.3, 0.7), foot - 0.22)
    things = [Thing(tuple(house_row(dice.child("houses"), style, town, foot)), countable=False)]
    lot = "grass" if dice.chance(0.4) else "sidewalk"
    lane = (kerb + near) / 2
    surfaces = [
        Part(
            Rectangle(-0.1, foot, 1.1, kerb + 0.1),
            _ground("sidewalk", town, dice, eye),
            LABEL["sidewalk"],
        ),
        Part(
            Rectangle(-0.1, kerb, 1.1, near + 0.1), _ground("road", town, dice, None), LABEL["road"]
        ),
        mark(Rectangle(-0.1, kerb, 1.1, kerb + 0.012), lighten(town.paving, 1.25)),
        Part(Rectangle(-0.1, near, 1.1, 1.2), _ground(lot, town, dice, eye), LABEL[lot]),
    ]
    phase = dice.between(-0.1, 0.1)
    surfaces += [
        mark(
            Rectangle(phase + 0.2 * k, lane - 0.006, phase + 0.2 * k + 0.1, lane + 0.006),
            (0.93, 0.92, 0.86),
            0.9,
        )
        for k in range(6)
    ]
    things.append(Thing(tuple(surfaces), countable=False))
    rows: list[tuple[float, float, int, tuple[Standing, ...]]] = [
        (foot + 0.03, 0.85, dice.whole(2, 4), (tree, lamp_post, person, tree)),
        (kerb - 0.01, 0.9, dice.whole(1, 3), (person, person, sign, traffic_light, bicycle)),
        (lane - 0.02, 0.95, dice.whole(1, 2), (car_beside, car_beside, bus_beside)),
        (near - 0.02, 1.1, dice.whole(0, 2), (car_beside, car_beside, bicycle)),
        (0.985, 1.3, dice.whole(0, 2), (person, sign, lamp_post, bicycle)),
    ]
    for r, (base, grow, count, kinds) in enumerate(rows):
        width = 1.0 / max(count, 1)
        for k in range(count):
            own = dice.child("row", r, k)
            x = width * (k + own.between(0.25, 0.75))
            things.append(
                own.pick(kinds)(own, style, town, x, base + own.between(0.0, 0.008), scale * grow)
            )
    return things
