"""What a protocol sees and what it gives: arrays in, arrays out.

A protocol is a frozen dataclass whose fields are its parameters. It sees a `Site` (a scene without
its picture) and gives a `DrawnEdit` (an edit without its picture), or says why there is none to give.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, runtime_checkable
from typing import Protocol as TypingProtocol

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Bool",
    "DrawnEdit",
    "Impossible",
    "Int32",
    "Operation",
    "Protocol",
    "Site",
    "GroundTruth",
]

Bool = NDArray[np.bool_]
Int32 = NDArray[np.int32]

Operation = Literal["inpaint", "add", "remove", "synthesise", "restyle", "relabel", "move"]
"""What an edit asks for. `inpaint`: paint the hole as the map says."""

GroundTruth = Literal["original", "without-object", "none"]
"""Where the true answer of an edit comes from: the scene's own picture, the scene drawn without
the removed object (only procedural scenes can), or nowhere."""


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
        labels: int32, the target labels (what shall stand there), for the whole picture.
        instances: int32 target instances or None, like `Site.instances`.
        region: the class name of the edited region where it has one.
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


@runtime_checkable
class Protocol(TypingProtocol):
    """A named, versioned recipe for edits; its output never changes without a new version."""

    key: ClassVar[str]
    """Name and version, as in "freeform@1"."""
    operation: ClassVar[Operation]

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site` for a seed and a sample index; the same on every machine."""
        ...
