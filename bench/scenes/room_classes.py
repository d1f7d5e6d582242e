"""The classes of the procedural rooms, and the materials that a room's furniture shares."""

from __future__ import annotations

from dataclasses import dataclass

from bench.scene import LabelSpace
from bench.scenes.canvas import Paint
from bench.scenes.colour import Colour, blend, from_hsv
from bench.scenes.dice import Dice
from bench.scenes.parts import standing_out
from bench.scenes.style import Style
from bench.scenes.texture import Texture

__all__ = ["LABEL", "SPACE", "Woods", "draw_woods"]

SPACE = LabelSpace(
    name="procedural-rooms@1",
    classes=(
        "wall", "floor", "ceiling", "window", "door", "picture", "rug",
        "bed", "sofa", "table", "chair", "lamp", "plant", "cabinet",
    ),
    palette=(
        (188, 184, 176), (140, 100, 70), (232, 228, 214), (120, 200, 245), (150, 85, 45),
        (245, 150, 195), (215, 60, 70), (90, 80, 200), (60, 150, 150), (240, 165, 50),
        (175, 120, 225), (255, 235, 60), (60, 170, 70), (115, 70, 25),
    ),
)  # fmt: skip

LABEL = {name: k for k, name in enumerate(SPACE.classes)}


@dataclass(frozen=True)
class Woods:
    """The room's wood, its dark metal or stain, and the green of its plants."""

    wood: Colour
    dark: Colour
    leaf: Colour
    pattern: str
    scale: float

    def piece(self, dice: Dice) -> Paint:
        """The paint of a piece of furniture: the room's wood, seldom something else."""
        colour = standing_out(dice, self.wood, 0.15)
        return Paint(colour, Texture(self.pattern, self.scale, 0.5, dice.seed()), slope=0.4)


def draw_woods(dice: Dice, style: Style) -> Woods:
    """Materials for an image: wood from birch to walnut, or painted white."""
    wood = from_hsv(dice.between(0.05, 0.11), dice.between(0.3, 0.65), dice.between(0.35, 0.85))
    if dice.chance(0.2):
        wood = blend((0.92, 0.91, 0.88), style.pastel(1), 0.3)
    return Woods(
        wood=wood,
        dark=from_hsv(dice.between(0.0, 0.15), 0.35, dice.between(0.14, 0.3)),
        leaf=from_hsv(dice.between(0.24, 0.4), dice.between(0.45, 0.8), dice.between(0.4, 0.7)),
        pattern=dice.pick(("fibres", "mottle")),
        scale=dice.between(10.0, 22.0),
    )
