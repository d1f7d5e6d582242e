"""The classes of the procedural landscapes, and what one landscape's things share."""

from __future__ import annotations

from dataclasses import dataclass

from bench.scene import LabelSpace
from bench.scenes.canvas import Paint
from bench.scenes.colour import Colour, blend, from_hsv, lighten
from bench.scenes.dice import Dice
from bench.scenes.parts import standing_out
from bench.scenes.style import Style
from bench.scenes.texture import Texture

__all__ = ["LABEL", "SPACE", "Land", "draw_land"]

SPACE = LabelSpace(
    name="procedural-landscapes@1",
    classes=(
        "sky", "cloud", "mountain", "grass", "water", "sand",
        "path", "tree", "bush", "rock", "house", "boat",
    ),
    palette=(
        (110, 180, 240), (245, 245, 255), (140, 120, 160), (140, 215, 90), (30, 90, 200),
        (240, 215, 130), (200, 140, 70), (30, 120, 45), (120, 155, 20), (105, 105, 110),
        (215, 50, 45), (150, 60, 190),
    ),
)  # fmt: skip

LABEL = {name: k for k, name in enumerate(SPACE.classes)}

_SKIES: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((0.3, 0.57, 0.93), (0.8, 0.91, 0.99), (1.0, 0.98, 0.86)),  # noon
    ((0.45, 0.62, 0.85), (0.99, 0.9, 0.74), (1.0, 0.92, 0.6)),  # morning
    ((0.32, 0.28, 0.56), (1.0, 0.62, 0.36), (1.0, 0.8, 0.45)),  # sunset
    ((0.6, 0.65, 0.71), (0.83, 0.85, 0.87), (0.95, 0.95, 0.93)),  # overcast
    ((0.75, 0.5, 0.66), (0.99, 0.83, 0.72), (1.0, 0.93, 0.8)),  # rosy dawn
    ((0.06, 0.09, 0.24), (0.27, 0.27, 0.5), (0.96, 0.96, 0.88)),  # moonlight
)  # zenith, horizon, sun

_SEASONS: tuple[tuple[Colour, Colour], ...] = (
    ((0.3, 0.62, 0.28), (0.46, 0.72, 0.3)),  # spring
    ((0.17, 0.43, 0.2), (0.4, 0.6, 0.24)),  # summer
    ((0.8, 0.44, 0.13), (0.66, 0.6, 0.28)),  # autumn
    ((0.66, 0.2, 0.13), (0.72, 0.62, 0.34)),  # late autumn
    ((0.22, 0.36, 0.34), (0.9, 0.93, 0.97)),  # snow
)  # leaf, grass


@dataclass(frozen=True)
class Land:
    """Sky, ground and leaves of one landscape."""

    zenith: Colour
    horizon: Colour
    sun: Colour
    leaf: Colour
    grass: Colour
    stone: Colour
    sand: Colour
    water: Colour
    trunk: Colour
    night: bool
    snowy: bool

    def far(self, colour: Colour, distance: float) -> Colour:
        """A colour seen through `distance` (0..1) of haze."""
        return blend(colour, self.horizon, distance)

    def leaves(self, dice: Dice, scale: float) -> Paint:
        """The paint of a crown or a bush: the season's leaves."""
        colour = standing_out(dice, self.leaf, 0.07)
        pattern = Texture("leaves", 16.0 / max(scale, 0.35), 0.85, dice.seed())
        return Paint(colour, pattern, lighten(colour, 0.55), slope=0.8, dome=0.15)


def draw_land(dice: Dice, style: Style) -> Land:
    """Materials of a landscape: hour, season, kind of stone."""
    hour, season = dice.whole(0, len(_SKIES) - 1), dice.whole(0, len(_SEASONS) - 1)
    zenith, horizon, sun = _SKIES[hour]
    leaf, grass = _SEASONS[season]
    night = hour == 5
    dim = 0.5 if night else 1.0
    zenith, horizon = style.touched(zenith, 0.12), style.touched(horizon, 0.08)
    rock = from_hsv(dice.between(0.0, 0.75), dice.between(0.05, 0.3), dice.between(0.4, 0.65))
    return Land(
        zenith=zenith,
        horizon=horizon,
        sun=sun,
        leaf=lighten(style.touched(leaf, 0.08), dim),
        grass=lighten(style.touched(grass, 0.1), dim),
        stone=lighten(style.touched(rock, 0.1), dim),
        sand=lighten(style.touched((0.88, 0.78, 0.55), 0.1), dim * dice.between(0.85, 1.05)),
        water=blend(from_hsv(dice.between(0.47, 0.6), 0.65, 0.6 * dim + 0.1), zenith, 0.35),
        trunk=lighten((0.34, 0.24, 0.17), dim * dice.between(0.7, 1.2)),
        night=night,
        snowy=season == 4 or dice.chance(0.4),
    )
