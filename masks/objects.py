"""Objects of a scene: which there are, which is chosen, and what it leaves behind.

Where an instance map marks no object at a pixel it holds 0. An object's class is the label that
most of its pixels carry, the smaller label where two have as many; void does not count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masks.morphology import dilate, nearest_known
from masks.raster import box
from masks.spec import Bool, Impossible, Int32, MaskError, Site, nearest
from masks.streams import Stream

__all__ = ["Object", "Rule", "choose", "fill", "known_classes", "object_region", "objects"]


@dataclass(frozen=True)
class Object:
    """One object: its instance id, class, pixel count and box (bottom and right excluded)."""

    id: int
    label: int
    area: int
    top: int
    left: int
    bottom: int
    right: int

    @property
    def longest(self) -> int:
        """The longer side of the box in pixels."""
        return max(self.bottom - self.top, self.right - self.left)


@dataclass(frozen=True)
class Rule:
    """Which objects qualify: shares of the image's area, class names (none = every class)."""

    smallest: float
    largest: float
    classes: tuple[str, ...]


def objects(site: Site) -> list[Object]:
    """The scene's objects in order of their ids; objects of nothing but void are left out."""
    if site.instances is None:
        return []
    rows, columns = np.nonzero(site.instances > 0)
    ids = site.instances[rows, columns]
    order = np.argsort(ids, kind="stable")
    numbers, starts = np.unique(ids[order], return_index=True)
    found = []
    for number, pixels in zip(numbers, np.split(order, starts[1:]), strict=False):
        y, x = rows[pixels], columns[pixels]
        labels = site.labels[y, x]
        counts = np.bincount(labels[labels >= 0], minlength=1)
        if counts.max() == 0:
            continue
        corners = int(y.min()), int(x.min()), int(y.max()) + 1, int(x.max()) + 1
        found.append(Object(int(number), int(np.argmax(counts)), len(pixels), *corners))
    return found


def known_classes(site: Site, names: tuple[str, ...], key: str) -> frozenset[int]:
    """The labels of `names`; all labels where no name is given.

    Raises:
        MaskError: where the label space has no such class.
    """
    for name in names:
        if name not in site.classes:
            raise MaskError(
                f"{key}: {site.dataset} has no class {name!r}; {nearest(name, site.classes)}"
            )
    wanted = names or site.classes
    return frozenset(k for k, name in enumerate(site.classes) if name in wanted)


def choose(site: Site, rule: Rule, stream: Stream, key: str) -> Object | Impossible:
    """One of the qualifying objects, each as likely as the other, or why there is none."""
    if site.instances is None:
        return Impossible(f"{site.dataset} has no instance maps")
    classes = known_classes(site, rule.classes, key)
    found = objects(site)
    if not found:
        return Impossible("the scene has no object")
    total = site.labels.size
    fitting = [
        one
        for one in found
        if one.label in classes and rule.smallest * total <= one.area <= rule.largest * total
    ]
    if not fitting:
        return Impossible(
            f"none of the scene's {len(found)} objects has the class and area asked for"
        )
    return fitting[int(stream.integers(0, len(fitting), 1)[0])]


def object_region(site: Site, chosen: Object, shape: str, margin: int) -> Bool:
    """The object's box or shape, grown by `margin` pixels, as bool [H,W]."""
    if shape == "box":
        return box(
            site.size,
            chosen.top - margin,
            chosen.left - margin,
            chosen.bottom + margin,
            chosen.right + margin,
        )
    assert site.instances is not None
    return dilate(site.instances == chosen.id, margin)


def fill(site: Site, vanished: Bool) -> tuple[Int32, Int32 | None] | Impossible:
    """Labels and instances after `vanished` took on its surround.

    Each vanished pixel gets the label and the instance of the nearest pixel that is neither void
    nor vanished; ties as in `masks.morphology.nearest_known`.
    """
    known = ~vanished & (site.labels >= 0)
    if not known.any():
        return Impossible("nothing labelled is left around the object")
    rows, columns = nearest_known(vanished, known)
    labels = site.labels.copy()
    labels[vanished] = site.labels[rows, columns]
    if site.instances is None:
        return labels, None
    instances = site.instances.copy()
    instances[vanished] = site.instances[rows, columns]
    return labels, instances
