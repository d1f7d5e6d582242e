"""sesame-add@1 and sesame-remove@1: SESAME's test windows, with the boxes drawn by key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from masks.objects import known_classes, objects
from masks.parameters import choice, names, whole
from masks.protocol import Protocol
from masks.spec import DrawnEdit, Impossible, MaskError, Operation, Site
from masks.streams import Stream
from masks.windows import Extent, background_box, look, square_around

__all__ = ["SesameAdd", "SesameRemove"]


@dataclass(frozen=True)
class SesameAdd(Protocol):
    """An object's box, seen through a square window around it (docs/protocol/generation.md, A.5).

    The object is the first one, in order of the ids, whose box has a side of at least `least`
    pixels and whose class is asked for (`pick="first"`, the published rule), or one of these
    drawn by key. The window's side is three times the longer side of the box, at most the
    image's shorter side. Where no object qualifies the edit is impossible; the published code
    takes a background box instead, which is sesame-remove@1. Lengths are pixels of the scene as
    the suite reads it, so the suite should read it in its own resolution. Cityscapes: least 128;
    ADE20K bedrooms: 64.
    """

    key: ClassVar[str] = "sesame-add@1"
    operation: ClassVar[Operation] = "add"
    title: ClassVar[str] = "addition in SESAME's windows"

    pick: str = choice("first", ("first", "random"), "which of the qualifying objects")
    least: int = whole(128, 2, 4096, "least length of the box's longer side, pixels")
    size: int = whole(256, 16, 4096, "side of the edit, pixels")
    classes: tuple[str, ...] = names((), "classes of objects; none named = every class")

    @property
    def varies(self) -> bool:
        """Whether the object is drawn by key."""
        return self.pick == "random"

    def edit_size(self, size: tuple[int, int] | None) -> tuple[int, int]:
        """A square of `self.size`, whatever the scene's size is."""
        del size
        return self.size, self.size

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`, in a window of its own."""
        if site.instances is None:
            return Impossible(f"{site.dataset} has no instance maps")
        classes = known_classes(site, self.classes, self.key)
        fitting = [o for o in objects(site) if o.label in classes and o.longest >= self.least]
        if not fitting:
            return Impossible(
                f"no object of the classes asked for has a side of {self.least} pixels"
            )
        stream = self.stream(site, seed, sample)
        drawn = int(stream.integers(0, len(fitting), 1)[0])
        one = fitting[drawn if self.pick == "random" else 0]
        masked = Extent(one.top, one.left, one.bottom, one.right)
        return _seen(site, masked, self.size, site.classes[one.label])


@dataclass(frozen=True)
class SesameRemove(Protocol):
    """A random background box, seen through a window (docs/protocol/generation.md, A.5, --removal).

    SESAME's removal is measured as inpainting of such boxes with the image as its own ground
    truth; removing a real object is object-remove@1. The published boxes were unseeded; these
    are keyed.
    """

    key: ClassVar[str] = "sesame-remove@1"
    operation: ClassVar[Operation] = "inpaint"
    title: ClassVar[str] = "removal in SESAME's windows"

    least: int = whole(128, 2, 4096, "least side of the box, pixels")
    most: int = whole(256, 2, 8192, "upper end of the sides, pixels")
    size: int = whole(256, 16, 4096, "side of the edit, pixels")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.least > self.most:
            raise MaskError(f"{self.key}: least must not be above most; swap the two values")

    def edit_size(self, size: tuple[int, int] | None) -> tuple[int, int]:
        """A square of `self.size`, whatever the scene's size is."""
        del size
        return self.size, self.size

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`, in a window of its own."""
        stream: Stream = self.stream(site, seed, sample)
        masked = background_box(site.size, (self.least, self.most), stream.integers(0, 2**31, 4))
        if masked is None:
            return Impossible(f"the image is too small for a box of {self.least} pixels a side")
        return _seen(site, masked, self.size, None)


def _seen(site: Site, masked: Extent, size: int, region: str | None) -> DrawnEdit | Impossible:
    drawn = look(site, square_around(masked, site.size), masked, size, region)
    if not drawn.mask.any():
        return Impossible("the box is less than a pixel wide in its window")
    return drawn
