"""The Dataset contract: named, ordered, lazily read scenes with a label space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from bench.edit import KnownStyle
from bench.scene import Int32, LabelSpace, Scene, UInt8

__all__ = ["Dataset", "Fit", "FitMode", "KnowsStyle", "RendersWithout"]

FitMode = Literal["resize", "crop", "native"]


@dataclass(frozen=True)
class Fit:
    """How an image is brought to a suite's size; part of the protocol hash.

    `resize` scales both sides to `size` (height, width); `crop` scales the image until it covers
    `size`, then cuts out the centre; `native` leaves it as it is and has no size. Images are
    scaled bicubic, labels and instances nearest.
    """

    size: tuple[int, int] | None
    mode: FitMode = "resize"

    def scene(
        self, name: str, image: UInt8, labels: Int32, instances: Int32 | None = None
    ) -> Scene:
        """The scene of what was read, brought to the size.

        Args:
            name: the scene's id.
            image: uint8 [H,W,3] RGB, of any size.
            labels: int32 [h,w], -1 = void; of the image's frame, at its own resolution or another.
            instances: as `labels`, 0 = no object; None where there are none.
        """
        from bench.datasets.fitting import fit_image, fit_plane, grid_of

        grid = grid_of(image.shape[:2], self)
        objects = None if instances is None else fit_plane(instances, grid)
        return Scene(name, fit_image(image, grid), fit_plane(labels, grid), objects)


@runtime_checkable
class Dataset(Protocol):
    """Scenes in a fixed order.

    `name` is the registered name (part of every random key), `ids` are the scenes in order.
    """

    name: str
    space: LabelSpace

    @property
    def ids(self) -> tuple[str, ...]:
        """Scene ids, in the dataset's order."""
        ...

    def read(self, scene: str, fit: Fit) -> Scene:
        """The scene brought to the fit's size.

        Raises:
            BadInput: with the file, what is wrong with it and what to do.
        """
        ...

    def fingerprint(self) -> str:
        """SHA-256 (hex) over ids and file bytes: equal where the data is equal."""
        ...


@runtime_checkable
class RendersWithout(Protocol):
    """A dataset that can draw a scene with one object left out: a removal has a true answer."""

    def read_without(self, scene: str, instance: int, fit: Fit) -> UInt8:
        """uint8 [H,W,3]: the scene's image, had object `instance` never been there."""
        ...


@runtime_checkable
class KnowsStyle(Protocol):
    """A dataset that draws its scenes and so knows their colours, textures and grain."""

    def read_style(self, scene: str, fit: Fit, without: int | None = None) -> KnownStyle:
        """The style of the scene's image, or of the image without object `without`."""
        ...
