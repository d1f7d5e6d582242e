"""Procedural faces: hair, neck, clothes, a face with its features, glasses and hats."""

from __future__ import annotations

from bench.scenes.canvas import Paint, Part
from bench.scenes.colour import blend, lighten
from bench.scenes.composition import Composition, Thing
from bench.scenes.dice import Dice
from bench.scenes.face_classes import LABEL, Head, draw_head
from bench.scenes.face_features import brows, ears, eyes, glasses, lips, nose
from bench.scenes.hair import hair_layers, hat
from bench.scenes.parts import bar, disc, mark, standing_out, within
from bench.scenes.shapes import (
    Capsule,
    Convex,
    Ellipse,
    Everything,
    Intersection,
    Minus,
    Rectangle,
    Union,
)
from bench.scenes.style import Style, draw_style
from bench.scenes.texture import Texture

__all__ = ["compose_face"]


def compose_face(dice: Dice) -> Composition:
    """A portrait from its dice, back to front."""
    style = draw_style(dice.child("style"))
    head = draw_head(dice.child("head"), style)
    behind, before = hair_layers(dice.child("hair"), head)
    things = [_backdrop(dice.child("backdrop"), style), *behind]
    things += _body(dice.child("body"), style, head)
    things += ears(dice.child("ears"), head)
    things.append(_face(dice.child("face"), head))
    things += brows(dice.child("brows"), head)
    things += eyes(dice.child("eyes"), head)
    things += [lips(dice.child("lips"), head), nose(dice.child("nose"), head), *before]
    if dice.chance(0.3):
        things.append(glasses(dice.child("glasses"), style, head))
    if dice.chance(0.25):
        things.append(hat(dice.child("hat"), style, head))
    return Composition(style, tuple(things))


def _backdrop(dice: Dice, style: Style) -> Thing:
    """A studio gradient, a patterned wall, or blurred lights."""
    colour = style.pastel(1, dice.between(0.3, 1.0))
    colour = lighten(colour, dice.between(0.45, 1.05))
    pattern = dice.pick(("mottle", "stripes", "dots", "plaid", "bricks", "bands", "mottle"))
    paper = Texture(pattern, dice.between(6.0, 14.0), 0.6, dice.seed())
    second = blend(colour, style.accent(3), 0.55)
    paint = Paint(
        colour, paper, second, fade=lighten(colour, dice.between(0.5, 1.2)), slope=0.5, inked=False
    )
    parts = [Part(Everything(), paint, LABEL["background"])]
    if dice.chance(0.35):
        for _ in range(dice.whole(4, 8)):
            r = dice.between(0.03, 0.09)
            light = Ellipse(dice.unit(), dice.between(0.0, 0.8), r, r)
            parts.append(mark(light, style.accent(dice.whole(0, 3), 1.4), dice.between(0.2, 0.5)))
    return Thing(tuple(parts), countable=False)


def _body(dice: Dice, style: Style, head: Head) -> list[Thing]:
    """Shoulders in cloth, and the neck in a round, pointed or high neckline."""
    wide, shoulder = head.half * dice.between(0.5, 0.62), head.down(1.0) + dice.between(0.035, 0.06)
    colour = standing_out(dice, style.accent(0), 0.3)
    pattern = dice.pick(("stripes", "bands", "plaid", "dots", "mottle", "checks"))
    weave = Texture(pattern, dice.between(12.0, 22.0) * style.coarseness, 0.75, dice.seed())
    cloth = Paint(colour, weave, blend(colour, style.pastel(2), 0.6), slope=0.5, dome=0.1)
    reach = dice.between(0.4, 0.5)
    chest = Union(
        (
            Ellipse(head.x, shoulder + 0.2, reach, 0.2),
            Rectangle(head.x - reach, shoulder + 0.2, head.x + reach, 1.5),
        )
    )
    bare = Paint(lighten(head.skin, 0.86), slope=0.0, inked=False)
    throat = Capsule(head.x, head.down(0.7), head.x, shoulder + 0.04, wide, wide * 1.15)
    parts = [Part(chest, cloth, LABEL["cloth"])]
    skin = [
        Part(throat, bare, LABEL["neck"]),
        mark(
            Intersection(
                throat, Ellipse(head.x, head.down(0.86), head.half * 0.9, head.tall * 0.3)
            ),
            lighten(head.skin, 0.5),
            0.4,
        ),
    ]
    kind, low = dice.whole(0, 2), shoulder + dice.between(0.05, 0.12)
    if kind == 0:
        skin.append(
            within(chest, disc(LABEL["neck"], bare, head.x, shoulder, wide * 1.3, low - shoulder))
        )
    elif kind == 1:
        vee = (
            (head.x - wide * 1.25, shoulder - 0.01),
            (head.x + wide * 1.25, shoulder - 0.01),
            (head.x, low + 0.06),
        )
        skin.append(within(chest, Part(Convex(vee), bare, LABEL["neck"])))
    things = [Thing(tuple(parts), of="cloth"), Thing(tuple(skin), of="neck")]
    if kind == 2:
        collar = Paint(lighten(colour, 0.75), slope=0.4)
        y = shoulder - 0.01
        roll = bar(
            LABEL["cloth"], collar, (head.x - wide * 1.1, y), (head.x + wide * 1.1, y), 0.035, 0.035
        )
        things.append(Thing((roll,), of="cloth"))
    return things


def _face(dice: Dice, head: Head) -> Thing:
    """The face: a skull and a round, square or pointed jaw, with cheeks and sometimes freckles."""
    jaw = dice.between(0.62, 0.86)
    outline = Union(
        (
            Ellipse(head.x, head.down(-0.18), head.half, head.tall * 0.82),
            Ellipse(head.x, head.down(0.2), head.half * 0.93, head.tall * 0.72),
            Ellipse(head.across(0.0), head.down(0.52), head.half * jaw, head.tall * 0.48),
        )
    )
    parts = [Part(outline, head.flesh(1.0, 0.16), LABEL["skin"])]
    blush = blend(head.skin, (0.92, 0.35, 0.33), 0.6)
    strength = dice.between(0.0, 0.4)
    for side in (-1.0, 1.0):
        cheek = Ellipse(
            head.across(0.55 * side), head.down(0.3), head.half * 0.24, head.tall * 0.13
        )
        inner = Ellipse(cheek.x, cheek.y, cheek.rx * 0.6, cheek.ry * 0.6)
        parts += [mark(cheek, blush, strength), mark(inner, blush, strength * 0.6)]
        if dice.chance(0.2):
            for _ in range(7):
                at = (
                    head.across(side * dice.between(0.3, 0.75)),
                    head.down(dice.between(0.14, 0.36)),
                )
                parts.append(mark(Ellipse(*at, 0.006, 0.006), lighten(head.skin, 0.62), 0.8))
    if dice.chance(0.2):
        shaven = Minus(
            outline, Ellipse(head.across(0.0), head.down(0.05), head.half * 0.86, head.tall * 0.62)
        )
        parts.append(mark(shaven, lighten(head.hair, 0.8), 0.35))
    return Thing(tuple(parts), countable=False)
