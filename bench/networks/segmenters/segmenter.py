"""The Segmenter contract: a network that names every pixel, with its preprocessing and label space."""

from __future__ import annotations

import abc
import colorsys

from bench.core.identity import Record
from bench.networks.recent import Recent
from bench.scene import Int32, LabelSpace, UInt8

__all__ = ["RememberedSegmenter", "Segmenter", "own_space"]


class Segmenter(abc.ABC):
    """A semantic segmenter, for mIoU and accuracy.

    It is registered as a function or class that is called with `(argument, device, folders)`: what
    stands behind the colon where a suite names it (`segmenter: mine:weights.pt` gives "weights.pt"),
    where it runs ("cpu", "cuda", "cuda:1") and where weights are looked for (paths). Where a file or
    a library is missing that call raises `siebench.Unavailable` with a sentence that says what to do.

    Attributes:
        name: as a reader sees it.
        space: the classes that it names; its labels count them from 0.
    """

    name: str
    space: LabelSpace

    @abc.abstractmethod
    def segment(self, images: UInt8) -> Int32:
        """int32 [B,H,W] in 0..K-1, at the images' own size, of uint8 [B,H,W,3] RGB.

        An image's labels must not depend on the others of its batch: each goes through the network
        alone, or in batches of one fixed shape.

        Raises:
            BadInput: where the network cannot be run.
        """

    @abc.abstractmethod
    def identity(self) -> Record:
        """What tells its labels from those of another: tensors' hash, preprocessing, classes.

        Part of the protocol hash and of the cache key, so it must be JSON-like and always the same.
        """


class RememberedSegmenter(Segmenter):
    """A segmenter that remembers its last few answers, so that mIoU and accuracy pay once."""

    def __init__(self, segmenter: Segmenter) -> None:
        self.segmenter = segmenter
        self.name = segmenter.name
        self.space = segmenter.space
        self._recent = Recent(segmenter.segment)
        self._identity: Record | None = None

    def segment(self, images: UInt8) -> Int32:
        """What the segmenter gives."""
        return self._recent(images)

    def identity(self) -> Record:
        """The segmenter's own identity; hashed once."""
        if self._identity is None:
            self._identity = self.segmenter.identity()
        return self._identity


def own_space(name: str, classes: tuple[str, ...]) -> LabelSpace:
    """A label space for a network's classes, in colours spread around the colour wheel."""
    palette = []
    for k in range(len(classes)):
        # Steps of the golden ratio keep neighbours apart.
        colour = colorsys.hsv_to_rgb((k * 0.618034) % 1, 0.65, 0.95 if k % 2 else 0.7)
        palette.append((round(255 * colour[0]), round(255 * colour[1]), round(255 * colour[2])))
    return LabelSpace(name, classes, tuple(palette))
