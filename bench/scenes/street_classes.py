"""The classes of the procedural streets, and what one street's things share."""

from __future__ import annotations

from dataclasses import dataclass

from bench.scene import LabelSpace
from bench.scenes.canvas import Paint
from bench.scenes.colour import Colour, blend, from_hsv, lighten
from bench.scenes.dice import Dice
from bench.scenes.parts import standing_out
from bench.scenes.style import Style
from bench.scenes.texture import Texture

__all__ = ["LABEL", "SPACE", "Town", "draw_town"]

SPACE = LabelSpace(
    name="procedural-streets@1",
    classes=(
        "sky", "building", "road", "sidewalk", "grass", "tree", "pole",
        "traffic sign", "traffic light", "car", "bus", "person", "bicycle",
    ),
    palette=(
        (70, 130, 180), (150, 110, 95), (128, 64, 128), (244, 120, 220), (152, 251, 152),
        (60, 142, 35), (190, 190, 190), (250, 230, 0), (250, 150, 30), (0, 30, 170),
        (0, 150, 150), (220, 20, 60), (119, 11, 32),
    ),
)  # fmt: skip

LABEL = {name: k for k, name in enumerate(SPACE.classes)}

_SKIES: tuple[tuple[Colour, Colour], ...] = (
    ((0.36, 0.6, 0.93), (0.8, 0.9, 0.98)),  # clear noon
    ((0.62, 0.68, 0.75), (0.84, 0.86, 0.87)),  # overcast
    ((0.36, 0.36, 0.66), (0.99, 0.7, 0.45)),  # dusk
    ((0.1, 0.12, 0.3), (0.36, 0.3, 0.5)),  # night
    ((0.55, 0.8, 0.9), (0.98, 0.92, 0.75)),  # morning
)


@dataclass(frozen=True)
class Town:
    """Sky, walls, metal and leaves of one street; `dark` where it is night."""

    zenith: Colour
    haze: Colour
    wall: Colour
    glass: Colour
    metal: Colour
    leaf: Colour
    trunk: Colour
    asphalt: Colour
    paving: Colour
    grass: Colour
    dark: bool

    def crown(self, dice: Dice) -> Paint:
        """The paint of a tree's crown: the street's leaves, a little lighter or darker."""
        colour = standing_out(dice, self.leaf, 0.08)
        return Paint(colour, Texture("leaves", 20.0, 0.85, dice.seed()), slope=0.7, dome=0.2)


def draw_town(dice: Dice, style: Style) -> Town:
    """Materials of a street: hour of the day, season, town."""
    hour = dice.whole(0, len(_SKIES) - 1)
    zenith, haze = _SKIES[hour]
    dark = hour == 3
    dim = 0.62 if dark else 1.0
    season = dice.pick((0.3, 0.27, 0.24, 0.12, 0.07))
    stone = from_hsv(dice.between(0.02, 0.13), dice.between(0.15, 0.55), dice.between(0.55, 0.9))
    grey = dice.between(0.26, 0.42)
    return Town(
        zenith=style.touched(zenith, 0.12),
        haze=style.touched(haze, 0.08),
        wall=lighten(blend(stone, style.accent(0), dice.between(0.0, 0.5)), dim),
        glass=(1.0, 0.86, 0.5) if dark else blend((0.16, 0.2, 0.3), zenith, dice.between(0.0, 0.5)),
        metal=lighten((0.32, 0.34, 0.36), dice.between(0.5, 1.2)),
        leaf=lighten(from_hsv(season, dice.between(0.5, 0.8), dice.between(0.42, 0.7)), dim),
        trunk=lighten((0.36, 0.25, 0.16), dice.between(0.7, 1.1)),
        asphalt=style.touched(lighten((grey, grey, grey * 1.06), dim), 0.06),
        paving=style.touched(lighten((0.72, 0.69, 0.65), dim * dice.between(0.8, 1.1)), 0.12),
        grass=lighten(from_hsv(0.27, dice.between(0.45, 0.7), dice.between(0.45, 0.7)), dim),
        dark=dark,
    )
