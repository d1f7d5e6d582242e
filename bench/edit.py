"""One edit, and its ground truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.scene import Bool, Float32, Int32, UInt8

__all__ = ["Edit", "EditName", "GroundTruth", "KnownStyle"]


@dataclass(frozen=True)
class EditName:
    """An edit by name, as a run plans it.

    Attributes:
        task: the task's name.
        dataset: the suite's name of its dataset.
        protocol: the key of the protocol that draws it.
        scene: its scene's id.
        sample: counts the scene's edits from 0.
        edit: its id.
    """

    task: str
    dataset: str
    protocol: str
    scene: str
    sample: int
    edit: str


@dataclass(frozen=True, eq=False)
class Edit:
    """One change to make: the masked region of a scene shall show the target labels.

    Attributes:
        id: unique within its task and usable as a file name.
        dataset: the registered name of the scene's dataset.
        scene: the scene's id.
        sample: index of this edit among the scene's edits of this task.
        seed: the task's seed.
        operation: "inpaint", "add", "remove", "synthesise", "restyle", "relabel" or "move".
        mask: bool [H,W], True = change.
        labels: int32 [H,W], target labels for the whole image, -1 = void.
        instances: int32 [H,W] or None, target instances, 0 = no object.
        region: the class name of the edited region where it has one.
        references: ids of scenes whose style an editor may take, drawn by keyed choice.
        prompt: a text that says what the edit asks for, where the task has one for it.
        task: the name of its task.
        data: the suite's name of the scene's dataset.
        protocol: the key of the protocol that drew it.
    """

    id: str
    dataset: str
    scene: str
    sample: int
    seed: int
    operation: str
    mask: Bool
    labels: Int32
    instances: Int32 | None
    region: str | None = None
    references: tuple[str, ...] = ()
    prompt: str | None = None
    task: str = ""
    data: str = ""
    protocol: str = ""

    @property
    def name(self) -> EditName:
        """The edit by name."""
        return EditName(self.task, self.data, self.protocol, self.scene, self.sample, self.id)


@dataclass(frozen=True, eq=False)
class KnownStyle:
    """What a drawn image is made of, as its drawing knows it, pixel by pixel.

    Attributes:
        colours: float32 [H,W,3], 0..255: the surfaces with their textures and outlines under the
            image's light, before grain and rounding.
        grain: float32 [H,W], the film grain in grey levels, the same in all channels.
        labels: int32 [H,W], the class that each pixel shows.
    """

    colours: Float32
    grain: Float32
    labels: Int32


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """The true image after an edit, or the reason why there is none. Only the harness knows it.

    Attributes:
        image: uint8 [H,W,3], or None where there is none.
        missing: why there is none, one sentence, or None.
        style: gives the style of `image` where that is known; None where it is not.
    """

    image: UInt8 | None
    missing: str | None = None
    style: Callable[[], KnownStyle] | None = None
