"""Hair in layers behind and before the face, and hats."""

from __future__ import annotations

from bench.scenes.canvas import Paint, Part
from bench.scenes.colour import lighten
from bench.scenes.composition import Thing
from bench.scenes.dice import Dice
from bench.scenes.face_classes import LABEL, Head
from bench.scenes.parts import bar, box, mark, standing_out
from bench.scenes.shapes import (
    Blob,
    Ellipse,
    Intersection,
    Minus,
    Rectangle,
    Shape,
    Union,
)
from bench.scenes.style import Style
from bench.scenes.texture import Texture

__all__ = ["hair_layers", "hat"]


def hair_layers(dice: Dice, head: Head) -> tuple[list[Thing], list[Thing]]:
    """What lies behind the neck and what lies before the forehead: one object, or none (bald)."""
    kind = dice.pick(("bald", "short", "short", "long", "long", "bob", "curly", "bun", "ponytail"))
    if kind == "bald":
        return [], []
    wild = dice.between(0.035, 0.06) if kind == "curly" else dice.between(0.004, 0.012)
    grain, seed = (16.0 if kind == "curly" else 30.0), dice.seed()
    puff = dice.between(1.16, 1.3) if kind == "curly" else dice.between(1.08, 1.16)
    behind = _behind(dice, head, kind, puff)
    back = [
        Part(Blob(shape, wild, grain, seed), head.locks(0.74), LABEL["hair"]) for shape in behind
    ]
    front = [
        Part(
            Blob(_cap(dice, head, kind, puff), wild * 0.7, grain, seed), head.locks(), LABEL["hair"]
        )
    ]
    return [Thing(tuple(back), of="hair")], [Thing(tuple(front), of="hair")]


def _behind(dice: Dice, head: Head, kind: str, puff: float) -> list[Shape]:
    """Shapes of the hair behind head and neck."""
    wide, crown = (
        head.half * puff,
        Ellipse(head.x, head.down(-0.12), head.half * puff, head.tall * 0.98 * puff),
    )
    if kind == "short":
        return [Ellipse(head.x, head.down(-0.2), wide * 1.02, head.tall * 0.85 * puff)]
    if kind in ("long", "bob"):
        end = (
            head.down(dice.between(1.35, 1.75))
            if kind == "long"
            else head.down(dice.between(0.75, 1.0))
        )
        return [
            crown,
            Rectangle(
                head.x - wide * 1.06, head.down(-0.2), head.x + wide * 1.06, end, head.half * 0.35
            ),
        ]
    if kind == "curly":
        return [Ellipse(head.x, head.down(0.0), wide * 1.16, head.tall * 1.06 * puff)]
    if kind == "bun":
        return [
            crown,
            Ellipse(
                head.x + head.half * 0.1 * head.turn,
                head.down(-1.2),
                head.half * 0.42,
                head.half * 0.4,
            ),
        ]
    side = dice.side() * head.half
    tail = Ellipse(head.x + side * 1.25, head.down(0.35), head.half * 0.34, head.tall * 0.75)
    return [crown, tail]


def _cap(dice: Dice, head: Head, kind: str, puff: float) -> Shape:
    """The hair on the skull: a cap around the face, with a fringe, a parting or a high forehead."""
    skull = Ellipse(head.x, head.down(-0.1), head.half * puff, head.tall * 1.0 * puff)
    low = head.down(0.3 if kind in ("long", "bob", "curly") else 0.02)
    above = Intersection(skull, Rectangle(-1.0, -1.0, 2.0, low, 0.0))
    forehead = dice.between(-0.78, -0.55)
    face = Ellipse(head.across(0.0), head.down(forehead + 1.12), head.half * 0.93, head.tall * 1.12)
    cap: Shape = Minus(above, face)
    style = dice.whole(0, 2)
    if style == 0:
        fringe = Intersection(
            skull, Rectangle(-1.0, -1.0, 2.0, head.down(dice.between(-0.5, -0.4)))
        )
        return Union((cap, fringe))
    if style == 1:
        sweep = dice.side()
        lock = Ellipse(
            head.across(0.45 * sweep), head.down(-0.72), head.half * 0.75, head.tall * 0.3
        )
        return Union((cap, Intersection(skull, lock)))
    return cap


def hat(dice: Dice, style: Style, head: Head) -> Thing:
    """A woollen hat, a cap with a peak, or a hat with a brim."""
    label = LABEL["hat"]
    colour = standing_out(dice, style.accent(1), 0.35)
    knit = Texture(dice.pick(("stripes", "bands", "dots", "plaid")), 22.0, 0.7, dice.seed())
    cloth, band = (
        Paint(colour, knit, lighten(colour, 0.6), dome=0.2),
        Paint(lighten(colour, 0.6), slope=0.3),
    )
    edge, wide = head.down(dice.between(-0.52, -0.42)), head.half * dice.between(1.18, 1.27)
    top = head.down(dice.between(-1.35, -1.2))
    dome = Intersection(Ellipse(head.x, edge, wide, edge - top), Rectangle(-1.0, -1.0, 2.0, edge))
    thick = head.tall * 0.085
    kind = dice.whole(0, 2)
    if kind == 0:
        bobble = mark(Ellipse(head.x, top, head.half * 0.2, head.half * 0.2), lighten(colour, 1.3))
        cuff = box(
            label,
            band,
            head.x - wide * 1.02,
            edge - thick * 1.6,
            head.x + wide * 1.02,
            edge + thick * 0.6,
            round=thick,
        )
        return Thing((Part(dome, cloth, label), Part(bobble.shape, bobble.paint, label), cuff))
    if kind == 1:
        peak = Ellipse(head.across(0.1), edge + thick * 0.1, wide * 0.95, thick * 1.5)
        return Thing((Part(dome, cloth, label), Part(peak, band, label)))
    reach = wide * dice.between(1.35, 1.6)
    return Thing(
        (
            Part(dome, cloth, label),
            box(
                label,
                band,
                head.x - wide * 0.98,
                edge - thick * 2.6,
                head.x + wide * 0.98,
                edge - thick,
            ),
            bar(
                label,
                cloth,
                (head.x - reach, edge - thick * 0.2),
                (head.x + reach, edge - thick * 0.2),
                thick * 0.8,
                thick * 0.8,
            ),
        )
    )
