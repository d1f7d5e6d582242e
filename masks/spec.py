"""What a protocol sees and what it gives: arrays in, arrays out.

A protocol sees a `Site` (a scene without its image) and gives a `DrawnEdit` (an edit without its
image), or says why there is none to give.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Bool",
    "DrawnEdit",
    "GroundTruth",
    "Impossible",
    "Int32",
    "MaskError",
    "Operation",
    "Site",
    "inpaint",
    "nearest",
]

Bool = NDArray[np.bool_]
Int32 = NDArray[np.int32]

Operation = Literal["inpaint", "add", "remove", "synthesise", "restyle", "relabel", "move"]
"""What an edit asks for. `inpaint`: fill the masked region as the label map says."""

GroundTruth = Literal["original", "without-object", "none"]
"""Where the ground truth of an edit comes from: the scene's own image, the scene drawn without the
removed object (only procedural scenes can), or nowhere."""


class MaskError(ValueError):
    """A protocol, parameter, folder or pack that cannot be accepted; one sentence says why."""


@dataclass(frozen=True, eq=False)
class Site:
    """Where an edit is to be drawn.

    Attributes:
        dataset: the dataset's registered name; part of the random key.
        scene: the scene's id; part of the random key.
        labels: int32 [H,W] in 0..K-1, -1 = void.
        instances: int32 [H,W] or None; 0 = no object, a positive id = one object.
        classes: the K class names.
    """

    dataset: str
    scene: str
    labels: Int32
    instances: Int32 | None
    classes: tuple[str, ...]

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        height, width = self.labels.shape
        return height, width


@dataclass(frozen=True, eq=False)
class DrawnEdit:
    """An edit as arrays, all of one size [H,W].

    Attributes:
        mask: bool, True = change.
        labels: int32, the target labels (what the result shall show), for the whole image.
        instances: int32 target instances or None, like `Site.instances`.
        region: the class name of the masked region where it has one.
        ground_truth: where the ground truth comes from.
        removed: the object id that vanished, where one did.
        window: (top, left, bottom, right) in the site's pixels when the edit sees a cut-out of the
            scene, resized to the mask's size (SESAME's windows); None = the whole scene.
    """

    mask: Bool
    labels: Int32
    instances: Int32 | None
    region: str | None = None
    ground_truth: GroundTruth = "original"
    removed: int | None = None
    window: tuple[int, int, int, int] | None = None


@dataclass(frozen=True)
class Impossible:
    """The outcome of a protocol that has no edit for a scene; `reason` is one sentence."""

    reason: str


def inpaint(site: Site, mask: Bool, region: str | None = None) -> DrawnEdit | Impossible:
    """The edit that fills `mask` as the scene's own label map says.

    Args:
        site: the scene.
        mask: bool [H,W] of the site's size, True = change.
        region: the class name of the masked region where it has one.

    Returns:
        `Impossible` where the mask is empty.
    """
    if not mask.any():
        return Impossible("the mask that was drawn covers no pixel")
    return DrawnEdit(mask=mask, labels=site.labels, instances=site.instances, region=region)


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: the nearest known one, or all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names) or 'none'}"
