"""An image's style: its palette, its surfaces, its light and its finish, drawn once per image.

All objects of an image take their colours from here, so that what a masked region showed can be read
off what is left; some objects stand out on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.scenes.colour import Colour, blend, from_hsv, lighten
from bench.scenes.dice import Dice

__all__ = ["Style", "draw_style"]

_SCHEMES: tuple[tuple[float, ...], ...] = (
    (0.0, 0.07, -0.07, 0.12),  # analogous
    (0.0, 0.5, 0.06, 0.55),  # complementary
    (0.0, 0.33, 0.67, 0.08),  # triadic
    (0.0, 0.42, 0.58, 0.04),  # split complementary
)


@dataclass(frozen=True)
class Style:
    """What the surfaces of one image have in common.

    Attributes:
        hues: four hues of the image's scheme, in turns; the first dominates.
        saturation, value: of the scheme's colours, 0..1.
        light: where the light comes from, x and y in -1..1 (y < 0: from above).
        contrast: how strongly surfaces show the light, 0..1.
        roughness: how strongly textures show, 0..1.
        coarseness: a factor on the size of texture cells.
        ink: darkness of drawn outlines, 0 = none.
        tint: colour of the light, multiplied in at the end.
        gain: overall exposure, around 1.
        grain: strength of the film grain, 0..1.
        vignette: darkening towards the corners, 0..1.
        seed: of the grain.
    """

    hues: tuple[float, ...]
    saturation: float
    value: float
    light: tuple[float, float]
    contrast: float
    roughness: float
    coarseness: float
    ink: float
    tint: Colour
    gain: float
    grain: float
    vignette: float
    seed: int

    def accent(self, slot: int, lightness: float = 1.0) -> Colour:
        """The scheme's colour number `slot`, darker or lighter by a factor."""
        hue = self.hues[slot % len(self.hues)]
        return lighten(from_hsv(hue, self.saturation, self.value), lightness)

    def pastel(self, slot: int, strength: float = 0.35) -> Colour:
        """A light, pale version of a scheme colour: walls, sheets."""
        hue = self.hues[slot % len(self.hues)]
        return from_hsv(hue, self.saturation * strength, 0.62 + 0.36 * self.value)

    def touched(self, colour: Colour, share: float = 0.12) -> Colour:
        """A natural colour with some of the scheme's dominant hue in it."""
        return blend(colour, self.accent(0), share)


def draw_style(dice: Dice) -> Style:
    """A style of its own for an image."""
    base = dice.unit()
    scheme = dice.pick(_SCHEMES)
    warm = dice.between(-1.0, 1.0)
    return Style(
        hues=tuple(base + offset for offset in scheme),
        saturation=dice.between(0.35, 0.8),
        value=dice.between(0.55, 0.92),
        light=(dice.side() * dice.between(0.4, 1.0), -dice.between(0.4, 1.0)),
        contrast=dice.between(0.25, 0.75),
        roughness=dice.between(0.15, 0.9),
        coarseness=dice.between(0.75, 1.4),
        ink=dice.between(0.3, 0.75) if dice.chance(0.4) else 0.0,
        tint=(1.0 + 0.09 * warm, 1.0 + 0.01 * warm, 1.0 - 0.11 * warm),
        gain=dice.between(0.86, 1.1),
        grain=dice.between(0.0, 0.038),
        vignette=dice.between(0.0, 0.22),
        seed=dice.seed(),
    )
