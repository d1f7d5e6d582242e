"""mIoU in the three conventions of the field, and accuracy with and without void.

The same predictions give different numbers under each (0.430, 0.456 and 0.300 in one measured
case), so each is a protocol of its own:

| convention | counts | classes in the mean | of |
| --- | --- | --- | --- |
| dataset | of all images together | with a union | mmsegmentation |
| present | of all images together | that occur in the target | detectron2 |
| images | of each image | every pair of an image and a class with a union | torchmetrics |
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.metrics.confusion import Counts

__all__ = [
    "CONVENTIONS",
    "VOIDS",
    "Convention",
    "Void",
    "accuracy",
    "class_iou",
    "counted_classes",
    "mean_iou",
]

Float64 = NDArray[np.float64]

Convention = Literal["dataset", "present", "images"]

CONVENTIONS: tuple[Convention, ...] = ("dataset", "present", "images")

Void = Literal["excluded", "wrong"]

VOIDS: tuple[Void, ...] = ("excluded", "wrong")


def class_iou(counts: Counts) -> Float64:
    """float64 [...,K]: intersection over union of each class, nan where the union is empty.

    >>> from bench.metrics.confusion import confusion
    >>> target, seen = np.int32([[0, 0, 1, 1]]), np.int32([[0, 1, 1, 1]])
    >>> class_iou(Counts.of(confusion(target, seen, classes=3))).round(3).tolist()
    [0.5, 0.667, nan]
    """
    return _ratio(counts.right, counts.union)


def counted_classes(counts: Counts, convention: Convention) -> NDArray[np.bool_]:
    """Bool [...,K]: the classes that the mean is over."""
    return counts.true > 0 if convention == "present" else counts.union > 0


def mean_iou(counts: Counts, convention: Convention = "dataset") -> float:
    """The mean IoU of images with counts [n,K]; nan where no class counts.

    `images` is torchmetrics' mean over all pairs of an image and a class with a union.
    """
    pooled = counts if convention == "images" else counts.total()
    values = class_iou(pooled)[counted_classes(pooled, convention)]
    return float(values.mean()) if values.size else float("nan")


def accuracy(counts: Counts, void: Void = "excluded") -> Float64:
    """float64 [...]: rightly named pixels of all that count, nan where none does.

    Args:
        counts: [...,K].
        void: whether void pixels are left out or count as wrong (as in SPADE's evaluation, 81.9
            against 93.5 on Cityscapes; docs/protocol/generation.md, B).
    """
    pixels = counts.true.sum(axis=-1)
    if void == "wrong":
        pixels = pixels + counts.void
    return _ratio(counts.right.sum(axis=-1), pixels)


def _ratio(top: NDArray[np.int64], bottom: NDArray[np.int64]) -> Float64:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(top / bottom)
