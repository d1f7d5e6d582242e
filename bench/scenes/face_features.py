"""Brows, eyes, nose, lips, ears and glasses of a face: one object each."""

from __future__ import annotations

from bench.scenes.canvas import Paint, Part
from bench.scenes.colour import blend, from_hsv, lighten
from bench.scenes.composition import Thing
from bench.scenes.dice import Dice
from bench.scenes.face_classes import LABEL, Head
from bench.scenes.parts import bar, disc, mark, standing_out, within
from bench.scenes.shapes import (
    Capsule,
    Convex,
    Ellipse,
    Intersection,
    Minus,
    Rectangle,
    Union,
)
from bench.scenes.style import Style

__all__ = ["brows", "ears", "eyes", "glasses", "lips", "nose"]

_SIDES = ((-1.0, "left"), (1.0, "right"))
_EYE_LINE = -0.05
_APART = 0.43


def ears(dice: Dice, head: Head) -> list[Thing]:
    """Two ears; the one on the side that the face turns to is half hidden."""
    rx, ry = head.half * dice.between(0.16, 0.22), head.tall * dice.between(0.19, 0.25)
    stud = from_hsv(dice.unit(), 0.5, 0.95) if dice.chance(0.3) else None
    found = []
    for side, _ in _SIDES:
        x, y = head.x + side * head.half * (0.98 - 0.08 * side * head.turn), head.down(0.03)
        parts = [
            disc(LABEL["ear"], head.flesh(0.94, 0.15), x, y, rx, ry),
            mark(
                Ellipse(x + side * rx * 0.1, y, rx * 0.5, ry * 0.6), lighten(head.skin, 0.72), 0.8
            ),
        ]
        if stud is not None:
            parts.append(
                disc(LABEL["ear"], Paint(stud, dome=0.3), x, y + ry * 1.02, rx * 0.3, rx * 0.3)
            )
        found.append(Thing(tuple(parts)))
    return found


def brows(dice: Dice, head: Head) -> list[Thing]:
    """Two brows of one make: flat, arched or angry."""
    thick, lift = dice.between(0.03, 0.062) * head.tall, dice.between(-0.05, 0.06)
    arch, height = dice.between(0.0, 0.09), _EYE_LINE - dice.between(0.24, 0.3)
    paint = Paint(lighten(head.hair, 0.8), head.strands, slope=0.0)
    found = []
    for side, name in _SIDES:
        middle = _APART * side
        inner = (head.across(middle - 0.2 * side), head.down(height + lift))
        peak = (head.across(middle + 0.06 * side), head.down(height - arch))
        outer = (head.across(middle + 0.29 * side), head.down(height + 0.06))
        label = LABEL[f"{name} brow"]
        found.append(
            Thing(
                (
                    bar(label, paint, inner, peak, thick, thick * 0.9),
                    bar(label, paint, peak, outer, thick * 0.9, thick * 0.35),
                )
            )
        )
    return found


def eyes(dice: Dice, head: Head) -> list[Thing]:
    """Two eyes: white, iris, pupil, glint, lid; wide, narrow or looking aside."""
    rx, ry = head.half * dice.between(0.23, 0.28), head.tall * dice.between(0.09, 0.145)
    look = (dice.between(-0.3, 0.3) * rx, dice.between(-0.15, 0.2) * ry)
    r = min(rx * 0.56, ry * dice.between(0.85, 1.05))
    shadow_tone = blend(
        lighten(head.skin, 0.75), from_hsv(dice.unit(), 0.6, 0.6), dice.pick((0.0, 0.0, 0.5))
    )
    found = []
    for side, name in _SIDES:
        label, x, y = LABEL[f"{name} eye"], head.across(_APART * side), head.down(_EYE_LINE)
        ball = Ellipse(x, y, rx, ry)
        at = (x + look[0], y + look[1])
        lid = Minus(
            Ellipse(x, y - ry * 0.1, rx * 1.12, ry * 1.25),
            Ellipse(x, y + ry * 0.2, rx * 1.12, ry * 1.2),
        )
        found.append(
            Thing(
                (
                    mark(Ellipse(x, y - ry * 0.3, rx * 1.2, ry * 1.35), shadow_tone, 0.5),
                    Part(ball, Paint((0.97, 0.97, 0.96), slope=0.2, inked=False), label),
                    within(ball, mark(Ellipse(*at, r, r), lighten(head.iris, 0.7))),
                    within(ball, mark(Ellipse(*at, r * 0.84, r * 0.84), head.iris)),
                    within(ball, mark(Ellipse(*at, r * 0.45, r * 0.45), (0.04, 0.03, 0.04))),
                    within(
                        ball,
                        mark(
                            Ellipse(at[0] - r * 0.35, at[1] - r * 0.4, r * 0.22, r * 0.22),
                            (1.0, 1.0, 1.0),
                        ),
                    ),
                    mark(lid, lighten(head.hair, 0.35)),
                )
            )
        )
    return found


def nose(dice: Dice, head: Head) -> Thing:
    """A nose seen from the front, leaning with the turn of the head."""
    label = LABEL["nose"]
    wide, long = head.half * dice.between(0.14, 0.21), dice.between(0.24, 0.34)
    top = (head.across(0.0), head.down(-0.04))
    tip = (head.across(0.1 * head.turn), head.down(-0.04 + long))
    shape = Union(
        (
            Capsule(*top, *tip, wide * 0.38, wide * 0.62),
            Ellipse(tip[0], tip[1] + head.tall * 0.02, wide, head.tall * 0.068),
        )
    )
    hole = wide * 0.2
    dark = lighten(head.skin, 0.45)
    return Thing(
        (
            Part(shape, Paint(lighten(head.skin, 0.93), slope=0.5, dome=0.22), label),
            mark(
                Capsule(top[0], top[1] + 0.02, tip[0], tip[1], wide * 0.1, wide * 0.2),
                lighten(head.skin, 1.25),
                0.5,
            ),
            *(
                mark(
                    Ellipse(tip[0] + s * wide * 0.45, tip[1] + head.tall * 0.055, hole, hole * 0.6),
                    dark,
                )
                for s in (-1.0, 1.0)
            ),
        )
    )


def lips(dice: Dice, head: Head) -> Thing:
    """A mouth: closed, smiling or open with teeth."""
    label = LABEL["lips"]
    x, y = head.across(0.04 * head.turn), head.down(dice.between(0.54, 0.6))
    wide, deep = head.half * dice.between(0.34, 0.46), head.tall * dice.between(0.085, 0.115)
    red = blend(lighten(head.skin, 0.72), from_hsv(0.97, 0.75, 0.8), dice.between(0.35, 0.9))
    paint, dark = Paint(red, slope=0.4, dome=0.15), lighten(red, 0.4)
    kind = dice.whole(0, 2)
    if kind == 0:
        shape = Union(
            (
                Ellipse(x - wide * 0.3, y - deep * 0.28, wide * 0.6, deep * 0.55),
                Ellipse(x + wide * 0.3, y - deep * 0.28, wide * 0.6, deep * 0.55),
                Ellipse(x, y + deep * 0.2, wide * 0.85, deep * 0.8),
            )
        )
        line = Capsule(x - wide * 0.85, y, x + wide * 0.85, y, deep * 0.07, deep * 0.07)
        return Thing((Part(shape, paint, label), mark(line, dark)))
    if kind == 1:
        bowl = Ellipse(x, y - deep * 0.6, wide, deep * 2.1)
        smile = Intersection(
            bowl, Rectangle(x - wide * 1.2, y - deep * 0.5, x + wide * 1.2, y + deep * 3.0, 0.004)
        )
        teeth = Ellipse(x, y - deep * 0.55, wide * 0.82, deep * 1.35)
        opening = Intersection(
            teeth, Rectangle(x - wide, y - deep * 0.22, x + wide, y + deep * 2.0)
        )
        return Thing((Part(smile, paint, label), mark(opening, (0.97, 0.96, 0.93))))
    mouth = Ellipse(x, y, wide * 0.75, deep * 1.3)
    inside = Ellipse(x, y, wide * 0.55, deep * 0.85)
    tongue = within(
        inside, mark(Ellipse(x, y + deep * 0.75, wide * 0.4, deep * 0.6), (0.8, 0.35, 0.38))
    )
    upper = within(
        inside, mark(Rectangle(x - wide, y - deep, x + wide, y - deep * 0.45), (0.96, 0.95, 0.92))
    )
    return Thing((Part(mouth, paint, label), mark(inside, (0.22, 0.05, 0.07)), tongue, upper))


def glasses(dice: Dice, style: Style, head: Head) -> Thing:
    """Spectacles with thin rims, or dark sunglasses."""
    label = LABEL["glasses"]
    r, flat = head.half * dice.between(0.33, 0.38), dice.between(0.72, 1.0)
    thin = dice.between(0.0065, 0.011)
    frame = Paint(standing_out(dice, lighten(style.accent(2), 0.55), 0.35), slope=0.2, inked=False)
    y, dark = head.down(_EYE_LINE + 0.01), dice.chance(0.35)
    parts = []
    for side, _ in _SIDES:
        x = head.across(_APART * side)
        lens, rim = Ellipse(x, y, r, r * flat), Ellipse(x, y, r + thin, r * flat + thin)
        if dark:
            parts += [
                Part(rim, frame, label),
                mark(lens, (0.08, 0.08, 0.1)),
                mark(
                    Ellipse(x - r * 0.3, y - r * flat * 0.35, r * 0.3, r * 0.18),
                    (0.7, 0.75, 0.85),
                    0.5,
                ),
            ]
        else:
            inner = Ellipse(x, y, r - thin, r * flat - thin)
            parts += [
                Part(Minus(rim, inner), frame, label),
                within(
                    inner,
                    mark(
                        Convex(
                            (
                                (x - r * 0.7, y - r * 0.2),
                                (x - r * 0.1, y - r),
                                (x + r * 0.15, y - r),
                                (x - r * 0.6, y + r * 0.1),
                            )
                        ),
                        (1.0, 1.0, 1.0),
                        0.3,
                    ),
                ),
            ]
        temple = (head.x + side * head.half * 1.0, y - r * 0.12)
        parts.append(bar(label, frame, (x + side * r, y - r * 0.1), temple, thin, thin))
    left, right = head.across(-_APART) + r, head.across(_APART) - r
    parts.append(bar(label, frame, (left, y - r * 0.15), (right, y - r * 0.15), thin, thin))
    return Thing(tuple(parts))
