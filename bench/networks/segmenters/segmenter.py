"""The Segmenter contract: a network that names every pixel, with its preprocessing and label space."""

from __future__ import annotations

import abc
import colorsys

from bench.core.identity import Record
from bench.networks.recent import Recent
from bench.scene import Int32, LabelSpace, UInt8

__all__ = ["Segmenter", "own_space"]


class Segmenter(abc.ABC):
    """A semantic segmenter.

    Every picture goes through the network alone and in one fixed size, so its labels depend on
    nothing but itself. The last few arrays are remembered, so that mIoU and accuracy pay once.

    Attributes:
        name: as a reader sees it.
        space: the classes that it names; its labels count them from 0.
    """

    name: str
    space: LabelSpace

    def __init__(self) -> None:
        self._recent = Recent(self._segment)
        self._identity: Record | None = None

    def segment(self, pictures: UInt8) -> Int32:
        """int32 [B,H,W] in 0..K-1, at the pictures' own size, of uint8 [B,H,W,3] RGB.

        Raises:
            BadInput: where the network cannot be run.
        """
        return self._recent(pictures)

    def identity(self) -> Record:
        """Tensors and preprocessing: the segmenter's part of the protocol hash; hashed once."""
        if self._identity is None:
            self._identity = self._identified()
        return self._identity

    @abc.abstractmethod
    def _identified(self) -> Record:
        """`identity`, computed."""

    @abc.abstractmethod
    def _segment(self, pictures: UInt8) -> Int32:
        """`segment`, computed."""


def own_space(name: str, classes: tuple[str, ...]) -> LabelSpace:
    """A label space for a network's classes, in colours spread around the colour wheel."""
    palette = []
    for k in range(len(classes)):
        # Steps of the golden ratio keep neighbours apart.
        colour = colorsys.hsv_to_rgb((k * 0.618034) % 1, 0.65, 0.95 if k % 2 else 0.7)
        palette.append((round(255 * colour[0]), round(255 * colour[1]), round(255 * colour[2])))
    return LabelSpace(name, classes, tuple(palette))
