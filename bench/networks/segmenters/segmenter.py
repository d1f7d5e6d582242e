"""The Segmenter contract: a network that names every pixel, with its preprocessing and label space."""

from __future__ import annotations

import abc
import colorsys

import numpy as np

from bench.core.errors import BadInput
from bench.core.identity import Record, checked_record
from bench.networks.batches import arithmetic
from bench.networks.recent import Recent
from bench.plugins.foreign import foreign
from bench.plugins.origin import source_of
from bench.scene import Int32, LabelSpace, UInt8

__all__ = ["RememberedSegmenter", "Segmenter", "kept_by", "own_space"]

_TRIED = 256
"""Pixels a side of the image that a segmenter is tried on."""


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
        """int32 [B,H,W] in 0..K-1, at the images' own size, of uint8 [B,H,W,3] RGB; a new array each time.

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
    """A segmenter that remembers its last few answers, so that mIoU and accuracy pay once.

    Attributes:
        plugin: the segmenter itself.
        device: where it runs.
        argument: what it was made with, as `said_by` has it.
    """

    def __init__(
        self, segmenter: Segmenter, device: str = "cpu", argument: str | None = None
    ) -> None:
        self.plugin = segmenter
        self.device = device
        self.argument = argument
        self.name = segmenter.name
        self.space = segmenter.space
        # Real images and results of three groups: so many are under way on a GPU.
        self._recent = Recent(self._checked, size=6)
        self._identity: Record | None = None

    def segment(self, images: UInt8) -> Int32:
        """What the segmenter gives.

        Raises:
            BadInput: where it gives something else than its contract says.
            PluginFailed: where it raises anything but a `BadInput`.
        """
        return self._recent(images)

    def try_out(self) -> None:
        """Lets it name one grey image, so that what can never work is known before anything is made.

        Raises:
            BadInput, PluginFailed: as `segment`.
        """
        self.identity()
        self._checked(np.full((1, _TRIED, _TRIED, 3), 128, np.uint8))

    def _checked(self, images: UInt8) -> Int32:
        with foreign(f"segmenter {self.name!r}: segment()"):
            found = self.plugin.segment(images)
        wanted = images.shape[:3]
        if not isinstance(found, np.ndarray) or found.dtype != np.int32 or found.shape != wanted:
            kind = getattr(found, "dtype", type(found).__name__)
            raise BadInput(
                f"segmenter {self.name!r} gave {kind} {list(np.shape(found))} for images "
                f"{list(images.shape)}; expected int32 {list(wanted)}"
            )
        if found.min() < 0 or found.max() >= len(self.space):
            raise BadInput(
                f"segmenter {self.name!r} gave labels from {found.min()} to {found.max()}; expected 0 "
                f"to {len(self.space) - 1}, the classes of its space"
            )
        return found

    def identity(self) -> Record:
        """The segmenter's own identity; hashed once."""
        if self._identity is None:
            with foreign(f"segmenter {self.name!r}: identity()"):
                self._identity = checked_record(self.plugin.identity())
        return self._identity


def kept_by(segmenter: Segmenter) -> Record:
    """What a segmenter's labels are kept by in the cache: its identity, and of one from elsewhere its code.

    An identity may leave out what a line of code, an argument or another list of classes has changed. On an
    accelerator the last bits are others, and with them the largest of two nearly equal logits.
    """
    source = source_of(segmenter)
    classes = {"classes": list(segmenter.space.classes)} if source else {}
    device = getattr(segmenter, "device", "cpu")
    elsewhere = {} if device == "cpu" else {"on": arithmetic(device)}
    return {**segmenter.identity(), **source, **classes, **elsewhere}


def own_space(name: str, classes: tuple[str, ...]) -> LabelSpace:
    """A label space for a network's classes, in colours spread around the colour wheel."""
    palette = []
    for k in range(len(classes)):
        # Steps of the golden ratio keep neighbours apart.
        colour = colorsys.hsv_to_rgb((k * 0.618034) % 1, 0.65, 0.95 if k % 2 else 0.7)
        palette.append((round(255 * colour[0]), round(255 * colour[1]), round(255 * colour[2])))
    return LabelSpace(name, classes, tuple(palette))
