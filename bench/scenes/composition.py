"""A composed scene: things from back to front, and how it becomes pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.edit import KnownStyle
from bench.scene import Int32, UInt8
from bench.scenes.canvas import Canvas, Part
from bench.scenes.style import Style

__all__ = ["Composition", "Thing", "known_style", "render"]


@dataclass(frozen=True)
class Thing:
    """Parts that belong together, painted in order.

    `countable` things are objects with an instance id of their own; the others are stuff. Shadows
    are parts without a label, so that they vanish with their object. Things with the same name in
    `of` are one object in several layers (hair behind the neck and before the forehead).
    """

    parts: tuple[Part, ...]
    countable: bool = True
    of: str = ""


@dataclass(frozen=True)
class Composition:
    """An image before it has pixels: its style and its things, back to front.

    The k-th object (from 1, in the order of first appearance) is instance k.
    """

    style: Style
    things: tuple[Thing, ...]

    def numbered(self) -> list[tuple[int, Thing]]:
        """Every thing with its instance id, 0 for stuff."""
        ids: dict[str, int] = {}
        found = []
        for k, thing in enumerate(self.things):
            name = thing.of or f"thing {k}"
            found.append((ids.setdefault(name, len(ids) + 1) if thing.countable else 0, thing))
        return found


def render(
    composition: Composition, side: int, without: int | None = None
) -> tuple[UInt8, Int32, Int32]:
    """Image uint8 [side,side,3], labels and instances int32 [side,side].

    Args:
        composition: what to draw.
        side: pixels on a side; composition does not depend on it.
        without: the instance to leave out, with its shadow.
    """
    canvas = _painted(composition, side, without)
    return canvas.image(), canvas.labels, canvas.instances


def known_style(composition: Composition, side: int, without: int | None = None) -> KnownStyle:
    """The style of the image that `render` gives for the same arguments."""
    canvas = _painted(composition, side, without)
    colours = np.clip(canvas.graded(), 0.0, 1.0).transpose(1, 2, 0) * 255.0
    return KnownStyle(
        np.ascontiguousarray(colours, dtype=np.float32),
        (canvas.grain() * 255.0).astype(np.float32),
        canvas.labels,
    )


def _painted(composition: Composition, side: int, without: int | None) -> Canvas:
    canvas = Canvas(side, composition.style)
    for instance, thing in composition.numbered():
        if without is None or instance != without:
            for part in thing.parts:
                canvas.paint(part, instance)
    return canvas
