"""Procedural rooms: a back wall with what hangs on it, and furniture on a floor in perspective."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.scenes.canvas import Paint, Part
from bench.scenes.colour import blend, lighten
from bench.scenes.composition import Composition, Thing
from bench.scenes.dice import Dice
from bench.scenes.furniture import cabinet, plant, table
from bench.scenes.lamps import floor_lamp, pendant_lamp
from bench.scenes.parts import standing_out, varied
from bench.scenes.room_classes import LABEL, Woods, draw_woods
from bench.scenes.seating import bed, chair, sofa
from bench.scenes.shapes import Convex, Ellipse, Everything, Point
from bench.scenes.style import Style, draw_style
from bench.scenes.texture import Texture
from bench.scenes.wall_things import door, picture, window

__all__ = ["compose_room"]

Piece = Callable[[Dice, Style, Woods, float, float, float], Thing]

_WALLPAPERS = ("mottle", "stripes", "dots", "bricks", "plaid", "bands", "mottle", "mottle")
_FLOORS = ("planks", "planks", "tiles", "checks")

_KINDS: dict[str, tuple[tuple[Piece, ...], tuple[Piece, ...]]] = {
    "bedroom": ((bed, cabinet, floor_lamp), (chair, plant, table)),
    "living room": ((sofa, cabinet, floor_lamp, plant), (table, chair, plant)),
    "study": ((cabinet, table, floor_lamp), (chair, sofa, plant)),
    "dining room": ((cabinet, chair, plant), (table, chair)),
}
"""What stands at the wall, the first piece always, and what may stand in front."""


_SHARES = ("bedroom", "bedroom", "living room", "living room", "study", "dining room")


@dataclass(frozen=True)
class _Shell:
    """The back wall's rectangle and the vanishing point."""

    left: float
    top: float
    right: float
    bottom: float
    eye: Point

    def outward(self, x: float, y: float) -> Point:
        """A corner of the back wall, moved towards the viewer until it is out of the image."""
        return self.eye[0] + (x - self.eye[0]) * 9.0, self.eye[1] + (y - self.eye[1]) * 9.0

    def scale_at(self, base: float) -> float:
        """How much larger things are that stand at `base` than at the wall."""
        return min((base - self.eye[1]) / (self.bottom - self.eye[1]), 1.9)


def compose_room(dice: Dice) -> Composition:
    """A room from its dice: kind, shell, wall, furniture from back to front."""
    style = draw_style(dice.child("style"))
    woods = draw_woods(dice.child("woods"), style)
    shell = _draw_shell(dice.child("shell"))
    things = _shell_things(dice.child("surfaces"), style, woods, shell)
    things += _on_the_wall(dice.child("wall"), style, woods, shell)
    back, front = _KINDS[dice.pick(_SHARES)]
    if dice.chance(0.65):
        things.append(_rug(dice.child("rug"), style, shell))
    things += _at_the_wall(dice.child("back"), style, woods, shell, back)
    things += _in_front(dice.child("front"), style, woods, shell, front)
    if dice.chance(0.3):
        own = dice.child("pendant")
        x, drop = own.between(0.25, 0.75), own.between(0.1, 0.2)
        things.append(pendant_lamp(own, style, woods, x, drop))
    return Composition(style, tuple(things))


def _draw_shell(dice: Dice) -> _Shell:
    flat = dice.chance(0.3)
    return _Shell(
        left=-0.2 if flat or dice.chance(0.35) else dice.between(0.05, 0.17),
        top=dice.between(0.05, 0.14),
        right=1.2 if flat or dice.chance(0.35) else dice.between(0.83, 0.95),
        bottom=dice.between(0.6, 0.68),
        eye=(dice.between(0.35, 0.65), dice.between(0.3, 0.4)),
    )


def _shell_things(dice: Dice, style: Style, woods: Woods, shell: _Shell) -> list[Thing]:
    """Walls, ceiling, floor and skirting board."""
    colour = style.pastel(0, dice.between(0.2, 0.8))
    paper = Texture(
        dice.pick(_WALLPAPERS), dice.between(9.0, 18.0) * style.coarseness, 0.5, dice.seed()
    )
    wall = Paint(colour, paper, blend(colour, style.accent(1), 0.45), slope=0.25, inked=False)
    boards = Texture(dice.pick(_FLOORS), 14.0 * style.coarseness, 0.8, dice.seed(), shell.eye)
    ground = varied(
        dice, blend(woods.wood, style.accent(dice.whole(0, 3)), dice.between(0.0, 0.45))
    )
    floor = Paint(ground, boards, lighten(ground, 0.55), slope=0.3, inked=False)
    above = Paint(lighten(style.pastel(0, 0.12), 1.05), slope=0.2, inked=False)
    corners = {
        (h, v): (getattr(shell, h), getattr(shell, v))
        for h in ("left", "right")
        for v in ("top", "bottom")
    }
    far = {key: shell.outward(*corner) for key, corner in corners.items()}
    surfaces = [Part(Everything(), wall, LABEL["wall"])]
    for side, shade in (("left", 0.86), ("right", 0.8)):
        plain = Paint(lighten(colour, shade), slope=0.3, inked=False)
        quad = (
            corners[side, "top"],
            far[side, "top"],
            far[side, "bottom"],
            corners[side, "bottom"],
        )
        surfaces.append(Part(Convex(quad), plain, LABEL["wall"]))
    for edge, paint, name in (("top", above, "ceiling"), ("bottom", floor, "floor")):
        quad = (
            corners["left", edge],
            corners["right", edge],
            far["right", edge],
            far["left", edge],
        )
        surfaces.append(Part(Convex(quad), paint, LABEL[name]))
    return [Thing(tuple(surfaces), countable=False)]


def _on_the_wall(dice: Dice, style: Style, woods: Woods, shell: _Shell) -> list[Thing]:
    """Windows, pictures and at most one door, side by side."""
    left, right = max(shell.left, 0.0), min(shell.right, 1.0)
    slots = 3 if right - left > 0.8 else 2
    kinds = dice.shuffled(
        ("window", "picture", dice.pick(("door", "picture", "window", "nothing")))
    )
    width = (right - left) / slots
    things = []
    for k, kind in enumerate(kinds[:slots]):
        own = dice.child(kind, k)
        x = left + width * (k + 0.5) + own.between(-0.1, 0.1) * width
        if kind == "window":
            things.append(window(own, style, woods, x, shell.top + 0.05, width))
        elif kind == "picture":
            things.append(picture(own, style, woods, x, shell.top + own.between(0.14, 0.2), width))
        elif kind == "door":
            things.append(door(own, style, woods, x, shell.bottom, width))
    return things


def _rug(dice: Dice, style: Style, shell: _Shell) -> Thing:
    """A rug on the floor, round or rectangular, in perspective."""
    x = dice.between(0.35, 0.65)
    far, near = shell.bottom + dice.between(0.08, 0.14), dice.between(0.92, 1.0)
    half = dice.between(0.22, 0.34)
    colour = standing_out(dice, style.accent(2))
    weave = Texture(
        dice.pick(("stripes", "checks", "bands", "tiles")), 9.0, 0.8, dice.seed(), shell.eye
    )
    paint = Paint(colour, weave, blend(colour, style.pastel(1), 0.7), slope=0.15)
    if dice.chance(0.45):
        shape = Ellipse(x, (far + near) / 2, half, (near - far) / 2)
        return Thing((Part(shape, paint, LABEL["rug"]),))
    narrow = half / shell.scale_at(near) * shell.scale_at(far)
    lean = (x - shell.eye[0]) * (1.0 - narrow / half)
    corners = (
        (x - lean - narrow, far),
        (x - lean + narrow, far),
        (x + half, near),
        (x - half, near),
    )
    return Thing((Part(Convex(corners), paint, LABEL["rug"]),))


def _at_the_wall(
    dice: Dice, style: Style, woods: Woods, shell: _Shell, pieces: tuple[Piece, ...]
) -> list[Thing]:
    """The kind's main piece and one or two others along the wall, the main one last (in front)."""
    main, *others = pieces
    at = dice.between(0.3, 0.7)
    free = dice.shuffled([x for x in (0.1, 0.32, 0.68, 0.9) if abs(x - at) > 0.26])
    things = []
    for k, (x, piece) in enumerate(zip(free, dice.shuffled(others))):
        own = dice.child(piece.__name__, k)
        base = shell.bottom + own.between(0.02, 0.05)
        things.append(
            piece(own, style, woods, x + own.between(-0.04, 0.04), base, shell.scale_at(base))
        )
    base = shell.bottom + dice.between(0.08, 0.16)
    things.append(main(dice.child("main"), style, woods, at, base, shell.scale_at(base) * 0.92))
    return things


def _in_front(
    dice: Dice, style: Style, woods: Woods, shell: _Shell, pieces: tuple[Piece, ...]
) -> list[Thing]:
    """One to three pieces nearer to the viewer, farthest first."""
    count = dice.whole(1, 3)
    places = sorted(
        (dice.between(0.82, 0.97), x + dice.between(-0.06, 0.06))
        for x in dice.shuffled((0.16, 0.5, 0.84))[:count]
    )
    chosen = [dice.pick(pieces) for _ in places]
    return [
        piece(
            dice.child(piece.__name__, k),
            style,
            woods,
            x,
            base,
            min(shell.scale_at(base) * 0.8, 1.35),
        )
        for k, ((base, x), piece) in enumerate(zip(places, chosen))
    ]
