"""box@1: the box of an object is masked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from masks.objects import Rule, choose
from masks.parameters import choice, names, real
from masks.protocol import Protocol
from masks.raster import box
from masks.spec import DrawnEdit, Impossible, Operation, Site, inpaint

__all__ = ["Box"]


@dataclass(frozen=True)
class Box(Protocol):
    """The box of one object drawn uniformly (docs/protocol/editing.md, D.4 type 4).

    As published, the last row and column of the object stay outside (`rim="excluded"`), so that
    an object one pixel wide has no box; that edit is impossible here, and so is one in a scene
    without objects (where the published code draws a free-form mask, or the background's box,
    instead).
    """

    key: ClassVar[str] = "box@1"
    operation: ClassVar[Operation] = "inpaint"
    title: ClassVar[str] = "boxes of objects"

    rim: str = choice("excluded", ("excluded", "included"), "the object's last row and column")
    smallest: float = real(0.0, 0.0, 1.0, "least share of the image that the object covers")
    largest: float = real(1.0, 0.0, 1.0, "largest share of the image that the object covers")
    classes: tuple[str, ...] = names((), "classes of objects; none named = every class")

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`: the box and the object's class."""
        rule = Rule(self.smallest, self.largest, self.classes)
        one = choose(site, rule, self.stream(site, seed, sample), self.key)
        if isinstance(one, Impossible):
            return one
        left_out = int(self.rim == "excluded")
        mask = box(site.size, one.top, one.left, one.bottom - left_out, one.right - left_out)
        return inpaint(site, mask, site.classes[one.label])
