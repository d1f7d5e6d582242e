"""object-move@1: an object moves to another place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from masks.objects import Object, Rule, choose, fill, object_region
from masks.parameters import choice, names, real, whole
from masks.protocol import Protocol
from masks.spec import Bool, DrawnEdit, Impossible, Int32, Operation, Site
from masks.streams import Stream

__all__ = ["ObjectMove"]


@dataclass(frozen=True)
class ObjectMove(Protocol):
    """An object is shifted: what it uncovers and covers is masked (SESAME's manipulation).

    The shift is drawn uniformly from those that keep the object's box inside the image and
    move it by at most `reach` of each side; standing still is not among them. What the object
    leaves is filled as in object-remove@1; it keeps its id. There is no ground truth.
    """

    key: ClassVar[str] = "object-move@1"
    operation: ClassVar[Operation] = "move"
    title: ClassVar[str] = "object moves"

    hole: str = choice("shape", ("box", "shape"), "what is masked: boxes or shapes, old and new")
    dilate: int = whole(4, 0, 64, "pixels by which the masked region grows on all sides")
    reach: float = real(0.5, 0.01, 1.0, "farthest shift, as a share of each side of the image")
    smallest: float = real(0.005, 0.0, 1.0, "least share of the image that the object covers")
    largest: float = real(0.25, 0.0, 1.0, "largest share of the image that the object covers")
    classes: tuple[str, ...] = names((), "classes of objects; none named = every class")

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`: the mask at both places, the maps with the object at its new one."""
        stream = self.stream(site, seed, sample)
        rule = Rule(self.smallest, self.largest, self.classes)
        chosen = choose(site, rule, stream, self.key)
        if isinstance(chosen, Impossible):
            return chosen
        shift = self._shift(site, chosen, stream)
        if isinstance(shift, Impossible):
            return shift
        assert site.instances is not None
        shape = site.instances == chosen.id
        filled = fill(site, shape)
        if isinstance(filled, Impossible):
            return filled
        labels, instances = filled
        assert instances is not None
        moved = _shifted(shape, shift)
        labels[moved] = _shifted(site.labels, shift)[moved]
        instances[moved] = chosen.id
        there = replace(site, instances=instances)
        mask = object_region(site, chosen, self.hole, self.dilate)
        mask |= object_region(there, _at(chosen, shift), self.hole, self.dilate)
        return DrawnEdit(
            mask, labels, instances, region=site.classes[chosen.label], ground_truth="none"
        )

    def _shift(self, site: Site, one: Object, stream: Stream) -> tuple[int, int] | Impossible:
        """(rows, columns) to move by: one of all allowed shifts but (0, 0)."""
        height, width = site.size
        far = int(height * self.reach), int(width * self.reach)
        rows = range(max(-one.top, -far[0]), min(height - one.bottom, far[0]) + 1)
        columns = range(max(-one.left, -far[1]), min(width - one.right, far[1]) + 1)
        allowed = len(rows) * len(columns) - 1
        if allowed < 1:
            return Impossible("the object fills the image and cannot be moved")
        still = -rows.start * len(columns) - columns.start
        drawn = int(stream.integers(0, allowed, 1)[0])
        drawn += drawn >= still
        return rows[drawn // len(columns)], columns[drawn % len(columns)]


def _at(one: Object, shift: tuple[int, int]) -> Object:
    rows, columns = shift
    return replace(
        one,
        top=one.top + rows,
        bottom=one.bottom + rows,
        left=one.left + columns,
        right=one.right + columns,
    )


def _shifted(plane: Int32 | Bool, shift: tuple[int, int]) -> Int32 | Bool:
    """The plane moved by a shift that pushes nothing of interest over the rim (np.roll)."""
    moved: Int32 | Bool = np.roll(plane, shift, axis=(0, 1))
    return moved
