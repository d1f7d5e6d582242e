"""object-add@1 and object-remove@1: one object of the scene is masked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from masks.objects import Object, Rule, choose, fill, object_region
from masks.parameters import choice, names, real, whole
from masks.protocol import Protocol
from masks.spec import Bool, DrawnEdit, Impossible, Operation, Site, inpaint

__all__ = ["ObjectAdd", "ObjectRemove"]


@dataclass(frozen=True)
class _OneObject(Protocol):
    """What both share: which object is drawn, and which pixels are masked for it."""

    hole: str = choice("shape", ("box", "shape"), "what is masked: the object's box or its shape")
    dilate: int = whole(4, 0, 64, "pixels by which the masked region grows on all sides")
    smallest: float = real(0.005, 0.0, 1.0, "least share of the image that the object covers")
    largest: float = real(0.5, 0.0, 1.0, "largest share of the image that the object covers")
    classes: tuple[str, ...] = names((), "classes of objects; none named = every class")

    def _chosen(self, site: Site, seed: int, sample: int) -> Object | Impossible:
        rule = Rule(self.smallest, self.largest, self.classes)
        return choose(site, rule, self.stream(site, seed, sample), self.key)

    def _mask(self, site: Site, one: Object) -> Bool:
        return object_region(site, one, self.hole, self.dilate)


@dataclass(frozen=True)
class ObjectAdd(_OneObject):
    """An object's box or shape is masked, and the scene's own label map says what belongs there.

    The image is its own ground truth. After SESAME's addition (docs/protocol/generation.md, A.5) and
    DivSem's object addition (docs/protocol/editing.md, B), with the object drawn by key.
    """

    key: ClassVar[str] = "object-add@1"
    operation: ClassVar[Operation] = "add"
    title: ClassVar[str] = "object addition"

    hole: str = choice("box", ("box", "shape"), "what is masked: the object's box or its shape")
    dilate: int = whole(0, 0, 64, "pixels by which the masked region grows on all sides")

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`: the mask and the object's class."""
        one = self._chosen(site, seed, sample)
        if isinstance(one, Impossible):
            return one
        return inpaint(site, self._mask(site, one), site.classes[one.label])


@dataclass(frozen=True)
class ObjectRemove(_OneObject):
    """An object is masked; the target map is the scene's with the object gone.

    Each of the object's pixels takes the label and the instance of the nearest labelled pixel
    outside of it (of several, the smallest row, then the smallest column). A photograph has no
    ground truth; a procedural scene can be drawn without the object.
    """

    key: ClassVar[str] = "object-remove@1"
    operation: ClassVar[Operation] = "remove"
    title: ClassVar[str] = "object removal"

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`: the mask, the maps without the object, and the object's id."""
        one = self._chosen(site, seed, sample)
        if isinstance(one, Impossible):
            return one
        assert site.instances is not None
        filled = fill(site, site.instances == one.id)
        if isinstance(filled, Impossible):
            return filled
        return DrawnEdit(
            mask=self._mask(site, one),
            labels=filled[0],
            instances=filled[1],
            region=site.classes[one.label],
            ground_truth="without-object",
            removed=one.id,
        )
