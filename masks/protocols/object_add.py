"""object-add@1: an object is painted where one stands in the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from masks.drafts import inpaint, stream_of
from masks.objects import Rule, choose, hole
from masks.parameters import Parameters, choice, names, real, whole
from masks.spec import DrawnEdit, Impossible, Operation, Site

__all__ = ["ObjectAdd"]


@dataclass(frozen=True)
class ObjectAdd(Parameters):
    """The hole is an object's box or shape, and the scene's own map says what to paint there.

    The picture is its own true answer. After SESAME's addition (protocol/generation.md, A.5) and
    DivSem's object addition (protocol/editing.md, B), with the object drawn by key.
    """

    key: ClassVar[str] = "object-add@1"
    operation: ClassVar[Operation] = "add"

    hole: str = choice("box", ("box", "shape"), "what is cut out: the object's box or its shape")
    dilate: int = whole(0, 0, 64, "pixels by which the hole grows on all sides")
    smallest: float = real(0.005, 0.0, 1.0, "least share of the picture that the object covers")
    largest: float = real(0.5, 0.0, 1.0, "largest share of the picture that the object covers")
    classes: tuple[str, ...] = names((), "classes of objects; none named = every class")

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`: the hole and the object's class."""
        rule = Rule(self.smallest, self.largest, self.classes)
        chosen = choose(site, rule, stream_of(self.key, site, seed, sample), self.key)
        if isinstance(chosen, Impossible):
            return chosen
        mask = hole(site, chosen, self.hole, self.dilate)
        return inpaint(site, mask, site.classes[chosen.label])
