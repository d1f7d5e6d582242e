"""The data types that everything passes around: a labelled image and its label space."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["VOID", "Bool", "Float32", "Int32", "LabelSpace", "Scene", "UInt8", "cut_scene"]

UInt8 = NDArray[np.uint8]
Int32 = NDArray[np.int32]
Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]

VOID = -1
"""The label of pixels that belong to no class."""


@dataclass(frozen=True)
class LabelSpace:
    """The classes that labels count: class k is named `classes[k]` and drawn in `palette[k]`.

    `name` identifies the numbering ("cityscapes-labelids", "ade20k-150", ...): two label maps may be
    compared only when their spaces have the same name. `ignored` lists classes which the dataset
    has but which its protocols do not count (Cityscapes' void labelIds).
    """

    name: str
    classes: tuple[str, ...]
    palette: tuple[tuple[int, int, int], ...] = field(repr=False)
    ignored: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if len(self.palette) != len(self.classes):
            raise ValueError(f"{len(self.classes)} classes but {len(self.palette)} colours")

    def __len__(self) -> int:
        return len(self.classes)


@dataclass(frozen=True, eq=False)
class Scene:
    """One labelled image.

    Attributes:
        id: the scene's name inside its dataset.
        image: uint8 [H,W,3], RGB.
        labels: int32 [H,W] in 0..K-1, -1 = void.
        instances: int32 [H,W] or None where the dataset has none. 0 = no object (stuff, void),
            a positive id = one object; ids are stable across machines.
    """

    id: str
    image: UInt8
    labels: Int32
    instances: Int32 | None = None

    def __post_init__(self) -> None:
        size = self.image.shape[:2]
        if self.image.dtype != np.uint8 or self.image.shape != (*size, 3):
            raise ValueError(f"scene {self.id!r}: image must be uint8 [H,W,3]")
        for name, plane in (("labels", self.labels), ("instances", self.instances)):
            if plane is not None and (plane.dtype != np.int32 or plane.shape != size):
                raise ValueError(f"scene {self.id!r}: {name} must be int32 {list(size)}")

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        height, width = self.labels.shape
        return height, width


def cut_scene(image: UInt8, window: tuple[int, int, int, int], mask: Bool) -> UInt8:
    """The image inside `window` (top, left, bottom, right), bicubic to the mask's size.

    For protocols that see a window of the scene (SESAME's).
    """
    from PIL import Image

    top, left, bottom, right = window
    height, width = mask.shape
    cut = Image.fromarray(image[top:bottom, left:right])
    return np.asarray(cut.resize((width, height), Image.Resampling.BICUBIC))
