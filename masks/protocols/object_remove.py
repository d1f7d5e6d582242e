"""object-remove@1: an object vanishes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from masks.drafts import stream_of
from masks.objects import Rule, choose, fill, hole
from masks.parameters import Parameters, choice, names, real, whole
from masks.spec import DrawnEdit, Impossible, Operation, Site

__all__ = ["ObjectRemove"]


@dataclass(frozen=True)
class ObjectRemove(Parameters):
    """The hole is an object; the target map is the scene's with the object gone.

    Each of the object's pixels takes the label and the instance of the nearest labelled pixel
    outside of it (of several, the smallest row, then the smallest column). A photograph has no
    true answer; a procedural scene can be drawn without the object.
    """

    key: ClassVar[str] = "object-remove@1"
    operation: ClassVar[Operation] = "remove"

    hole: str = choice("shape", ("box", "shape"), "what is painted: the object's box or its shape")
    dilate: int = whole(4, 0, 64, "pixels by which the hole grows on all sides")
    smallest: float = real(0.005, 0.0, 1.0, "least share of the picture that the object covers")
    largest: float = real(0.5, 0.0, 1.0, "largest share of the picture that the object covers")
    classes: tuple[str, ...] = names((), "classes of objects; none named = every class")

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`: the hole, the maps without the object, and the object's id."""
        rule = Rule(self.smallest, self.largest, self.classes)
        chosen = choose(site, rule, stream_of(self.key, site, seed, sample), self.key)
        if isinstance(chosen, Impossible):
            return chosen
        assert site.instances is not None
        filled = fill(site, site.instances == chosen.id)
        if isinstance(filled, Impossible):
            return filled
        return DrawnEdit(
            mask=hole(site, chosen, self.hole, self.dilate),
            labels=filled[0],
            instances=filled[1],
            region=site.classes[chosen.label],
            ground_truth="without-object",
            removed=chosen.id,
        )
