"""The classes of the procedural faces, and what the parts of one face share.

Left and right are as the viewer sees them.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.scene import LabelSpace
from bench.scenes.canvas import Paint
from bench.scenes.colour import Colour, blend, from_hsv, lighten, luma
from bench.scenes.dice import Dice
from bench.scenes.style import Style
from bench.scenes.texture import Texture

__all__ = ["LABEL", "SPACE", "Head", "draw_head"]

SPACE = LabelSpace(
    name="procedural-faces@1",
    classes=(
        "background", "cloth", "neck", "skin", "ear", "hair", "left brow", "right brow",
        "left eye", "right eye", "nose", "lips", "glasses", "hat",
    ),
    palette=(
        (60, 60, 70), (70, 120, 200), (200, 110, 60), (245, 190, 140), (230, 140, 120),
        (120, 70, 30), (150, 200, 60), (60, 150, 90), (60, 200, 230), (40, 120, 255),
        (250, 230, 90), (220, 40, 80), (240, 240, 250), (170, 60, 190),
    ),
)  # fmt: skip

LABEL = {name: k for k, name in enumerate(SPACE.classes)}

_SKINS: tuple[Colour, ...] = (
    (0.98, 0.84, 0.74), (0.95, 0.76, 0.62), (0.86, 0.64, 0.48),
    (0.72, 0.5, 0.35), (0.54, 0.36, 0.25), (0.4, 0.26, 0.19),
)  # fmt: skip

_HAIRS: tuple[Colour, ...] = (
    (0.1, 0.08, 0.08), (0.25, 0.15, 0.1), (0.42, 0.26, 0.14), (0.62, 0.3, 0.13),
    (0.85, 0.68, 0.36), (0.72, 0.72, 0.72),
)  # fmt: skip


@dataclass(frozen=True)
class Head:
    """Where a face is and what it is made of.

    Attributes:
        x, y: its middle; half, tall: half its width and height.
        turn: how far it looks aside, -1..1.
        skin, hair, iris: colours.
    """

    x: float
    y: float
    half: float
    tall: float
    turn: float
    skin: Colour
    hair: Colour
    iris: Colour
    strands: Texture

    def across(self, share: float) -> float:
        """The x of a feature at `share` half widths from the middle of the turned face."""
        return self.x + self.half * (share + 0.16 * self.turn)

    def down(self, share: float) -> float:
        """The y of a feature at `share` half heights below the middle."""
        return self.y + self.tall * share

    def flesh(self, lightness: float = 1.0, dome: float = 0.0) -> Paint:
        """The skin's paint."""
        return Paint(lighten(self.skin, lightness), slope=0.5, dome=dome)

    def locks(self, lightness: float = 1.0) -> Paint:
        """The hair's paint, with strands."""
        colour = lighten(self.hair, lightness)
        gloss = lighten(self.hair, 1.28)
        return Paint(colour, self.strands, gloss, slope=0.6, dome=0.12)


def _apart_from(skin: Colour, hair: Colour) -> Colour:
    """Hair that differs from the skin in lightness, so that one sees where it begins."""
    return lighten(hair, 0.55) if abs(luma(skin) - luma(hair)) < 0.14 else hair


def draw_head(dice: Dice, style: Style) -> Head:
    """A head of its own: place, proportions, colours."""
    skin = dice.pick(_SKINS)
    hair = dice.pick(_HAIRS)
    if dice.chance(0.14):
        hair = style.accent(dice.whole(0, 3), 0.9)
    eyes = from_hsv(
        dice.pick((0.07, 0.09, 0.3, 0.55, 0.6)), dice.between(0.4, 0.75), dice.between(0.35, 0.75)
    )
    curl = Texture("fibres", dice.between(14.0, 26.0), dice.between(0.35, 0.75), dice.seed())
    return Head(
        x=0.5 + dice.between(-0.05, 0.05),
        y=0.5 + dice.between(-0.03, 0.02),
        half=dice.between(0.245, 0.285),
        tall=dice.between(0.31, 0.345),
        turn=dice.between(-1.0, 1.0),
        skin=blend(skin, style.accent(0), 0.05),
        hair=_apart_from(skin, lighten(hair, dice.between(0.85, 1.1))),
        iris=eyes,
        strands=curl,
    )
