"""Painting parts of things onto an image, its labels and its instances at once.

A part is a shape with a paint. Where its signed distance is below zero it owns the pixel's label
and instance; the image is blended over one pixel at its edge. Arrays are planar, [3,H,W], until
the end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.scene import Int32, UInt8
from bench.scenes.colour import Colour, lighten
from bench.scenes.noise import Float, pixel_grain
from bench.scenes.shapes import Shape
from bench.scenes.style import Style
from bench.scenes.texture import Texture

__all__ = ["Canvas", "Paint", "Part"]


@dataclass(frozen=True)
class Paint:
    """How a surface looks.

    Attributes:
        colour: the main colour.
        texture: a pattern that mixes in `second`, or None.
        second: the pattern's colour; None = a darker version of `colour`.
        slope: how strongly the surface turns from the light along its extent, 0..1.
        dome: how much it darkens towards its outline, 0..1: roundness.
        fade: the colour at the bottom of the shape's box, or None: sky, water, distant ground.
        opacity: 0..1; below 1 it is a shadow, a glass, a haze.
        inked: whether an outline is drawn in images that have drawn outlines.
    """

    colour: Colour
    texture: Texture | None = None
    second: Colour | None = None
    slope: float = 0.35
    dome: float = 0.0
    fade: Colour | None = None
    opacity: float = 1.0
    inked: bool = True


@dataclass(frozen=True)
class Part:
    """A shape with its paint; `label` is its class, or None where it only changes the image."""

    shape: Shape
    paint: Paint
    label: int | None = None


class Canvas:
    """A square image being painted.

    Args:
        side: pixels on a side.
        style: the image's style.
        background: the label that every pixel has before the first part.
    """

    def __init__(self, side: int, style: Style, background: int = 0) -> None:
        self._side = side
        self._style = style
        centres = (np.arange(side, dtype=np.float64) + 0.5) / float(side)
        self._x = centres[None, :]
        self._y = centres[:, None]
        self._image = np.zeros((3, side, side))
        self.labels: Int32 = np.full((side, side), background, dtype=np.int32)
        self.instances: Int32 = np.zeros((side, side), dtype=np.int32)

    def paint(self, part: Part, instance: int) -> None:
        """Paints a part; its pixels belong to `instance` (0 = none) if the part has a label."""
        window = self._window(part.shape)
        if window is None:
            return
        rows, columns = window
        x, y = self._x[:, columns], self._y[rows]
        pixels = part.shape.distance(x, y) * float(self._side)
        cover = np.clip(0.5 - pixels, 0.0, 1.0)
        if part.paint.opacity < 1.0:
            cover *= part.paint.opacity
        region = self._image[:, rows, columns]
        region += (self._surface(part, x, y, pixels) - region) * cover
        if part.label is not None:
            inside = pixels < 0.0
            self.labels[rows, columns][inside] = part.label
            self.instances[rows, columns][inside] = instance

    def image(self) -> UInt8:
        """The graded image, uint8 [side,side,3]: vignette, tint, exposure, grain, rounding."""
        graded = self.graded() + self.grain()
        return np.ascontiguousarray(
            np.floor(np.clip(graded, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8).transpose(1, 2, 0)
        )

    def graded(self) -> Float:
        """The image before grain, float64 [3,side,side] around 0..1: vignette, tint, exposure."""
        style = self._style
        across, down = self._x - 0.5, self._y - 0.5
        shade = (1.0 - (across * across + down * down) * (2.0 * style.vignette)) * style.gain
        tint = np.array(style.tint)[:, None, None]
        graded: Float = self._image * shade * tint
        return graded

    def grain(self) -> Float:
        """The film grain that is added to every channel, float64 [side,side]."""
        style = self._style
        return pixel_grain(self._side, self._side, style.seed) * (style.grain * 2.0)

    def _window(self, shape: Shape) -> tuple[slice, slice] | None:
        """Rows and columns that a shape can touch, one pixel wider; None = outside the image."""
        left, top, right, bottom = (edge * self._side for edge in shape.box)
        columns = slice(max(int(left // 1.0) - 1, 0), min(int(right // 1.0) + 2, self._side))
        rows = slice(max(int(top // 1.0) - 1, 0), min(int(bottom // 1.0) + 2, self._side))
        if columns.start >= columns.stop or rows.start >= rows.stop:
            return None
        return rows, columns

    def _surface(self, part: Part, x: Float, y: Float, pixels: Float) -> Float:
        """The paint's colour in a window, float64 [3,h,w] (or a shape that broadcasts to it)."""
        paint, style = part.paint, self._style
        base = _planar(paint.colour)
        left, top, right, bottom = part.shape.box
        if paint.fade is not None:
            down = np.clip((y - top) / (bottom - top), 0.0, 1.0)
            base = base + (_planar(paint.fade) - base) * down
        if paint.texture is not None:
            second = paint.second or lighten(paint.colour, 0.62)
            field = paint.texture.field(x, y) * style.roughness
            base = base + (_planar(second) - base) * field
        light = self._light(paint, (left, top, right, bottom), x, y, pixels)
        return base if light is None else base * light

    def _light(
        self,
        paint: Paint,
        box: tuple[float, float, float, float],
        x: Float,
        y: Float,
        pixels: Float,
    ) -> Float | None:
        style = self._style
        left, top, right, bottom = box
        light: Float | None = None
        if paint.slope:
            turn = paint.slope * style.contrast
            across = (x - (left + right) / 2) * (turn * style.light[0] / (right - left))
            down = (y - (top + bottom) / 2) * (turn * style.light[1] / (bottom - top))
            light = (across + 1.0) + down
        if paint.dome:
            reach = 0.5 * min(right - left, bottom - top) * float(self._side)
            rim = np.clip(1.0 + pixels / reach, 0.0, 1.0)
            dome = 1.0 - rim * rim * paint.dome
            light = dome if light is None else light * dome
        if style.ink and paint.inked:
            width = 0.9 + self._side / 110.0
            line = 1.0 - np.clip(1.0 + pixels / width, 0.0, 1.0) * style.ink
            light = line if light is None else light * line
        return light


def _planar(colour: Colour) -> Float:
    return np.array(colour)[:, None, None]
