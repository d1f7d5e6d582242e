"""Colours: red, green, blue in 0..1, and ways to draw and bend them."""

from __future__ import annotations

__all__ = ["Colour", "blend", "from_hsv", "lighten", "luma"]

Colour = tuple[float, float, float]


def from_hsv(hue: float, saturation: float, value: float) -> Colour:
    """The colour of a hue (turns, any real number), saturation and value (0..1)."""
    turn = (hue - int(hue // 1.0)) * 6.0
    channels = []
    for offset in (5.0, 3.0, 1.0):
        k = offset + turn
        k -= 6.0 * int(k // 6.0)
        channels.append(value - value * saturation * max(0.0, min(k, 4.0 - k, 1.0)))
    return channels[0], channels[1], channels[2]


def blend(one: Colour, other: Colour, share: float) -> Colour:
    """`one` with `share` of `other` in it."""
    r, g, b = (a + (c - a) * share for a, c in zip(one, other))
    return r, g, b


def lighten(colour: Colour, factor: float) -> Colour:
    """Lighter (factor above 1, towards white) or darker (below 1, towards black)."""
    if factor <= 1.0:
        return blend((0.0, 0.0, 0.0), colour, factor)
    return blend(colour, (1.0, 1.0, 1.0), min(factor - 1.0, 1.0))


def luma(colour: Colour) -> float:
    """How light a colour looks, 0..1 (Rec. 601 weights)."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
